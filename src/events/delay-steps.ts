import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { requireInteger } from './argument.js';
import type { SpikePacket } from './packet.js';

/** Most spikes that a delay holds back. */
export const MAX_DELAYED = 16_777_216;

export interface DelayStepsParams {
  /** Whole steps, from 0. */
  readonly steps: number;
}

export interface DelayStepsState {
  /** Spikes on their way, in order of arrival, at `head` … `tail − 1`: the step in which each arrives, and its unit. */
  step: Float64Array;
  unit: Uint32Array;
  head: number;
  tail: number;
  /** Spikes that a mark met on their way. */
  dropped: number;
}

/**
 * Delays spikes by whole steps: a spike of step s arrives in step s + d, at its beginning. It is handed on once the
 * watermark is past that step, so a delayed edge delivers in silence too; one that would arrive behind a mark is dropped
 * and counted, since memories reset there. What has not arrived when the stream ends never does. Firing probabilities
 * are not passed on, unless d is 0. `until` is the beginning of step `untilStep`, as for a network's output.
 *
 * @throws `ERR_ARGUMENT` for a stream in which every event is a step of its own: a step to come has no time there
 * @throws `ERR_ARGUMENT` where a spike would overtake one on its way: the delay became shorter
 * @throws `ERR_LIMIT` when more than {@link MAX_DELAYED} spikes are on their way
 */
export const delayStepsStep: Step<DelayStepsParams, DelayStepsState, SpikePacket, SpikePacket> = {
  name: 'delaySteps',
  version: 1,

  init({ steps }) {
    requireInteger('delaySteps', 'steps', steps, 0);
    return { step: new Float64Array(0), unit: new Uint32Array(0), head: 0, tail: 0, dropped: 0 };
  },

  check(_params, { step, unit, head, tail }) {
    if (!(step.length === unit.length && head >= 0 && head <= tail && tail <= step.length)) {
      throw new RxSpikeError('ERR_STATE', `delaySteps: saved spikes ${head} … ${tail} of ${step.length} do not fit`);
    }
  },

  advance({ steps: delay }, state, packet, emit) {
    if (delay === 0 && state.head === state.tail) return emit(packet);
    const { grid, untilStep, mark } = packet;
    if (grid.dt === 0) {
      throw new RxSpikeError(
        'ERR_ARGUMENT',
        `delaySteps: ${delay} steps have no length in stream "${packet.stream.id}", where every event is a step`,
      );
    }
    hold(state, packet, delay);
    const from = state.head;
    while (state.head < state.tail && state.step[state.head] < untilStep) state.head++;
    const step = state.step.slice(from, state.head);
    const unit = state.unit.slice(from, state.head);
    if (mark) {
      state.dropped += state.tail - state.head;
      state.head = state.tail;
    }
    emit({
      ...packet,
      until: mark ? packet.until : grid.t0 + (untilStep - grid.step0) * grid.dt,
      length: step.length,
      step,
      unit,
      t: step.map((s) => grid.t0 + (s - grid.step0) * grid.dt),
      firing: null,
    });
  },
};

/** Puts a packet's spikes behind those on their way; what has arrived makes room first. */
function hold(state: DelayStepsState, { step, unit, length }: SpikePacket, delay: number): void {
  const held = state.tail - state.head;
  if (held > 0 && length > 0 && step[0] + delay < state.step[state.tail - 1]) {
    throw new RxSpikeError(
      'ERR_ARGUMENT',
      `delaySteps: a delay of ${delay} steps overtakes spikes on their way; make it shorter at a mark`,
      { details: { step: step[0] + delay, onTheWay: state.step[state.tail - 1] } },
    );
  }
  if (held + length > MAX_DELAYED) {
    throw new RxSpikeError('ERR_LIMIT', `delaySteps: more than ${MAX_DELAYED} spikes are on their way`);
  }
  if (state.tail + length > state.step.length) {
    // at least half is free after this, so that a spike is moved once on average
    const room = Math.max(64, 2 ** Math.ceil(Math.log2(2 * (held + length))));
    const steps = new Float64Array(room);
    const units = new Uint32Array(room);
    steps.set(state.step.subarray(state.head, state.tail));
    units.set(state.unit.subarray(state.head, state.tail));
    state.step = steps;
    state.unit = units;
    state.head = 0;
    state.tail = held;
  }
  for (let i = 0; i < length; i++) state.step[state.tail + i] = step[i] + delay;
  state.unit.set(unit.subarray(0, length), state.tail);
  state.tail += length;
}
