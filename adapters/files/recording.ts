import type { EventPacket, StreamInfo } from '../../src/index.js';
import type { SideItem } from './side.js';

/** Names of the formats that are read; `csv` is text in columns, whatever stands between them. */
export type FormatName =
  | 'aedat1'
  | 'aedat2'
  | 'aedat3.0'
  | 'aedat3.1'
  | 'aedat4'
  | 'evt2'
  | 'evt2.1'
  | 'evt3'
  | 'evt4'
  | 'dat'
  | 'es'
  | 'nmnist'
  | 'csv'
  | 'npy'
  | 'npz'
  | 'hdf5'
  | 'rosbag'
  | 'mcap';

/** How a recording is opened. */
export interface OpenOptions {
  /** Reads the bytes as this format, whatever the name; formats with a header must still have it. */
  readonly format?: FormatName;
  /** Name of the recording; its extension decides on formats without a header. Default: the last part of the path, the name of a `File`. */
  readonly name?: string;
  /** True label of the recording, carried by its end mark. Default null. */
  readonly label?: string | null;
  /** Most events in a packet, 1…65536. Default 8192. */
  readonly packetEvents?: number;
  /**
   * True: a packet's arrays are filled again by the next one, so it must not be kept. `'scribble'`: as true, and a
   * packet's arrays are overwritten with nonsense before the next one is made, which shows who keeps them.
   */
  readonly reuse?: boolean | 'scribble';
  /** AEDAT 4: id of the event stream to read. Default: the first one in the file. */
  readonly stream?: number;
  /** ROS bag, MCAP: topic to read; HDF5: group; NPZ: array. Default: the first one that holds events. */
  readonly topic?: string;
  /** AEDAT 1 and 2: chip whose address layout to use, where the header names none or one that is not known. */
  readonly chip?: string;
  /** Text, NPY, NPZ: unit of the times, where the file does not say or says it wrong. */
  readonly timeUnit?: TimeUnit;
  /**
   * Text, NPY, NPZ: what the columns hold, in order, where the file does not say or says it wrong: `t`, `x`, `y` and `p`
   * once each, anything else for a column to be left out (`'x,y,p,t'`, `'-,t,x,y,p'`).
   */
  readonly columns?: string;
  /** Sensor size, pixels, where the file does not say; must not contradict it. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Longest header that is read, bytes. Default 4 MiB. */
  readonly maxHeaderBytes?: number;
  /** Largest packet of the format that is read, stored or decompressed, bytes. Default 64 MiB. */
  readonly maxPacketBytes?: number;
  /**
   * AEDAT 3 and 4, text: reads past what is damaged. A line that cannot be read is left out and counted
   * (`unreadableLine`). A packet that cannot be read is left out, as is what stands between two
   * packets that can; both are counted (`damagedPacket`, `skippedByte`), and an end inside a packet ends the recording
   * without an error (`truncatedPacket`). Default false: the first damage is an error.
   */
  readonly salvage?: boolean;
  /**
   * Most bytes that one stored byte of a gzip, zstd or deflate wrapping may expand to, counted over the whole input
   * from 16 MiB of content on. Default 200.
   */
  readonly maxExpansion?: number;
  /** Of files: called as bytes are read, with the offset that was reached and the size, bytes. */
  readonly onRead?: (reached: number, size: number) => void;
}

/** Unit in which a file writes its times. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** What is known of a recording besides its {@link StreamInfo}. */
export interface RecordingFacts {
  /** Sensor as the header names it, else null. */
  readonly sensor: string | null;
  /** True where the address layout is a guess because the header names no chip. */
  readonly chipAssumed: boolean;
  /** What the format was recognised by. */
  readonly sniffed: string;
}

/** What a reading of a recording has met so far; changes while `events()` runs. */
export interface Report {
  /** Events delivered, and those of them that are ON and OFF. */
  events: number;
  on: number;
  off: number;
  /** Time of the first and of the last event in file order, µs; null where there is none. */
  t0: number | null;
  t1: number | null;
  /**
   * Breaches of the format or of order that were read past, by name: `timeStepBack` (an event earlier than the one
   * before it), `outOfBounds` (a coordinate outside the sensor; delivered as stored), and those of the format.
   */
  violations: Record<string, number>;
  /** What is not an event, by name: frames, IMU samples, triggers, …; counted, not delivered. */
  side: Record<string, number>;
}

/** A recording that is open for reading. */
export interface Recording {
  readonly info: StreamInfo;
  readonly format: FormatName;
  readonly facts: RecordingFacts;
  /** Of the newest call of `events()`; all zero before the first. */
  readonly report: Report;
  /**
   * The events in file order, as stored. A packet's `until` is the latest time so far; an undamaged recording ends
   * with an empty packet with `until` = latest time + 1 (the origin where there were no events) and the mark `end`.
   * May be called again for files and bytes in memory, each time from the start; once for a stream of chunks.
   * @throws (while iterating, after everything good before the break) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`,
   * `ERR_UNSUPPORTED`, `ERR_NOT_READABLE`; (at the call) `ERR_ARGUMENT` when a stream of chunks is read a second time.
   */
  events(): AsyncIterable<EventPacket>;
  /**
   * Content of the side stream `name` (one of `info.side`) in file order, by a reading of its own that leaves `report`
   * alone: for files and bytes in memory at any time, for a stream of chunks in place of `events()`.
   * @throws `ERR_ARGUMENT` for a name that is not in `info.side`, or a second reading of a stream of chunks;
   * `ERR_UNSUPPORTED` for one whose content is counted only; (while iterating) as `events()`.
   */
  side(name: string): AsyncIterable<SideItem>;
  /**
   * Lets the next `events()` begin at the first event of time ≥ t (µs) in file order; what lies before is decoded and
   * left out, also of the report's event counts. `-Infinity` undoes it. @throws `ERR_ARGUMENT` when t is NaN.
   */
  seek(t: number): void;
}
