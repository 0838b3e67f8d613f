import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StreamServer, openStream, serveStream } from '../../../adapters/index.node.js';
import type { EventPacket } from '../../../src/index.js';
import { HELLO, collect, frame, openHandles, packets, servable } from './peer.js';
import { OPCODE, RawClient, pack, wsFrame } from './raw-client.js';

// 100,000 frames that are nearly right, sent over many connections, while another client is served.
// `npm test` runs some of them; the gate, and whoever sets RXSPIKE_LONG, all.
const FRAMES = process.env['RXSPIKE_LONG'] ? 100_000 : 10_000;
const SEED = 20_261_123;
/** Frames that are sent over one connection before it is given up, and connections at a time. */
const PER_CONNECTION = 50;
const AT_A_TIME = 8;

/** mulberry32. */
function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const idle = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Map = Record<string, unknown>;

const PLACE = { epoch: '0123456789abcdef', session: 'fedcba9876543210', next: 0, events: 0 };
/** Frames that are right, more or less, in the order in which they make sense. */
const VALID: readonly Map[] = [
  { type: 'subscribe', name: null, policy: 'dropOldest', limit: 100, every: 2, history: 10, resume: null },
  { type: 'subscribe', name: 'events', resume: PLACE },
  { type: 'credit', upTo: 16, taken: 0 },
  { type: 'unsubscribe' },
  { ...HELLO, epoch: 'abcd', session: 'ef', next: 0, name: 'mine', kind: 'events' },
  frame(0) as Map,
  frame(1, { mark: { kind: 'end', source: 'x', label: null } }) as Map,
  { type: 'gap', seq: 0, next: 3, packets: 3, events: 9, reason: 'dropOldest' },
  { type: 'end', reason: 'complete', packets: 2, events: 4, dropped: {}, outside: 0 },
  { type: 'error', code: 'ERR_CORRUPT', message: 'so it is', name: 'mine' },
  { type: 'heartbeat', at: 5 },
  { type: 'offer', streams: [{ name: 'x', kind: 'events', info: (HELLO as Map)['info'] }] },
];
/** What fields may not be, now and then. */
const STRANGE: readonly unknown[] = [
  null, undefined, true, -1, 0, 1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, 2 ** 32, 1023, 1024, '', 'x', '__proto__',
  'constructor', 'x'.repeat(2000), [], [[[]]], {}, { a: { b: {} } }, new Uint8Array(3), new Uint8Array(9), new Date(0),
  123456789012345678n, -123456789012345678n, new Map([[1, 2]]), new Set([1]), 'lossless', 'sample', 'events', 'labels',
]; // prettier-ignore

/** A frame with some fields changed, left out, or put elsewhere. */
function mutatedMap(random: () => number): Buffer {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const map = { ...pick(VALID) };
  for (let n = Math.floor(random() * 3); n > 0; n--) {
    const key = pick([...Object.keys(map), 'stream', '__proto__', 'toString', 'extra']);
    if (random() < 0.2) delete map[key];
    else
      Object.defineProperty(map, key, { value: pick(STRANGE), enumerable: true, configurable: true, writable: true });
  }
  if (random() < 0.3) map['stream'] = Math.floor(random() * 4);
  return pack(map);
}

/** Bytes flipped, cut, repeated, put in. */
function mutatedBytes(bytes: Buffer, random: () => number): Buffer {
  const at = (): number => Math.floor(random() * (bytes.length + 1));
  const way = random();
  if (way < 0.5) {
    const flipped = Buffer.from(bytes);
    for (let n = 1 + Math.floor(random() * 4); n > 0 && flipped.length > 0; n--) {
      flipped[Math.floor(random() * flipped.length)] ^= 1 << Math.floor(random() * 8);
    }
    return flipped;
  }
  if (way < 0.7) return bytes.subarray(0, at());
  if (way < 0.85) {
    const [from, to] = [at(), at()].toSorted((a, b) => a - b);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  }
  const inserted = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 9) }, () => Math.floor(random() * 256)));
  const place = at();
  return Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place)]);
}

/** One WebSocket frame, most of them rightly framed. */
function fuzzed(random: () => number): Buffer {
  let payload = mutatedMap(random);
  if (random() < 0.5) payload = mutatedBytes(payload, random);
  const way = random();
  if (way < 0.9) return wsFrame(payload);
  if (way < 0.94) return mutatedBytes(wsFrame(payload), random);
  return wsFrame(payload.subarray(0, 125), {
    opcode: Math.floor(random() * 16),
    fin: random() < 0.7,
    reserved: random() < 0.1 ? Math.floor(random() * 8) : 0,
    masked: random() < 0.9,
  });
}

describe('100,000 frames that are nearly right', () => {
  let server: StreamServer;
  const unexpected: unknown[] = [];
  const note = (error: unknown): void => void unexpected.push(error);

  beforeAll(async () => {
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
    server = await serveStream({
      source: () => servable(packets(200, 10)),
      accept: ({ stream }) => void collect(stream.events() as AsyncIterable<EventPacket>),
      maxConnections: 256,
      limits: { keptPlaces: 16, messagesPerSecond: Infinity },
      grace: 200,
      delivery: { packets: 4 },
    });
  });
  afterAll(async () => {
    await server.close();
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
    for (let i = 0; i < 100 && openHandles().length > 0; i++) await idle(10);
    if (openHandles().length > 0) throw new Error(`still open: ${openHandles().join(', ')}`);
  });

  it('harm nobody: the server serves, in bounded memory', { timeout: 300_000 }, async () => {
    let sent = 0;
    let connections = 0;
    let longest = 0;
    const codes = new Set<number | null>();
    const read = async (): Promise<number> => {
      const before = performance.now();
      const { packets: got, error } = await collect((await openStream(server.url)).events());
      expect([got.length, error]).toEqual([201, null]);
      longest = Math.max(longest, performance.now() - before);
      return got.length;
    };
    const attacked = new AbortController();
    const wellBehaved = (async () => {
      let readings = 0;
      for (; !attacked.signal.aborted; readings++) await read();
      return readings;
    })();
    const attack = async (n: number): Promise<void> => {
      const random = randomness(SEED + n);
      while (sent < FRAMES) {
        const client = await RawClient.upgraded(server.port, random() < 0.7 ? '?auto=0' : '');
        connections++;
        for (let i = 0; i < PER_CONNECTION && !client.socket.destroyed && sent < FRAMES; i++) {
          client.say(fuzzed(random));
          sent++;
          // One after another while the connection stands, else they would all be unheard behind the first.
          if (i % 4 === 3) await new Promise(setImmediate);
        }
        client.say(wsFrame(Buffer.alloc(0), { opcode: OPCODE.close }));
        const timer = setTimeout(() => client.close(), 20);
        codes.add((await client.ended).code);
        clearTimeout(timer);
      }
    };
    await read();
    globalThis.gc?.();
    const heap = process.memoryUsage().heapUsed;
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, n) => attack(n)));
    attacked.abort();
    const readings = await wellBehaved;
    await read();
    await idle(500);
    globalThis.gc?.();

    expect(unexpected).toEqual([]);
    expect(sent).toBe(FRAMES);
    expect(connections).toBeGreaterThan(FRAMES / PER_CONNECTION);
    expect(readings).toBeGreaterThan(3);
    expect(longest).toBeLessThan(20_000);
    for (const code of [1002, 4002]) expect([...codes]).toContain(code);
    expect(server.metrics).toMatch(/^rxspike_kept_places 0$/m);
    expect(server.metrics).toMatch(/^rxspike_published_streams 0$/m);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(150 << 20);
    if (process.env['RXSPIKE_FUZZ_TOLD'] === '1') console.info({ sent, connections, readings, longest, codes, heap: process.memoryUsage().heapUsed - heap }); // prettier-ignore
  });
});
