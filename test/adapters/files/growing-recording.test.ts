import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Recording,
  type WritableFormat,
  createRecording,
  eventDigest,
  growRecording,
  isGrowing,
  openRecording,
} from '../../../adapters/files/index.node.js';
import { type EventPacket, RandomSequence, eventPacket, streamInfo } from '../../../src/index.js';

const info = streamInfo({ id: 'growing', width: 34, height: 34 });
const FORMATS: readonly WritableFormat[] = [
  'aedat2',
  'aedat3.1',
  'aedat4',
  'evt2',
  'evt2.1',
  'evt3',
  'dat',
  'es',
  'nmnist',
  'csv',
  'mcap',
];
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'rxspike-growing-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packets with runs of events at one time in one row, which some formats hold as vectors. */
function made(seed: number, sizes: readonly number[]): EventPacket[] {
  const random = new RandomSequence(seed, 'growing');
  let now = 1000;
  return sizes.map((length) => {
    const t = Array.from({ length }, () => (now += random.integer(3) === 0 ? random.integer(900) : 0));
    return eventPacket({
      stream: info,
      t,
      x: t.map((_, i) => i % 34),
      y: t.map((time) => time % 34),
      p: t.map((time) => time % 2),
    });
  });
}

interface Read {
  readonly digest: string;
  readonly events: number;
  readonly code: string | null;
  readonly violations: Recording['report']['violations'];
}

async function read(path: string, format?: WritableFormat): Promise<Read> {
  const recording = await openRecording(path, format === undefined ? {} : { format });
  const digest = eventDigest();
  let code: string | null = null;
  try {
    for await (const packet of recording.events()) digest.add(packet);
  } catch (error) {
    code = (error as { code: string }).code;
  }
  return { digest: digest.hex(), events: recording.report.events, code, violations: recording.report.violations };
}

function digestOf(packets: readonly EventPacket[]): string {
  const digest = eventDigest();
  packets.forEach((packet) => digest.add(packet));
  return digest.hex();
}

const headed = (format: WritableFormat): WritableFormat | undefined =>
  ['nmnist', 'csv'].includes(format) ? format : undefined;
/** The reader of MCAP says that the end is missing; those of the other formats need none. */
const unended = (format: WritableFormat): string | null => (format === 'mcap' ? 'ERR_TRUNCATED' : null);

describe('a growing recording', () => {
  it.each(FORMATS)('%s is the same events wherever it was flushed', async (format) => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });
    let n = 0;
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(1e6), async (lengths, seed) => {
        const packets = made(seed, lengths);
        const path = join(folder, `${format}-${n++}`);
        const sink = await growRecording(path, info, { format, flushEvery: 0 });
        for (const packet of packets) await sink.write(packet);
        await sink.close();
        expect(sink.report.events).toBe(packets.reduce((sum, { length }) => sum + length, 0));
        expect(await read(path, headed(format))).toMatchObject({ digest: digestOf(packets), code: null });
      }),
      { seed: 5, numRuns: 8 },
    );
  });

  it.each(FORMATS)('%s can be read while it is written, with all but what came last', async (format) => {
    const packets = made(7, [3, 5000, 1, 200]);
    const path = join(folder, `${format}-open`);
    const sink = await growRecording(path, info, { format, flushEvery: 30 });
    for (const packet of packets) await sink.write(packet);
    await expect
      .poll(async () => (await read(path, headed(format))).events, { timeout: 2000, interval: 30 })
      .toBe(5204);
    const open = await read(path, headed(format));
    expect(open).toMatchObject({ digest: digestOf(packets), code: unended(format) });
    expect(sink.bytes).toBe(statSync(path).size);
    await sink.abort();
    expect((await read(path, headed(format))).digest).toBe(digestOf(packets));
  });

  it('ended is what is made in one go, where nothing was flushed early', async () => {
    const packets = made(9, [4000, 4000, 4000]);
    for (const format of ['aedat4', 'evt3', 'mcap', 'csv'] as const) {
      const [grown, whole] = [join(folder, `grown.${format}`), join(folder, `whole.${format}`)];
      const sinks = [
        await growRecording(grown, info, { format, flushEvery: 60_000 }),
        await createRecording(whole, info, { format }),
      ];
      for (const sink of sinks) {
        for (const packet of packets) await sink.write(packet);
        await sink.close();
      }
      expect(readFileSync(grown).equals(readFileSync(whole))).toBe(true);
    }
  });

  it('leaves another file as it is unless it is to be replaced', async () => {
    const path = join(folder, 'there.csv');
    writeFileSync(path, 'precious');
    await expect(growRecording(path, info)).rejects.toMatchObject({ code: 'ERR_WRITE' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
    const sink = await growRecording(path, info, { replace: true });
    await sink.close();
    expect(readFileSync(path, 'utf8')).toBe('t,x@34,y@34,on\n');
  });

  it.each(['npy', 'npz', 'hdf5'] as const)('%s is refused with the reason, and there is no file', async (format) => {
    expect(isGrowing(format)).toBe(false);
    const path = join(folder, `refused.${format}`);
    await expect(growRecording(path, info, { format })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('cut off') as string,
    });
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('goes on to its end after an event that the format cannot hold', async () => {
    const path = join(folder, 'lossy.es');
    const [first, second] = made(3, [10, 10]);
    const sink = await growRecording(path, info, { flushEvery: 60_000 });
    await sink.write(second);
    await expect(sink.write(first)).rejects.toMatchObject({ code: 'ERR_LOSS' });
    await sink.close();
    expect(await read(path)).toMatchObject({ digest: digestOf([second]), code: null });
  });

  it('tells that no space is left', async () => {
    await expect(growRecording('/dev/full', info, { format: 'csv', replace: true })).rejects.toMatchObject({
      code: 'ERR_WRITE',
      message: '/dev/full: no space is left',
    });
  });
});
