import { Packr } from 'msgpackr';
import { type ErrorCode, type Mark, RxSpikeError, type StreamInfo } from '../../src/index.js';

/** WebSocket subprotocol; docs/protocol.md describes it for other languages. */
export const SUBPROTOCOL = 'rxspike.v1';

/** Frames are the additions of version 1.0; a receiver takes any later one and ignores what it does not know. */
export const VERSION = 1;

/** Most events in a frame, whoever sends it. */
export const MAX_EVENTS = 65_536;

/** Largest frame with events, bytes: {@link MAX_EVENTS} events of 13 bytes and what stands around them. */
export const MAX_FRAME_BYTES = 1_048_576;

/** Largest frame without events (credits), bytes. */
export const MAX_CONTROL_BYTES = 4096;

/** First frame of the sender. */
export interface HelloFrame {
  readonly type: 'hello';
  readonly version: number;
  readonly info: StreamInfo;
  /** Kinds of packets that will come. */
  readonly sends: readonly string[];
}

/** Events, silence, a mark; columns little-endian, without gaps. */
export interface PacketFrame {
  readonly type: 'packet';
  readonly seq: number;
  /** µs; `t = t0 + dt`. */
  readonly t0: number;
  readonly count: number;
  readonly until: number;
  readonly mark: Mark | null;
  /** u32; or `t`, f64 absolute, where a time lies 2^32 µs or more after the frame's earliest or off whole µs. */
  readonly dt?: Uint8Array;
  readonly t?: Uint8Array;
  /** u16, u16, u8. */
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  readonly p: Uint8Array;
}

/** Last frame of a stream that is complete. */
export interface EndFrame {
  readonly type: 'end';
  readonly reason: string;
  /** Frames of type packet, and events in them. */
  readonly packets: number;
  readonly events: number;
  /** Events of the source that the sender left out because they lie outside the sensor. */
  readonly outside: number;
}

/** Last frame of a stream that broke off. */
export interface ErrorFrame {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
}

/** From the receiver: packets numbered below `upTo` may be sent. */
export interface CreditFrame {
  readonly type: 'credit';
  readonly upTo: number;
}

export type Frame = HelloFrame | PacketFrame | EndFrame | ErrorFrame | CreditFrame;

const packr = new Packr({ useRecords: false, int64AsType: 'number' });

/** Bytes of a frame. */
export function encodeFrame(frame: Frame): Uint8Array {
  return packr.pack(frame);
}

/** `ERR_PROTOCOL`: the other side does not keep to the protocol. */
export function violation(what: string, cause?: unknown): RxSpikeError {
  return new RxSpikeError('ERR_PROTOCOL', `${SUBPROTOCOL}: ${what}`, cause === undefined ? {} : { cause });
}

/** A map with a `type`, its fields not yet looked at. */
export type RawFrame = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * A frame's map out of its bytes.
 * @throws `ERR_PROTOCOL` when there are too many bytes, or when they are not one MessagePack map with a `type`
 */
export function decodeFrame(data: unknown, maxBytes: number): RawFrame {
  if (!(data instanceof ArrayBuffer)) throw violation('a text frame came, expected binary');
  if (data.byteLength > maxBytes) throw violation(`a frame has ${data.byteLength} bytes, more than ${maxBytes}`);
  let frame: unknown;
  try {
    frame = packr.unpack(new Uint8Array(data));
  } catch (cause) {
    throw violation(`a frame of ${data.byteLength} bytes is not MessagePack`, cause);
  }
  if (!isMap(frame) || typeof frame.type !== 'string') throw violation('a frame is not a map with a text "type"');
  return frame as RawFrame;
}

/** Whether a decoded value is a map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The code as an error of this side; `ERR_CONNECTION` where it is not in the form of a code. */
export function knownCode(code: string): ErrorCode {
  return /^ERR_[A-Z0-9_]{1,40}$/.test(code) ? (code as ErrorCode) : 'ERR_CONNECTION';
}
