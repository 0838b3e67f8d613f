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
  /** True where the same bytes are written in another way only, so that damaging them shows nothing new. */
  readonly variant?: true;
}

const file = (name: string): string => `test/data/files/${name}`;

const aedat = (name: string, format: FormatName, grain: number): SampleRow => ({
  name,
  format,
  file: file(name),
  grain,
});

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
  // Words of images and of the inertial sensor stand between the events.
  { ...aedat('davis240.aedat', 'aedat2', 400), mayEndAfter: 'record' },
  { ...aedat('dvs128.aedat', 'aedat2', 16), mayEndAfter: 'record' },
  // Packets of other types stand between two of events; events are delivered one by one.
  { ...aedat('davis346-3.1.aedat', 'aedat3.1', 700), mayEndAfter: 'packet' },
  { ...aedat('dvs128-3.0.aedat', 'aedat3.0', 36), mayEndAfter: 'packet' },
  aedat('none.aedat4', 'aedat4', 8_000),
  aedat('lz4.aedat4', 'aedat4', 8_000),
  { ...aedat('lz4-high.aedat4', 'aedat4', 8_000), variant: true },
  aedat('zstd.aedat4', 'aedat4', 8_000),
  { ...aedat('zstd-high.aedat4', 'aedat4', 8_000), variant: true },
];
