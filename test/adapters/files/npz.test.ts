import { zipSync } from 'fflate';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.node.js';
import type { ByteParts, ByteSource } from '../../../adapters/files/byte-source.js';
import { npyStart } from '../../../adapters/files/numpy/write-header.js';
import { centralDirectory, localHeader, type StoredEntry } from '../../../adapters/files/numpy/zip-writing.js';
import { openSource } from '../../../adapters/files/open-recording.js';
import { crc32 } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { chunked, read } from './reading.js';

const folder = projectRoot('test', 'data', 'files');
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(`${folder}/${name}`));
const expected = JSON.parse(readFileSync(`${folder}/expected-numpy.json`, 'utf8')) as Record<
  string,
  { events: number; digest: string; width?: number; height?: number }
>;
const NPZ = Object.entries(expected).filter(([name]) => name.endsWith('.npz'));

type Values = Float64Array | Uint16Array | Uint8Array | Int32Array;

function array(descr: string, values: Values, shape = `(${values.length},)`): Uint8Array {
  const start = npyStart(descr, shape);
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bytes = new Uint8Array(start.length + content.length);
  bytes.set(start);
  bytes.set(content, start.length);
  return bytes;
}

const N = 40_000;
const COLUMNS = {
  't.npy': array(
    "'<f8'",
    Float64Array.from({ length: N }, (_, i) => 7 * i),
  ),
  'x.npy': array(
    "'<u2'",
    Uint16Array.from({ length: N }, (_, i) => (i * 31) % 300),
  ),
  'y.npy': array(
    "'<u2'",
    Uint16Array.from({ length: N }, (_, i) => (i * 17) % 200),
  ),
  'p.npy': array(
    "'|b1'",
    Uint8Array.from({ length: N }, (_, i) => i & 1),
  ),
};

const refused = async (bytes: Uint8Array, code: string): Promise<void> => {
  await expect(openRecording(bytes)).rejects.toMatchObject({ code });
};

/** Where the bytes of a file of an archive begin. */
function contentOf(zip: Uint8Array, name: string): number {
  const letters = Array.from({ length: name.length }, (_, k) => name.charCodeAt(k));
  const at = zip.findIndex((_, i) => letters.every((letter, k) => zip[i + k] === letter));
  return at + name.length + zip[at - 2] + 256 * zip[at - 1];
}

describe('archives that numpy wrote', () => {
  it.each(NPZ)('%s', async (name, { events, digest, width, height }) => {
    const outcome = await read(fixture(name), { name });
    expect(outcome).toMatchObject({ events, digest, code: null, report: { violations: {} } });
    const { info } = await openRecording(fixture(name));
    expect([info.width, info.height]).toEqual([width ?? null, height ?? null]);
    expect((await read(new Blob([fixture(name).slice()]), {})).digest).toBe(digest);
    expect((await read(`${folder}/${name}`, {})).digest).toBe(digest);
  });

  it('are not read from a pipe', async () => {
    expect(await read(chunked(fixture('columns.npz'), [500]), {})).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      events: 0,
    });
  });

  it('an array by its name', async () => {
    const name = 'deflated.npz';
    expect((await read(fixture(name), { topic: 'events' })).digest).toBe(expected[name].digest);
    await expect(openRecording(fixture(name), { topic: 'frames' })).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_FORMAT',
    });
    await expect(openRecording(fixture(name), { topic: 'none' })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('frames, events') as string,
    });
  });
});

describe('archives that are damaged', () => {
  const stored = zipSync(COLUMNS, { level: 0 });
  const deflated = zipSync(COLUMNS, { level: 6 });

  it('are sound to begin with', async () => {
    const whole = await read(stored, {});
    expect(whole).toMatchObject({ events: N, code: null });
    expect((await read(deflated, {})).digest).toBe(whole.digest);
  });

  it('a checksum that does not agree is told after the events', async () => {
    const bytes = stored.slice();
    bytes[contentOf(bytes, 'y.npy') + 128 + 2 * 20_000] ^= 1;
    const outcome = await read(bytes, {});
    expect(outcome).toMatchObject({ events: N, code: 'ERR_CORRUPT' });
    expect(outcome.message).toContain('y.npy does not agree with its checksum');
  });

  it('what cannot be expanded is told after the events before it', async () => {
    const bytes = deflated.slice();
    const from = contentOf(bytes, 't.npy');
    bytes.fill(0xff, from + 30_000, from + 30_400);
    const outcome = await read(bytes, {});
    expect(outcome.code).toBe('ERR_CORRUPT');
    expect(outcome.events).toBeGreaterThan(1_000);
    expect(outcome.events).toBeLessThan(N);
  });

  it('without its end', async () => {
    for (let length = stored.length - 1; length > 0; length -= 997) {
      expect(['ERR_TRUNCATED', 'ERR_UNKNOWN_FORMAT']).toContain((await read(stored.subarray(0, length), {})).code);
    }
  });

  it('columns of unequal length', async () => {
    const short = { ...COLUMNS, 'p.npy': array("'|b1'", new Uint8Array(N - 3)) };
    const outcome = await read(zipSync(short), {});
    expect(outcome).toMatchObject({ events: N - 3, code: 'ERR_CORRUPT' });
    expect(outcome.message).toContain(`p has ${N - 3} values`);
  });

  it('an array that announces more than there is', async () => {
    const lying = { ...COLUMNS, 't.npy': COLUMNS['t.npy'].subarray(0, 128 + 8 * 100) };
    expect(await read(zipSync(lying), {})).toMatchObject({ events: 100, code: 'ERR_TRUNCATED' });
  });

  it('bombs stop at the limit', async () => {
    const zeros = Object.fromEntries(
      Object.entries(COLUMNS).map(([name]) => [name, array("'<f8'", new Float64Array(500_000))]),
    );
    const bomb = zipSync(zeros, { level: 9 });
    expect(bomb.length).toBeLessThan(20_000);
    const outcome = await read(bomb, {});
    expect(outcome.code).toBe('ERR_LIMIT');
    expect(outcome.events).toBeLessThan(500_000);
    expect((await read(bomb, { maxExpansion: 2_000 })).events).toBe(500_000);
  });

  it('without events, with pickles, encrypted, by another method', async () => {
    await refused(zipSync({}), 'ERR_UNKNOWN_FORMAT');
    await refused(zipSync({ 'a.npy': COLUMNS['t.npy'], 'readme.txt': new Uint8Array(9) }), 'ERR_UNKNOWN_FORMAT');
    await refused(zipSync({ 'a.npy': fixture('pickled.npy') }), 'ERR_UNSUPPORTED');
    const list = stored.findLastIndex((_, i) => stored[i] === 0x50 && stored[i + 1] === 0x4b && stored[i + 2] === 1);
    const encrypted = stored.slice();
    encrypted[list + 8] |= 1;
    await refused(encrypted, 'ERR_UNSUPPORTED');
    const other = stored.slice();
    other[list + 10] = 12;
    await refused(other, 'ERR_UNSUPPORTED');
    const far = stored.slice();
    far.set([0xff, 0xff, 0xff, 0x7f], list + 42);
    await refused(far, 'ERR_CORRUPT');
    await expect(openRecording(stored, { maxHeaderBytes: 40 })).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });
});

describe('ZIP64', () => {
  it('an archive whose sizes all stand in extra fields', async () => {
    expect(await read(fixture('rxspike-zip64.npz'), {})).toMatchObject({
      events: 3,
      code: null,
      report: { t0: 1, t1: 3 },
    });
  });

  it('sizes in an extra field stand in their order', async () => {
    const zip = Buffer.from(zipSync(COLUMNS, { level: 6 }));
    const end = zip.length - 22;
    const list = zip.readUInt32LE(end + 16);
    const after = list + 46 + zip.readUInt16LE(list + 28);
    const extra = Buffer.alloc(4 + 24);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    extra.writeUInt32LE(zip.readUInt32LE(list + 24), 4);
    extra.writeUInt32LE(zip.readUInt32LE(list + 20), 12);
    extra.writeUInt32LE(zip.readUInt32LE(list + 42), 20);
    for (const place of [20, 24, 42]) zip.writeUInt32LE(0xffffffff, list + place);
    zip.writeUInt16LE(extra.length, list + 30);
    zip.writeUInt32LE(zip.readUInt32LE(end + 12) + extra.length, end + 12);
    const bytes = Buffer.concat([zip.subarray(0, after), extra, zip.subarray(after)]);
    expect(await read(new Uint8Array(bytes), {})).toMatchObject({ events: N, code: null });
  });

  it('headers change over at 4 GiB', () => {
    const entry = { name: 't.npy', crc: 5, size: 2 ** 32 - 2, offset: 0 };
    expect(localHeader(entry).length).toBe(35);
    const big = { ...entry, size: 2 ** 32 + 9 };
    const view = new DataView(localHeader(big).buffer);
    expect([view.byteLength, view.getUint32(18, true), view.getUint32(39, true), view.getUint32(43, true)]).toEqual([
      55,
      2 ** 32 - 1,
      9,
      1,
    ]);
    expect(centralDirectory([entry], 2 ** 32 - 2).length).toBe(46 + 5 + 22);
    expect(centralDirectory([{ ...entry, offset: 2 ** 33 }], 2 ** 34).length).toBe(46 + 5 + 28 + 56 + 20 + 22);
  });

  it('is what rxspike-zip64.npz was made by', () => {
    const files = [
      ['t.npy', array("'<i8'", Int32Array.of(1, 0, 2, 0, 3, 0), '(3,)')],
      ['x.npy', array("'<u2'", Uint16Array.of(1, 2, 3))],
      ['y.npy', array("'<u2'", Uint16Array.of(3, 2, 1))],
      ['p.npy', array("'|b1'", Uint8Array.of(1, 0, 1))],
    ] as const;
    const pieces: Uint8Array[] = [];
    const entries = [];
    let offset = 0;
    for (const [name, bytes] of files) {
      const entry = { name, crc: crc32(bytes), size: bytes.length, offset };
      const header = localHeader(entry, true);
      entries.push(entry);
      pieces.push(header, bytes);
      offset += header.length + bytes.length;
    }
    pieces.push(centralDirectory(entries, offset, true));
    expect(Buffer.concat(pieces).equals(fixture('rxspike-zip64.npz'))).toBe(true);
  });
});

describe('an archive of more than 4 GiB', () => {
  it('is read where its events lie beyond', async () => {
    const junk = 5 * 2 ** 30;
    const start = localHeader({ name: 'frames.npy', crc: 0, size: junk });
    const tail: Uint8Array[] = [];
    const entries: StoredEntry[] = [{ name: 'frames.npy', crc: 0, size: junk, offset: 0 }];
    let offset = start.length + junk;
    for (const [name, bytes] of Object.entries(COLUMNS)) {
      const entry = { name, crc: crc32(bytes), size: bytes.length, offset };
      const header = localHeader(entry);
      entries.push(entry);
      tail.push(header, bytes);
      offset += header.length + bytes.length;
    }
    tail.push(centralDirectory(entries, offset));
    const end = Buffer.concat(tail);
    const from = start.length + junk;
    // Between its beginning and its end there are only zeros.
    const parts: ByteParts = {
      size: from + end.length,
      read: async (a, b) => {
        const bytes = new Uint8Array(b - a);
        if (a < start.length) bytes.set(start.subarray(a, b));
        const at = Math.max(0, from - a);
        bytes.set(end.subarray(Math.max(0, a - from), Math.max(0, b - from)), Math.min(at, b - a));
        return bytes;
      },
    };
    const source: ByteSource = {
      rewindable: true,
      parts,
      read: async function* beginning() {
        yield start;
      },
    };
    const recording = await openSource(source, {});
    let events = 0;
    for await (const packet of recording.events()) events += packet.length;
    expect([events, recording.report.t1, recording.report.violations]).toEqual([N, 7 * (N - 1), {}]);
  });
});
