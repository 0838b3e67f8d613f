import { exp } from '../elementary.js';
import { RxSpikeError } from '../errors.js';
import type { Decision, FiringRows, Mark, SpikePacket, StepGrid } from '../events/packet.js';
import type { Emit, Step } from '../step.js';
import type { ReadoutSpec } from './model.js';
import { checkReadout } from './readout-spec.js';
import { checkRecords, recordOf, type StepRecords, stepRecords } from './step-records.js';
import { winner } from './winner.js';

/** All that a readout remembers; plain data. */
export interface ReadoutState {
  /** The step grid in force; null before the first packet and after a mark. */
  grid: StepGrid | null;
  /** Every step before this one is in. */
  next: number;
  /** Time at which step `next` begins, µs. */
  now: number;
  /** Grids with `dt` 0: time of the latest output spike among the steps that were taken out of `records`. */
  eventTime: number;
  /** Lines of each output neuron. */
  lines: number;
  /** True while a window is open; always, on a grid, except for `activity`. */
  open: boolean;
  /** First step of the open window, or of the next sliding one, and its time. */
  start: number;
  t0: number;
  /** Step of the latest output spike since the last mark. */
  lastSpike: number;
  /** Output spikes and summed firing probabilities of each class in the open window. */
  readonly counts: Float64Array;
  readonly probs: Float64Array;
  /** Steps that are not complete; with sliding windows also those that are still to be counted. */
  readonly records: StepRecords;
}

/** Most decisions that one packet may give: above it its times are taken to be wrong. */
const MAX_DECISIONS = 1e6;

type Close = (end: number, t1: number, mark: Mark | null) => void;

/**
 * Decides which class a stretch of output spikes belongs to.
 *
 * `count`: most spikes (all neurons and lines of the class), ties by summed firing probability where packets carry it,
 * then the class that stands first. `prob`: highest mean firing probability, ties likewise. Confidence is the class's
 * share of a softmax over the counts, or over 10 × the mean firing probabilities, divided by the readout's temperature.
 *
 * Windows (see `WindowSpec`) count complete steps only. A mark, or the end of the stream, closes an open window early,
 * and decides it if it holds a step; `recording` goes on over reset marks; sliding windows begin anew after a mark and
 * are decided only when full. The beginning of a stream counts as silence for `activity`, a mark too. `truth` and
 * `source` are those of the mark that closes the window; null where steps alone close it.
 *
 * `t0` and `t1` are the beginnings of the window's first step and of the step after it, or the mark's time. On a grid
 * with `dt` 0 steps have no beginning: there it is the time of the latest output spike before.
 *
 * @throws `ERR_GEOMETRY` when the units are not `classes · perClass · lines`, `ERR_ARGUMENT` when `prob` gets no firing
 * probabilities, `ERR_LIMIT` when one packet would give more than 10⁶ decisions
 */
export const decideStep: Step<ReadoutSpec, ReadoutState, SpikePacket, Decision> = {
  name: 'decide',
  version: 1,

  init(spec) {
    checkReadout(spec);
    const classes = spec.classes.length;
    return {
      grid: null,
      next: 0,
      now: 0,
      eventTime: 0,
      lines: 1,
      open: false,
      start: 0,
      t0: 0,
      lastSpike: -Infinity,
      counts: new Float64Array(classes),
      probs: new Float64Array(classes),
      records: stepRecords(classes),
    };
  },

  check({ classes }, { counts, probs, records, next, start, lines, grid }) {
    const sizes = counts.length === classes.length && probs.length === classes.length;
    const times = grid === null || (Number.isFinite(grid.t0) && Number.isSafeInteger(grid.step0) && grid.dt >= 0);
    if (!sizes || !times || !Number.isSafeInteger(next) || !Number.isSafeInteger(start) || !(lines >= 1)) {
      throw new RxSpikeError('ERR_STATE', `decide: the saved state does not fit ${classes.length} classes`);
    }
    checkRecords(records, classes.length);
  },

  advance(spec, state, packet, emit) {
    if (state.counts.length !== spec.classes.length) {
      throw new RxSpikeError('ERR_ARGUMENT', `decide: a new readout must have ${state.counts.length} classes too`);
    }
    state.lines = linesOf(spec, packet);
    enterGrid(spec, state, packet);
    takeRecords(spec, state, packet);
    const close: Close = (end, t1, mark) => decide(spec, state, { end, t1, mark }, emit);
    WINDOWS[spec.window.kind](spec, state, packet.untilStep, close);
    state.next = packet.untilStep;
    state.now = packet.mark ? packet.until : boundary(state, state.next);
    if (packet.mark) endGrid(spec, state, packet.mark, close);
  },

  finish(spec, state, emit) {
    const { records, open, start, next, now } = state;
    records.head = records.tail;
    if (!open || spec.window.kind === 'sliding' || next <= start) return;
    decide(spec, state, { end: next, t1: now, mark: null }, emit);
    state.open = false;
  },
};

function linesOf({ classes, perClass }: ReadoutSpec, { stream }: SpikePacket): number {
  const neurons = classes.length * perClass;
  const lines = (stream.width ?? neurons) / neurons;
  if (!Number.isInteger(lines) || lines < 1) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `decide: ${classes.length} classes of ${perClass} neurons do not fit ${stream.width} output units`,
    );
  }
  return lines;
}

function enterGrid({ window }: ReadoutSpec, state: ReadoutState, { grid, untilStep }: SpikePacket): void {
  if (state.grid === null) {
    if (grid.step0 < state.next) throw passed(grid.step0, state.next);
    state.grid = { t0: grid.t0, step0: grid.step0, dt: grid.dt };
    state.next = grid.step0;
    state.now = grid.t0;
    state.eventTime = grid.t0;
    if (!state.open && window.kind !== 'activity') {
      state.open = true;
      state.start = grid.step0;
      state.t0 = grid.t0;
    }
  } else if (grid.step0 !== state.grid.step0 || grid.t0 !== state.grid.t0 || grid.dt !== state.grid.dt) {
    throw new RxSpikeError('ERR_ARGUMENT', 'decide: the step grid changed without a mark', {
      details: { before: state.grid, now: grid },
    });
  }
  if (!(untilStep >= state.next)) throw passed(untilStep, state.next);
}

function passed(step: number, next: number): RxSpikeError {
  return new RxSpikeError('ERR_TIME_ORDER', `decide: step ${step} comes after the watermark reached step ${next}`);
}

/** Spikes and firing probabilities together in order of step, so that a record is only ever added at the end. */
function takeRecords(spec: ReadoutSpec, state: ReadoutState, packet: SpikePacket): void {
  const { step, length, firing } = packet;
  checkFiring(spec, state, firing);
  const rows = firing?.step ?? new Float64Array(0);
  let row = 0;
  for (let i = 0; i < length; i++) {
    while (row < rows.length && rows[row] < step[i]) takeFiring(spec, state, packet, row++);
    takeSpike(spec, state, packet, i);
  }
  while (row < rows.length) takeFiring(spec, state, packet, row++);
}

function checkFiring({ classes, perClass, by }: ReadoutSpec, { lines }: ReadoutState, firing: FiringRows | null): void {
  if (firing === null) {
    if (by === 'count') return;
    throw new RxSpikeError('ERR_ARGUMENT', 'decide: by "prob" needs packets with firing probabilities');
  }
  const units = classes.length * perClass * lines;
  if (firing.units !== units) {
    throw new RxSpikeError('ERR_GEOMETRY', `decide: rows of ${firing.units} firing probabilities, not ${units}`);
  }
}

function takeSpike({ classes, perClass }: ReadoutSpec, state: ReadoutState, packet: SpikePacket, i: number): void {
  const { records, next, lines } = state;
  const step = packet.step[i];
  const unit = packet.unit[i];
  if (!(step >= next)) throw passed(step, next);
  const count = classes.length;
  const c = Math.floor(unit / (perClass * lines));
  if (c >= count) {
    throw new RxSpikeError('ERR_GEOMETRY', `decide: output unit ${unit} fired, there are ${count * perClass * lines}`);
  }
  const at = recordOf(records, step, count);
  records.values[at * 2 * count + c]++;
  records.t[at] = packet.t[i];
}

function takeFiring({ classes, perClass }: ReadoutSpec, state: ReadoutState, packet: SpikePacket, row: number): void {
  const { step, p, units } = packet.firing as FiringRows;
  const { records, next, lines } = state;
  if (!(step[row] >= next)) throw passed(step[row], next);
  const count = classes.length;
  const size = perClass * lines;
  const first = recordOf(records, step[row], count) * 2 * count + count;
  for (let u = 0; u < units; u++) records.values[first + Math.floor(u / size)] += p[row * units + u];
}

type Window = (spec: ReadoutSpec, state: ReadoutState, limit: number, close: Close) => void;

/** What each kind of window does with all steps before `limit`. */
const WINDOWS: Readonly<Record<ReadoutSpec['window']['kind'], Window>> = {
  mark: (_spec, state, limit) => addBefore(state, limit),
  recording: (_spec, state, limit) => addBefore(state, limit),

  tumbling({ window }, state, limit, close) {
    const length = (window as { steps: number }).steps;
    checkNumber((limit - state.start) / length);
    while (state.start + length <= limit) {
      const end = state.start + length;
      addBefore(state, end);
      const t1 = boundary(state, end);
      close(end, t1, null);
      state.start = end;
      state.t0 = t1;
    }
    addBefore(state, limit);
  },

  sliding({ window }, state, limit, close) {
    const { steps, every } = window as { steps: number; every: number };
    checkNumber((limit - state.start - steps) / every);
    while (state.start + steps <= limit) {
      dropBefore(state, state.start);
      const end = state.start + steps;
      state.t0 = boundary(state, state.start);
      sumBefore(state, end);
      close(end, boundary(state, end), null);
      state.start += every;
    }
    dropBefore(state, Math.min(state.start, limit));
  },

  activity({ window }, state, limit, close) {
    const { steps, silence } = window as { steps: number; silence: number };
    const { records } = state;
    while (records.head < records.tail && records.step[records.head] < limit) {
      const step = records.step[records.head];
      if (state.open && step >= state.start + steps) closeActivity(state, steps, close);
      const spike = !Number.isNaN(records.t[records.head]);
      if (spike) {
        if (!state.open && step - state.lastSpike > silence) {
          state.open = true;
          state.start = step;
          state.t0 = state.grid?.dt === 0 ? records.t[records.head] : boundary(state, step);
        }
        state.lastSpike = step;
      }
      addBefore(state, step + 1);
    }
    if (state.open && state.start + steps <= limit) closeActivity(state, steps, close);
  },
};

function closeActivity(state: ReadoutState, steps: number, close: Close): void {
  const end = state.start + steps;
  close(end, boundary(state, end), null);
  state.open = false;
}

function checkNumber(decisions: number): void {
  if (decisions <= MAX_DECISIONS) return;
  throw new RxSpikeError(
    'ERR_LIMIT',
    `decide: ${Math.floor(decisions)} windows end in one packet (are the times right?)`,
  );
}

/** Takes the records of steps before `end` out; where a window is open they are counted. */
function addBefore(state: ReadoutState, end: number): void {
  const { records, counts, probs, open } = state;
  const classes = counts.length;
  while (records.head < records.tail && records.step[records.head] < end) {
    const at = records.head * 2 * classes;
    if (open) {
      for (let c = 0; c < classes; c++) {
        counts[c] += records.values[at + c];
        probs[c] += records.values[at + classes + c];
      }
    }
    leave(state);
  }
}

/** The same without taking them out. */
function sumBefore({ records, counts, probs }: ReadoutState, end: number): void {
  const classes = counts.length;
  for (let i = records.head; i < records.tail && records.step[i] < end; i++) {
    for (let c = 0; c < classes; c++) {
      counts[c] += records.values[i * 2 * classes + c];
      probs[c] += records.values[i * 2 * classes + classes + c];
    }
  }
}

function dropBefore(state: ReadoutState, end: number): void {
  const { records } = state;
  while (records.head < records.tail && records.step[records.head] < end) leave(state);
}

/** Takes the first record out. */
function leave(state: ReadoutState): void {
  const { records, grid } = state;
  if (grid?.dt === 0 && !Number.isNaN(records.t[records.head])) state.eventTime = records.t[records.head];
  records.head++;
}

/** Where step `end` begins; with `dt` 0 the time of the latest output spike before it. */
function boundary({ records, grid, now, eventTime }: ReadoutState, end: number): number {
  if (grid === null) return now;
  if (grid.dt > 0) return grid.t0 + (end - grid.step0) * grid.dt;
  let time = eventTime;
  for (let i = records.head; i < records.tail && records.step[i] < end; i++) {
    if (!Number.isNaN(records.t[i])) time = records.t[i];
  }
  return time;
}

/** What a mark does, once all steps before it are in. */
function endGrid({ window }: ReadoutSpec, state: ReadoutState, mark: Mark, close: Close): void {
  const { records, next, now } = state;
  if (records.head < records.tail && records.step[records.tail - 1] >= next) {
    throw new RxSpikeError('ERR_ARGUMENT', `decide: a mark at step ${next} cuts off a spike of a later step`);
  }
  records.head = 0;
  records.tail = 0;
  state.grid = null;
  state.lastSpike = -Infinity;
  if (window.kind === 'recording' && mark.kind === 'reset') return;
  if (window.kind !== 'sliding' && state.open && next > state.start) close(next, now, mark);
  state.counts.fill(0);
  state.probs.fill(0);
  state.open = false;
}

/** Emits the decision on the open window and empties the sums. */
function decide(
  { classes, perClass, by, temperature = 1 }: ReadoutSpec,
  { counts, probs, start, t0, lines }: ReadoutState,
  { end, t1, mark }: { end: number; t1: number; mark: Mark | null },
  emit: Emit<Decision>,
): void {
  const scale = 10 / ((end - start) * perClass * lines);
  const scores = by === 'count' ? counts : probs.map((sum) => sum * scale);
  const best = winner(scores, probs);
  const total = scores.reduce((sum, score) => sum + exp((score - scores[best]) / temperature), 0);
  emit({
    t0,
    t1,
    label: classes[best],
    confidence: 1 / total,
    counts: counts.slice(),
    truth: mark?.label ?? null,
    source: mark?.source ?? null,
  });
  counts.fill(0);
  probs.fill(0);
}
