import type { Emit, Step } from '../step.js';
import { requireArgument, requireInteger } from './argument.js';
import type { Mark, SpikePacket, UnitPacket } from './packet.js';
import type { StreamInfo } from './stream-info.js';
import { timeOrderError } from './time-order.js';

/** How events are put into steps. */
export interface StepsParams {
  /** Length of a step, µs; 0: every event is a step of its own. */
  readonly dt: number;
  /**
   * A reset mark after every so many steps of a grid (memories reset, windows close), where there are events; 0
   * (default): only marks of the stream.
   */
  readonly resetEvery?: number;
}

export interface StepsState {
  /** Stream of the latest packet; null before the first. */
  stream: StreamInfo | null;
  /** The grid in force; see `StepGrid`. */
  t0: number;
  step0: number;
  /** True when an event has come since the grid began. */
  active: boolean;
  /** One past the last step that holds an event; `step0` without one. */
  next: number;
  /** Latest time or watermark so far, µs. */
  now: number;
  /** Watermark handed out, µs. */
  until: number;
}

const RESET: Mark = Object.freeze({ kind: 'reset', source: null, label: null });

/**
 * Puts activations into steps: `step = step0 + ⌊(t − t0)/dt⌋`, at first with `t0 = stream.origin` and `step0 = 0`; with
 * `dt` 0 every event is the next step. A packet's `untilStep` is the step that its `until` lies in.
 *
 * A mark closes the step that it falls into and begins a new grid at its own time, with `step0` one past that step.
 *
 * **`resetEvery` k** adds reset marks: one at the end of each window of k steps that held an event, as soon as the
 * stream is past it; a new grid, and the next window, begins there. A run of windows without events, however long, is
 * closed by one mark at most, at the beginning of the window in which events come again; until then the watermark
 * that is handed on stands at the beginning of the window that the stream is in. A mark of the stream at the end of a
 * window takes the place of the reset mark. With `dt` 0, the reset mark comes before the event that follows the k-th,
 * at that event's time.
 *
 * @throws `ERR_TIME_ORDER` for an event or a watermark that lies before an earlier one or before the origin
 * (`monotonic` mends what steps back), and for a time that is not finite
 */
export const stepsStep: Step<StepsParams, StepsState, UnitPacket, SpikePacket> = {
  name: 'steps',
  version: 1,

  init({ dt, resetEvery = 0 }) {
    requireArgument(Number.isFinite(dt) && dt >= 0, 'steps', 'dt', 'a finite number of at least 0', dt);
    requireInteger('steps', 'resetEvery', resetEvery, 0);
    return { stream: null, t0: 0, step0: 0, active: false, next: 0, now: -Infinity, until: -Infinity };
  },

  advance(params, state, packet, emit) {
    if (state.stream === null) state.t0 = packet.stream.origin;
    state.stream = packet.stream;
    const slicer = new StepSlicer(params, state, packet, emit);
    slicer.takeEvents();
    slicer.takeWatermark();
  },

  finish(params, state, emit) {
    const { stream, now: until } = state;
    if (stream === null) return;
    const empty = { stream, t: new Float64Array(0), unit: new Uint32Array(0), length: 0, until, mark: null };
    new StepSlicer(params, state, empty, emit).finish();
  },
};

/** Puts one packet's events into steps and hands them out, cut at reset marks. */
class StepSlicer {
  private readonly dt: number;
  /** Steps of a window; ∞ without reset marks. */
  private readonly limit: number;
  private readonly state: StepsState;
  private readonly packet: UnitPacket;
  private readonly emit: Emit<SpikePacket>;
  private readonly step: Float64Array;
  /** Events handed out so far. */
  private sent = 0;

  constructor({ dt, resetEvery }: StepsParams, state: StepsState, packet: UnitPacket, emit: Emit<SpikePacket>) {
    this.dt = dt;
    this.limit = resetEvery || Infinity;
    this.state = state;
    this.packet = packet;
    this.emit = emit;
    this.step = new Float64Array(packet.length);
  }

  takeEvents(): void {
    const { state, dt, limit, step } = this;
    const { t, length } = this.packet;
    let end = this.windowEnd();
    for (let i = 0; i < length; i++) {
      const now = t[i];
      if (!(now >= state.now && now >= state.t0 && now < Infinity)) this.refuse(i, 'an event', now);
      if (now >= end || (dt === 0 && state.next - state.step0 === limit)) {
        this.closeWindows(i, now);
        end = this.windowEnd();
      }
      step[i] = dt === 0 ? state.next : state.step0 + Math.min(Math.floor((now - state.t0) / dt), limit - 1);
      state.next = step[i] + 1;
      state.now = now;
      state.active = true;
    }
  }

  takeWatermark(): void {
    const { state, dt, limit, packet } = this;
    const { until, length, mark } = packet;
    if (!(until >= state.now && until < Infinity)) this.refuse(length, 'the watermark', until);
    state.now = until;
    if (state.active && until > this.windowEnd()) this.sendMark(length, this.windowEnd(), state.step0 + limit, RESET);
    if (mark) this.sendMark(length, until, this.closedAt(until), mark);
    else if (dt === 0 || limit === Infinity || state.active) this.send(length, until);
    else this.send(length, Math.min(until, this.silentSince(until)));
  }

  finish(): void {
    const { state, dt, limit } = this;
    if (dt === 0) {
      if (state.next - state.step0 === limit) this.sendMark(0, state.now, state.next, RESET);
    } else if (state.active && state.now >= this.windowEnd()) {
      this.sendMark(0, this.windowEnd(), state.step0 + limit, RESET);
    }
    this.send(0, state.now);
  }

  /** End of the window that begins with the grid, µs; windows of counted events have none. */
  private windowEnd(): number {
    return this.dt === 0 ? Infinity : this.state.t0 + this.limit * this.dt;
  }

  /** Beginning of the window that `time` lies in. */
  private silentSince(time: number): number {
    const window = this.limit * this.dt;
    return this.state.t0 + Math.max(0, Math.floor((time - this.state.t0) / window)) * window;
  }

  /** One past the last step of the grid when it is closed at `until`: a step that has begun counts whole. */
  private closedAt(until: number): number {
    const { t0, step0, next } = this.state;
    return this.dt === 0 ? next : Math.max(step0 + Math.ceil((until - t0) / this.dt), next);
  }

  /** Closes what ends before event `i` at time `now`: the window in force, and the silence between it and the event's. */
  private closeWindows(i: number, now: number): void {
    const { state, dt, limit } = this;
    if (dt === 0) return this.sendMark(i, now, state.next, RESET);
    if (state.active) this.sendMark(i, this.windowEnd(), state.step0 + limit, RESET);
    const silent = Math.floor((now - state.t0) / (limit * dt));
    if (silent > 0) this.sendMark(i, Math.min(now, this.silentSince(now)), state.step0 + silent * limit, RESET);
  }

  /** Hands out the events up to index `to`, exclusive, with a watermark; nothing when neither is new. */
  private send(to: number, until: number): void {
    const { dt, limit, state } = this;
    if (to === this.sent && until <= state.until) return;
    // as for events: a division that rounds up must not leave the window
    const most = until < this.windowEnd() ? limit - 1 : Infinity;
    const steps = Math.min(Math.max(0, Math.floor((until - state.t0) / dt)), most);
    this.emitTo(to, Math.max(until, state.until), dt === 0 ? state.next : state.step0 + steps, null);
  }

  /** Hands out the events up to index `to`, exclusive, and a mark behind them, at which a new grid begins. */
  private sendMark(to: number, until: number, untilStep: number, mark: Mark): void {
    const { state } = this;
    this.emitTo(to, until, untilStep, mark);
    state.t0 = until;
    state.step0 = untilStep;
    state.next = untilStep;
    state.active = false;
  }

  private emitTo(to: number, until: number, untilStep: number, mark: Mark | null): void {
    const { packet, state, sent } = this;
    this.emit({
      stream: packet.stream,
      length: to - sent,
      t: packet.t.slice(sent, to),
      unit: packet.unit.slice(sent, to),
      step: this.step.slice(sent, to),
      until,
      untilStep,
      grid: { t0: state.t0, step0: state.step0, dt: this.dt },
      firing: null,
      mark,
    });
    this.sent = to;
    state.until = until;
  }

  /** Hands out the events before index `i`, then throws for the time that comes next. */
  private refuse(i: number, what: string, time: number): never {
    const { state } = this;
    if (i > this.sent) this.send(i, state.now);
    throw timeOrderError('steps', what, time, Math.max(state.now, state.t0));
  }
}
