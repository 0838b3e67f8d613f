import type { EventPacket, StreamInfo } from '../../src/index.js';
import type { Counts } from './decoder.js';

/** Names of the formats that are written. */
export type WritableFormat =
  | 'aedat2'
  | 'aedat3.1'
  | 'aedat4'
  | 'evt2'
  | 'evt2.1'
  | 'evt3'
  | 'dat'
  | 'es'
  | 'nmnist'
  | 'csv'
  | 'npy'
  | 'npz'
  | 'hdf5'
  | 'mcap';

/** How a recording is written. */
export interface WriteOptions {
  /** Default: by the extension of the path. */
  readonly format?: WritableFormat;
  /**
   * What becomes of an event that the format cannot hold. `false` (default): `ERR_LOSS`. `true`: it is left out, or its
   * time is rounded to the format's unit, and counted.
   */
  readonly clip?: boolean;
  /** AEDAT 4, MCAP: how packets or chunks are compressed. Default `'lz4'`. `'zstd'` needs a runtime with an encoder. */
  readonly compression?: 'none' | 'lz4' | 'zstd';
  /** AEDAT 4, MCAP: makes a Zstandard frame of bytes. Default: the encoder of Node, where it has one. */
  readonly zstd?: (content: Uint8Array) => Uint8Array;
  /** Text: true for a first line `t,x,y,p`, which other readers know too, and which says neither size nor orientation. */
  readonly plain?: boolean;
  /** Sensor as the header names it; default none, or the format's word for an unknown one. */
  readonly sensor?: string | null;
}

/** Which events a format can hold; bounds are inclusive. */
export interface Holds {
  readonly maxX: number;
  readonly maxY: number;
  /** µs */
  readonly minTime: number;
  readonly maxTime: number;
  /** False where times must not step back. */
  readonly stepsBack: boolean;
  /** Period of a clock whose loops only count up, µs: a step back must stay within a loop. Default none. */
  readonly backWithin?: number;
  /** With `stepsBack`: furthest that an event may lie before the latest one so far, µs. Default: any. */
  readonly furthestBack?: number;
  /** Longest time from one event to the next, µs, where the format's clock would wrap unseen. */
  readonly maxGap: number;
  /** True where times need not be whole µs; `'ns'` where they must be whole nanoseconds. */
  readonly fractions: boolean | 'ns';
}

/** Bytes to be written over the beginning of a file, or behind its end, once that is known. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Events → bytes of one file, as a state machine. It is given only events that it {@link Holds}, of one stream.
 * The bytes handed out are valid until the next call.
 */
export interface Encoder {
  readonly holds: Holds;
  /**
   * `'append'`: what is handed out, one after another, is the file. `'optional'`: as that, and better with its patches.
   * `'required'`: not without its patches, so that it cannot go to a pipe.
   */
  readonly patching: 'append' | 'optional' | 'required';
  /** What the file begins with. */
  start(): Iterable<Uint8Array>;
  /** Takes in the events of a packet and hands out what they make whole. The packet is borrowed for the call. */
  encode(packet: EventPacket): Iterable<Uint8Array>;
  /**
   * What has been held back so far, so that a file that ends here holds every event; more may follow. Missing where
   * nothing is held back, and where the bytes are no file without their patches.
   */
  flush?(): Iterable<Uint8Array>;
  /** The rest. */
  finish(): Iterable<Uint8Array>;
  /** To be written after all that; empty unless `patching` says otherwise. */
  patches(): readonly Patch[];
}

/**
 * Makes an encoder for a stream.
 * @throws `ERR_GEOMETRY` where the format needs a size that `info` lacks, or one that it cannot hold;
 * `ERR_OPTIONAL_DEPENDENCY`
 */
export type MakeEncoder = (info: StreamInfo, options: WriteOptions) => Encoder;

/** What a writing has come to so far. */
export interface WriteReport {
  /** Events written. */
  events: number;
  /**
   * What `clip` allowed, by name: `coordinates`, `time`, `timeStepBack`, `timeGap` (events left out), `fraction` (times
   * rounded).
   */
  readonly clipped: Counts;
}

/** A recording that is being written. */
export interface RecordingSink {
  readonly format: WritableFormat;
  readonly report: WriteReport;
  /**
   * Takes the events of a packet; its columns are borrowed until the promise settles. Marks are not written.
   * @throws (rejects) `ERR_LOSS` for an event that the format cannot hold: nothing of the packet is written, others may
   * follow; `ERR_WRITE`. After either, `abort()` is what leaves no part of a file behind
   */
  write(packet: EventPacket): Promise<void>;
  /** Ends the file and gives it its name. @throws (rejects) `ERR_WRITE`; then there is no file */
  close(): Promise<void>;
  /** Ends without a file. */
  abort(): Promise<void>;
}
