import type { WriteOptions } from '../../../adapters/files/encoder.js';
import { ENCODERS } from '../../../adapters/files/encoders.js';
import { Fit } from '../../../adapters/files/fit.js';
import { eventDigest, openRecording, type OpenOptions, type Report } from '../../../adapters/files/index.js';
import { streamInfo, type EventPacket, type StreamInfo } from '../../../src/index.js';

/** The formats of Prophesee that are written. */
export const WRITTEN = ['evt2', 'evt2.1', 'evt3', 'dat'] as const;
export type Written = (typeof WRITTEN)[number];

/** Time (µs), x, y, polarity. */
export type Event = readonly [t: number, x: number, y: number, p: number];

/** Events as packets of the given sizes, used in turn. */
export function packets(events: readonly Event[], sizes: readonly number[], info: StreamInfo): EventPacket[] {
  const made: EventPacket[] = [];
  for (let at = 0, k = 0; at < events.length; k++) {
    const part = events.slice(at, at + sizes[k % sizes.length]);
    at += sizes[k % sizes.length];
    made.push({
      stream: info,
      t: Float64Array.from(part, (event) => event[0]),
      x: Uint16Array.from(part, (event) => event[1]),
      y: Uint16Array.from(part, (event) => event[2]),
      p: Uint8Array.from(part, (event) => event[3]),
      length: part.length,
      until: 0,
      mark: null,
    });
  }
  return made;
}

/** What a writer is told besides the events. */
export interface Writing {
  readonly info?: Partial<StreamInfo>;
  readonly options?: WriteOptions;
  /** Sizes of the packets. */
  readonly sizes?: readonly number[];
}

/** The file that holds these events. @throws `ERR_LOSS` where it cannot */
export async function write(format: Written, events: readonly Event[], writing: Writing = {}): Promise<Uint8Array> {
  const { info = { width: 640, height: 480 }, options = {}, sizes = [1000] } = writing;
  const stream = streamInfo(info);
  const load = ENCODERS[format];
  if (load === undefined) throw new Error(`no encoder of ${format}`);
  const encoder = (await load())(stream, options);
  const fit = new Fit(format, encoder.holds, options.clip ?? false);
  const pieces: Uint8Array[] = [];
  const keep = (made: Iterable<Uint8Array>): void => {
    for (const piece of made) pieces.push(piece.slice());
  };
  keep(encoder.start());
  for (const packet of packets(events, sizes, stream)) keep(encoder.encode(fit.fit(packet)));
  keep(encoder.finish());
  return joined(pieces);
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** What a file holds. */
export interface Held {
  readonly events: Event[];
  readonly digest: string;
  readonly report: Report;
  readonly format: string;
  readonly info: StreamInfo;
}

/** Reads a whole file. */
export async function held(source: Uint8Array | AsyncIterable<Uint8Array>, options: OpenOptions = {}): Promise<Held> {
  const recording = await openRecording(source, options);
  const digest = eventDigest();
  const events: Event[] = [];
  for await (const packet of recording.events()) {
    digest.add(packet);
    for (let i = 0; i < packet.length; i++) events.push([packet.t[i], packet.x[i], packet.y[i], packet.p[i]]);
  }
  const { format, info, report } = recording;
  return { events, digest: digest.hex(), report, format, info };
}

export function digestOf(events: readonly Event[]): string {
  const digest = eventDigest();
  for (const packet of packets(events, [1000], streamInfo())) digest.add(packet);
  return digest.hex();
}

/** Header lines and words (or bytes) of a file made by hand; little-endian. */
export function file(lines: readonly string[], size: 1 | 2 | 4 | 8, words: readonly (number | bigint)[]): Uint8Array {
  const text = new TextEncoder().encode(lines.map((line) => `% ${line}\n`).join(''));
  const data = new DataView(new ArrayBuffer(size * words.length));
  for (const [k, word] of words.entries()) {
    for (let b = 0; b < size; b++) data.setUint8(k * size + b, Number((BigInt(word) >> BigInt(8 * b)) & 0xffn));
  }
  return joined([text, new Uint8Array(data.buffer)]);
}
