import { RxSpikeError } from '../errors.js';
import type { StepGrid } from '../events/packet.js';
import type { Plan } from './plan.js';
import { checkQueue, clearQueue, type SpikeQueue, spikeQueue } from './spike-queue.js';

/** All that a running network remembers; plain data. */
export interface NetworkState {
  /** Description that this state belongs to. */
  readonly form: string;
  /** The step grid in force; null before the first packet and after a mark. */
  grid: StepGrid | null;
  /** Every step before this one has been processed. */
  next: number;
  /** Watermark given out so far, µs. */
  until: number;
  /** Grids with `dt` 0: time of the last spike that came in. */
  eventTime: number;
  /** Neuron memories by layer name. */
  readonly layers: Record<string, unknown>;
  /** Time of each layer's last advance (µs) by position in the plan, NaN: none since the last reset. */
  readonly lastTime: Float64Array;
  /** Input spikes of steps that the watermark has not passed. */
  readonly input: SpikeQueue;
  /** Where in `input` each input unit was put last. */
  readonly slots: Uint32Array;
  /** Spikes under way on edges with a delay, by weight name; `step` is that of arrival. */
  readonly delayed: Record<string, SpikeQueue>;
}

/** State before the first packet. */
export function initialState(plan: Plan): NetworkState {
  return {
    form: plan.form,
    grid: null,
    next: 0,
    until: -Infinity,
    eventTime: 0,
    layers: Object.fromEntries(plan.layers.map((layer) => [layer.node.name, layer.neuron.init(layer.params)])),
    lastTime: new Float64Array(plan.layers.length).fill(NaN),
    input: spikeQueue(),
    slots: new Uint32Array(plan.graph.inputUnits),
    delayed: Object.fromEntries(plan.delayed.map((edge) => [edge.name, spikeQueue()])),
  };
}

/** What a mark does: memories begin anew, nothing is under way any more; steps count on. */
export function resetState(plan: Plan, state: NetworkState): void {
  state.grid = null;
  for (const { node, neuron, params } of plan.layers) state.layers[node.name] = neuron.init(params);
  state.lastTime.fill(NaN);
  clearQueue(state.input);
  for (const { name } of plan.delayed) clearQueue(state.delayed[name]);
}

/** @throws `ERR_STATE` when a restored state does not fit the plan */
export function checkState(plan: Plan, state: NetworkState): void {
  if (state.form !== plan.form) {
    throw new RxSpikeError('ERR_STATE', 'network: the saved state is of another network', {
      details: { saved: state.form, expected: plan.form },
    });
  }
  const { grid, next, until, lastTime, slots } = state;
  const good =
    Number.isSafeInteger(next) &&
    next >= 0 &&
    !Number.isNaN(until) &&
    lastTime.length === plan.layers.length &&
    slots.length === plan.graph.inputUnits &&
    (grid === null || (Number.isFinite(grid.t0) && Number.isSafeInteger(grid.step0) && grid.dt >= 0));
  if (!good) throw new RxSpikeError('ERR_STATE', 'network: the saved state is damaged');
  checkQueue(state.input, plan.graph.inputUnits, next, 'the input queue');
  for (const { name, from } of plan.delayed) checkQueue(state.delayed[name], from.units, next, `the queue ${name}`);
  for (const { node, neuron, params } of plan.layers) neuron.check(params, state.layers[node.name]);
}
