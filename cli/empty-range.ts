import type { Recording } from '../adapters/files/index.node.js';
import { thousands } from './numbers.js';

/** Options that choose a part of a recording. */
export interface RangeOptions {
  readonly start?: number;
  readonly end?: number;
  readonly from?: number;
  readonly to?: unknown;
  readonly crop?: unknown;
}

/** Words on a part that has no event though the recording has, with where those are; null where that is not so. */
export function emptyRange(options: RangeOptions, recording: Recording, kept: number): string | null {
  const { start, end, from, to, crop } = options;
  const { events, t0, t1 } = recording.report;
  const part = [start, end, from, to, crop].some((option) => option !== undefined);
  if (!part || kept > 0 || events === 0 || t0 === null || t1 === null) return null;
  const { width, height } = recording.info;
  const size =
    width === null || height === null ? 'of a sensor whose size is not known' : `on ${width}×${height} pixels`;
  return `nothing lies in the range: the recording has events from ${thousands(t0)} to ${thousands(t1)} µs, ${size}`;
}
