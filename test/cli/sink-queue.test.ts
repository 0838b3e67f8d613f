import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PipeSink } from '../../cli/pipe-sink.js';
import { SinkQueue } from '../../cli/sink-queue.js';
import { type DeliveryPolicy, type EventPacket, eventPacket, silence, streamInfo } from '../../src/index.js';

const info = streamInfo({ id: 'queue', width: 8, height: 8 });
const END = { kind: 'end', source: null, label: null } as const;

function packetOf(n: number, length: number, marked = false): EventPacket {
  const t = Array.from({ length }, (_, i) => 1000 * n + i);
  const zero = t.map(() => 0);
  return eventPacket({
    stream: info,
    t,
    x: zero,
    y: zero,
    p: zero,
    until: 1000 * n + 999,
    mark: marked ? END : null,
  });
}

interface Slow extends PipeSink {
  readonly got: EventPacket[];
  ended: boolean;
  told: unknown;
  /** Lets the next write through. */
  step(): Promise<void>;
}

/** A sink that takes a packet when it is told to; `failsAt`: the packet at which it fails, from 0. */
function slow(failsAt = Infinity): Slow {
  let waiting: (() => void) | null = null;
  const got: EventPacket[] = [];
  const sink: Slow = {
    name: 'slow',
    kind: 'file',
    got,
    ended: false,
    told: null,
    write: async (packet) => {
      await new Promise<void>((resolve) => (waiting = resolve));
      waiting = null;
      if (got.length === failsAt) throw new Error('broken');
      got.push(packet);
    },
    end: async () => void (sink.ended = true),
    fail: async (error) => void (sink.told = error),
    abandon: () => waiting?.(),
    leftOut: () => ({}),
    facts: () => ({}),
    step: async () => {
      waiting?.();
      await new Promise(setImmediate);
    },
  };
  return sink;
}

const queueTo = (sink: PipeSink, policy: DeliveryPolicy, events = 100, packets = 1000): SinkQueue =>
  new SinkQueue(sink, { policy, packets, events, every: 3 }, () => {});

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
const eventsOf = (packets: readonly EventPacket[]): number => packets.reduce((n, { length }) => n + length, 0);

describe('the queue before a sink', () => {
  it('lossless: waits where there is no room, and hands everything on', async () => {
    const sink = slow();
    const queue = queueTo(sink, 'lossless');
    let offered = 0;
    const all = (async () => {
      for (let n = 0; n < 6; n++) {
        await queue.offer(packetOf(n, 40));
        offered++;
      }
    })();
    await new Promise(setImmediate);
    // One is being written, two of 40 fit in 100.
    expect(offered).toBe(3);
    for (let n = 0; n < 6; n++) await sink.step();
    await all;
    const end = queue.end();
    for (let n = 0; n < 6; n++) await sink.step();
    await end;
    expect(sink.ended).toBe(true);
    expect(queue.counts).toEqual({ in: 240, out: 240, dropped: {} });
  });

  it.each([
    ['dropOldest', [0, 4, 5]],
    ['dropNewest', [0, 1, 2]],
  ] as const)('%s never waits, drops what it says, and keeps marks', async (policy, kept) => {
    const sink = slow();
    const queue = queueTo(sink, policy, 80);
    await queue.offer(packetOf(0, 40));
    await new Promise(setImmediate);
    for (let n = 1; n < 6; n++) await queue.offer(packetOf(n, 40, n === 3));
    const end = queue.end();
    for (let n = 0; n < 10; n++) await sink.step();
    await end;
    expect(sink.got.filter(({ length }) => length > 0).map(({ t }) => t[0] / 1000)).toEqual(kept);
    expect(sink.got.filter(({ mark }) => mark !== null).map(({ until }) => until)).toEqual([3999]);
    expect(queue.counts).toEqual({ in: 240, out: 120, dropped: { [policy]: 120 } });
  });

  it('in = out + dropped, whatever the policy, the pace and the end', async () => {
    const policies = fc.constantFrom<DeliveryPolicy>('lossless', 'dropOldest', 'dropNewest', 'sample');
    const script = fc.array(fc.oneof(fc.constant('step' as const), fc.nat(60)), { minLength: 1, maxLength: 40 });
    const endings = fc.constantFrom('end', 'fail', 'abandon');
    await fc.assert(
      fc.asyncProperty(policies, script, endings, fc.option(fc.nat(6)), async (policy, steps, ending, failsAt) => {
        const sink = slow(failsAt ?? Infinity);
        const queue = queueTo(sink, policy);
        const offers: Promise<void>[] = [];
        let [n, offered] = [0, 0];
        let last: Promise<void> = Promise.resolve();
        for (const step of steps) {
          if (step === 'step') await sink.step();
          else {
            const packet = step === 0 ? silence(info, 1000 * n + 999, END) : packetOf(n, step, step % 7 === 0);
            offered += packet.length;
            n++;
            last = last.then(() => queue.offer(packet));
            offers.push(last);
          }
        }
        if (ending === 'abandon') {
          queue.abandon('interrupted');
          sink.abandon();
        }
        const state = { over: false };
        const done = Promise.all(offers)
          .then(() => (ending === 'fail' ? queue.fail(new Error('source')) : queue.end()))
          .finally(() => (state.over = true));
        while (!state.over) await sink.step();
        await done;
        const { in: came, out, dropped } = queue.counts;
        expect(came).toBe(offered);
        expect(out + sum(dropped)).toBe(offered);
        expect(out).toBe(eventsOf(sink.got));
        expect(queue.waiting).toBe(0);
        const isWhole = policy === 'lossless' && ending !== 'abandon' && queue.failure === null;
        expect(isWhole ? dropped : {}).toEqual({});
        expect(sink.ended && queue.failure !== null).toBe(false);
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it('a sink that fails holds nobody up, and what it did not get is counted', async () => {
    const sink = slow(1);
    let told = 0;
    const queue = new SinkQueue(sink, { policy: 'lossless', packets: 2, events: 100, every: 2 }, () => told++);
    const all = (async () => {
      for (let n = 0; n < 6; n++) await queue.offer(packetOf(n, 10));
    })();
    for (let n = 0; n < 3; n++) await sink.step();
    await all;
    await queue.end();
    expect({ told, ended: sink.ended, error: (sink.told as Error).message }).toEqual({ told: 1, ended: false, error: 'broken' }); // prettier-ignore
    expect(queue.counts).toEqual({ in: 60, out: 10, dropped: { failed: 50 } });
  });
});
