import { RxSpikeError } from '../errors.js';
import type { EventPacket, Mark } from './packet.js';
import { type StreamInfo, streamInfo } from './stream-info.js';

/** What an event packet is built from; columns are copied unless they are already of the right type. */
export interface EventColumns {
  /** Default: a stream of which nothing is known. */
  readonly stream?: StreamInfo;
  /** µs. */
  readonly t: ArrayLike<number>;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** 1 for ON, 0 for OFF. */
  readonly p: ArrayLike<number>;
  /** Default: the latest event's time; 0 without events. */
  readonly until?: number;
  readonly mark?: Mark | null;
}

/** The latest of the first `length` times, `floor` when there is none that is later. */
export function latestTime(t: Float64Array, length: number, floor: number): number {
  let latest = floor;
  for (let i = 0; i < length; i++) if (t[i] > latest) latest = t[i];
  return latest;
}

/**
 * An event packet out of columns of one length.
 *
 * @throws `ERR_ARGUMENT` when the columns differ in length, or when `until` lies before an event
 */
export function eventPacket(columns: EventColumns): EventPacket {
  const length = columns.t.length;
  for (const name of ['x', 'y', 'p'] as const) {
    if (columns[name].length !== length) {
      throw new RxSpikeError(
        'ERR_ARGUMENT',
        `eventPacket: column ${name} has ${columns[name].length} entries, t has ${length}`,
      );
    }
  }
  const t = columns.t instanceof Float64Array ? columns.t : Float64Array.from(columns.t);
  const latest = length === 0 ? (columns.until ?? 0) : latestTime(t, length, -Infinity);
  const until = columns.until ?? latest;
  if (!(until >= latest)) {
    throw new RxSpikeError('ERR_ARGUMENT', `eventPacket: until ${until} lies before an event at ${latest}`);
  }
  return {
    stream: columns.stream ?? streamInfo(),
    length,
    t,
    x: columns.x instanceof Uint16Array ? columns.x : Uint16Array.from(columns.x),
    y: columns.y instanceof Uint16Array ? columns.y : Uint16Array.from(columns.y),
    p: columns.p instanceof Uint8Array ? columns.p : Uint8Array.from(columns.p),
    until,
    mark: columns.mark ?? null,
  };
}
