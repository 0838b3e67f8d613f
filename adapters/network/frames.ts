import { Packr } from 'msgpackr';
import { type ErrorCode, RxSpikeError, type StreamInfo } from '../../src/index.js';
import { COLUMN_TYPES, type Column, newColumn } from './columns.js';

/** WebSocket subprotocol; docs/protocol.md describes it for other languages. */
export const SUBPROTOCOL = 'rxspike.v1';

/** The same with frames as JSON text, for people and small clients. */
export const JSON_SUBPROTOCOL = 'rxspike.v1.json';

/** Frames are the additions of version 2; a receiver takes any later one and ignores what it does not know. */
export const VERSION = 2;

/** Most events in a frame, whoever sends it. */
export const MAX_EVENTS = 65_536;

/** Largest frame with events, bytes: {@link MAX_EVENTS} events of 13 bytes and what stands around them. */
export const MAX_FRAME_BYTES = 1_048_576;

/** Largest frame without events (credits, subscriptions), bytes. */
export const MAX_CONTROL_BYTES = 4096;

/** Streams of one direction are numbered below this on a connection. */
export const MAX_STREAMS = 1024;

/** What a stream carries. */
export type StreamKind = 'events' | 'spikes' | 'decisions' | 'labels';

export const STREAM_KINDS: readonly StreamKind[] = ['events', 'spikes', 'decisions', 'labels'];

/** A stream that can be subscribed to. */
export interface OfferedStream {
  readonly name: string;
  readonly kind: StreamKind;
  readonly info: StreamInfo;
}

/** A frame before it is written: a map with a `type`. Typed arrays in it are columns. */
export type OutgoingFrame = Readonly<Record<string, unknown>> & { readonly type: string };

/** A frame's map, its fields not yet looked at. */
export type RawFrame = OutgoingFrame;

/** How frames are put into messages. */
export interface Codec {
  readonly subprotocol: string;
  encode(frame: OutgoingFrame): Uint8Array | string;
  /**
   * A frame's map out of a message.
   * @throws `ERR_PROTOCOL` when it is of the other type, too long, or not one map with a `type`
   */
  decode(message: unknown, maxBytes: number): RawFrame;
}

const packr = new Packr({ useRecords: false, int64AsType: 'number' });

/** Frames as MessagePack. */
export const MESSAGE_PACK: Codec = {
  subprotocol: SUBPROTOCOL,
  encode: (frame) => packr.pack(frame),
  decode: (message, maxBytes) => {
    if (!(message instanceof ArrayBuffer)) throw violation('a text frame came, expected binary');
    if (message.byteLength > maxBytes) throw tooLarge(message.byteLength, maxBytes);
    try {
      return frameOf(packr.unpack(new Uint8Array(message)));
    } catch (cause) {
      if (cause instanceof RxSpikeError) throw cause;
      throw violation(`a frame of ${message.byteLength} bytes is not MessagePack`, cause);
    }
  },
};

/** Frames as JSON text; columns as arrays of numbers. */
export const JSON_TEXT: Codec = {
  subprotocol: JSON_SUBPROTOCOL,
  encode: (frame) => JSON.stringify(frame),
  decode: (message, maxBytes) => {
    if (typeof message !== 'string') throw violation('a binary frame came, expected text');
    // A number of a column takes more room as text than as bytes.
    if (message.length > 4 * maxBytes) throw tooLarge(message.length, 4 * maxBytes);
    let frame: unknown;
    try {
      frame = JSON.parse(message);
    } catch (cause) {
      throw violation(`a frame of ${message.length} characters is not JSON`, cause);
    }
    const map = frameOf(frame);
    const columns = Object.keys(COLUMN_TYPES).filter((name) => Array.isArray(map[name]));
    return { ...map, ...Object.fromEntries(columns.map((name) => [name, columnFrom(name, map[name] as unknown[])])) };
  },
};

function columnFrom(name: string, values: readonly unknown[]): Column {
  const column = newColumn(name, values.length);
  for (let i = 0; i < values.length; i++) {
    column[i] = values[i] as number;
    if (column[i] !== values[i])
      throw violation(`packet: ${name} has a ${typeof values[i]} out of range in place ${i}`);
  }
  return column;
}

/** The codec of a subprotocol; null for another one. */
export function codecOf(subprotocol: string): Codec | null {
  return [MESSAGE_PACK, JSON_TEXT].find((codec) => codec.subprotocol === subprotocol) ?? null;
}

function frameOf(value: unknown): RawFrame {
  if (!isMap(value) || typeof value.type !== 'string') throw violation('a frame is not a map with a text "type"');
  return value as RawFrame;
}

function tooLarge(size: number, most: number): RxSpikeError {
  return violation(`a frame has ${size} bytes, more than ${most}`);
}

/** `ERR_PROTOCOL`: the other side does not keep to the protocol. */
export function violation(what: string, cause?: unknown): RxSpikeError {
  return new RxSpikeError('ERR_PROTOCOL', `${SUBPROTOCOL}: ${what}`, cause === undefined ? {} : { cause });
}

/** Whether a decoded value is a map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The code as an error of this side; `ERR_CONNECTION` where it is not in the form of a code. */
export function knownCode(code: string): ErrorCode {
  return /^ERR_[A-Z0-9_]{1,40}$/.test(code) ? (code as ErrorCode) : 'ERR_CONNECTION';
}
