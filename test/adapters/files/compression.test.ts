import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Lz4Decompressor } from '../../../adapters/files/compression/lz4-frame.js';
import { xxh32 } from '../../../adapters/files/compression/xxh32.js';
import { ZstdDecompressor } from '../../../adapters/files/compression/zstd.js';
import { RandomSequence } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { read } from './reading.js';
import { aedat4, concat, description, eventBody, packet } from './write-aedat4.js';

const LIMIT = 1 << 22;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const u32 = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hash = (data: Uint8Array): Uint8Array => u32(xxh32(data, 0, data.length) >>> 0);

interface Lz4Frame {
  readonly blocks: readonly { readonly data: Uint8Array; readonly stored?: boolean }[];
  readonly linked?: boolean;
  readonly contentSize?: number;
  readonly content?: Uint8Array;
  readonly blockChecksum?: boolean;
  readonly blockId?: number;
}

/** An LZ4 frame by its format description. */
function lz4Frame({ blocks, linked, contentSize, content, blockChecksum, blockId = 7 }: Lz4Frame): Uint8Array {
  const flags =
    0x40 | (linked ? 0 : 0x20) | (blockChecksum ? 0x10 : 0) | (contentSize === undefined ? 0 : 8) | (content ? 4 : 0);
  const descriptor = concat(
    bytes(flags, blockId << 4),
    contentSize === undefined ? bytes() : concat(u32(contentSize % 2 ** 32), u32(Math.floor(contentSize / 2 ** 32))),
  );
  const parts = blocks.map(({ data, stored }) =>
    concat(u32(data.length + (stored ? 0x80000000 : 0)), data, blockChecksum ? hash(data) : bytes()),
  );
  const check = (xxh32(descriptor, 0, descriptor.length) >>> 8) & 0xff;
  return concat(u32(0x184d2204), descriptor, bytes(check), ...parts, u32(0), content ? hash(content) : bytes());
}

/** A block of one literal repeated `n` times. */
function runBlock(n: number): Uint8Array {
  const rest = n - 1 - 5 - 4 - 15;
  return concat(
    bytes(0x1f, 0x61, 1, 0),
    new Uint8Array(Math.floor(rest / 255)).fill(255),
    bytes(rest % 255, 0x50),
    bytes(0x61, 0x61, 0x61, 0x61, 0x61),
  );
}

/** A Zstandard frame of blocks that repeat a byte. */
function zstdFrame(blocks: number, size = 1 << 17, header: Uint8Array = bytes(0, 0x38)): Uint8Array {
  const runs = Array.from({ length: blocks }, (_, i) => {
    const block = (i === blocks - 1 ? 1 : 0) | (1 << 1) | (size << 3);
    return bytes(block & 0xff, (block >> 8) & 0xff, block >> 16, 0x61);
  });
  return concat(u32(0xfd2fb528), header, ...runs);
}

describe('XXH32', () => {
  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j', (value, expected) => {
    const data = text(`-${value}-`);
    expect(xxh32(data, 1, data.length - 1) >>> 0).toBe(expected);
  });
});

describe('LZ4 frames', () => {
  const lz4 = new Lz4Decompressor(LIMIT);
  const expand = (frame: Uint8Array): string => new TextDecoder().decode(lz4.expand(frame));
  const code = (frame: Uint8Array): unknown => {
    try {
      return `${lz4.expand(frame).length} bytes`;
    } catch (error) {
      return (error as { code: unknown }).code;
    }
  };
  const stored = { data: text('hello '), stored: true };
  const hello = concat(bytes(0x50), text('world'));

  it('stored and compressed blocks, checksums and content size', () => {
    const content = text('hello world');
    const all = lz4Frame({ blocks: [stored, { data: hello }], contentSize: 11, content, blockChecksum: true });
    expect(expand(all)).toBe('hello world');
    expect(expand(lz4Frame({ blocks: [] }))).toBe('');
    expect(expand(lz4Frame({ blocks: [{ data: runBlock(5000) }] }))).toBe('a'.repeat(5000));
  });

  it('a match reaches into the block before only where blocks are linked', () => {
    // Six bytes back from the start of the second block, then a last literal.
    const back = concat(bytes(0x02, 6, 0, 0x10), text('!'));
    expect(expand(lz4Frame({ blocks: [stored, { data: back }], linked: true }))).toBe('hello hello !');
    expect(code(lz4Frame({ blocks: [stored, { data: back }] }))).toBe('ERR_CORRUPT');
  });

  it('overlapping and distant long matches', () => {
    const noise = Uint8Array.from({ length: 300 }, (_, i) => (i * 89) & 0xff);
    const copy = concat(bytes(0xff, 255, 300 - 15 - 255), noise, bytes(300 & 255, 1, 200 - 19, 0x10, 0x21));
    expect([...lz4.expand(lz4Frame({ blocks: [{ data: copy }] }))]).toEqual([
      ...noise,
      ...noise.subarray(0, 200),
      0x21,
    ]);
  });

  it('damage is told from an early end', () => {
    const good = lz4Frame({
      blocks: [stored, { data: hello }],
      contentSize: 11,
      content: text('hello world'),
      blockChecksum: true,
    });
    for (let length = 0; length < good.length; length++) expect(code(good.subarray(0, length))).toBe('ERR_TRUNCATED');
    for (let at = 0; at < good.length; at++) {
      const bad = good.slice();
      bad[at] ^= 0x40;
      expect(['ERR_CORRUPT', 'ERR_TRUNCATED', 'ERR_UNSUPPORTED']).toContain(code(bad));
    }
    expect(code(lz4Frame({ blocks: [stored], contentSize: 7 }))).toBe('ERR_CORRUPT');
    expect(code(lz4Frame({ blocks: [{ data: new Uint8Array(70_000), stored: true }], blockId: 4 }))).toBe(
      'ERR_CORRUPT',
    );
  });

  it('blocks that end in the middle', () => {
    for (const data of [
      bytes(0xf0, 255, 255),
      bytes(0x50, 1),
      bytes(0x10, 1, 1),
      bytes(0x1f, 1, 1, 0, 255),
      bytes(0x10, 1, 0, 0),
      bytes(),
    ]) {
      expect(code(lz4Frame({ blocks: [{ data }] }))).toMatch(data.length === 0 ? /0 bytes/ : /ERR_CORRUPT/);
    }
  });

  it('a bomb stops at the limit without its content being made', () => {
    const blocks = Array.from({ length: 64 }, () => ({ data: runBlock(1 << 22) }));
    expect(code(lz4Frame({ blocks: blocks.slice(0, 1) }))).toBe(`${1 << 22} bytes`);
    expect(code(lz4Frame({ blocks }))).toBe('ERR_LIMIT');
    expect(code(lz4Frame({ blocks: [stored], contentSize: 2 ** 50 }))).toBe('ERR_LIMIT');
  });
});

const zstdCode = (frame: Uint8Array): unknown => {
  try {
    return `${new ZstdDecompressor(LIMIT).expand(frame).length} bytes`;
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};

describe('Zstandard frames', () => {
  it('a bomb stops at the limit', () => {
    expect(zstdCode(zstdFrame(32))).toBe(`${LIMIT} bytes`);
    expect(zstdCode(zstdFrame(33))).toBe('ERR_LIMIT');
    expect(zstdCode(zstdFrame(20_000))).toBe('ERR_LIMIT');
  });

  it('content above the limit is refused before it is made; a large window costs nothing', () => {
    expect(zstdCode(zstdFrame(1, 10, bytes(0xa0, 0xff, 0xff, 0xff, 0x7f)))).toBe('ERR_LIMIT');
    expect(zstdCode(zstdFrame(1, 10, bytes(0, 0xa0)))).toBe('10 bytes');
  });

  it('frames of the reference library', () => {
    const frames = JSON.parse(readFileSync(projectRoot('test', 'data', 'files', 'zstd-frames.json'), 'utf8')) as {
      readonly name: string;
      readonly frame: string;
      readonly length: number;
      readonly xxh32: number;
    }[];
    const zstd = new ZstdDecompressor(LIMIT);
    const seen = frames.map(({ name, frame }) => {
      const content = zstd.expand(new Uint8Array(Buffer.from(frame, 'base64')));
      return { name, length: content.length, xxh32: xxh32(content, 0, content.length) >>> 0 };
    });
    expect(seen).toEqual(frames.map(({ name, length, xxh32: hashed }) => ({ name, length, xxh32: hashed })));
    expect(frames.length).toBeGreaterThan(50);
  });

  it('the work is bounded by the content: matches that fill a block many times over are refused at once', () => {
    // 98,000 matches of 65,539 bytes in a block of 13 bytes: no literals, tables of one symbol.
    const body = bytes(0, 255, 0xff, 0xff, 0x54, 0, 0, 52, 1, 1, 1, 1, 1);
    const block = 1 | (2 << 1) | (body.length << 3);
    const frame = concat(u32(0xfd2fb528), bytes(0, 0x38, block & 0xff, block >> 8, 0), body);
    const started = process.cpuUsage();
    expect(zstdCode(frame)).toBe('ERR_CORRUPT');
    expect(process.cpuUsage(started).user).toBeLessThan(1e6);
  });

  it('bits turned anywhere give content of the right size or a typed error', () => {
    const rows = JSON.parse(readFileSync(projectRoot('test', 'data', 'files', 'zstd-frames.json'), 'utf8')) as {
      readonly frame: string;
    }[];
    const random = new RandomSequence(4, 'zstd');
    const codes = new Set<unknown>();
    for (const { frame } of rows) {
      for (let k = 0; k < 60; k++) {
        const bad = new Uint8Array(Buffer.from(frame, 'base64'));
        bad[random.integer(Math.min(bad.length, 120))] ^= 1 << random.integer(8);
        codes.add(String(zstdCode(bad)).replace(/^\d+ /, ''));
      }
    }
    expect(codes).toEqual(new Set(['ERR_CORRUPT', 'ERR_LIMIT', 'ERR_TRUNCATED', 'ERR_UNSUPPORTED', 'bytes']));
  });

  it('frames after the first are not looked at, however large their window', () => {
    const small = zstdFrame(1, 10);
    expect(zstdCode(concat(small, zstdFrame(1, 10, bytes(0, 0xa0))))).toBe('10 bytes');
  });

  it('cuts, content of another size, blocks too large', () => {
    expect(zstdCode(zstdFrame(2, 100, bytes(0x60, 200, 0)))).toBe('ERR_CORRUPT');
    const plain = zstdFrame(2, 100);
    for (let length = 0; length < plain.length; length++)
      expect(zstdCode(plain.subarray(0, length))).toBe('ERR_TRUNCATED');
    expect(zstdCode(zstdFrame(1, (1 << 17) + 1))).toBe('ERR_CORRUPT');
  });
});

describe('bombs in a recording', () => {
  const xml = description([[0, 'EVTS', 9, 9]]);
  const start = 1_700_000_000_000_000;
  const good = eventBody([[start, 1, 1, 1]]);

  it('LZ4: what is good comes first, then the limit', async () => {
    const blocks = Array.from({ length: 40 }, () => ({ data: runBlock(1 << 22) }));
    const packets = [packet(0, lz4Frame({ blocks: [{ data: good, stored: true }] })), packet(0, lz4Frame({ blocks }))];
    const outcome = await read(aedat4({ xml, packets, compression: 1, table: 'interrupted' }), {});
    expect(outcome).toMatchObject({ events: 1, code: 'ERR_LIMIT', marks: [] });
  });

  it('Zstandard: what is good comes first, then the limit', async () => {
    const raw = concat(u32(0xfd2fb528), bytes(0, 0x38, ((good.length << 3) | 1) & 0xff, good.length >> 5, 0), good);
    const packets = [packet(0, raw), packet(0, zstdFrame(10_000))];
    const file = aedat4({ xml, packets, compression: 3, table: 'interrupted' });
    expect(await read(file, {})).toMatchObject({ events: 1, code: 'ERR_LIMIT', marks: [] });
    expect(await read(file, { maxPacketBytes: 1 << 20 })).toMatchObject({ events: 1, code: 'ERR_LIMIT' });
  });
});
