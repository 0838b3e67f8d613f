import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DeliveryParams,
  type DeliveryPolicy,
  type DeliveryState,
  type Gap,
  type NumberedFrame,
  acknowledgeFrames,
  deliveryState,
  grantFrames,
  historyState,
  isGap,
  newest,
  offerFrame,
  remember,
  requireDeliveryParams,
  rewindFrames,
  since,
  skipFrames,
  takeFrame,
} from '../../src/index.js';

const params = (policy: DeliveryPolicy, packets = 4, events = 20, every = 3): DeliveryParams => ({
  policy,
  packets,
  events,
  every,
});
const frame = (seq: number, events = 1): NumberedFrame => ({ seq, events, lasting: false });
const mark = (seq: number): NumberedFrame => ({ seq, events: 0, lasting: true });

function broken(what: string): never {
  throw new Error(`broken: ${what}`);
}

function law({ offered, sent, dropped, held }: DeliveryState<NumberedFrame>): void {
  for (const what of ['packets', 'events'] as const) {
    const lost = Object.values(dropped).reduce((sum, tally) => sum + tally[what], 0);
    if (offered[what] !== sent[what] + lost + held[what]) broken(`the sum of ${what}`);
  }
}

/** What a receiver makes of what it gets: everything once, in order, or told to be missing. */
class Receiver {
  due = 0;
  events = 0;
  missing = 0;
  readonly got: number[] = [];

  take(entry: NumberedFrame | Gap): void {
    if (entry.seq !== this.due) broken(`${entry.seq} came, ${this.due} was due`);
    if (isGap(entry)) {
      this.due = entry.next;
      this.missing += entry.events;
    } else {
      this.due++;
      this.events += entry.events;
      this.got.push(entry.seq);
    }
  }
}

function drain(state: DeliveryState<NumberedFrame>, to: Receiver): void {
  grantFrames(state, Infinity);
  for (let entry = takeFrame(state); entry; entry = takeFrame(state)) to.take(entry);
}

describe('a delivery', () => {
  it.each<[DeliveryPolicy, number[], number]>([
    ['lossless', [0, 1, 2, 3], 0],
    ['dropOldest', [6, 7, 8, 9], 6],
    ['dropNewest', [0, 1, 2, 3], 6],
  ])('%s: of ten frames, room for four', (policy, got, missing) => {
    const state = deliveryState();
    const taken = Array.from({ length: 10 }, (_, seq) => offerFrame(params(policy), state, frame(seq)));
    expect(taken.filter(Boolean)).toHaveLength(policy === 'lossless' ? 4 : 10);
    const receiver = new Receiver();
    drain(state, receiver);
    expect([receiver.got, receiver.missing]).toEqual([got, missing]);
    expect(state.waiting).toEqual([]);
  });

  it('sample: while more than half of the room is taken, every n-th frame', () => {
    const state = deliveryState();
    for (let seq = 0; seq < 30; seq++) offerFrame(params('sample', 100, 10, 5), state, frame(seq));
    const receiver = new Receiver();
    drain(state, receiver);
    expect(receiver.got).toEqual([0, 1, 2, 3, 4, 5, 10, 15, 20, 25]);
    expect(receiver.missing).toBe(20);
  });

  it('a frame that bears a mark is never dropped, by any policy', () => {
    for (const policy of ['dropOldest', 'dropNewest', 'sample'] as const) {
      const state = deliveryState();
      for (let seq = 0; seq < 60; seq++) {
        offerFrame(params(policy), state, seq % 10 === 9 ? mark(seq) : frame(seq, 7));
      }
      const receiver = new Receiver();
      drain(state, receiver);
      expect(receiver.got.filter((seq) => seq % 10 === 9)).toEqual([9, 19, 29, 39, 49, 59]);
      law(state);
    }
  });

  it('a frame of more events than there is room for goes alone', () => {
    const state = deliveryState();
    expect(offerFrame(params('lossless'), state, frame(0, 500))).toBe(true);
    expect(offerFrame(params('lossless'), state, frame(1, 1))).toBe(false);
  });

  it('nothing goes without credit, and credit does not shrink', () => {
    const state = deliveryState();
    for (const seq of [0, 1, 2]) offerFrame(params('lossless'), state, frame(seq));
    expect(takeFrame(state)).toBeUndefined();
    grantFrames(state, 2);
    grantFrames(state, 1);
    expect([takeFrame(state)?.seq, takeFrame(state)?.seq, takeFrame(state)]).toEqual([0, 1, undefined]);
  });

  it('goes back only to what it still holds, and waits for credit then', () => {
    const state = deliveryState();
    for (const seq of [0, 1, 2, 3]) offerFrame(params('lossless'), state, frame(seq));
    grantFrames(state, 3);
    while (takeFrame(state));
    acknowledgeFrames(state, 1);
    expect(rewindFrames(state, 0)).toBe(false);
    expect(rewindFrames(state, 4)).toBe(false);
    expect(rewindFrames(state, 1)).toBe(true);
    expect(takeFrame(state)).toBeUndefined();
    grantFrames(state, 9);
    expect([1, 2, 3].map(() => takeFrame(state)?.seq)).toEqual([1, 2, 3]);
    expect(rewindFrames(state, 4)).toBe(true);
    expect(state.unacknowledged).toEqual([]);
    law(state);
  });

  it('accounts for everything, whatever is cut, dropped and sent again', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('offer' as const), events: fc.nat(12), marked: fc.boolean() }),
      fc.record({ do: fc.constant('grant' as const), by: fc.nat(6) }),
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('acknowledge' as const) }),
      fc.record({ do: fc.constant('cut' as const), lost: fc.nat(5) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom<DeliveryPolicy>('lossless', 'dropOldest', 'dropNewest', 'sample'),
        fc.array(step, { maxLength: 120 }),
        (policy, steps) => {
          const state = deliveryState();
          const receiver = new Receiver();
          const wire: (NumberedFrame | Gap)[] = [];
          let seq = 0;
          let events = 0;
          const arrive = (): void => {
            for (const entry of wire.splice(0)) receiver.take(entry);
          };
          for (const one of steps) {
            if (one.do === 'offer') {
              const next = one.marked ? mark(seq) : frame(seq, one.events);
              if (offerFrame(params(policy), state, next)) {
                seq++;
                events += next.events;
              }
            } else if (one.do === 'grant') grantFrames(state, receiver.due + one.by);
            else if (one.do === 'take') {
              const entry = takeFrame(state);
              if (entry) wire.push(entry);
            } else if (one.do === 'acknowledge') {
              arrive();
              acknowledgeFrames(state, receiver.due);
            } else {
              wire.splice(Math.max(0, wire.length - one.lost));
              arrive();
              if (!rewindFrames(state, receiver.due)) broken('no way back');
            }
            law(state);
            expect(state.held.packets - state.lasting).toBeLessThanOrEqual(4 + wire.length + 6);
          }
          arrive();
          drain(state, receiver);
          expect(receiver.due).toBe(seq);
          expect(receiver.events + receiver.missing).toBe(events);
          expect(policy === 'lossless' ? receiver.missing : 0).toBe(0);
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });

  it('tells neighbouring gaps of one reason as one', () => {
    const state = deliveryState();
    skipFrames(state, { gap: true, seq: 0, next: 5, packets: 5, events: 50, reason: 'history' });
    for (let seq = 5; seq < 30; seq++) offerFrame(params('dropOldest'), state, frame(seq));
    expect(state.waiting.filter(isGap)).toEqual([
      { gap: true, seq: 0, next: 5, packets: 5, events: 50, reason: 'history' },
      { gap: true, seq: 5, next: 26, packets: 21, events: 21, reason: 'dropOldest' },
    ]);
    law(state);
  });

  it.each([{ policy: 'some' as DeliveryPolicy }, { packets: 0 }, { events: Number.NaN }, { every: 1 }])(
    'refuses %o',
    (wrong) => {
      expect(() => requireDeliveryParams({ ...params('lossless'), ...wrong }, 'test')).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT' }),
      );
    },
  );
});

const filled = (): ReturnType<typeof historyState<NumberedFrame>> => {
  const state = historyState<NumberedFrame>();
  for (let seq = 0; seq < 10; seq++) remember({ packets: 4, events: 29 }, state, frame(seq, seq));
  return state;
};

describe('a history', () => {
  it('keeps the newest frames within both limits', () => {
    expect(filled().frames.map(({ seq }) => seq)).toEqual([7, 8, 9]);
    expect(filled().kept).toEqual({ packets: 3, events: 24 });
    expect(filled().total).toEqual({ packets: 10, events: 45 });
  });

  it('counts what is gone exactly', () => {
    expect(since(filled(), 8, 28)).toMatchObject({ gap: null, frames: [{ seq: 8 }, { seq: 9 }] });
    expect(since(filled(), 10, 45)).toEqual({ gap: null, frames: [] });
    expect(since(filled(), 3, 3)?.gap).toEqual({
      gap: true,
      seq: 3,
      next: 7,
      packets: 4,
      events: 3 + 4 + 5 + 6,
      reason: 'history',
    });
  });

  it('knows what cannot have been', () => {
    expect(since(filled(), 11, 45)).toBeNull();
    expect(since(filled(), 3, 46)).toBeNull();
    expect(since(filled(), 3, 30)).toBeNull();
  });

  it('gives those who come late as much of the past as they ask for', () => {
    expect(newest(filled(), 0)).toEqual([]);
    expect(newest(filled(), 17).map(({ seq }) => seq)).toEqual([8, 9]);
    expect(newest(filled(), 1e9).map(({ seq }) => seq)).toEqual([7, 8, 9]);
  });

  it('of nothing, everything is a gap', () => {
    const state = historyState<NumberedFrame>();
    for (let seq = 0; seq < 3; seq++) remember({ packets: 0, events: 0 }, state, frame(seq, 2));
    expect(since(state, 1, 2)).toMatchObject({ gap: { seq: 1, next: 3, packets: 2, events: 4 }, frames: [] });
  });
});
