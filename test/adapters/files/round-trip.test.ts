import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createRecording,
  eventDigest,
  openRecording,
  type OpenOptions,
  type WritableFormat,
  type WriteOptions,
} from '../../../adapters/files/index.node.js';
import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import { SAMPLES, sampleOf, type Sample } from './reading.js';

interface Target {
  readonly format: WritableFormat;
  readonly extension: string;
  readonly options?: WriteOptions;
}

const TARGETS: readonly Target[] = [
  { format: 'aedat2', extension: 'aedat' },
  { format: 'aedat3.1', extension: 'aedat' },
  { format: 'aedat4', extension: 'aedat4', options: { compression: 'none' } },
  { format: 'aedat4', extension: 'aedat4', options: { compression: 'lz4' } },
  { format: 'evt2', extension: 'raw' },
  { format: 'evt2.1', extension: 'raw' },
  { format: 'evt3', extension: 'raw' },
  { format: 'dat', extension: 'dat' },
  { format: 'es', extension: 'es' },
  { format: 'nmnist', extension: 'bin' },
  { format: 'csv', extension: 'csv' },
  { format: 'npy', extension: 'npy' },
  { format: 'npz', extension: 'npz' },
  { format: 'hdf5', extension: 'h5' },
  { format: 'mcap', extension: 'mcap' },
];

/** Event Stream writes the time from 0 to the first event in steps of 127 µs: later, and the file is mostly those, µs. */
const LATEST_ES = 1e9;

const folder = mkdtempSync(join(tmpdir(), 'rxspike-round-trip-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Copy {
  /** `same`, or what was wrong. */
  readonly outcome: string;
  readonly bytes: Uint8Array | null;
  /** Of what was read back. */
  readonly info: StreamInfo | null;
}

/** Writes a recording in another format and reads it back. */
async function copy({ bytes, open }: Sample, target: Target, packetEvents: number): Promise<Copy> {
  const path = join(folder, `copy.${target.extension}`);
  rmSync(path, { force: true });
  const from = await openRecording(bytes, { ...open, packetEvents, reuse: 'scribble' });
  const written = eventDigest();
  try {
    const sink = await createRecording(path, from.info, { ...target.options, format: target.format });
    try {
      for await (const packet of from.events()) {
        written.add(packet);
        await sink.write(packet);
      }
      await sink.close();
      expect(sink.report).toMatchObject({ events: from.report.events, clipped: {} });
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof RxSpikeError)) throw error;
    const why = error.details.why;
    return { outcome: typeof why === 'string' ? `${error.code} ${why}` : error.code, bytes: null, info: null };
  }
  const options: OpenOptions = target.format === 'nmnist' ? { format: 'nmnist' } : {};
  const back = await openRecording(path, options);
  const read = eventDigest();
  for await (const packet of back.events()) read.add(packet);
  expect([back.format, back.report.events]).toEqual([target.format, from.report.events]);
  const stored = new Uint8Array(readFileSync(path));
  return {
    outcome: read.hex() === written.hex() ? 'same' : `other events: ${read.hex()}`,
    bytes: stored,
    info: back.info,
  };
}

const label = ({ format, options }: Target): string =>
  options?.compression === undefined ? format : `${format} ${options.compression}`;

const AEDAT4 = ['aedat4 none', 'aedat4 lz4'];
const WHOLE_MICROSECONDS = [
  'aedat2',
  'aedat3.1',
  ...AEDAT4,
  'evt2',
  'evt2.1',
  'evt3',
  'dat',
  'es',
  'nmnist',
  'npy',
  'hdf5',
];
const NANOSECONDS = ['dvs.mcap', 'dvs-lz4.mcap', 'dvs-zstd.mcap', 'packets.mcap'];
const WITHOUT_SIZE = [
  'dvs-1.0.es',
  'display.es',
  'rpg.txt',
  'expelliarmus.npy',
  'tonic.npy',
  'fortran.npy',
  'deflated.npz',
  'rxspike-zip64.npz',
  'dsec-blosc.h5',
  'mvsec.h5',
  'plain.h5',
  'tree1.h5',
];
/** With coordinates above 255. */
const WIDE = [
  'davis346-3.1.aedat',
  'none.aedat4',
  'lz4.aedat4',
  'zstd.aedat4',
  'dvs.es',
  'dvs-1.0.es',
  'atis.es',
  'colour.es',
  'display.es',
  'faery.csv',
  'prophesee.csv',
  'rpg.txt',
  'expelliarmus.npy',
  'tonic.npy',
  'fortran.npy',
  'columns.npz',
  'deflated.npz',
  'prophesee-ecf.hdf5',
  'plain.h5',
  'tree1.h5',
  'packets.mcap',
];
const LATE = [
  'evt2-spec.raw',
  'dat2-rxspike.dat',
  'dvs.bag',
  'dvs-lz4.bag',
  'prophesee-bz2.bag',
  'dsec-blosc.h5',
  'mvsec.h5',
];

/** What a format cannot hold of a sample; what is not here comes back as it was. A later line goes before an earlier one. */
const REFUSED: readonly (readonly [samples: readonly string[], targets: readonly string[], outcome: string])[] = [
  [NANOSECONDS, WHOLE_MICROSECONDS, 'ERR_LOSS fraction'],
  [WITHOUT_SIZE, [...AEDAT4, 'es'], 'ERR_GEOMETRY'],
  [WIDE, ['nmnist'], 'ERR_LOSS coordinates'],
  [LATE, ['nmnist'], 'ERR_LOSS time'],
  [['dvs128-1.0.aedat'], ['evt3', 'es'], 'ERR_LOSS timeStepBack'],
  [['dvs128.aedat'], ['es'], 'ERR_LOSS timeStepBack'],
];

function expected(sample: string, target: string): string {
  const [, , outcome] =
    REFUSED.findLast(([samples, targets]) => samples.includes(sample) && targets.includes(target)) ?? [];
  return outcome ?? 'same';
}

/** Formats with no room for a size, and for which way the axes run and when time began. */
const SIZELESS = new Set<WritableFormat>(['npy', 'nmnist']);
const BARE = new Set<WritableFormat>(['npy', 'nmnist', 'es']);

describe('a recording written in any format and read back', () => {
  it.each(SAMPLES.filter(({ variant, eventless }) => variant !== true && eventless !== true))(
    '$name',
    async (sample) => {
      const { info } = await openRecording(sample.bytes, sample.open);
      for (const target of TARGETS) {
        if (target.format === 'es' && info.origin > LATEST_ES) continue;
        const { outcome, info: back } = await copy(sample, target, 8_192);
        expect([label(target), outcome]).toEqual([label(target), expected(sample.name, label(target))]);
        const size = SIZELESS.has(target.format) ? {} : { width: info.width, height: info.height };
        const rest = BARE.has(target.format) ? {} : { yUp: info.yUp, mirroredX: info.mirroredX, epoch: info.epoch };
        expect([label(target), back ?? { ...size, ...rest }]).toMatchObject([label(target), { ...size, ...rest }]);
      }
      expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    },
  );
});

describe('what is written does not hang on how it came in packets', () => {
  it.each(TARGETS)('$format', async (target) => {
    const sample = sampleOf('dvs128-3.0.aedat');
    const files = [];
    for (const packetEvents of [65_536, 1, 97]) files.push((await copy(sample, target, packetEvents)).bytes);
    expect(files[0]).not.toBeNull();
    expect(files[1]).toEqual(files[0]);
    expect(files[2]).toEqual(files[0]);
  });
});
