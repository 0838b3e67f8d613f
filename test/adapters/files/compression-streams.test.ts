import { readFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteFeed } from '../../../adapters/files/compression/byte-feed.js';
import type { Expander } from '../../../adapters/files/compression/expander.js';
import { GzipExpander } from '../../../adapters/files/compression/gzip.js';
import { Inflater } from '../../../adapters/files/compression/inflate.js';
import { SlidingOutput } from '../../../adapters/files/compression/sliding-output.js';
import { Xxh64 } from '../../../adapters/files/compression/xxh64.js';
import { xxh32 } from '../../../adapters/files/compression/xxh32.js';
import { ZstdExpander } from '../../../adapters/files/compression/zstd-expander.js';
import { RandomSequence, RxSpikeError } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';

const LIMIT = 1 << 23;

/** Content of all chunks, and the code of the error that it ended with. */
function expand(
  expander: Expander,
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
): { readonly content: Buffer; readonly code: string | null } {
  const parts: Buffer[] = [];
  let code: string | null = null;
  try {
    for (let at = 0, k = 0; at < bytes.length; at += sizes[k++ % sizes.length]) {
      const chunk = new Uint8Array(bytes.subarray(at, at + sizes[k % sizes.length]));
      for (const piece of expander.push(chunk)) parts.push(Buffer.from(piece));
      // An expander that keeps what it borrowed is found out.
      chunk.fill(0xa5);
    }
    expander.end();
  } catch (error) {
    if (!(error instanceof RxSpikeError)) throw error;
    ({ code } = error);
  }
  return { content: Buffer.concat(parts), code };
}

/** Content of every kind: repeats near and far, runs, noise. */
function mixture(seed: number, size: number): Uint8Array {
  const random = new RandomSequence(seed, 'mixture');
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const length = Math.min(size - at, 1 + random.integer(700));
    const kind = random.integer(4);
    if (kind === 0) bytes.fill(random.integer(256), at, at + length);
    else if (kind === 1 && at > 0) bytes.copyWithin(at, random.integer(at), random.integer(at) + length);
    else for (let i = at; i < at + length; i++) bytes[i] = kind === 2 ? random.integer(256) : random.integer(5);
    at += length;
  }
  return bytes;
}

/** CRC-32 of the gzip header below, low 16 bits (Python: `zlib.crc32(header) & 0xffff`). */
const HEADER_CHECK = 0xc3f9;

const STRATEGIES = [0, 1, 2, 3, 4];

describe('gzip', () => {
  const content = mixture(1, 300_000);

  it.each(STRATEGIES.flatMap((strategy) => [0, 1, 6, 9].map((level) => ({ strategy, level }))))(
    'what zlib writes with strategy $strategy at level $level',
    ({ strategy, level }) => {
      const bytes = gzipSync(content, { strategy, level });
      for (const sizes of [[bytes.length], [65_536], [1, 2, 3, 997]]) {
        const { content: back, code } = expand(new GzipExpander(), bytes, sizes);
        expect([back.equals(content), code]).toEqual([true, null]);
      }
    },
  );

  it('any content, in any chunks', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (part, sizes) => {
          const { content: back, code } = expand(new GzipExpander(), gzipSync(part), sizes);
          expect([[...back], code]).toEqual([[...part], null]);
        },
      ),
      { numRuns: 300, seed: 8 },
    );
  });

  it('a header with everything that there may be, its checksum too', () => {
    // The header checksum is that of zlib's crc32 over the bytes before it.
    const header = [0x1f, 0x8b, 8, 0x1f, 1, 2, 3, 4, 0, 3, 3, 0, 9, 9, 9, 0x61, 0, 0x62, 0x63, 0];
    const body = deflateRawSync(Buffer.from('event'));
    const trailer = gzipSync(Buffer.from('event')).subarray(-8);
    const whole = (check: number): Buffer =>
      Buffer.concat([Uint8Array.from([...header, check & 0xff, check >> 8]), body, trailer]);
    expect(expand(new GzipExpander(), whole(HEADER_CHECK), [1])).toMatchObject({
      content: Buffer.from('event'),
      code: null,
    });
    expect(expand(new GzipExpander(), whole(HEADER_CHECK ^ 1)).code).toBe('ERR_CORRUPT');
  });

  it('a name without an end is not read for ever', () => {
    const bytes = new Uint8Array(200_000).fill(0x61);
    bytes.set([0x1f, 0x8b, 8, 8]);
    expect(expand(new GzipExpander(), bytes, [1000]).code).toBe('ERR_LIMIT');
  });

  it.each([
    ['a distance before the beginning', [0x4b, 0x4c, 0x04, 0x42, 0x00]],
    ['a block of an unknown kind', [0x07]],
    ['sizes of a stored block that do not agree', [0x01, 1, 0, 1, 0]],
    ['too many codes', [0xfd, 0xff, 0xff, 0xff]],
  ])('%s', (_, body) => {
    const header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    expect(expand(new GzipExpander(), Uint8Array.from([...header, ...body, ...new Uint8Array(20)])).code).toBe(
      'ERR_CORRUPT',
    );
  });

  it('memory is bounded: a thousandfold expansion comes in pieces', () => {
    const bytes = gzipSync(new Uint8Array(4 << 20));
    let largest = 0;
    for (const piece of new GzipExpander().push(bytes)) largest = Math.max(largest, piece.length);
    expect(largest).toBeLessThanOrEqual(1 << 17);
  });

  it('says where a stream ends and leaves what follows alone', () => {
    const feed = new ByteFeed();
    const body = deflateRawSync(content.subarray(0, 5000));
    feed.add(Buffer.concat([body, Uint8Array.of(1, 2, 3)]));
    const inflater = new Inflater((what) => new Error(what));
    let size = 0;
    for (let piece = inflater.run(feed); piece !== null && !inflater.ended; piece = inflater.run(feed))
      size += piece.length;
    expect([inflater.ended, feed.offset, [...feed.view(9)]]).toEqual([true, body.length, [1, 2, 3]]);
    expect(size).toBeLessThanOrEqual(5000);
  });
});

function hashed(bytes: Uint8Array): number {
  const hash = new Xxh64();
  for (let at = 0; at < bytes.length; at += 13) hash.add(bytes.subarray(at, at + 13));
  return hash.low32();
}

describe('Zstandard', () => {
  const frames = (
    JSON.parse(readFileSync(projectRoot('test', 'data', 'files', 'zstd-frames.json'), 'utf8')) as {
      readonly name: string;
      readonly frame: string;
      readonly length: number;
      readonly xxh32: number;
    }[]
  ).map(({ frame, ...rest }) => ({ ...rest, bytes: new Uint8Array(Buffer.from(frame, 'base64')) }));

  it('frames of the reference library, one by one and one after another, in any chunks', () => {
    for (const { name, bytes, length, xxh32: wanted } of frames) {
      for (const sizes of [[bytes.length], [1], [5, 300]]) {
        const { content, code } = expand(new ZstdExpander(LIMIT), bytes, sizes);
        expect([name, content.length, xxh32(content, 0, length) >>> 0, code]).toEqual([name, length, wanted, null]);
      }
    }
    const all = expand(
      new ZstdExpander(LIMIT),
      new Uint8Array(Buffer.concat(frames.map(({ bytes }) => bytes))),
      [4096],
    );
    expect([all.content.length, all.code]).toEqual([frames.reduce((sum, { length }) => sum + length, 0), null]);
  });

  it('a checksum that does not match is found', () => {
    const checked = frames.filter(({ bytes, length }) => (bytes[4] & 4) !== 0 && length > 0);
    expect(checked.length).toBeGreaterThan(10);
    for (const { bytes, length } of checked) {
      const bad = bytes.slice();
      bad[bad.length - 1] ^= 0x10;
      const { content, code } = expand(new ZstdExpander(LIMIT), bad);
      expect([content.length, code]).toEqual([length, 'ERR_CORRUPT']);
    }
  });

  it('a frame cut anywhere', () => {
    const { bytes, length } = frames.find(({ name }) => name === 'text, level 19') ?? frames[0];
    for (let cut = 1; cut < bytes.length; cut++) {
      const { content, code } = expand(new ZstdExpander(LIMIT), bytes.subarray(0, cut));
      expect(code).toBe('ERR_TRUNCATED');
      expect(content.length).toBeLessThanOrEqual(length);
    }
  });

  it('XXH64 as its specification gives it', () => {
    // Low halves of what the reference library gives for (7·i + n) mod 256, i < n.
    const rows: readonly (readonly [n: number, hash: number])[] = [
      [0, 0x51d8e999],
      [1, 0x1b21e730],
      [3, 0x52e564c9],
      [4, 0x63f9c743],
      [5, 0x91e8a437],
      [8, 0xa50def58],
      [12, 0x33af563b],
      [15, 0x6e75240d],
      [31, 0xc4880c7a],
      [32, 0xee6f7994],
      [33, 0x63e977ef],
      [63, 0xb5ff3162],
      [64, 0x599ba94d],
      [100, 0xebf6f5dc],
      [1000, 0xb0af5378],
    ];
    for (const [n, wanted] of rows)
      expect([n, hashed(Uint8Array.from({ length: n }, (_, i) => 7 * i + n))]).toEqual([n, wanted]);
  });
});

describe('content that slides', () => {
  it('keeps its window, whatever is added, in memory that is bounded by it', () => {
    const output = new SlidingOutput();
    for (const window of [1000, 0, 5000]) {
      output.reset(window);
      let made = 0;
      for (let k = 0; k < 400; k++) {
        output.reserve(128);
        const size = 1 + ((k * 37) % 128);
        for (let i = 0; i < size; i++) output.bytes[output.length++] = made++ % 251;
        const kept = Math.min(window, made);
        expect(output.length).toBeGreaterThanOrEqual(kept);
        for (const back of [1, kept >> 1, kept].filter((some) => some > 0 && some <= kept)) {
          expect(output.bytes[output.length - back]).toBe((made - back) % 251);
        }
      }
      expect(made).toBeGreaterThan(4 * window);
      expect(output.bytes.length).toBeLessThanOrEqual(1.5 * 5000);
    }
  });
});

describe('bytes that have arrived', () => {
  it('are given in order, whatever is added and consumed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(40)), { maxLength: 40 }), (steps) => {
        const feed = new ByteFeed();
        let [added, taken] = [0, 0];
        for (const [size, take] of steps) {
          const chunk = Uint8Array.from({ length: size }, () => added++);
          feed.add(chunk);
          const some = Math.min(take, feed.length);
          expect([...feed.view(some)]).toEqual(Array.from({ length: some }, (_, i) => (taken + i) & 0xff));
          feed.skip(some);
          taken += some;
          feed.keep();
          chunk.fill(0xee);
          expect([feed.length, feed.offset]).toEqual([added - taken, taken]);
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
