import type { MakeEncoder, WritableFormat } from './encoder.js';

/** Formats whose files are made by an {@link Encoder}; the other needs files of its own to work in. */
export type EncodedFormat = Exclude<WritableFormat, 'npz'>;

/** Loads the code that writes a format; what is not asked for is not loaded. */
export const ENCODERS: Readonly<Partial<Record<EncodedFormat, () => Promise<MakeEncoder>>>> = {
  aedat2: async () => (await import('./aedat2/encoder.js')).aedat2Encoder,
  'aedat3.1': async () => (await import('./aedat3/encoder.js')).aedat31Encoder,
  aedat4: async () => (await import('./aedat4/encoder.js')).aedat4Encoder,
  evt2: async () => (await import('./prophesee/evt2-encoder.js')).encodeEvt2,
  'evt2.1': async () => (await import('./prophesee/evt21-encoder.js')).encodeEvt21,
  evt3: async () => (await import('./prophesee/evt3-encoder.js')).encodeEvt3,
  dat: async () => (await import('./prophesee/dat-encoder.js')).encodeDat,
  es: async () => (await import('./es/encoder.js')).esEncoder,
  csv: async () => (await import('./text/encoder.js')).textEncoder,
  npy: async () => (await import('./numpy/npy-encoder.js')).npyEncoder,
  nmnist: async () => (await import('./nmnist/encoder.js')).nmnistEncoder,
  hdf5: async () => (await import('./hdf5/dsec-encoder.js')).dsecEncoder,
  mcap: async () => (await import('./ros/mcap-encoder.js')).mcapEncoder,
};

/** Formats by extension. */
const EXTENSIONS: readonly (readonly [extension: RegExp, format: WritableFormat])[] = [
  [/\.aedat4$/i, 'aedat4'],
  [/\.aedat$/i, 'aedat2'],
  [/\.raw$/i, 'evt3'],
  [/\.dat$/i, 'dat'],
  [/\.es$/i, 'es'],
  [/\.bin$/i, 'nmnist'],
  [/\.(?:csv|txt)$/i, 'csv'],
  [/\.npy$/i, 'npy'],
  [/\.npz$/i, 'npz'],
  [/\.(?:h5|hdf5)$/i, 'hdf5'],
  [/\.mcap$/i, 'mcap'],
];

/** The format that a file of this name is written in; null where its extension says nothing. */
export function formatOfName(name: string): WritableFormat | null {
  const [, format] = EXTENSIONS.find(([extension]) => extension.test(name)) ?? [];
  return format ?? null;
}
