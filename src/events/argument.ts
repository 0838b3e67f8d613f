import { RxSpikeError } from '../errors.js';

/** Throws `ERR_ARGUMENT` that names the step, the parameter, what was expected and what came, unless `ok`. */
export function requireArgument(
  ok: boolean,
  step: string,
  parameter: string,
  expected: string,
  value: unknown,
): asserts ok {
  if (ok) return;
  const came = typeof value === 'string' ? `"${value}"` : String(value);
  throw new RxSpikeError('ERR_ARGUMENT', `${step}: ${parameter} must be ${expected}, got ${came}`, {
    details: { step, parameter, value },
  });
}

/** Throws `ERR_ARGUMENT` unless `value` is a finite number above 0. */
export function requirePositive(step: string, parameter: string, value: unknown): asserts value is number {
  requireArgument(
    typeof value === 'number' && Number.isFinite(value) && value > 0,
    step,
    parameter,
    'a finite number above 0',
    value,
  );
}

/** Throws `ERR_ARGUMENT` unless `value` is an integer of at least `least` (and exact in a float64). */
export function requireInteger(
  step: string,
  parameter: string,
  value: unknown,
  least: number,
): asserts value is number {
  requireArgument(
    Number.isSafeInteger(value) && (value as number) >= least,
    step,
    parameter,
    `an integer of at least ${least}`,
    value,
  );
}

/** Throws `ERR_ARGUMENT` unless `value` is one of `words`. */
export function requireWord(step: string, parameter: string, value: unknown, words: readonly string[]): void {
  requireArgument(
    typeof value === 'string' && words.includes(value),
    step,
    parameter,
    `one of ${words.map((word) => `"${word}"`).join(', ')}`,
    value,
  );
}
