import { violation } from './frames.js';

const LONGEST_TEXT = 1024;

/** @throws `ERR_PROTOCOL` that names the field and shows its value */
export function need(ok: boolean, field: string, value: unknown): asserts ok {
  if (!ok) throw violation(`${field} is ${text(value)}`);
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST_TEXT;

/** A number of things, or a place in a sequence. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A time, µs. */
export const isMoment = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** A value for a message, short whatever it is. */
export function text(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? `${value}` : `a ${typeof value}`;
}
