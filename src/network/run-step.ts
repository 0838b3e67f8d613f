import type { StepGrid } from '../events/packet.js';
import { drawAt, type LayerKey, stepKey } from '../random.js';
import { accumulate, type ActiveUnits } from './accumulate.js';
import type { NetworkState } from './network-state.js';
import type { OutputColumns } from './output-columns.js';
import type { Plan, PlanEdge, PlanLayer } from './plan.js';
import type { Output, Run } from './run.js';
import { firstStep, pushSpike, type SpikeQueue } from './spike-queue.js';

/** One step of the whole graph; its spikes are added to the output columns. */
export function runStep(
  { plan, counting, clocked, keys, outputs, columns }: Run,
  state: NetworkState,
  grid: StepGrid,
  step: number,
): void {
  gatherInput(plan, state, step, counting);
  for (const edge of plan.delayed) deliver(state.delayed[edge.name], edge.active, step);
  const time = grid.dt > 0 ? grid.t0 + (step - grid.step0) * grid.dt : state.eventTime;
  for (let i = 0; i < plan.layers.length; i++) {
    const layer = plan.layers[i];
    layer.advanced = clocked || reached(layer.edges);
    layer.fired.length = 0;
    if (!layer.advanced) continue;
    const last = state.lastTime[i];
    state.lastTime[i] = time;
    sumCurrents(layer);
    advanceLayer(layer, state.layers[layer.node.name], keys[i], step, Number.isNaN(last) ? 0 : (time - last) * 1e-6);
  }
  for (const { name, fired, delay } of plan.delayed) send(state.delayed[name], fired, step + delay);
  collect(outputs, columns, step, time);
}

function reached(edges: readonly PlanEdge[]): boolean {
  for (const { active } of edges) if (active.length > 0) return true;
  return false;
}

/** Takes the input spikes of `step` out of the queue, sorts them by unit and deals them to the input nodes. */
function gatherInput({ inputs, marks, touched }: Plan, state: NetworkState, step: number, counting: boolean): void {
  const { input } = state;
  let count = 0;
  let single = true;
  if (firstStep(input) === step) state.eventTime = input.t[input.head];
  while (input.head < input.tail && input.step[input.head] === step) {
    const unit = input.unit[input.head];
    if (marks[unit] === 0) touched[count++] = unit;
    marks[unit] = counting ? marks[unit] + input.count[input.head] : 1;
    if (marks[unit] > 1) single = false;
    input.head++;
  }
  if (input.head === input.tail) {
    input.head = 0;
    input.tail = 0;
  }
  const sorted = touched.subarray(0, count);
  if (count * 8 > marks.length) {
    let at = 0;
    for (let unit = 0; at < count; unit++) if (marks[unit] > 0) sorted[at++] = unit;
  } else {
    sorted.sort();
  }
  let at = 0;
  for (const { node, fired } of inputs) {
    let length = 0;
    for (; at < count && sorted[at] < node.offset + node.units; at++) {
      fired.units[length] = sorted[at] - node.offset;
      fired.counts[length++] = marks[sorted[at]];
      marks[sorted[at]] = 0;
    }
    fired.length = length;
    fired.single = single;
  }
}

/** Takes what is due in `step` out of an edge's queue. */
function deliver(queue: SpikeQueue, active: ActiveUnits, step: number): void {
  let length = 0;
  active.single = true;
  while (queue.head < queue.tail && queue.step[queue.head] === step) {
    active.units[length] = queue.unit[queue.head];
    active.counts[length++] = queue.count[queue.head];
    if (queue.count[queue.head] !== 1) active.single = false;
    queue.head++;
  }
  active.length = length;
  if (queue.head === queue.tail) {
    queue.head = 0;
    queue.tail = 0;
  }
}

function send(queue: SpikeQueue, { units, counts, length }: ActiveUnits, due: number): void {
  for (let i = 0; i < length; i++) pushSpike(queue, due, 0, units[i], counts[i]);
}

const FIRST = { stride: 1, first: 0 };
const FIRST_OF_TWO = { stride: 2, first: 0 };
const SECOND_OF_TWO = { stride: 2, first: 1 };

function sumCurrents({ node, bias, edges, currents, z }: PlanLayer): void {
  const two = currents > node.lines;
  if (bias === null) z.fill(0);
  else if (!two) z.set(bias);
  else {
    for (let j = 0; j < node.units; j++) {
      z[2 * j] = bias[j];
      z[2 * j + 1] = 0;
    }
  }
  for (const { active, weights, weights2, from } of edges) {
    if (active.length === 0) continue;
    accumulate(z, weights, active, node.units, from.lines, two ? FIRST_OF_TWO : FIRST);
    if (weights2) accumulate(z, weights2, active, node.units, from.lines, SECOND_OF_TWO);
  }
}

function advanceLayer(layer: PlanLayer, state: unknown, key: LayerKey, step: number, seconds: number): void {
  const { neuron, params, z, p, fired, node } = layer;
  const { neurons, lines } = node;
  const { units } = fired;
  const part = stepKey(key, step);
  let length = 0;
  for (let j = 0; j < neurons; j++) {
    const spikes = neuron.advance(params, state, j, z, drawAt(key, part, j), seconds, p);
    if (spikes === 0) continue;
    for (let n = 0; n < lines; n++) if ((spikes & (1 << n)) !== 0) units[length++] = j * lines + n;
  }
  fired.length = length;
}

function collect(outputs: readonly Output[], columns: OutputColumns, step: number, time: number): void {
  let row = false;
  for (const { layer, offset } of outputs) {
    if (!layer.advanced) continue;
    if (!row) columns.beginRow(step);
    row = true;
    columns.writeRow(layer.p, offset);
    columns.addSpikes(step, time, layer.fired.units, layer.fired.length, offset);
  }
}
