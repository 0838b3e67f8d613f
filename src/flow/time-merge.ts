import { RxSpikeError } from '../errors.js';
import { requireArgument, requireInteger, requireWord } from '../events/argument.js';
import type { EventPacket, Mark } from '../events/packet.js';
import { type StreamInfo, streamInfo } from '../events/stream-info.js';
import { timeOrderError } from '../events/time-order.js';
import {
  type QueueParams,
  type QueueState,
  offerPacket,
  queueState,
  requireQueueParams,
  takePacket,
} from './packet-queue.js';

/** How streams are merged. */
export interface TimeMergeParams {
  /** Number of streams. */
  readonly sources: number;
  /** Whose marks are passed on: those of all streams, of the first, of none. */
  readonly marks: 'all' | 'first' | 'none';
  /** What may be held of each stream while another is behind, and what happens beyond; not `block`. */
  readonly hold: QueueParams;
  /** Name of the merged stream; default: the names of the streams with `+` between them. */
  readonly id?: string;
}

interface MergeSource {
  readonly queue: QueueState<EventPacket>;
  /** Packet that is being handed out, from event `at` on. */
  head: EventPacket | null;
  at: number;
  info: StreamInfo | null;
  /** Watermark up to which everything was handed out, and that of the newest packet taken in. */
  until: number;
  newest: number;
  done: boolean;
}

/** State of a merge. */
export interface TimeMergeState {
  readonly sources: MergeSource[];
  info: StreamInfo | null;
  until: number;
}

/** @throws `ERR_ARGUMENT` */
export function timeMergeState(params: TimeMergeParams): TimeMergeState {
  requireInteger('mergeByTime', 'number of sources', params.sources, 1);
  requireWord('mergeByTime', 'marks', params.marks, ['all', 'first', 'none']);
  requireQueueParams(params.hold, 'mergeByTime');
  requireArgument(params.hold.policy !== 'block', 'mergeByTime', 'policy', 'one that does not block', 'block');
  const sources = Array.from({ length: params.sources }, () => ({
    queue: queueState<EventPacket>(),
    head: null,
    at: 0,
    info: null,
    until: -Infinity,
    newest: -Infinity,
    done: false,
  }));
  return { sources, info: null, until: -Infinity };
}

/**
 * Takes in a packet of stream `index`.
 * @throws `ERR_TIME_ORDER` when times step back, `ERR_GEOMETRY` when the streams differ, `ERR_OVERFLOW`
 */
export function mergePacket(params: TimeMergeParams, state: TimeMergeState, index: number, packet: EventPacket): void {
  const source = state.sources[index];
  let reached = source.newest;
  for (let i = 0; i < packet.length; i++) {
    if (!(packet.t[i] >= reached))
      throw timeOrderError(`mergeByTime: source ${index}`, 'an event', packet.t[i], reached);
    reached = packet.t[i];
  }
  if (!(packet.until >= reached)) {
    throw timeOrderError(`mergeByTime: source ${index}`, 'the watermark', packet.until, reached);
  }
  if (packet.stream !== source.info) enter(state, index, packet.stream);
  source.newest = packet.until;
  offerPacket(params.hold, source.queue, packet);
}

/** Stream `index` is complete: the others wait for it no longer. */
export function mergeComplete(state: TimeMergeState, index: number): void {
  state.sources[index].done = true;
}

/**
 * Hands out, in order, everything that no stream can precede any more. Order: by time; equal times by number of the
 * stream, then as the stream has them, a mark standing at its `until` like an event.
 */
export function mergeDrain(params: TimeMergeParams, state: TimeMergeState, emit: (packet: EventPacket) => void): void {
  if (state.sources.some((source) => !source.info && !source.done)) return;
  const stream = (state.info ??= merged(params, state));
  let runs: Run[] = [];
  const hand = (until: number, mark: Mark | null): void => {
    state.until = Math.max(state.until, until);
    emit(runsOf(stream, runs, state.until, mark));
    runs = [];
  };
  for (let index = earliest(state); index >= 0; index = earliest(state)) {
    const source = state.sources[index];
    const { head, at } = source;
    if (!head || !mayGo(state, index, at < head.length ? head.t[at] : head.until)) break;
    if (at < head.length) {
      source.at = runEnd(state, index, head, at);
      runs.push({ packet: head, from: at, to: source.at });
    } else {
      // Only a mark is left of it: a packet without one is let go of when its last event is.
      const passed = params.marks === 'all' || (params.marks === 'first' && index === 0);
      if (passed) hand(head.until, head.mark);
      source.until = head.until;
      source.head = null;
    }
  }
  const until = watermark(state);
  if (runs.length > 0 || until > state.until) hand(until, null);
}

/** Events `from` … `to − 1` of a packet. */
interface Run {
  readonly packet: EventPacket;
  readonly from: number;
  readonly to: number;
}

/** The events of all runs, one run after another, in fresh memory. */
function runsOf(stream: StreamInfo, runs: readonly Run[], until: number, mark: Mark | null): EventPacket {
  const length = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  const t = new Float64Array(length);
  const x = new Uint16Array(length);
  const y = new Uint16Array(length);
  const p = new Uint8Array(length);
  let at = 0;
  for (const { packet, from, to } of runs) {
    for (let i = from; i < to; i++, at++) {
      t[at] = packet.t[i];
      x[at] = packet.x[i];
      y[at] = packet.y[i];
      p[at] = packet.p[i];
    }
  }
  return { stream, length, t, x, y, p, until, mark };
}

/** The stream whose next event or mark is the earliest, the first of equals; −1 where nothing is held. */
function earliest({ sources }: TimeMergeState): number {
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < sources.length; i++) {
    load(sources[i]);
    const time = limit(sources[i]);
    if (sources[i].head && (best < 0 || time < least)) {
      best = i;
      least = time;
    }
  }
  return best;
}

/** Makes `head` a packet of which something is left to hand out, if there is one. */
function load(source: MergeSource): void {
  for (;;) {
    const { head } = source;
    if (head && (source.at < head.length || head.mark)) return;
    if (head) source.until = head.until;
    source.head = takePacket(source.queue) ?? null;
    source.at = 0;
    if (!source.head) return;
  }
}

/** Nothing earlier than this will come of the stream. */
function limit({ head, at, until, done }: MergeSource): number {
  if (!head) return done ? Infinity : until;
  return at < head.length ? head.t[at] : head.until;
}

/** Whether something of stream `index` at `time` precedes whatever else may come. */
function mayGo({ sources }: TimeMergeState, index: number, time: number): boolean {
  return sources.every((other, i) => i === index || time < limit(other) || (time === limit(other) && index < i));
}

/** End of the run of events from `at` on that precede whatever the other streams have. */
function runEnd({ sources }: TimeMergeState, index: number, { t, length }: EventPacket, at: number): number {
  let below = Infinity;
  let upTo = Infinity;
  sources.forEach((other, i) => {
    if (i < index) below = Math.min(below, limit(other));
    if (i > index) upTo = Math.min(upTo, limit(other));
  });
  let end = at;
  while (end < length && t[end] < below && t[end] <= upTo) end++;
  return end;
}

/** Nothing earlier than this will come of any stream; the end of all where all are complete. */
function watermark({ sources }: TimeMergeState): number {
  const least = Math.min(...sources.map(limit));
  return least === Infinity ? Math.max(...sources.map(({ until }) => until)) : least;
}

const SHARED = ['width', 'height', 'polarities', 'epoch', 'yUp', 'mirroredX'] as const;

function enter(state: TimeMergeState, index: number, info: StreamInfo): void {
  const first = state.sources.find((source) => source.info)?.info ?? info;
  const differs = SHARED.find((key) => first[key] !== info[key]);
  if (differs) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `mergeByTime: ${differs} of source ${index} is ${String(info[differs])}, of another ${String(first[differs])}`,
      { details: { source: index, field: differs, came: info[differs], other: first[differs] } },
    );
  }
  state.sources[index].info = info;
}

function merged({ id }: TimeMergeParams, { sources }: TimeMergeState): StreamInfo {
  const infos = sources.flatMap(({ info }) => (info ? [info] : []));
  return streamInfo({
    ...infos[0],
    id: id ?? infos.map((info) => info.id).join('+'),
    origin: infos.length === 0 ? 0 : Math.min(...infos.map(({ origin }) => origin)),
    side: [],
  });
}
