import { describe, expect, it } from 'vitest';
import type { FormatName } from '../../../../adapters/files/index.js';
import { SAMPLES, read, sampleOf } from '../reading.js';

/** Every format that is read; a new one fails to compile until it stands here. */
const FORMATS: Readonly<Record<FormatName, true>> = {
  aedat1: true,
  aedat2: true,
  'aedat3.0': true,
  'aedat3.1': true,
  aedat4: true,
  evt2: true,
  'evt2.1': true,
  evt3: true,
  evt4: true,
  dat: true,
  es: true,
  nmnist: true,
  csv: true,
  npy: true,
  npz: true,
  hdf5: true,
  rosbag: true,
  mcap: true,
};

describe('what damaged files have shown', () => {
  it('every format has a sample that is damaged', () => {
    const there = new Set(SAMPLES.filter(({ variant }) => variant !== true).map(({ format }) => format));
    expect(Object.keys(FORMATS).filter((format) => !there.has(format as FormatName))).toEqual([]);
  });

  // The columns of a cut file were whole, the object beside them that all times start from was not.
  it.each([13_755, 16_000, 19_000])(
    'HDF5 cut to %s bytes, behind its events: no event with a wrong time',
    async (length) => {
      const { bytes, open } = sampleOf('dsec-blosc.h5');
      const { events, code, message } = await read(bytes.subarray(0, length), open);
      expect([events, code]).toEqual([0, 'ERR_CORRUPT']);
      expect(message).toMatch(/t_offset/);
    },
  );
});
