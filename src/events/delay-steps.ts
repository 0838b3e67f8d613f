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
  /** Spikes on their way, in order of arrival: step in which each arrives, and unit. */
  step: Float64Array;
  unit: Uint32Array;
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
 * @throws `ERR_LIMIT` when more than {@link MAX_DELAYED} spikes are on their way
 */
export const delayStepsStep: Step<DelayStepsParams, DelayStepsState, SpikePacket, SpikePacket> = {
  name: 'delaySteps',
  version: 1,

  init({ steps }) {
    requireInteger('delaySteps', 'steps', steps, 0);
    return { step: new Float64Array(0), unit: new Uint32Array(0), dropped: 0 };
  },

  check(_params, { step, unit }) {
    if (step.length !== unit.length) {
      throw new RxSpikeError('ERR_STATE', `delaySteps: ${step.length} saved steps for ${unit.length} units`);
    }
  },

  advance({ steps: delay }, state, packet, emit) {
    if (delay === 0) return emit(packet);
    const { grid, length, untilStep } = packet;
    if (grid.dt === 0) {
      throw new RxSpikeError(
        'ERR_ARGUMENT',
        `delaySteps: ${delay} steps have no length in stream "${packet.stream.id}", where every event is a step`,
      );
    }
    const count = state.step.length + length;
    if (count > MAX_DELAYED) {
      throw new RxSpikeError(
        'ERR_LIMIT',
        `delaySteps: ${count} spikes are on their way, at most ${MAX_DELAYED} are kept`,
      );
    }
    const step = new Float64Array(count);
    const unit = new Uint32Array(count);
    const held = state.step.length;
    step.set(state.step);
    unit.set(state.unit);
    unit.set(packet.unit.subarray(0, length), held);
    for (let i = 0; i < length; i++) step[held + i] = packet.step[i] + delay;
    let arrived = 0;
    while (arrived < count && step[arrived] < untilStep) arrived++;
    const t = new Float64Array(arrived);
    for (let i = 0; i < arrived; i++) t[i] = grid.t0 + (step[i] - grid.step0) * grid.dt;
    state.step = step.slice(packet.mark ? count : arrived);
    state.unit = unit.slice(packet.mark ? count : arrived);
    if (packet.mark) state.dropped += count - arrived;
    emit({
      ...packet,
      until: packet.mark ? packet.until : grid.t0 + (untilStep - grid.step0) * grid.dt,
      length: arrived,
      step: step.slice(0, arrived),
      unit: unit.slice(0, arrived),
      t,
      firing: null,
    });
  },
};
