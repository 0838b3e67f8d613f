import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EventPacket,
  type QueueParams,
  type QueuePolicy,
  type QueueState,
  RxSpikeError,
  eventPacket,
  offerPacket,
  queueState,
  silence,
  streamInfo,
  takePacket,
} from '../../src/index.js';

const stream = streamInfo({ width: 4, height: 4 });
const END = { kind: 'end', source: 'a', label: '1' } as const;

function packet(events: number, until: number, mark: EventPacket['mark'] = null): EventPacket {
  const zeros = Array.from({ length: events }, () => 0);
  return eventPacket({ stream, t: zeros.map(() => until), x: zeros, y: zeros, p: zeros, until, mark });
}

const params = (policy: QueuePolicy, packets = 3, events = 10): QueueParams => ({ policy, packets, events });
const FULL: Readonly<Record<QueuePolicy, boolean | string>> = {
  block: false,
  error: 'ERR_OVERFLOW',
  dropOldest: true,
  dropNewest: true,
};

function must(ok: boolean, what: string): void {
  if (!ok) throw new Error(`broken: ${what}`);
}

/** What an offer comes to: taken, not taken, or the code of the error. */
function offer(limit: QueueParams, state: QueueState<EventPacket>, one: EventPacket): boolean | string {
  try {
    return offerPacket(limit, state, one);
  } catch (error) {
    return error instanceof RxSpikeError ? error.code : 'another error';
  }
}

const operations = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ events: fc.nat(8), mark: fc.boolean() }) },
    { weight: 2, arbitrary: fc.constant('take' as const) },
  ),
  { maxLength: 60, size: 'max' },
);
const limits = fc.record({
  policy: fc.constantFrom<QueuePolicy>('block', 'dropOldest', 'dropNewest', 'error'),
  packets: fc.integer({ min: 1, max: 5 }),
  events: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(Infinity)),
});

describe('bounded queue', () => {
  it('loses nothing uncounted, holds no more than it may, keeps the order', () => {
    const drops = { events: 0, marks: 0 };
    fc.assert(
      fc.property(limits, operations, (limit, script) => {
        const state = queueState<EventPacket>();
        const offered = { packets: 0, events: 0, marks: 0 };
        let handed = 0;
        const take = (): void => {
          const held = state.held.packets;
          const taken = takePacket(state);
          must((taken === undefined) === (held === 0), 'what is held is handed out');
          must((taken?.until ?? Infinity) > handed, 'the order is kept');
          handed = taken?.until ?? handed;
        };
        const put = (one: EventPacket): void => {
          const fitted = state.held.packets < limit.packets && limit.events === Infinity;
          const outcome = offer(limit, state, one);
          must(outcome === true || outcome === FULL[limit.policy], `a full queue answers by its policy: ${outcome}`);
          must(!fitted || (outcome === true && state.items.at(-1) === one), 'what fits is held');
          if (outcome !== true) return;
          offered.packets++;
          offered.events += one.length;
          offered.marks += one.mark ? 1 : 0;
        };
        script.forEach((operation, i) => {
          if (operation === 'take') take();
          else put(packet(operation.events, i + 1, operation.mark ? END : null));
          const { taken, handedOut, dropped, held, items } = state;
          for (const of of ['packets', 'events', 'marks'] as const) {
            must(taken[of] === offered[of], `${of} taken in`);
            must(taken[of] === handedOut[of] + dropped[of] + held[of], `in = out + dropped + held, ${of}`);
          }
          must(held.packets === items.length && held.packets <= limit.packets, 'packets held');
          must(held.events === items.reduce((sum, { length }) => sum + length, 0), 'events held');
          must(held.marks === items.filter(({ mark }) => mark).length, 'marks held');
          must(held.events <= limit.events || items.filter(({ length }) => length > 0).length === 1, 'capacity');
        });
        must(state.dropped.packets === 0 || limit.policy.startsWith('drop'), 'only a policy that drops drops');
        drops.events += state.dropped.events;
        drops.marks += state.dropped.marks;
      }),
      { numRuns: 400, seed: 20_506 },
    );
    expect(drops.events).toBeGreaterThan(100);
    expect(drops.marks).toBeGreaterThan(10);
  });

  it('drops the oldest events, and keeps the mark that stood behind them', () => {
    const state = queueState<EventPacket>();
    for (const one of [packet(1, 1, END), packet(2, 2), packet(3, 3)]) offerPacket(params('dropOldest'), state, one);
    offerPacket(params('dropOldest'), state, packet(4, 4));
    expect(state.items.map(({ until, length, mark }) => [until, length, mark])).toEqual([
      [1, 0, END],
      [3, 3, null],
      [4, 4, null],
    ]);
    expect(state.dropped).toEqual({ packets: 1, events: 3, marks: 0 });
    expect(state.items[0].t).toHaveLength(0);
    expect(state.items[0].t.buffer.byteLength).toBe(0);
  });

  it('drops the newest events, and puts their watermark and mark on the packet before', () => {
    const state = queueState<EventPacket>();
    for (const one of [packet(1, 1), packet(2, 2), packet(3, 3)]) offerPacket(params('dropNewest'), state, one);
    offerPacket(params('dropNewest'), state, packet(4, 4, END));
    expect(state.items.map(({ until, length, mark }) => [until, length, mark])).toEqual([
      [1, 1, null],
      [2, 2, null],
      [4, 3, END],
    ]);
    expect(state.dropped).toEqual({ packets: 1, events: 4, marks: 0 });
  });

  it('drops a mark only where nothing but marks is held', () => {
    const state = queueState<EventPacket>();
    for (let i = 1; i <= 4; i++)
      offerPacket(params('dropOldest'), state, silence(stream, i, { ...END, label: `${i}` }));
    expect(state.items.map(({ mark }) => mark?.label)).toEqual(['2', '3', '4']);
    expect(state.dropped).toEqual({ packets: 1, events: 0, marks: 1 });
  });

  it('drops the newest events for a mark that finds no packet to stand on', () => {
    const state = queueState<EventPacket>();
    for (const one of [packet(1, 1), packet(2, 2), packet(3, 3, END)]) offerPacket(params('dropNewest'), state, one);
    offerPacket(params('dropNewest'), state, packet(4, 4, END));
    expect(state.items.map(({ until, length, mark }) => [until, length, mark])).toEqual([
      [1, 1, null],
      [3, 3, END],
      [4, 0, END],
    ]);
    expect(state.dropped).toEqual({ packets: 1, events: 6, marks: 0 });
  });

  it('takes a packet that is larger than the queue where no event is held', () => {
    const state = queueState<EventPacket>();
    expect(offerPacket(params('block'), state, packet(50, 1))).toBe(true);
    expect(offerPacket(params('block'), state, packet(1, 2))).toBe(false);
    expect(offerPacket(params('block'), state, silence(stream, 3))).toBe(true);
    expect(takePacket(state)?.length).toBe(50);
    expect(offerPacket(params('block'), state, packet(1, 4))).toBe(true);
  });

  it('says in its error what was held and what came', () => {
    const state = queueState<EventPacket>();
    offerPacket(params('error', 1), state, packet(2, 1));
    expect(() => offerPacket(params('error', 1), state, packet(3, 2))).toThrow(
      /1 packets with 2 events are held of at most 1 and 10, and one with 3 events came/,
    );
  });
});
