import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.js';
import { RandomSequence } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { chunked, prefixDigests, read } from './reading.js';

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(projectRoot('test', 'data', 'files', name)));
const gzip = (bytes: Uint8Array, options = {}): Uint8Array => new Uint8Array(gzipSync(bytes, options));
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const u32 = (value: number): number[] => [0, 8, 16, 24].map((by) => (value >>> by) & 0xff);
/** Zstandard frames of blocks that are not compressed. */
function zstd(bytes: Uint8Array, block = 1000): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0)];
  for (let at = 0; at < bytes.length; at += block) {
    const body = bytes.subarray(at, at + block);
    const header = (body.length << 3) | (at + block >= bytes.length ? 1 : 0);
    parts.push(Uint8Array.of(header & 0xff, (header >> 8) & 0xff, header >> 16), body);
  }
  return joined(...parts);
}
const skippable = (size: number): Uint8Array =>
  Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, ...u32(size), ...new Uint8Array(size).fill(7));

/** An N-MNIST recording of so many events. */
const nmnist = (events: number): Uint8Array =>
  Uint8Array.from(
    Array.from({ length: events }, (_, i) => [
      (i * 7) % 34,
      (i * 5) % 34,
      ((i & 1) << 7) | (i >> 16),
      i >> 8,
      i,
    ]).flat(),
  );
const EVENTS = nmnist(3_000);

const WRAPPED: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ['one gzip member', gzip(EVENTS)],
  ['three gzip members', joined(...[0, 7_000, 7_003].map((at, k) => gzip(EVENTS.subarray(at, [7_000, 7_003][k]))))],
  ['gzip, nothing compressed', gzip(EVENTS, { level: 0 })],
  ['gzip by Huffman codes alone', gzip(EVENTS, { strategy: 2 })],
  ['gzip of fixed codes', gzip(EVENTS, { strategy: 4 })],
  ['a zstd frame', zstd(EVENTS)],
  [
    'zstd frames, two of them to be skipped',
    joined(skippable(3), zstd(EVENTS.subarray(0, 999)), skippable(0), zstd(EVENTS.subarray(999))),
  ],
];

describe('a recording in a wrapping', () => {
  it.each(WRAPPED)('%s: the events of what is inside, however it is cut', async (_, bytes) => {
    const plain = await read(EVENTS, { name: 'a.bin' });
    expect([plain.events, plain.code]).toEqual([3_000, null]);
    const whole = await read(bytes, { name: 'a.bin.gz' });
    expect([whole.digest, whole.code, whole.report]).toEqual([plain.digest, null, plain.report]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(9), fc.integer({ min: 1, max: 6_000 })), { minLength: 1 }),
        async (sizes) => {
          const cut = await read(chunked(bytes, [...sizes, 11]), { name: 'a.bin.gz' });
          expect([cut.digest, cut.report, cut.code]).toEqual([plain.digest, plain.report, null]);
        },
      ),
      { numRuns: 10, seed: 5 },
    );
    const byte = await read(chunked(bytes, [1]), { name: 'a.bin.zst' });
    expect([byte.digest, byte.code]).toEqual([plain.digest, null]);
  });

  it('says both what it is and what is inside; the stream has the whole name', async () => {
    const recording = await openRecording(gzip(EVENTS), { name: 'a.bin.gz' });
    expect(recording.facts.sniffed).toBe('gzip around extension .bin and plausible events');
    expect([recording.format, recording.info.id]).toEqual(['nmnist', 'a.bin.gz']);
    const davis = await openRecording(zstd(fixture('dvs128.aedat')), { name: 'whatever' });
    expect(davis.facts.sniffed).toMatch(/^zstd around /);
  });

  it('is read anew from the start where its bytes are at hand, and once from a stream', async () => {
    const options = { name: 'a.bin.gz' };
    const again = await openRecording(gzip(EVENTS), options);
    for (let k = 0; k < 2; k++) {
      let events = 0;
      for await (const packet of again.events()) events += packet.length;
      expect(events).toBe(3_000);
    }
    const blob = await read(new Blob([gzip(EVENTS).slice()]), options);
    expect([blob.events, blob.code]).toEqual([3_000, null]);
    const once = await openRecording(chunked(gzip(EVENTS), [64]), options);
    for await (const _ of once.events()) break;
    expect(() => once.events()).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it.each([
    ['gzip in gzip', gzip(gzip(EVENTS)), 'a.bin.gz', 'ERR_UNSUPPORTED', /gzip inside gzip/],
    ['gzip in zstd', zstd(gzip(EVENTS)), 'a.bin.gz.zst', 'ERR_UNSUPPORTED', /gzip inside zstd/],
    ['nothing known inside', gzip(new Uint8Array(100)), 'a.gz', 'ERR_UNKNOWN_FORMAT', /no known format/],
    ['nothing inside', gzip(new Uint8Array(0)), 'a.gz', 'ERR_UNKNOWN_FORMAT', /empty/],
    ['only frames to be skipped', skippable(9), 'a.zst', 'ERR_UNKNOWN_FORMAT', /empty/],
    ['a cut gzip header', gzip(EVENTS).subarray(0, 7), 'a.bin.gz', 'ERR_TRUNCATED', /gzip/],
    ['a cut zstd header', zstd(EVENTS).subarray(0, 5), 'a.bin.zst', 'ERR_TRUNCATED', /zstd/],
    ['a reserved gzip flag', gzip(EVENTS).fill(0x80, 3, 4), 'a.bin.gz', 'ERR_CORRUPT', /flags/],
    ['a block of a kind that is none', zstd(EVENTS).fill(0x46, 6, 7), 'a.bin.zst', 'ERR_CORRUPT', /block type/],
  ])('%s', async (_, bytes, name, code, message) => {
    expect(await read(bytes, { name })).toMatchObject({ events: 0, code, message: expect.stringMatching(message) });
  });

  it.each([
    ['gzip', gzip(EVENTS)],
    ['zstd', zstd(EVENTS)],
  ])('%s: what follows the end is an error after all events', async (_, bytes) => {
    for (const rest of [[0], [1, 2, 3], [0x1f, 0x8c, 8, 0], [...u32(0x12345678), 1, 2, 3, 4, 5, 6, 7, 8]]) {
      const outcome = await read(joined(bytes, Uint8Array.from(rest)), { name: 'a.bin.gz' });
      expect([outcome.events, outcome.code]).toEqual([3_000, 'ERR_CORRUPT']);
      expect(outcome.message).toMatch(/something else follows, at byte \d+/);
    }
    // The beginning of another part is not something else.
    const cut = await read(joined(bytes, bytes.subarray(0, 2)), { name: 'a.bin.gz' });
    expect([cut.events, cut.code]).toEqual([3_000, 'ERR_TRUNCATED']);
  });

  it.each(WRAPPED.map(([what, bytes]) => ({ what, bytes })))(
    '$what cut anywhere: good events first',
    async ({ what, bytes }) => {
      const digests = await prefixDigests(EVENTS, { name: 'a.bin' });
      const ends = new Set<string | null>();
      let most = 0;
      for (let length = 1; length < bytes.length; length += length < 60 || bytes.length - length < 20 ? 1 : 37) {
        const { events, digest, code } = await read(bytes.subarray(0, length), { name: 'a.bin.gz' });
        expect(digest).toBe(digests[events]);
        expect(events).toBeGreaterThanOrEqual(most);
        most = events;
        ends.add(code);
      }
      // A file of several parts may be cut between them, but what is inside ends in the middle of an event then.
      expect([...ends].filter((code) => !['ERR_TRUNCATED', 'ERR_UNKNOWN_FORMAT', null].includes(code))).toEqual([]);
      expect(ends).toContain('ERR_TRUNCATED');
      expect(most).toBeGreaterThan(what.includes('frame') ? 2_700 : 2_990);
    },
  );

  it('a checksum or a size that does not match is an error after all events', async () => {
    const bytes = gzip(EVENTS);
    for (const back of [1, 8]) {
      const bad = bytes.slice();
      bad[bad.length - back] ^= 1;
      const outcome = await read(bad, { name: 'a.bin.gz' });
      expect([outcome.events, outcome.code]).toEqual([3_000, 'ERR_CORRUPT']);
      expect(outcome.message).toMatch(back === 1 ? /size/ : /checksum/);
    }
  });

  it('content out of all proportion is refused, unless that is asked for', async () => {
    // After its header one event of 17 MiB, in 136 blocks of one byte.
    const size = 136 << 17;
    const varint = [0, 7, 14, 21].map((by) => ((size >> by) & 127) * 2 + (by < 21 ? 1 : 0));
    const header = Uint8Array.from([...new TextEncoder().encode('Event Stream'), 2, 0, 0, 0, 9, ...varint]);
    const blocks = Array.from({ length: 136 }, (_, k) => [
      ...u32((1 << 20) | 2 | (k === 135 ? 1 : 0)).slice(0, 3),
      0xff,
    ]);
    const silence = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 56, ...blocks.flat()]);
    const silent = joined(zstd(header), silence);
    expect(await read(silent, { maxExpansion: 1e6 })).toMatchObject({ code: null, report: { side: { generic: 1 } } });
    for (const options of [{ maxExpansion: 10_000 }, {}]) {
      const refused = await read(silent, options);
      expect(refused).toMatchObject({
        code: 'ERR_LIMIT',
        message: expect.stringMatching(/expand to 16\d{6} and more/),
      });
    }
  });

  it('a window above the limit is refused where it would be filled', async () => {
    const big = new Uint8Array(300_000).fill(0xff);
    big.set([...new TextEncoder().encode('Event Stream'), 2, 0, 0, 1, 10, 0, 10, 0]);
    const bytes = zstd(big, 100_000);
    // 1 MiB.
    bytes[5] = 10 << 3;
    expect((await read(bytes, {})).code).toBeNull();
    expect(await read(bytes, { maxPacketBytes: 150_000 })).toMatchObject({
      code: 'ERR_LIMIT',
      message: expect.stringMatching(/window of 1048576 bytes/),
    });
  });

  it.each(WRAPPED.map(([what, bytes]) => ({ what, bytes })))(
    '$what: 1,000 damaged copies give events and typed errors',
    async ({ what, bytes }) => {
      const random = new RandomSequence(17, what);
      const codes = new Set<string | null>();
      for (let k = 0; k < 1_000; k++) {
        const bad = bytes.slice(0, k % 3 === 0 ? 1 + random.integer(bytes.length) : bytes.length);
        for (let n = 1 + random.integer(4); n > 0; n--) bad[random.integer(bad.length)] ^= 1 << random.integer(8);
        if (k % 5 === 0) bad.copyWithin(random.integer(bad.length), random.integer(bad.length));
        const { code, events, marks } = await read(bad, { name: 'a.bin.gz', maxExpansion: 1_000 });
        codes.add(code);
        expect(marks.length).toBe(code === null ? 1 : 0);
        expect(events).toBeLessThan(1_000_000);
      }
      expect(codes.size).toBeGreaterThan(1);
    },
  );
});
