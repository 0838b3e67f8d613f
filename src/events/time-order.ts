import { RxSpikeError } from '../errors.js';

/**
 * The error for a time that lies before one that the stream had already reached, or is none: `ERR_TIME_ORDER`, naming
 * `monotonic`, which mends what steps back.
 *
 * @param what for example `an event`
 * @param reached latest time or watermark so far, or the origin, µs
 */
export function timeOrderError(step: string, what: string, time: number, reached: number): RxSpikeError {
  return new RxSpikeError(
    'ERR_TIME_ORDER',
    Number.isFinite(time)
      ? `${step}: ${what} at ${time} µs comes after ${reached} µs was reached; monotonic() before it puts times in order`
      : `${step}: ${what} has time ${time}, expected a finite one`,
    { details: { time, reached } },
  );
}
