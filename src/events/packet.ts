import type { StreamInfo } from './stream-info.js';

/**
 * A boundary in a stream: the end of a recording, or a reset asked for. It takes effect at its packet's `until`, after
 * the packet's events: memories reset, the step grid starts anew there, an open decision window is closed.
 */
export interface Mark {
  readonly kind: 'end' | 'reset';
  /** Name of the recording that ends here, where there is one. */
  readonly source: string | null;
  /** True label of the stretch that ends here, where it is known. */
  readonly label: string | null;
}

/** What all packets have. */
export interface Packet {
  readonly stream: StreamInfo;
  /** Number of entries in each column; columns may be longer than this, never shorter. */
  readonly length: number;
  /**
   * Watermark (µs, exclusive): everything earlier than this has been delivered. Non-decreasing along a stream, and not
   * below any `t` so far (another event of exactly that time may still come, unless a mark stands here). A packet of length 0 with a newer `until` says that there was silence.
   */
  readonly until: number;
  /** Boundary at `until`, or null. */
  readonly mark: Mark | null;
}

/**
 * A batch of camera events, structure of arrays. A packet owns its memory unless its source was opened with
 * `{ reuse: true }`. Delivered as stored by decoders; from `monotonic` on, `t` is non-decreasing.
 */
export interface EventPacket extends Packet {
  /** Device time, µs. */
  readonly t: Float64Array;
  /** Column and row, from 0. */
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  /** 1 for ON (brighter), 0 for OFF (darker). */
  readonly p: Uint8Array;
}

/** A batch of activations of numbered input units; what mapping to units makes of camera events. */
export interface UnitPacket extends Packet {
  /** µs, non-decreasing. */
  readonly t: Float64Array;
  readonly unit: Uint32Array;
}

/**
 * The step grid in force: `step = step0 + floor((t − t0) / dt)`, step s begins at `t0 + (s − step0)·dt`.
 * A mark starts a new grid at its time, with `step0` one past the last step before it: indices never repeat.
 * `dt` = 0 means that every event is a step of its own (`perEvent`).
 */
export interface StepGrid {
  readonly t0: number;
  readonly step0: number;
  readonly dt: number;
}

/** A batch of spikes, of input units or of neurons: `unit = neuron · lines + line`. Sorted by step. */
export interface SpikePacket extends UnitPacket {
  /** Step index, a float64 integer, non-decreasing. Input: step of each event. Output: step in which it was fired. */
  readonly step: Float64Array;
  /** Watermark in steps (exclusive): every spike of an earlier step has been delivered. */
  readonly untilStep: number;
  readonly grid: StepGrid;
  /** Firing probabilities behind the spikes, where the producer was asked for them. */
  readonly firing: FiringRows | null;
}

/** For each step in which the producing layer advanced, one row of firing probabilities. */
export interface FiringRows {
  /** Step of each row, ascending. */
  readonly step: Float64Array;
  /** Row-major, rows × units: probability with which each unit was to fire; 0 for a neuron that did not advance. */
  readonly p: Float64Array;
  readonly units: number;
}

/** A classification of the stretch [t0, t1) µs. */
export interface Decision {
  readonly t0: number;
  readonly t1: number;
  /** Name of the class. */
  readonly label: string;
  /** Softmax share of the class, in (0, 1]. */
  readonly confidence: number;
  /** Output spikes of each class, all its neurons and lines summed. */
  readonly counts: Float64Array;
  /** The true label, where a mark carried it; else null. */
  readonly truth: string | null;
  /** The recording it was made on, where a mark carried its name; else null. */
  readonly source: string | null;
}

/** An event packet with no events: silence up to `until`, or a bare mark. */
export function silence(stream: StreamInfo, until: number, mark: Mark | null = null): EventPacket {
  return {
    stream,
    t: new Float64Array(0),
    x: new Uint16Array(0),
    y: new Uint16Array(0),
    p: new Uint8Array(0),
    length: 0,
    until,
    mark,
  };
}
