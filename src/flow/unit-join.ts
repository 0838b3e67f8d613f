import { RxSpikeError } from '../errors.js';
import { requireArgument, requireInteger } from '../events/argument.js';
import type { Mark, SpikePacket, StepGrid } from '../events/packet.js';
import { type StreamInfo, streamInfo } from '../events/stream-info.js';

/** How streams of spikes are joined. */
export interface UnitJoinParams {
  /** Number of streams. */
  readonly sources: number;
  /** Most spikes held of one stream while another is behind. */
  readonly hold: number;
  /** Name of the joined stream; default: that of the first. */
  readonly id?: string;
}

interface JoinSource {
  /** Units of the stream; null before its first packet. */
  width: number | null;
  info: StreamInfo | null;
  /** Step of the newest spike, and watermark in steps of the newest packet, taken in. */
  newest: number;
  passed: number;
  /** Packets that are not looked at yet: those behind a mark that the other streams have not reached. */
  readonly later: SpikePacket[];
  /** Spikes of this stretch, from `at` on not handed out. */
  step: number[];
  t: number[];
  unit: number[];
  at: number;
  untilStep: number;
  until: number;
  mark: Mark | null;
  held: number;
  done: boolean;
}

/** State of a join. */
export interface UnitJoinState {
  readonly sources: JoinSource[];
  info: StreamInfo | null;
  grid: StepGrid | null;
  /** Watermarks handed out. */
  untilStep: number;
  until: number;
  /** Time of the newest spike handed out, where every event is a step. */
  now: number;
}

/** @throws `ERR_ARGUMENT` */
export function unitJoinState({ sources, hold }: UnitJoinParams): UnitJoinState {
  requireInteger('joinUnits', 'number of sources', sources, 1);
  requireArgument(hold >= 1, 'joinUnits', 'hold', 'at least 1', hold);
  return {
    sources: Array.from({ length: sources }, () => ({
      width: null,
      info: null,
      newest: -Infinity,
      passed: -Infinity,
      later: [],
      step: [],
      t: [],
      unit: [],
      at: 0,
      untilStep: -Infinity,
      until: -Infinity,
      mark: null,
      held: 0,
      done: false,
    })),
    info: null,
    grid: null,
    untilStep: -Infinity,
    until: -Infinity,
    now: -Infinity,
  };
}

/**
 * Takes in a packet of stream `index`.
 * @throws `ERR_GEOMETRY` without a width or with another, `ERR_TIME_ORDER` when steps go back, `ERR_OVERFLOW`
 */
export function joinPacket({ hold }: UnitJoinParams, state: UnitJoinState, index: number, packet: SpikePacket): void {
  const source = state.sources[index];
  const { width } = packet.stream;
  if (width === null || (source.width !== null && source.width !== width)) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `joinUnits: source ${index} has ${width === null ? 'no number of units' : `${width} units, ${source.width} before`}`,
    );
  }
  let reached = Math.max(source.newest, source.passed);
  for (let i = 0; i < packet.length; i++) {
    if (!(packet.unit[i] < width)) {
      throw new RxSpikeError(
        'ERR_GEOMETRY',
        `joinUnits: unit ${packet.unit[i]} of source ${index}, which has ${width}`,
      );
    }
    if (!(packet.step[i] >= reached)) throw behind(index, 'a spike', packet.step[i], reached);
    reached = packet.step[i];
  }
  if (!(packet.untilStep >= source.passed)) throw behind(index, 'the watermark', packet.untilStep, source.passed);
  source.newest = reached;
  source.passed = packet.untilStep;
  source.width = width;
  source.info ??= packet.stream;
  source.held += packet.length;
  if (source.held > hold) {
    throw new RxSpikeError(
      'ERR_OVERFLOW',
      `joinUnits: source ${index} is ahead by ${source.held} spikes of at most ${hold}`,
    );
  }
  source.later.push(packet);
}

function behind(index: number, what: string, step: number, reached: number): RxSpikeError {
  return new RxSpikeError(
    'ERR_TIME_ORDER',
    `joinUnits: ${what} of source ${index} at step ${step} comes after step ${reached} was reached`,
    { details: { source: index, step, reached } },
  );
}

/** Stream `index` is complete: the others wait for it no longer. */
export function joinComplete(state: UnitJoinState, index: number): void {
  state.sources[index].done = true;
}

/**
 * Hands out the spikes of every step that all streams have passed: by step, then by stream, then as the stream has
 * them; `unit` is the stream's own plus the widths of the streams before it. When all streams are complete, the rest.
 *
 * @throws `ERR_ARGUMENT` when the streams differ in their step grids or marks, `ERR_GEOMETRY` when a stream ended
 * before its number of units was known
 */
export function joinDrain(params: UnitJoinParams, state: UnitJoinState, emit: (packet: SpikePacket) => void): void {
  const { sources } = state;
  if (sources.some(({ width, done }) => width === null && !done) || sources.every(({ width }) => width === null))
    return;
  state.info ??= joined(params, state);
  for (;;) {
    sources.forEach((source, index) => load(state, source, index));
    if (!state.grid) return;
    const running = sources.filter((source) => !finished(source));
    const atMark = running.length > 0 && running.every(({ mark }) => mark);
    const steps = (running.length > 0 ? running : sources).map(({ untilStep }) => untilStep);
    const untilStep = running.length > 0 && !atMark ? Math.min(...steps) : Math.max(...steps);
    // Spikes of a step that the end of all streams leaves open are handed out then.
    const packet = take(state, state.grid, Math.max(state.untilStep, untilStep), running.length === 0);
    if (!atMark) {
      if (packet.length > 0 || packet.untilStep > state.untilStep || packet.until > state.until) {
        state.untilStep = packet.untilStep;
        state.until = packet.until;
        emit(packet);
      }
      return;
    }
    const mark = sameMark(running.map((source) => source.mark));
    state.untilStep = packet.untilStep;
    state.until = Math.max(state.until, ...running.map(({ until }) => until));
    state.grid = null;
    for (const source of sources) source.mark = null;
    emit({ ...packet, until: state.until, mark });
  }
}

const finished = ({ done, mark, later }: JoinSource): boolean => done && !mark && later.length === 0;

/** Takes what belongs to the stretch in force out of `later`, up to a mark. */
function load(state: UnitJoinState, source: JoinSource, index: number): void {
  while (!source.mark) {
    const packet = source.later.shift();
    if (!packet) return;
    const { grid } = packet;
    state.grid ??= grid;
    if (grid.t0 !== state.grid.t0 || grid.step0 !== state.grid.step0 || grid.dt !== state.grid.dt) {
      throw new RxSpikeError('ERR_ARGUMENT', `joinUnits: the step grid of source ${index} differs from the others'`, {
        details: { grid, others: state.grid },
      });
    }
    for (let i = 0; i < packet.length; i++) {
      source.step.push(packet.step[i]);
      source.t.push(packet.t[i]);
      source.unit.push(packet.unit[i]);
    }
    ({ untilStep: source.untilStep, until: source.until, mark: source.mark } = packet);
  }
}

/** A packet of all spikes before step `untilStep`, or of all. */
function take(state: UnitJoinState, grid: StepGrid, untilStep: number, all: boolean): SpikePacket {
  const limit = all ? Infinity : untilStep;
  const { sources } = state;
  const step: number[] = [];
  const t: number[] = [];
  const unit: number[] = [];
  for (;;) {
    let next = limit;
    for (const source of sources) if (source.at < source.step.length) next = Math.min(next, source.step[source.at]);
    if (next >= limit) break;
    let offset = 0;
    for (const source of sources) {
      for (; source.step[source.at] === next; source.at++) {
        state.now = Math.max(state.now, source.t[source.at]);
        step.push(next);
        t.push(grid.dt > 0 ? grid.t0 + (next - grid.step0) * grid.dt : state.now);
        unit.push(offset + source.unit[source.at]);
        source.held--;
      }
      offset += source.width ?? 0;
    }
  }
  for (const source of sources) forget(source);
  const begin = grid.dt > 0 ? grid.t0 + (untilStep - grid.step0) * grid.dt : sharedUntil(state);
  return {
    stream: state.info as StreamInfo,
    length: step.length,
    step: Float64Array.from(step),
    t: Float64Array.from(t),
    unit: Uint32Array.from(unit),
    until: Math.max(state.until, begin),
    untilStep,
    grid,
    mark: null,
    firing: null,
  };
}

/** Lets go of what was handed out, once it is the greater part: so a spike is moved once on average. */
function forget(source: JoinSource): void {
  if (source.at * 2 < source.step.length) return;
  source.step = source.step.slice(source.at);
  source.t = source.t.slice(source.at);
  source.unit = source.unit.slice(source.at);
  source.at = 0;
}

function sharedUntil({ sources }: UnitJoinState): number {
  const running = sources.filter((source) => !finished(source));
  return running.length > 0
    ? Math.min(...running.map(({ until }) => until))
    : Math.max(...sources.map(({ until }) => until));
}

function sameMark(marks: readonly (Mark | null)[]): Mark {
  const [first] = marks;
  if (first && marks.every((mark) => mark?.kind === first.kind)) return first;
  throw new RxSpikeError('ERR_ARGUMENT', 'joinUnits: the sources differ in their marks', { details: { marks } });
}

function joined({ id }: UnitJoinParams, { sources }: UnitJoinState): StreamInfo {
  let width = 0;
  for (const [index, source] of sources.entries()) {
    if (source.width === null) {
      throw new RxSpikeError('ERR_GEOMETRY', `joinUnits: source ${index} ended before its number of units was known`);
    }
    width += source.width;
  }
  const info = sources[0].info as StreamInfo;
  return streamInfo({ ...info, id: id ?? info.id, width, height: 1, polarities: 1, yUp: false, mirroredX: false });
}
