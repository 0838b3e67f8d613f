import { type EventPacket, type Mark, type StreamInfo, streamInfo } from '../../src/index.js';
import { unpackCoordinates, unpackOffsets, unpackTimes } from './columns.js';
import { type EndFrame, type ErrorFrame, MAX_EVENTS, type RawFrame, isMap, violation } from './frames.js';

const LONGEST_TEXT = 1024;

/** What a hello says of the stream. @throws `ERR_PROTOCOL` */
export function checkHello(frame: RawFrame): StreamInfo {
  const { version, info, sends } = frame;
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw violation(`hello: version ${text(version)}`);
  if (!Array.isArray(sends) || !sends.includes('events')) throw violation('hello: no events are announced');
  if (!isMap(info)) throw violation('hello: info is not a map');
  const { id, width, height, polarities, origin, epoch, yUp, mirroredX, side = [] } = info;
  need(isText(id), 'info.id', id);
  need(isSize(width), 'info.width', width);
  need(isSize(height), 'info.height', height);
  need(polarities === 1 || polarities === 2, 'info.polarities', polarities);
  need(isTime(origin), 'info.origin', origin);
  need(epoch === null || epoch === 'unix', 'info.epoch', epoch);
  need(typeof yUp === 'boolean', 'info.yUp', yUp);
  need(typeof mirroredX === 'boolean', 'info.mirroredX', mirroredX);
  need(Array.isArray(side) && side.length <= 64 && side.every(isText), 'info.side', side);
  return streamInfo({ id, width, height, polarities, origin, epoch, yUp, mirroredX, side });
}

/** What the frames before have established. */
export interface Standing {
  readonly info: StreamInfo;
  readonly until: number;
  /** Time of the newest event; null before the first. */
  readonly last: number | null;
}

/** A packet and what was counted while its events were looked at. */
export interface CheckedPacket {
  readonly packet: EventPacket;
  readonly on: number;
  readonly stepsBack: number;
}

/**
 * The packet of a frame, each event looked at; its number is the caller's to check.
 * @throws `ERR_PROTOCOL` when a field is missing, of another type or length, when `until` steps back or an event lies
 * after it, or when an event lies outside the sensor
 */
export function checkPacket(frame: RawFrame, standing: Standing): CheckedPacket {
  const { count, t0, until } = frame;
  if (!Number.isSafeInteger(count) || (count as number) < 0 || (count as number) > MAX_EVENTS) {
    throw violation(`packet: count ${text(count)}, expected 0…${MAX_EVENTS}`);
  }
  const length = count as number;
  need(isTime(t0), 'packet.t0', t0);
  need(isTime(until), 'packet.until', until);
  if (until < standing.until) throw violation(`packet: until ${until} lies before ${standing.until}`);
  const packet: EventPacket = {
    stream: standing.info,
    length,
    t:
      frame.dt === undefined
        ? unpackTimes(column(frame, 't', 8 * length))
        : unpackOffsets(column(frame, 'dt', 4 * length), t0),
    x: unpackCoordinates(column(frame, 'x', 2 * length)),
    y: unpackCoordinates(column(frame, 'y', 2 * length)),
    p: new Uint8Array(column(frame, 'p', length)),
    until,
    mark: checkMark(frame.mark),
  };
  return { packet, on: lookAt(packet), stepsBack: stepsBack(packet.t, standing.last) };
}

/** Throws unless every event lies within the sensor and before `until`; returns how many are ON. */
function lookAt({ t, x, y, p, length, until, stream }: EventPacket): number {
  const width = stream.width ?? Infinity;
  const height = stream.height ?? Infinity;
  let on = 0;
  for (let i = 0; i < length; i++) {
    if (!(t[i] <= until) || x[i] >= width || y[i] >= height || p[i] > 1) {
      throw violation(
        `packet: event ${i} is t ${t[i]}, x ${x[i]}, y ${y[i]}, p ${p[i]} ` +
          `in a stream of ${String(stream.width)}×${String(stream.height)}, until ${until}`,
      );
    }
    on += p[i];
  }
  return on;
}

function stepsBack(t: Float64Array, last: number | null): number {
  let steps = 0;
  let before = last ?? -Infinity;
  for (let i = 0; i < t.length; i++) {
    if (t[i] < before) steps++;
    before = t[i];
  }
  return steps;
}

function checkMark(mark: unknown): Mark | null {
  if (mark === null || mark === undefined) return null;
  need(isMap(mark), 'packet.mark', mark);
  const { kind, source = null, label = null } = mark;
  need(kind === 'end' || kind === 'reset', 'mark.kind', kind);
  need(source === null || isText(source), 'mark.source', source);
  need(label === null || isText(label), 'mark.label', label);
  return { kind, source, label };
}

/** @throws `ERR_PROTOCOL` when the counts are not those of what came */
export function checkEnd(frame: RawFrame, packets: number, events: number): EndFrame {
  const { reason, packets: sent, events: sentEvents, outside = 0 } = frame;
  need(isText(reason), 'end.reason', reason);
  if (sent !== packets || sentEvents !== events) {
    throw violation(
      `end: ${text(sent)} packets with ${text(sentEvents)} events were sent, ${packets} with ${events} came`,
    );
  }
  need(Number.isSafeInteger(outside) && (outside as number) >= 0, 'end.outside', outside);
  return { type: 'end', reason, packets, events, outside: outside as number };
}

/** @throws `ERR_PROTOCOL` */
export function checkError(frame: RawFrame): ErrorFrame {
  const { code, message } = frame;
  need(isText(code), 'error.code', code);
  need(isText(message), 'error.message', message);
  // One line, whatever the other side wrote.
  return { type: 'error', code, message: message.replaceAll(/\p{Cc}+/gu, ' ') };
}

/** @throws `ERR_PROTOCOL` */
export function checkCredit(frame: RawFrame): number {
  const { upTo } = frame;
  need(Number.isSafeInteger(upTo) && (upTo as number) >= 0, 'credit.upTo', upTo);
  return upTo as number;
}

function column(frame: RawFrame, name: string, bytes: number): Uint8Array {
  const value = frame[name];
  if (!(value instanceof Uint8Array)) throw violation(`packet: ${name} is not binary`);
  if (value.length !== bytes) throw violation(`packet: ${name} has ${value.length} bytes, expected ${bytes}`);
  return value;
}

function need(ok: boolean, field: string, value: unknown): asserts ok {
  if (!ok) throw violation(`${field} is ${text(value)}`);
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST_TEXT;

const isSize = (value: unknown): value is number | null =>
  value === null || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_536);

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** A value for a message, short whatever it is. */
function text(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? `${value}` : `a ${typeof value}`;
}
