import type { FormatName, OpenOptions } from '../../../adapters/files/index.js';

/** A small recording that everything that goes over all formats is tried on. One row a variant of a format. */
export interface SampleRow {
  /** Name that it is opened by. */
  readonly name: string;
  readonly format: FormatName;
  /** Path from the project's root. */
  readonly file: string;
  /** How many bytes of the file; default all. */
  readonly size?: number;
  readonly options?: OpenOptions;
  /** Most bytes of the file between two deliveries of events: a record, or a packet of the format. */
  readonly grain: number;
  /** True where the format is looked up from its end, so that it is not read from a pipe. */
  readonly archive?: true;
  /** After what a file may end without a complaint, where it says nowhere how much there is in it. */
  readonly mayEndAfter?: 'record' | 'packet';
  /** True where the opener looks at more bytes than it lets decide how events are read. */
  readonly looksFar?: true;
  /** True where all that it holds is no event. */
  readonly eventless?: true;
  /** True where the same bytes are written in another way only, so that damaging them shows nothing new. */
  readonly variant?: true;
}

const file = (name: string): string => `test/data/files/${name}`;

const row = (name: string, format: FormatName, grain: number): SampleRow => ({
  name,
  format,
  file: file(name),
  grain,
});

const ARCHIVE = { archive: true, grain: 0 } as const;

export const SAMPLE_ROWS: readonly SampleRow[] = [
  {
    name: 'nmnist.bin',
    format: 'nmnist',
    file: 'assets/nmnist/00936.bin',
    size: 2_000,
    grain: 5,
    mayEndAfter: 'record',
    looksFar: true,
  },
  { ...row('dvs128-1.0.aedat', 'aedat1', 12), mayEndAfter: 'record' },
  { ...row('dvs128-headerless.dat', 'aedat1', 12), mayEndAfter: 'record', variant: true },
  // Words of images and of the inertial sensor stand between the events.
  { ...row('davis240.aedat', 'aedat2', 400), mayEndAfter: 'record' },
  { ...row('dvs128.aedat', 'aedat2', 16), mayEndAfter: 'record' },
  // Packets of other types stand between two of events; events are delivered one by one.
  { ...row('davis346-3.1.aedat', 'aedat3.1', 700), mayEndAfter: 'packet' },
  { ...row('dvs128-3.0.aedat', 'aedat3.0', 36), mayEndAfter: 'packet' },
  row('none.aedat4', 'aedat4', 8_000),
  row('lz4.aedat4', 'aedat4', 8_000),
  { ...row('lz4-high.aedat4', 'aedat4', 8_000), variant: true },
  row('zstd.aedat4', 'aedat4', 8_000),
  { ...row('zstd-high.aedat4', 'aedat4', 8_000), variant: true },
  { ...row('dvs.es', 'es', 1_000), mayEndAfter: 'record' },
  { ...row('dvs-1.0.es', 'es', 1_000), mayEndAfter: 'record' },
  { ...row('atis.es', 'es', 1_000), mayEndAfter: 'record' },
  { ...row('atis-1.0.es', 'es', 1_000), mayEndAfter: 'record', variant: true },
  { ...row('colour.es', 'es', 1_000), mayEndAfter: 'record' },
  { ...row('colour-1.0.es', 'es', 1_000), mayEndAfter: 'record', variant: true },
  { ...row('display.es', 'es', 1_000), mayEndAfter: 'record' },
  { ...row('generic.es', 'es', 1_000), mayEndAfter: 'record', eventless: true },
  { ...row('evt2-spec.raw', 'evt2', 100), mayEndAfter: 'record' },
  { ...row('evt2-rxspike.raw', 'evt2', 100), mayEndAfter: 'record', variant: true },
  { ...row('evt21-spec.raw', 'evt2.1', 100), mayEndAfter: 'record' },
  { ...row('evt21-legacy-spec.raw', 'evt2.1', 100), mayEndAfter: 'record' },
  { ...row('evt3-spec.raw', 'evt3', 100), mayEndAfter: 'record' },
  { ...row('evt3-rxspike.raw', 'evt3', 10_000), mayEndAfter: 'record', variant: true },
  { ...row('evt4-spec.raw', 'evt4', 100), mayEndAfter: 'record' },
  { ...row('dat2-rxspike.dat', 'dat', 16), mayEndAfter: 'record' },
  { ...row('dat1-spec.dat', 'dat', 16), mayEndAfter: 'record', variant: true },
  { ...row('faery.csv', 'csv', 40), mayEndAfter: 'record' },
  { ...row('prophesee.csv', 'csv', 40), mayEndAfter: 'record' },
  { ...row('rpg.txt', 'csv', 40), mayEndAfter: 'record' },
  { ...row('signed.tsv', 'csv', 40), mayEndAfter: 'record', variant: true },
  row('expelliarmus.npy', 'npy', 40),
  row('tonic.npy', 'npy', 40),
  { ...row('fortran.npy', 'npy', 0), ...ARCHIVE },
  { ...row('columns.npz', 'npz', 0), ...ARCHIVE },
  { ...row('deflated.npz', 'npz', 0), ...ARCHIVE },
  { ...row('fortran.npz', 'npz', 0), ...ARCHIVE, variant: true },
  { ...row('rxspike-zip64.npz', 'npz', 0), ...ARCHIVE },
  { ...row('dvs.bag', 'rosbag', 8_000) },
  { ...row('dvs-lz4.bag', 'rosbag', 8_000) },
  { ...row('prophesee-bz2.bag', 'rosbag', 8_000) },
  { ...row('dvs.mcap', 'mcap', 8_000) },
  { ...row('dvs-lz4.mcap', 'mcap', 8_000) },
  { ...row('dvs-zstd.mcap', 'mcap', 8_000) },
  { ...row('packets.mcap', 'mcap', 8_000) },
  { ...row('ros1.mcap', 'mcap', 8_000), variant: true },
  { ...row('prophesee-ecf.hdf5', 'hdf5', 0), ...ARCHIVE },
  { ...row('dsec-blosc.h5', 'hdf5', 0), ...ARCHIVE },
  { ...row('m3ed.h5', 'hdf5', 0), ...ARCHIVE, variant: true },
  { ...row('mvsec.h5', 'hdf5', 0), ...ARCHIVE },
  { ...row('plain.h5', 'hdf5', 0), ...ARCHIVE },
  { ...row('rpg.h5', 'hdf5', 0), ...ARCHIVE },
  { ...row('tree1.h5', 'hdf5', 0), ...ARCHIVE },
  { ...row('filters.h5', 'hdf5', 0), ...ARCHIVE, variant: true },
  { ...row('indexes.h5', 'hdf5', 0), ...ARCHIVE, variant: true },
];
