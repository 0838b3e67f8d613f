import { RxSpikeError } from '../errors.js';
import type { ReadoutSpec, WindowSpec } from './model.js';

/** @throws `ERR_ARGUMENT` when a readout is inconsistent */
export function checkReadout({ classes, perClass, by, window, temperature = 1 }: ReadoutSpec): void {
  if (!Array.isArray(classes) || classes.length === 0 || classes.some((name) => typeof name !== 'string')) {
    throw wrong('classes must be a list of names', classes);
  }
  if (new Set(classes).size !== classes.length) throw wrong('classes must have different names', classes);
  if (!whole(perClass, 1)) throw wrong('perClass must be an integer of 1 or more', perClass);
  if (by !== 'count' && by !== 'prob') throw wrong('by must be "count" or "prob"', by);
  if (!(temperature > 0 && temperature < Infinity)) throw wrong('temperature must be above 0', temperature);
  if (window === null || typeof window !== 'object') throw wrong('window must be a record', window);
  checkWindow(window);
}

function checkWindow(window: WindowSpec): void {
  switch (window.kind) {
    case 'mark':
    case 'recording':
      return;
    case 'tumbling':
      return steps('steps', window.steps, 1);
    case 'sliding':
      steps('steps', window.steps, 1);
      return steps('every', window.every, 1);
    case 'activity':
      steps('steps', window.steps, 1);
      return steps('silence', window.silence, 0);
    default:
      throw wrong(
        'window.kind must be "mark", "recording", "tumbling", "sliding" or "activity"',
        (window as { kind: unknown }).kind,
      );
  }
}

function steps(name: string, value: unknown, least: number): void {
  if (!whole(value, least)) throw wrong(`window.${name} must be an integer of ${least} or more`, value);
}

const whole = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least;

function wrong(sentence: string, came: unknown): RxSpikeError {
  return new RxSpikeError('ERR_ARGUMENT', `decide: ${sentence}, got ${JSON.stringify(came)}`);
}
