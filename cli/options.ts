import { InvalidArgumentError } from 'commander';
import type { FormatName } from '../adapters/index.node.js';
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
export function parseFormat(text: string): FormatName {
  if (Object.hasOwn(FORMATS, text)) return text as FormatName;
  const best = suggestion(text, FORMAT_NAMES);
  const all = `It must be one of ${FORMAT_NAMES.join(', ')}`;
  throw new InvalidArgumentError(best.startsWith('the nearest') ? `${all}; ${best}.` : `${all}.`);
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
