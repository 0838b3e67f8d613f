import { RxSpikeError } from '../errors.js';

/**
 * Spikes that wait for their step, in order of step: entries `head … tail − 1` of the columns. Plain data; grows as
 * needed.
 */
export interface SpikeQueue {
  /** Step in which the entry is due. */
  step: Float64Array;
  /** Time that came with it, µs. */
  t: Float64Array;
  unit: Uint32Array;
  /** How often the unit fired. */
  count: Uint32Array;
  head: number;
  tail: number;
}

/** Most entries that may wait: above it the watermark is taken to be stuck. */
const MAX_WAITING: number = 2 ** 24;

/** An empty queue. */
export function spikeQueue(capacity = 16): SpikeQueue {
  return {
    step: new Float64Array(capacity),
    t: new Float64Array(capacity),
    unit: new Uint32Array(capacity),
    count: new Uint32Array(capacity),
    head: 0,
    tail: 0,
  };
}

/** Appends an entry and returns its place. @throws `ERR_LIMIT` when more than {@link MAX_WAITING} wait */
export function pushSpike(queue: SpikeQueue, step: number, t: number, unit: number, count: number): number {
  if (queue.tail === queue.step.length) makeRoom(queue);
  const at = queue.tail++;
  queue.step[at] = step;
  queue.t[at] = t;
  queue.unit[at] = unit;
  queue.count[at] = count;
  return at;
}

/** Step of the first entry, or Infinity. */
export function firstStep(queue: SpikeQueue): number {
  return queue.head < queue.tail ? queue.step[queue.head] : Infinity;
}

/** Takes everything out. */
export function clearQueue(queue: SpikeQueue): void {
  queue.head = 0;
  queue.tail = 0;
}

function makeRoom(queue: SpikeQueue): void {
  const { head, tail } = queue;
  const waiting = tail - head;
  if (waiting >= MAX_WAITING) {
    throw new RxSpikeError('ERR_LIMIT', `network: ${waiting} spikes wait for the watermark to pass their step`);
  }
  if (waiting * 2 > queue.step.length) {
    const grown = spikeQueue(queue.step.length * 2);
    grown.step.set(queue.step.subarray(head, tail));
    grown.t.set(queue.t.subarray(head, tail));
    grown.unit.set(queue.unit.subarray(head, tail));
    grown.count.set(queue.count.subarray(head, tail));
    Object.assign(queue, grown);
  } else {
    for (const column of [queue.step, queue.t, queue.unit, queue.count]) column.copyWithin(0, head, tail);
  }
  queue.head = 0;
  queue.tail = waiting;
}

/** @throws `ERR_STATE` when a restored queue is not one of units 0…units−1, in order, from step `next` on */
export function checkQueue(queue: SpikeQueue, units: number, next: number, what: string): void {
  const { step, t, unit, count, head, tail } = queue;
  const capacity = step.length;
  const whole = Number.isSafeInteger(head) && Number.isSafeInteger(tail) && head >= 0 && head <= tail;
  const equal = t.length === capacity && unit.length === capacity && count.length === capacity;
  let good = whole && equal && capacity > 0 && tail <= capacity;
  let before = next;
  for (let i = head; good && i < tail; i++) {
    good = step[i] >= before && Number.isSafeInteger(step[i]) && unit[i] < units && !Number.isNaN(t[i]);
    before = step[i];
  }
  if (!good) throw new RxSpikeError('ERR_STATE', `network: ${what} of the saved state is damaged`);
}
