import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeEcf } from '../../../adapters/files/hdf5/ecf.js';
import { eventDigest, openRecording, type Recording, type SideItem } from '../../../adapters/files/index.js';
import { RandomSequence, RxSpikeError } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { chunked, read } from './reading.js';

interface Expected {
  readonly topic: string;
  readonly events: number;
  readonly on: number;
  readonly t0: number;
  readonly t1: number;
  readonly digest: string;
  readonly width?: number;
  readonly height?: number;
  readonly yUp?: boolean;
  readonly mirroredX?: boolean;
  readonly epoch?: string;
}

const files = new Map<string, Uint8Array>();

function bytesOf(name: string): Uint8Array {
  const bytes = files.get(name) ?? new Uint8Array(readFileSync(projectRoot('test', 'data', 'files', name)));
  files.set(name, bytes);
  return bytes;
}

const expected = JSON.parse(new TextDecoder().decode(bytesOf('hdf5-expected.json'))) as Record<string, Expected[]>;
const cases = Object.entries(expected).flatMap(([name, groups]) => groups.map((group) => ({ name, ...group })));

/** The error that reading a source to its end meets. */
async function failure(source: Uint8Array, options: object = {}): Promise<RxSpikeError> {
  try {
    const recording = await openRecording(source, options);
    for await (const _ of recording.events());
  } catch (error) {
    if (error instanceof RxSpikeError) return error;
    throw error;
  }
  throw new Error('was read without an error');
}

/** A copy with other bytes at `at`. */
function patched(bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

const repeated = (value: number, count: number): number[] => Array.from({ length: count }, () => value);

async function coordinates(recording: Recording): Promise<(readonly [x: number, y: number])[]> {
  const found: (readonly [number, number])[] = [];
  for await (const { x, y, length } of recording.events()) for (let i = 0; i < length; i++) found.push([x[i], y[i]]);
  return found;
}

/** Where the n-th occurrence of a signature lies. */
function find(bytes: Uint8Array, signature: string, n: number = 0): number {
  let at = -1;
  for (let k = 0; k <= n; k++) at = Buffer.from(bytes).indexOf(signature, at + 1, 'latin1');
  return at;
}

describe('HDF5 files of other writers', () => {
  it.each(cases)('$name: $topic holds the events that its writer put in', async ({ name, topic, ...wanted }) => {
    const recording = await openRecording(bytesOf(name), { name, topic });
    const digest = eventDigest();
    for await (const packet of recording.events()) digest.add(packet);
    const { events, on, t0, t1, width = null, height = null, yUp = false, mirroredX = false, epoch = null } = wanted;
    expect(recording.report).toMatchObject({ events, on, off: events - on, t0, t1, violations: {} });
    expect(digest.hex()).toBe(wanted.digest);
    expect(recording.info).toMatchObject({ width, height, yUp, mirroredX, epoch, origin: t0 });
    expect(recording.format).toBe('hdf5');
  });

  it('reads a Blob, packets of any size, and again', async () => {
    for (const name of ['prophesee-ecf.hdf5', 'm3ed.h5', 'mvsec.h5']) {
      const [{ digest }] = expected[name];
      const bytes = bytesOf(name);
      const recording = await openRecording(new Blob([bytes.slice()]), { packetEvents: 7, reuse: 'scribble' });
      for (let again = 0; again < 2; again++) {
        const found = eventDigest();
        for await (const packet of recording.events()) found.add(packet);
        expect(found.hex()).toBe(digest);
      }
    }
  });

  it('gives the triggers of a Prophesee file as a side stream', async () => {
    const recording = await openRecording(bytesOf('prophesee-ecf.hdf5'));
    expect(recording.info.side).toEqual(['triggers']);
    const items: SideItem[] = [];
    for await (const item of recording.side('triggers')) items.push(item);
    expect(items).toEqual([
      { kind: 'trigger', t: 100, id: 0, edge: 'rising' },
      { kind: 'trigger', t: 200, id: 0, edge: 'falling' },
      { kind: 'trigger', t: 250, id: 1, edge: 'rising' },
      { kind: 'trigger', t: 300, id: 1, edge: 'falling' },
      { kind: 'trigger', t: 70000, id: 0, edge: 'rising' },
    ]);
    const events = recording.events();
    for await (const _ of events);
    expect(recording.report.side).toEqual({ triggers: 5 });
    expect(recording.facts.sensor).toBe('IMX636');
  });

  it('seeks', async () => {
    const recording = await openRecording(bytesOf('prophesee-ecf.hdf5'));
    const { t0, t1 } = expected['prophesee-ecf.hdf5'][0];
    recording.seek((t0 + t1) / 2);
    for await (const _ of recording.events());
    expect(recording.report.t0).toBeGreaterThanOrEqual((t0 + t1) / 2);
    expect(recording.report.t1).toBe(t1);
  });
});

describe('which events of a file are read', () => {
  it('takes the first group, says why, and names the others', async () => {
    const m3ed = await openRecording(bytesOf('m3ed.h5'));
    expect(m3ed.facts.sniffed).toBe(
      'HDF5 signature; M3ED columns in /prophesee/left; events are in /prophesee/right too',
    );
    const mvsec = await openRecording(bytesOf('mvsec.h5'));
    expect(mvsec.facts.sniffed).toContain('a table of four columns x, y, t, p in /davis/left/events');
    expect((await openRecording(bytesOf('dsec-blosc.h5'))).facts.sniffed).toBe(
      'HDF5 signature; DSEC columns in /events',
    );
  });

  it.each(['prophesee/right', '/prophesee/right/', '/prophesee/right'])(
    'takes the group asked for: %s',
    async (topic) => {
      const { digest } = await read(bytesOf('m3ed.h5'), { topic });
      expect(digest).toBe(expected['m3ed.h5'][1].digest);
    },
  );

  it('takes the events below a group that is asked for', async () => {
    expect((await read(bytesOf('mvsec.h5'), { topic: 'davis/right' })).digest).toBe(expected['mvsec.h5'][1].digest);
    expect((await read(bytesOf('prophesee-ecf.hdf5'), { topic: 'CD' })).code).toBeNull();
  });

  it('names those that there are where another is asked for', async () => {
    const error = await failure(bytesOf('m3ed.h5'), { topic: 'prophesee/middle' });
    expect(error.code).toBe('ERR_ARGUMENT');
    expect(error.message).toContain('/prophesee/left, /prophesee/right');
  });

  it('takes unit and columns from the options where they are given', async () => {
    const plain = await openRecording(bytesOf('plain.h5'), { timeUnit: 'ms', topic: '' });
    expect(plain.info.origin).toBe(expected['plain.h5'][0].t0 * 1000);
    const turned = await openRecording(bytesOf('mvsec.h5'), { columns: 'y,x,t,p' });
    const straight = await openRecording(bytesOf('mvsec.h5'));
    const [a, b] = [await coordinates(turned), await coordinates(straight)];
    expect(a.map(([x, y]) => [y, x])).toEqual(b);
    expect(a.length).toBe(300);
    expect((await failure(bytesOf('mvsec.h5'), { columns: 'x,y,t' })).code).toBe('ERR_ARGUMENT');
  });

  it('is not read from a stream of chunks', async () => {
    const bytes = bytesOf('plain.h5');
    const outcome = await read(chunked(bytes, [512]), {});
    expect(outcome.code).toBe('ERR_UNSUPPORTED');
    expect(outcome.message).toContain('pipe');
  });
});

describe('damaged HDF5 files', () => {
  it('a file cut in its data gives what is whole, then says that it ends', async () => {
    // The columns of this one lie in one piece each, the times last.
    const bytes = bytesOf('plain.h5');
    const whole = await read(bytes, {});
    let met = 0;
    for (let length = bytes.length - 1; length > 0; length -= 149) {
      const cut = await read(bytes.subarray(0, length), {});
      expect([length, cut.code]).toEqual([length, 'ERR_TRUNCATED']);
      expect(cut.marks).toEqual([]);
      expect(cut.events).toBeLessThanOrEqual(whole.events);
      if (cut.events > 0) met++;
    }
    expect(met).toBeGreaterThan(0);
  });

  it('a damaged chunk ends the events after those of the chunks before', async () => {
    const bytes = bytesOf('rpg.h5');
    const recording = await openRecording(bytes, { packetEvents: 1 });
    const times: number[] = [];
    for await (const packet of recording.events()) if (packet.length > 0) times.push(packet.t[0]);
    // zlib streams begin with 78 5e or 78 9c; turn a bit in each and see where the reading ends.
    let met = 0;
    for (let at = 0; at < bytes.length - 20; at++) {
      if (bytes[at] !== 0x78 || ![0x01, 0x5e, 0x9c, 0xda].includes(bytes[at + 1])) continue;
      const outcome = await read(patched(bytes, at + 14, bytes[at + 14] ^ 4), {});
      if (outcome.code === null) continue;
      met++;
      expect(outcome.code).toBe('ERR_CORRUPT');
      expect(outcome.events % 128).toBe(0);
      expect(outcome.report?.t1).toBe(outcome.events === 0 ? null : times[outcome.events - 1]);
      expect(outcome.message).toMatch(/^hdf5: chunk \d of events\/[xytp]s at byte \d+: /);
    }
    expect(met).toBeGreaterThan(10);
  });

  it('checksums of structures are verified', async () => {
    const bytes = bytesOf('indexes.h5');
    const signatures = ['OHDR', 'BTHD', 'BTLF', 'FAHD', 'FADB', 'EAHD', 'EAIB', 'EADB'];
    for (const signature of signatures) {
      const at = find(bytes, signature) + 20;
      const codes = new Set<string | null>();
      for (const { topic } of expected['indexes.h5'])
        codes.add((await read(patched(bytes, at, bytes[at] ^ 1), { topic })).code);
      expect([signature, codes.has('ERR_CORRUPT') || codes.has('ERR_ARGUMENT')]).toEqual([signature, true]);
    }
    expect((await failure(patched(bytes, 44, bytes[44] ^ 1))).code).toBe('ERR_CORRUPT');
  });

  it('structures that lead in circles end', async () => {
    const bytes = bytesOf('tree1.h5');
    // The children of the chunk tree's root are all made the root itself, then its first child.
    const nodes = Array.from({ length: 12 }, (_, n) => find(bytes, 'TREE', n)).filter((at) => at >= 0);
    const root = nodes.find((at) => bytes[at + 4] === 1 && bytes[at + 5] === 1) ?? 0;
    expect(root).toBeGreaterThan(0);
    const [, child] = nodes.filter((at) => bytes[at + 4] === 1 && bytes[at + 5] === 0);
    const children = bytes[root + 6];
    for (const target of [root, child]) {
      const looped = bytes.slice();
      for (let k = 0; k < children; k++) new DataView(looped.buffer).setUint32(root + 24 + 24 + k * 32, target, true);
      const outcome = await read(looped, {});
      expect(outcome.code).toBe('ERR_CORRUPT');
    }
  });

  it('a chunk above the limit, and content out of proportion, are refused', async () => {
    const bytes = bytesOf('filters.h5');
    expect(await failure(bytes, { topic: 'zstd', maxPacketBytes: 2000 })).toMatchObject({ code: 'ERR_LIMIT' });
    const tight = await read(bytes, { topic: 'zstd', maxPacketBytes: 250 * 9 });
    expect([tight.code, tight.events]).toEqual([null, 600]);
    expect(await failure(bytesOf('m3ed.h5'), { maxHeaderBytes: 600 })).toMatchObject({ code: 'ERR_LIMIT' });
  });

  it('300 mutants give events and typed errors only', async () => {
    const random = new RandomSequence(5, 'hdf5');
    const codes = new Map<string | null, number>();
    const names = Object.keys(expected);
    for (let k = 0; k < 300; k++) {
      const name = names[k % names.length];
      const bytes = bytesOf(name).slice();
      const view = new DataView(bytes.buffer);
      for (let n = 1 + random.integer(3); n > 0; n--) {
        const at = random.integer(bytes.length - 8);
        const kind = random.integer(3);
        if (kind === 0) bytes[at] ^= 1 << random.integer(8);
        else if (kind === 1) view.setInt32(at, [0, -1, 2 ** 31 - 1, 1 << 20, at][random.integer(5)], true);
        else for (let i = at; i < Math.min(bytes.length, at + 40); i++) bytes[i] = random.integer(256);
      }
      const groups = expected[name];
      const outcome = await read(bytes, { topic: groups[random.integer(groups.length)].topic });
      codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1);
      expect(outcome.report?.events ?? 0).toBe(outcome.events);
      expect(outcome.marks.length).toBe(outcome.code === null ? 1 : 0);
      expect(outcome.events).toBeLessThanOrEqual(bytes.length);
    }
    expect(codes.get('ERR_CORRUPT')).toBeGreaterThan(15);
    expect(codes.get('ERR_TRUNCATED')).toBeGreaterThan(1);
  });
});

const ecfHead = (count: number, flags: number, t: number): number[] => [
  ...new Uint8Array(new Uint32Array([(count << 2) | flags, t, 0]).buffer),
];
const ecfTimes = (chunk: number[]): number[] => {
  const bytes = decodeEcf(new Uint8Array(chunk), 1 << 20);
  return Array.from({ length: bytes.length / 16 }, (_, k) => new DataView(bytes.buffer).getInt32(16 * k + 8, true));
};

describe('ECF', () => {
  it('reads long steps nibble by nibble and long runs by 16 bits', () => {
    // 0x123 later: nibbles 3, 2, 1; then two events, then 20 events one later.
    const chunk = [...ecfHead(22, 1, 1000), 0xf3, 0xf2, 0xf1, 0x02, 0x1f, 20, 0, 31, 0, 22, 0, ...repeated(0, 36)];
    expect(ecfTimes(chunk)).toEqual([...repeated(1291, 2), ...repeated(1292, 20)]);
  });

  it.each([
    ['a run of times beyond the last event', [...ecfHead(3, 0, 0), 0x04]],
    ['a run of 65535 beyond the last event', [...ecfHead(3, 0, 0), 0x0f, 0xff, 0xff]],
    ['rows beyond the last event', [...ecfHead(3, 0, 0), 0x03, 0x1f, 0x00, 0xff, 0xff]],
    ['an end inside the times', ecfHead(3, 0, 0)],
    ['an end inside packed rows', [...ecfHead(3, 2, 0), 0x03, 1, 2, 3, 4]],
    ['more events than a chunk has', ecfHead(65536, 0, 0)],
    ['steps without an end', [...ecfHead(1, 0, 0), ...repeated(0xff, 300), 0x01]],
    ['nothing', []],
  ])('refuses %s', (_, chunk) => {
    expect(() => decodeEcf(new Uint8Array(chunk), 1 << 22)).toThrow(expect.objectContaining({ code: 'ERR_CORRUPT' }));
  });

  it('refuses more than the limit', () => {
    expect(() => decodeEcf(new Uint8Array(ecfHead(100, 0, 0)), 1599)).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT' }),
    );
  });
});

describe('files made by h5wasm', () => {
  type Made = Record<
    string,
    { readonly data: number[] | string[]; readonly dtype: string; readonly shape?: number[]; readonly chunk?: number }
  >;

  /** The bytes of a file with these datasets at its root. */
  async function made(datasets: Made): Promise<Uint8Array> {
    const h5wasm = await import('h5wasm/node');
    await h5wasm.ready;
    const folder = mkdtempSync(join(tmpdir(), 'rxspike-h5wasm-'));
    try {
      const path = join(folder, 'made.h5');
      const file = new h5wasm.File(path, 'w');
      for (const [name, { data, dtype, shape, chunk }] of Object.entries(datasets)) {
        const stored = chunk === undefined ? {} : { maxshape: [null], chunks: [chunk], compression: 9 };
        file.create_dataset({ name, data, dtype, shape: shape ?? [data.length], ...stored });
      }
      file.close();
      return new Uint8Array(readFileSync(path));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const t = { data: [10, 20, 30, 40], dtype: '<i' };
  const x = { data: [1, 2, 3, 4], dtype: '<H' };
  const p = { data: [1, 0, 1, 0], dtype: '<b' };

  it('gives columns by their names, and integers as µs', async () => {
    const recording = await openRecording(await made({ timestamps: t, xs: x, row: x, polarity: p }));
    expect(await coordinates(recording)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
    expect(recording.report).toMatchObject({ events: 4, on: 2, t0: 10, t1: 40 });
  });

  it('takes the unit from the name of a column', async () => {
    expect((await openRecording(await made({ t_ms: t, x, y: x, p }))).info.origin).toBe(10_000);
    expect((await openRecording(await made({ t_ns: t, x, y: x, p }))).info.origin).toBe(0.01);
  });

  it('does not take a few events in chunks for millions for a bomb', async () => {
    const chunk = 1 << 20;
    const bytes = await made({ t: { ...t, chunk }, x: { ...x, chunk }, y: { ...x, chunk }, p: { ...p, chunk } });
    expect(bytes.length * 200).toBeLessThan(9 * chunk);
    expect(await read(bytes, {})).toMatchObject({ code: null, events: 4 });
    const refused = await failure(bytes, { maxPacketBytes: 1 << 21 });
    expect(refused.code).toBe('ERR_LIMIT');
  });

  it('adds t_offset', async () => {
    const offset = { data: [1_000_000], dtype: '<i' };
    expect((await openRecording(await made({ t, x, y: x, p, t_offset: offset }))).info.origin).toBe(1_000_010);
  });

  it('says that columns are of different lengths after what they all have', async () => {
    const outcome = await read(await made({ t, x, y: x, p: { data: [1, 0, 1], dtype: '<b' } }), {});
    expect([outcome.code, outcome.events]).toEqual(['ERR_CORRUPT', 3]);
    expect(outcome.message).toContain('p 3');
  });

  it('counts polarities that are none, and ends at a coordinate or a time that is none', async () => {
    const odd = await read(await made({ t, x, y: x, p: { data: [1, 0, 7, -1], dtype: '<b' } }), {});
    expect(odd.report?.violations).toEqual({ unknownPolarity: 1, mixedPolarity: 1 });
    expect(odd.report).toMatchObject({ on: 2, off: 2 });
    const far = await read(await made({ t, x: { data: [1, 2, -3, 4], dtype: '<i' }, y: x, p }), {});
    expect([far.code, far.events]).toEqual(['ERR_CORRUPT', 2]);
    const never = await read(await made({ t_s: { data: [0, 1, NaN, 3], dtype: '<d' }, x, y: x, p }), {});
    expect([never.code, never.events]).toEqual(['ERR_CORRUPT', 2]);
  });

  it('knows the columns of a table by their values, or says that it does not', async () => {
    const rows = Array.from({ length: 40 }, (_, k) => [k * 50, (k * 37) % 200, (k * 11) % 90, k % 2]);
    const table = { data: rows.flat(), dtype: '<i', shape: [40, 4] };
    const recording = await openRecording(await made({ events: table }));
    expect(recording.facts.sniffed).toBe('HDF5 signature; a table of four columns t, x, y, p in /events');
    expect(await coordinates(recording)).toEqual(rows.map(([, a, b]) => [a, b]));
    const none = await failure(await made({ events: { data: rows.flat().map(() => 1), dtype: '<i', shape: [40, 4] } }));
    expect(none.code).toBe('ERR_UNSUPPORTED');
    expect(none.message).toContain('columns');
  });

  it('names what is there where there are no events', async () => {
    const error = await failure(await made({ image: { data: [1, 2, 3, 4], dtype: '<B', shape: [2, 2] }, t }));
    expect(error.code).toBe('ERR_UNSUPPORTED');
    expect(error.message).toContain('it holds image, t');
  });
});
