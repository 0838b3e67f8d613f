import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dsecEncoder } from '../../../adapters/files/hdf5/dsec-encoder.js';
import { adler32 } from '../../../adapters/files/hdf5/deflate.js';
import { lookup3 } from '../../../adapters/files/hdf5/lookup3.js';
import { createRecording, eventDigest, openRecording } from '../../../adapters/files/index.node.js';
import { RandomSequence, streamInfo, type EventPacket, type StreamInfo } from '../../../src/index.js';
import { describeWithData, projectRoot } from '../../shared-data.js';

const folder = mkdtempSync(join(tmpdir(), 'rxspike-hdf5-'));
afterAll(() => rmSync(folder, { recursive: true }));

const nothing = async (): Promise<void> => {};
const sumOf = (text: string): string => lookup3(new TextEncoder().encode(text), 0, text.length).toString(16);

const INFO = streamInfo({ width: 346, height: 260, origin: 5000 });

interface Events {
  readonly t: number[];
  readonly x: number[];
  readonly y: number[];
  readonly p: number[];
}

/** Events with equal times, silences and steps back. */
function events(count: number, seed: number, first: number = 5000): Events {
  const random = new RandomSequence(seed, 'hdf5');
  const out: Events = { t: [], x: [], y: [], p: [] };
  for (let k = 0, t = first; k < count; k++) {
    out.t.push(t);
    out.x.push(random.integer(346));
    out.y.push(random.integer(260));
    out.p.push(random.integer(2));
    t += [0, 0, 1, 3, 20, 900, 4000, -7][random.integer(8)];
  }
  return out;
}

function packet({ t, x, y, p }: Events, from: number, to: number, info: StreamInfo): EventPacket {
  return {
    stream: info,
    t: Float64Array.from(t.slice(from, to)),
    x: Uint16Array.from(x.slice(from, to)),
    y: Uint16Array.from(y.slice(from, to)),
    p: Uint8Array.from(p.slice(from, to)),
    length: Math.min(to, t.length) - from,
    until: 0,
    mark: null,
  };
}

/** The file that events make when they come in packets of the given sizes. */
function encoded(all: Events, sizes: readonly number[], info: StreamInfo = INFO): Uint8Array {
  const encoder = dsecEncoder(info, {});
  const pieces: Uint8Array[] = [];
  for (const piece of encoder.start()) pieces.push(piece.slice());
  for (let at = 0, k = 0; at < all.t.length; k++) {
    const to = Math.min(all.t.length, at + sizes[k % sizes.length]);
    for (const piece of encoder.encode(packet(all, at, to, info))) pieces.push(piece.slice());
    at = to;
  }
  for (const piece of encoder.finish()) pieces.push(piece.slice());
  const file = new Uint8Array(Buffer.concat(pieces));
  for (const { at, bytes } of encoder.patches()) file.set(bytes, at);
  return file;
}

async function decoded(bytes: Uint8Array): Promise<{ digest: string; info: StreamInfo; sniffed: string }> {
  const recording = await openRecording(bytes);
  const digest = eventDigest();
  for await (const some of recording.events()) digest.add(some);
  return { digest: digest.hex(), info: recording.info, sniffed: recording.facts.sniffed };
}

function digestOf(all: Events): string {
  const digest = eventDigest();
  digest.add(packet(all, 0, all.t.length, INFO));
  return digest.hex();
}

describe('HDF5 that is written', () => {
  it.each([0, 1, 2, 1000, 32767, 32768, 70000])('%i events come back', async (count) => {
    const all = events(count, count);
    const back = await decoded(encoded(all, [5000]));
    expect(back.digest).toBe(digestOf(all));
    expect(back.info).toMatchObject({ width: 346, height: 260, yUp: false, mirroredX: false, epoch: null });
    expect(back.sniffed).toBe('HDF5 signature; DSEC columns in /events');
  });

  it('is the same whatever the packets', () => {
    const all = events(1500, 3);
    const whole = encoded(all, [1500]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        expect(Buffer.compare(encoded(all, sizes), whole)).toBe(0);
      }),
      { numRuns: 30, seed: 4 },
    );
  });

  it('is what the Python readers are asked about', async () => {
    // `scripts/oracles/hdf5_peers.py check` reads this file with h5py and evlib.
    const file = readFileSync(projectRoot('test', 'data', 'files', 'rxspike.h5'));
    expect(Buffer.compare(encoded(events(3000, 8), [100]), file)).toBe(0);
    const written = JSON.parse(
      readFileSync(projectRoot('test', 'data', 'files', 'hdf5-written.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect((await decoded(file)).digest).toBe(written['digest']);
  });

  it('is read by the HDF5 library itself', async () => {
    const h5wasm = await import('h5wasm/node');
    await h5wasm.ready;
    const all = events(40_000, 6);
    const path = join(folder, 'library.h5');
    writeFileSync(path, encoded(all, [9000]));
    const file = new h5wasm.File(path, 'r');
    const column = (name: string): number[] => {
      const dataset = file.get(name);
      if (!(dataset instanceof h5wasm.Dataset)) throw new Error(`no dataset ${name}`);
      return Array.from(dataset.value as ArrayLike<number | bigint>, Number);
    };
    expect(column('events/t').map((t) => t + 5000)).toEqual(all.t);
    expect(column('events/x')).toEqual(all.x);
    expect(column('events/y')).toEqual(all.y);
    expect(column('events/p')).toEqual(all.p);
    const index = column('ms_to_idx');
    let latest = -Infinity;
    const wanted: number[] = [];
    for (const [k, t] of all.t.entries()) {
      latest = Math.max(latest, t - 5000);
      while (wanted.length * 1000 <= latest) wanted.push(k);
    }
    expect(index).toEqual(wanted);
    expect(file.attrs['width']?.value).toBe(346);
    file.close();
    rmSync(path);
  });

  it('keeps orientation, epoch and size, or that there is none', async () => {
    const turned = streamInfo({ origin: 0, yUp: true, mirroredX: true, epoch: 'unix', width: 1280, height: 720 });
    const back = await decoded(encoded(events(10, 1), [10], turned));
    expect(back.info).toMatchObject({ yUp: true, mirroredX: true, epoch: 'unix', width: 1280, height: 720 });
    const bare = await decoded(encoded(events(10, 1), [10], streamInfo({})));
    expect(bare.info).toMatchObject({ yUp: false, mirroredX: false, epoch: null, width: null, height: null });
  });

  it('holds silences of hours, times before the first and times of today', async () => {
    const all: Events = {
      t: [1.7e15, 1.7e15 + 9e9, 1.7e15 - 5e6, 1.7e15 + 9e9 + 1, 3e15],
      x: [0, 65535, 1, 2, 3],
      y: [65535, 0, 1, 2, 3],
      p: [1, 0, 1, 0, 1],
    };
    expect((await decoded(encoded(all, [2]))).digest).toBe(digestOf(all));
  });

  it('becomes a file by way of createRecording, which refuses or clips what does not fit', async () => {
    const path = join(folder, 'made.hdf5');
    const all = events(500, 5);
    const sink = await createRecording(path, INFO);
    await sink.write(packet(all, 0, 300, INFO));
    await sink.write(packet(all, 300, 500, INFO));
    expect(readdirSync(folder)).not.toContain('made.hdf5');
    await sink.close();
    expect(readdirSync(folder)).toEqual(['made.hdf5']);
    expect(sink.report).toEqual({ events: 500, clipped: {} });
    expect((await decoded(readFileSync(path))).digest).toBe(digestOf(all));
    const half = { ...all, t: all.t.map((t) => t + 0.5) };
    const strict = await createRecording(path, INFO, { format: 'hdf5' });
    await expect(strict.write(packet(half, 0, 5, INFO))).rejects.toMatchObject({ code: 'ERR_LOSS' });
    await strict.abort();
    const clipping = await createRecording(path, INFO, { format: 'hdf5', clip: true });
    await clipping.write(packet(half, 0, 5, INFO));
    await clipping.close();
    expect(clipping.report.clipped).toEqual({ fraction: 5 });
    expect(readdirSync(folder)).toEqual(['made.hdf5']);
  });

  it('cannot go to a pipe', async () => {
    const pipe = { name: 'pipe', write: nothing, close: nothing, abort: nothing };
    await expect(createRecording(pipe, INFO, { format: 'hdf5' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });
});

describe('checksums', () => {
  it('lookup3 gives the published values', () => {
    expect([sumOf(''), sumOf('Four score and seven years ago')]).toEqual(['deadbeef', '17770551']);
  });

  it('adler32 gives the published value', () => {
    expect(adler32(new TextEncoder().encode('Wikipedia'))).toBe(0x11e60398);
    expect(adler32(new Uint8Array(100_000).fill(255))).toBe(0x149a302c);
  });
});

describeWithData('real recordings through HDF5', ['recordings'], (recordings) => {
  it.each(['nmnist.bin', 'davis346-lz4.aedat4'])('%s keeps its digest', async (file) => {
    const from = await openRecording(`${recordings}/${file}`);
    const path = join(folder, 'real.h5');
    const sink = await createRecording(path, from.info);
    const digest = eventDigest();
    for await (const some of from.events()) {
      digest.add(some);
      await sink.write(some);
    }
    await sink.close();
    expect((await decoded(readFileSync(path))).digest).toBe(digest.hex());
    rmSync(path);
  });
});
