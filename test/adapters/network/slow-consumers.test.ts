import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { type ServedStream, type StreamServer, openStream, serveStream } from '../../../adapters/network/index.node.js';
import { type DeliveryPolicy, type EventPacket, eventPacket, streamInfo } from '../../../src/index.js';

const open: { close(): Promise<unknown> | void }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const info = streamInfo({ id: 'fast', width: 64, height: 64 });
const SIZE = 1000;
const PACKETS = 600;
const LIMIT = 20_000;

function packet(n: number): EventPacket {
  const index = Array.from({ length: SIZE }, (_, i) => i);
  return eventPacket({
    stream: info,
    t: index.map((i) => n * SIZE + i),
    x: index.map((i) => i % 64),
    y: index.map((i) => (i >> 6) % 64),
    p: index.map((i) => i & 1),
  });
}

interface Receiver {
  readonly stream: ServedStream;
  readonly events: AsyncIterableIterator<EventPacket, undefined>;
  /** Events handed on. */
  got: number;
  error: unknown;
  done: Promise<void>;
}

async function receiver(server: StreamServer, policy: DeliveryPolicy, stalls: boolean): Promise<Receiver> {
  const stream = await openStream(server.url, { policy, limit: LIMIT, every: 5, window: 4 });
  open.push(stream);
  const one: Receiver = { stream, events: stream.events(), got: 0, error: null, done: Promise.resolve() };
  if (stalls) await pull(one);
  else one.done = drain(one);
  return one;
}

async function pull(one: Receiver): Promise<boolean> {
  const { done, value } = await one.events.next();
  if (value) one.got += value.length;
  return done !== true;
}

async function drain(one: Receiver): Promise<void> {
  try {
    while (await pull(one));
  } catch (error) {
    one.error = error;
  }
}

const missing = ({ stream }: Receiver): number =>
  Object.values(stream.report.violations).reduce((sum, count) => sum + count, 0);

/** One fast producer, `count` receivers of which every second one stalls after its first packet where `stalls`. */
async function run(
  policy: DeliveryPolicy,
  count: number,
  stalls: boolean,
): Promise<{ fast: Receiver[]; slow: Receiver[]; held: number; waiting: number; progress: number }> {
  // prettier-ignore
  const camera = new Subject<EventPacket>();
  const server = await serveStream({
    source: () => ({ info, events: () => camera.asObservable() }),
    live: true,
    eventsPerFrame: SIZE,
    history: { packets: 0, events: 0 },
    delivery: { events: LIMIT },
  });
  open.push(server);
  // Those that stall take their first packet, so that is made when all are there.
  const pending = Array.from({ length: count }, (_, i) => receiver(server, policy, stalls && i % 2 === 1));
  await expect.poll(() => server.counts.clients).toBe(count);
  const before = process.memoryUsage().arrayBuffers;
  camera.next(packet(0));
  const receivers = await Promise.all(pending);
  const fast = receivers.filter((_, i) => !stalls || i % 2 === 0);
  const slow = receivers.filter((_, i) => stalls && i % 2 === 1);
  let [held, waiting, progress] = [0, 0, 0];
  for (let n = 1; n < PACKETS; n++) {
    camera.next(packet(n));
    // As fast as those who keep up: the producer looks only at them.
    while (fast.some(({ stream }) => stream.report.events < (n - 3) * SIZE)) await new Promise(setImmediate);
    held = Math.max(held, process.memoryUsage().arrayBuffers - before);
    waiting = Math.max(waiting, ...server.receivers.map(({ inFlight }) => inFlight));
    progress += n * SIZE - Math.min(...fast.map(({ got }) => got));
  }
  camera.complete();
  await Promise.all(fast.map(({ done }) => done));
  for (const one of slow) await drain(one);
  return { fast, slow, held, waiting, progress };
}

describe('one fast producer and twenty receivers, half of which stall', () => {
  it.each<DeliveryPolicy>(['dropOldest', 'dropNewest', 'sample'])(
    '%s: exact counts, others unaffected',
    async (policy) => {
      const { fast, slow, held, waiting } = await run(policy, 20, true);
      expect(fast).toHaveLength(10);
      for (const one of fast) expect([one.got, missing(one), one.error]).toEqual([PACKETS * SIZE, 0, null]);
      for (const one of slow) {
        expect(one.error).toBeNull();
        expect(one.got + missing(one)).toBe(PACKETS * SIZE);
        expect(Object.keys(one.stream.report.violations)).toEqual([policy]);
        // Its window, what waits at the sender, and what had gone into the sockets between.
        expect(one.got).toBeLessThanOrEqual(LIMIT + 20 * SIZE + (policy === 'sample' ? PACKETS * SIZE * 0.2 : 0));
      }
      expect(waiting).toBeGreaterThan(LIMIT / 2);
      expect(waiting).toBeLessThanOrEqual(LIMIT + 4 * SIZE);
      // What waits at the sender is shared; each receiver has a window of its own, and what is being read.
      expect(held).toBeLessThan(40e6);
    },
  );

  it('lossless: those that stall are cut off with a reason, others unaffected', async () => {
    const { fast, slow } = await run('lossless', 20, true);
    for (const one of fast) expect([one.got, missing(one), one.error]).toEqual([PACKETS * SIZE, 0, null]);
    for (const one of slow) {
      expect(one.error).toMatchObject({ code: 'ERR_OVERFLOW' });
      expect(one.got).toBeLessThanOrEqual(LIMIT + 20 * SIZE);
    }
  });

  it('the fast ones get on as far behind the producer as without those that stall', async () => {
    const alone = await run('dropOldest', 10, false);
    const beside = await run('dropOldest', 20, true);
    // Events behind the producer, summed over all steps.
    expect(beside.progress).toBeLessThan(2 * alone.progress + PACKETS * SIZE);
  });
});
