import { RxSpikeError } from '../errors.js';
import type { Mark, SpikePacket, StepGrid } from '../events/packet.js';
import { type StreamInfo, streamInfo } from '../events/stream-info.js';
import type { Step } from '../step.js';
import { checkState, initialState, type NetworkState, resetState } from './network-state.js';
import { type NetworkParams, type Run, runOf, wrong } from './run.js';
import { runStep } from './run-step.js';
import { firstStep, pushSpike } from './spike-queue.js';

/**
 * A whole network, or one layer: spikes of input units in, spikes of neurons out.
 *
 * In each step: `z = b`, then edge after edge in the order of the description, presynaptic units ascending,
 * `z += count · w`; then each neuron of a layer that advances draws once. `event`: a layer advances in a step in which a
 * presynaptic unit fired (or arrives over an edge with a delay). `clocked`: at every step of the grid.
 *
 * A packet is answered by one packet: the spikes of all steps that the watermark `untilStep` has newly passed, sorted by
 * step, then unit. Spikes of later steps wait. After the last input a recurrent network runs to the watermark and no
 * further. A mark resets memories and edges once all steps before `untilStep` are done. On a grid with `dt` 0, a step
 * without an input spike has no time of its own and takes that of the last spike before it. What fired before an error
 * is handed out before it.
 *
 * @throws `ERR_GEOMETRY` for a unit beyond the inputs, `ERR_TIME_ORDER` for a step that has passed, `ERR_ARGUMENT` for a
 * grid that changes without a mark, `ERR_LIMIT` for more than `maxSilentSteps` steps to run without input
 */
export const networkStep: Step<NetworkParams, NetworkState, SpikePacket, SpikePacket> = {
  name: 'network',
  version: 1,

  init: (params) => initialState(runOf(params).plan),

  check: (params, state) => checkState(runOf(params).plan, state),

  advance(params, state, input, emit) {
    const run = runOf(params);
    if (state.form !== run.plan.form) {
      throw new RxSpikeError('ERR_NETWORK', 'network: new parameters must be of the same graph', {
        details: { before: state.form, now: run.plan.form },
      });
    }
    run.columns.begin();
    const grid = enterGrid(run, state, input);
    const { next } = state;
    const hand = (reached: number, untilStep: number, mark: Mark | null): void => {
      state.until = Math.max(state.until, reached);
      emit({ stream: outStream(run, input.stream), ...run.columns.take(), until: state.until, untilStep, grid, mark });
    };
    try {
      takeSpikes(run, state, input, grid);
      runTo(run, state, grid, input.untilStep);
      if (input.mark) endGrid(run, state);
    } catch (error) {
      if (state.next > next) hand(grid.dt > 0 ? beginning(grid, state.next) : state.eventTime, state.next, null);
      throw error;
    }
    hand(watermark(input), input.untilStep, input.mark);
  },
};

function outStream(run: Run, from: StreamInfo): StreamInfo {
  if (run.streams?.from !== from) {
    const to = streamInfo({ ...from, width: run.width, height: 1, polarities: 1, yUp: false, mirroredX: false });
    run.streams = { from, to };
  }
  return run.streams.to;
}

function enterGrid({ plan }: Run, state: NetworkState, { stream, grid, untilStep }: SpikePacket): StepGrid {
  const { inputUnits } = plan.graph;
  if (stream.width !== null && stream.width !== inputUnits) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `network: expected ${inputUnits} input units, the stream has ${stream.width}`,
    );
  }
  if (state.grid === null) {
    if (grid.step0 < state.next) throw passed(grid.step0, state.next);
    state.grid = { t0: grid.t0, step0: grid.step0, dt: grid.dt };
    state.next = grid.step0;
    state.eventTime = grid.t0;
  } else if (grid.step0 !== state.grid.step0 || grid.t0 !== state.grid.t0 || grid.dt !== state.grid.dt) {
    throw new RxSpikeError('ERR_ARGUMENT', 'network: the step grid changed without a mark', {
      details: { before: state.grid, now: grid },
    });
  }
  if (!(untilStep >= state.next)) throw passed(untilStep, state.next);
  return state.grid;
}

function passed(step: number, next: number): RxSpikeError {
  return new RxSpikeError('ERR_TIME_ORDER', `network: step ${step} comes after the watermark reached step ${next}`);
}

/** Puts the packet's spikes where they wait, and runs each step as soon as it is complete. */
function takeSpikes(run: Run, state: NetworkState, packet: SpikePacket, grid: StepGrid): void {
  const { step, t, unit, length, untilStep } = packet;
  const { input, slots } = state;
  const units = slots.length;
  let open = input.head < input.tail ? input.step[input.tail - 1] : state.next;
  for (let i = 0; i < length; i++) {
    const s = step[i];
    if (s !== open) {
      if (!(s > open)) throw passed(s, open);
      if (!Number.isSafeInteger(s)) throw wrong('step of a spike', 'an integer', s);
      if (open < untilStep) runTo(run, state, grid, Math.min(s, untilStep));
      open = s;
    }
    const u = unit[i];
    if (u >= units) {
      throw new RxSpikeError('ERR_GEOMETRY', `network: input unit ${u} fired, there are ${units}`);
    }
    const slot = slots[u];
    if (slot >= input.head && slot < input.tail && input.unit[slot] === u && input.step[slot] === s) {
      if (run.counting) input.count[slot]++;
    } else {
      slots[u] = pushSpike(input, s, t[i], u, 1);
    }
  }
}

/** Runs every step before `limit` in which something happens: all of them where clocked. */
function runTo(run: Run, state: NetworkState, grid: StepGrid, limit: number): void {
  if (run.clocked) {
    while (state.next < limit) {
      const input = Math.min(firstStep(state.input), limit - 1);
      if (input - state.next > run.maxSilentSteps) throw tooSilent(input - state.next, run, state.next);
      while (state.next <= input) {
        runStep(run, state, grid, state.next);
        state.next++;
      }
    }
    return;
  }
  let silent = 0;
  for (;;) {
    const input = firstStep(state.input);
    let step = input;
    for (const { name } of run.plan.delayed) step = Math.min(step, firstStep(state.delayed[name]));
    if (step >= limit) break;
    silent = step === input ? 0 : silent + 1;
    if (silent > run.maxSilentSteps) throw tooSilent(silent, run, step);
    runStep(run, state, grid, step);
    state.next = step + 1;
  }
  state.next = Math.max(state.next, limit);
}

function tooSilent(silent: number, { maxSilentSteps }: Run, step: number): RxSpikeError {
  return new RxSpikeError(
    'ERR_LIMIT',
    `network: ${silent} steps without input to run at step ${step}, at most ${maxSilentSteps} (are the times right?)`,
    { details: { silent, maxSilentSteps, step } },
  );
}

function endGrid({ plan }: Run, state: NetworkState): void {
  if (firstStep(state.input) < Infinity) {
    throw new RxSpikeError('ERR_ARGUMENT', `network: a mark at step ${state.next} cuts off a spike of a later step`);
  }
  resetState(plan, state);
}

/** Beginning of step `untilStep`, but never above what came in; a mark is passed on where it stands. */
function watermark({ until, untilStep, grid, mark }: SpikePacket): number {
  if (mark !== null || grid.dt === 0) return until;
  return Math.min(until, beginning(grid, untilStep));
}

const beginning = ({ t0, step0, dt }: StepGrid, step: number): number => t0 + (step - step0) * dt;
