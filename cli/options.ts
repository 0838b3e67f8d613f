import { InvalidArgumentError } from 'commander';
import type { FormatName, TimeUnit, WritableFormat } from '../adapters/index.node.js';
import type { CropParams, SensorSize } from '../src/index.js';
import { suggestion } from './nearest.js';

/** Replay speed: a factor of real time, or as fast as it goes. */
export type Speed = number | 'max';

/** Reads `--speed`: a positive number or `max`. */
export function parseSpeed(text: string): Speed {
  if (text === 'max') return 'max';
  const speed = parseNumber(text);
  if (speed === null || !(speed > 0)) throw new InvalidArgumentError('It must be a number above 0, or max.');
  return speed;
}

/** Reads a whole number in `min … max`. */
export function parseWhole(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const n = parseNumber(text);
    if (n === null || !Number.isInteger(n) || n < min || n > max) {
      const upTo = max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`;
      throw new InvalidArgumentError(`It must be a whole number from ${min} ${upTo}.`);
    }
    return n;
  };
}

const FORMATS: Readonly<Record<FormatName, true>> = {
  nmnist: true,
  csv: true,
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
  npy: true,
  npz: true,
  hdf5: true,
  rosbag: true,
  mcap: true,
};

/** Names that `--format` takes. */
export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS);

/** Reads `--format`. */
export const parseFormat: (text: string) => FormatName = parseWord(FORMATS);

const WRITABLE: Readonly<Record<WritableFormat, true>> = {
  aedat2: true,
  'aedat3.1': true,
  aedat4: true,
  evt2: true,
  'evt2.1': true,
  evt3: true,
  dat: true,
  es: true,
  nmnist: true,
  csv: true,
  npy: true,
  npz: true,
  hdf5: true,
  mcap: true,
};

/** Names that `--to` takes. */
export const WRITABLE_NAMES: readonly string[] = Object.keys(WRITABLE);

/** Reads `--to` where it names a format. */
export const parseWritable: (text: string) => WritableFormat = parseWord(WRITABLE);

/** Reads `--time-unit`. */
export const parseTimeUnit: (text: string) => TimeUnit = parseWord({ s: true, ms: true, us: true, ns: true });

/** Reads `--as`. */
export const parseText: (text: string) => 'csv' | 'json' = parseWord({ csv: true, json: true });

/** Reads `--compression`. */
export const parseCompression: (text: string) => 'none' | 'lz4' | 'zstd' = parseWord({
  none: true,
  lz4: true,
  zstd: true,
});

/** Reads `--view` of a picture. */
export const parsePictureView: (text: string) => 'events' | 'surface' = parseWord({ events: true, surface: true });

/** Reads one of the words that `known` has. */
export function parseWord<Word extends string>(known: Readonly<Record<Word, true>>): (text: string) => Word {
  const words = Object.keys(known);
  return (text) => {
    if (Object.hasOwn(known, text)) return text as Word;
    const best = suggestion(text, words);
    const all = `It must be one of ${words.join(', ')}`;
    throw new InvalidArgumentError(best.startsWith('the nearest') ? `${all}; ${best}.` : `${all}.`);
  };
}

/** Reads a size in pixels: `346x260`. */
export function parseSize(text: string): SensorSize {
  const [, width, height] = /^(\d{1,5})[x×](\d{1,5})$/i.exec(text) ?? [];
  const size = { width: Number(width), height: Number(height) };
  const smallest = Math.min(size.width, size.height);
  if (!(smallest >= 1 && Math.max(size.width, size.height) <= 65536))
    throw new InvalidArgumentError('It must be a size as 346x260.');
  return size;
}

/** Reads a region: left column, upper row, width and height in pixels, `10,20,100,80`. */
export function parseRegion(text: string): CropParams {
  const [, ...numbers] = /^(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})$/.exec(text) ?? [];
  const [x, y, width, height] = numbers.map(Number);
  if (numbers.length < 4 || width < 1 || height < 1) {
    throw new InvalidArgumentError('It must be X,Y,W,H in pixels, as 10,20,100,80.');
  }
  return { x, y, width, height };
}

/** Reads a time in µs, of either sign. */
export function parseTime(text: string): number {
  const n = parseNumber(text);
  if (n === null) throw new InvalidArgumentError('It must be a time in µs.');
  return n;
}

/** Reads a number above 0. */
export function parsePositive(text: string): number {
  const n = parseNumber(text);
  if (n === null || !(n > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return n;
}

function parseNumber(text: string): number | null {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  const n = Number(text);
  return Number.isFinite(n) ? n : null;
}
