import { RxSpikeError } from '../errors.js';

/**
 * What each class did in each of a run of steps, in order of step, steps without output left out: records
 * `head … tail − 1`. Plain data; grows as needed.
 */
export interface StepRecords {
  step: Float64Array;
  /** Time of the step's latest output spike, µs; NaN: none. */
  t: Float64Array;
  /** Row-major, records × 2·classes: output spikes of each class, then summed firing probabilities. */
  values: Float64Array;
  head: number;
  tail: number;
}

/** Most steps that may wait, or fill a sliding window. */
const MAX_RECORDS = 2 ** 22;

/** No records yet. */
export function stepRecords(classes: number, capacity = 8): StepRecords {
  return {
    step: new Float64Array(capacity),
    t: new Float64Array(capacity),
    values: new Float64Array(capacity * 2 * classes),
    head: 0,
    tail: 0,
  };
}

/** Place of the record of `step`, made where there is none: at the end, or (rows that come late) between others. @throws `ERR_LIMIT` */
export function recordOf(records: StepRecords, step: number, classes: number): number {
  let at = records.tail;
  while (at > records.head && records.step[at - 1] > step) at--;
  if (at > records.head && records.step[at - 1] === step) return at - 1;
  if (records.tail === records.step.length) {
    at -= records.head;
    makeRoom(records, classes);
  }
  const width = 2 * classes;
  records.step.copyWithin(at + 1, at, records.tail);
  records.t.copyWithin(at + 1, at, records.tail);
  records.values.copyWithin((at + 1) * width, at * width, records.tail * width);
  records.tail++;
  records.step[at] = step;
  records.t[at] = NaN;
  records.values.fill(0, at * width, (at + 1) * width);
  return at;
}

function makeRoom(records: StepRecords, classes: number): void {
  const { head, tail } = records;
  const width = 2 * classes;
  const kept = tail - head;
  if (kept >= MAX_RECORDS)
    throw new RxSpikeError('ERR_LIMIT', `decide: ${kept} steps wait for the watermark or a window`);
  const to = kept * 2 > records.step.length ? stepRecords(classes, records.step.length * 2) : records;
  to.step.set(records.step.subarray(head, tail));
  to.t.set(records.t.subarray(head, tail));
  to.values.set(records.values.subarray(head * width, tail * width));
  Object.assign(records, to, { head: 0, tail: kept });
}

/** @throws `ERR_STATE` when restored records are not in order or not of this many classes */
export function checkRecords({ step, t, values, head, tail }: StepRecords, classes: number): void {
  const whole = Number.isSafeInteger(head) && Number.isSafeInteger(tail) && head >= 0 && head <= tail;
  const sizes = step.length > 0 && t.length === step.length && values.length === step.length * 2 * classes;
  let good = whole && sizes && tail <= step.length;
  for (let i = head; good && i < tail; i++)
    good = Number.isSafeInteger(step[i]) && (i === head || step[i] > step[i - 1]);
  if (!good) throw new RxSpikeError('ERR_STATE', 'decide: the records of the saved state are damaged');
}
