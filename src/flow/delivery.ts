import { requireArgument, requireInteger, requireWord } from '../events/argument.js';

/**
 * What a receiver that does not keep up gets: everything, and its sender waits (`lossless`); the newest (`dropOldest`);
 * what fits (`dropNewest`); or, while more than half of the room is taken, every n-th frame (`sample`).
 */
export type DeliveryPolicy = 'lossless' | 'dropOldest' | 'dropNewest' | 'sample';

/**
 * Frames that are never dropped that may wait for a receiver. A lossless one has no room for more; what becomes of
 * another one is up to whoever offers.
 */
const MOST_LASTING = 4096;

/** How a delivery queues. */
export interface DeliveryParams {
  readonly policy: DeliveryPolicy;
  /** Most frames that may wait, an integer ≥ 1; frames that are never dropped do not count. */
  readonly packets: number;
  /** Most events that may wait, ≥ 1. A frame with more is taken only where no event waits. */
  readonly events: number;
  /** `sample`: one frame in so many is kept, an integer ≥ 2: those whose number is a multiple of it. */
  readonly every: number;
}

/** A frame of a stream, with its number. */
export interface NumberedFrame {
  readonly seq: number;
  /** Entries in it. */
  readonly events: number;
  /** True for a frame that is never dropped: it bears a mark and no events. */
  readonly lasting: boolean;
}

/** Stands in the sequence for frames `seq … next − 1`, which are not delivered. */
export interface Gap {
  readonly gap: true;
  readonly seq: number;
  readonly next: number;
  /** Frames that are missing, and events in them. */
  readonly packets: number;
  readonly events: number;
  readonly reason: string;
}

/** Numbers of frames and of events in them. */
export interface FrameTally {
  packets: number;
  events: number;
}

/**
 * One receiver's place in a stream; outlives its connections. At any time, in frames and in events,
 *
 *     offered = sent + dropped + waiting
 */
export interface DeliveryState<F extends NumberedFrame> {
  /** Not sent yet, in order. */
  waiting: (F | Gap)[];
  /** Sent, and not known to have been taken, in order. */
  unacknowledged: (F | Gap)[];
  /** What those come to; a gap counts as a frame without events. */
  readonly kept: FrameTally;
  readonly offered: FrameTally;
  readonly sent: FrameTally;
  readonly held: FrameTally;
  /** How many of the frames held are never dropped. */
  lasting: number;
  /** By reason. */
  readonly dropped: Record<string, FrameTally>;
  /** Number of the frame that is due after those in `unacknowledged`. */
  next: number;
  /** Frames numbered below this may be sent. */
  upTo: number;
}

/** @throws `ERR_ARGUMENT` when the policy is unknown or a number out of range */
export function requireDeliveryParams(params: DeliveryParams, name: string): void {
  requireWord(name, 'policy', params.policy, ['lossless', 'dropOldest', 'dropNewest', 'sample']);
  requireInteger(name, 'packets', params.packets, 1);
  requireArgument(params.events >= 1, name, 'events', 'at least 1', params.events);
  requireInteger(name, 'every', params.every, 2);
}

const EVERYTHING: FrameTally = { packets: Infinity, events: Infinity };

const tally = (): FrameTally => ({ packets: 0, events: 0 });

/** A delivery whose first frame will bear the number `first`. */
export function deliveryState<F extends NumberedFrame>(first = 0): DeliveryState<F> {
  return {
    waiting: [],
    unacknowledged: [],
    kept: tally(),
    offered: tally(),
    sent: tally(),
    held: tally(),
    lasting: 0,
    dropped: {},
    next: first,
    upTo: 0,
  };
}

/** Whether a lossless delivery has room for a frame. */
export function hasRoom(params: DeliveryParams, state: DeliveryState<NumberedFrame>, frame: NumberedFrame): boolean {
  const { held } = state;
  if (frame.lasting) return params.policy !== 'lossless' || state.lasting < MOST_LASTING;
  return (
    held.packets - state.lasting < params.packets && (held.events === 0 || held.events + frame.events <= params.events)
  );
}

/**
 * Offers the stream's next frame: true when it was dealt with, false when the policy is `lossless` and there is no room
 * (nothing has changed then).
 */
export function offerFrame<F extends NumberedFrame>(
  params: DeliveryParams,
  state: DeliveryState<F>,
  frame: F,
): boolean {
  const room = hasRoom(params, state, frame);
  if (!room && params.policy === 'lossless') return false;
  count(state.offered, frame, 1);
  const thinned =
    params.policy === 'sample' &&
    !frame.lasting &&
    2 * state.held.events > params.events &&
    frame.seq % params.every !== 0;
  if (thinned || (!room && params.policy !== 'dropOldest')) {
    drop(state, frame, params.policy);
    addGap(state.waiting, state.waiting.length, missing(frame, params.policy));
    return true;
  }
  while (!hasRoom(params, state, frame)) dropOldest(state);
  state.waiting.push(frame);
  hold(state, frame, 1);
  return true;
}

/** Books frames that this delivery never had, such as those before a history begins; nothing may wait yet. */
export function skipFrames(state: DeliveryState<NumberedFrame>, gap: Gap): void {
  state.offered.packets += gap.packets;
  state.offered.events += gap.events;
  const to = (state.dropped[gap.reason] ??= tally());
  to.packets += gap.packets;
  to.events += gap.events;
  addGap(state.waiting, state.waiting.length, gap);
}

/**
 * The next frame or gap that may be sent; undefined where there is none. It is kept for sending again until it is
 * acknowledged, or more than `keep` is kept: a receiver that acknowledges nothing must not fill memory.
 */
export function takeFrame<F extends NumberedFrame>(
  state: DeliveryState<F>,
  keep: Readonly<FrameTally> = EVERYTHING,
): F | Gap | undefined {
  const [first] = state.waiting;
  // A gap goes with the frame after it: it needs no credit of its own, but must not run ahead of what is granted.
  if (first === undefined || first.seq >= state.upTo) return undefined;
  state.waiting.shift();
  keepEntry(state, first, 1);
  state.unacknowledged.push(first);
  while (state.kept.packets > keep.packets || state.kept.events > keep.events) {
    keepEntry(state, state.unacknowledged.shift() as F | Gap, -1);
  }
  state.next = after(first);
  if (!isGap(first)) {
    hold(state, first, -1);
    count(state.sent, first, 1);
  }
  return first;
}

/** Takes a credit; one that grants less than an earlier one changes nothing. */
export function grantFrames(state: DeliveryState<NumberedFrame>, upTo: number): void {
  if (upTo > state.upTo) state.upTo = upTo;
}

/** Forgets what the receiver has taken: everything numbered below `taken`. */
export function acknowledgeFrames(state: DeliveryState<NumberedFrame>, taken: number): void {
  let n = 0;
  while (n < state.unacknowledged.length && after(state.unacknowledged[n]) <= taken) {
    keepEntry(state, state.unacknowledged[n++], -1);
  }
  if (n > 0) state.unacknowledged.splice(0, n);
}

/**
 * Goes back to the frame numbered `next` for a receiver that lost its connection: what it did not get will be sent
 * again. False where that is not possible: the number was never sent, or it is known to have been taken before, or is
 * no longer kept, or it lies inside a gap.
 */
export function rewindFrames<F extends NumberedFrame>(state: DeliveryState<F>, next: number): boolean {
  const { unacknowledged } = state;
  const at = unacknowledged.findIndex(({ seq }) => seq === next);
  if (at < 0 && next !== state.next) return false;
  state.upTo = 0;
  state.unacknowledged = [];
  state.kept.packets = 0;
  state.kept.events = 0;
  const again = at < 0 ? [] : unacknowledged.slice(at);
  for (const entry of again) {
    if (isGap(entry)) continue;
    count(state.sent, entry, -1);
    hold(state, entry, 1);
  }
  state.waiting = [...again, ...state.waiting];
  state.next = next;
  return true;
}

/** Whether an entry stands for what is missing. */
export function isGap(entry: NumberedFrame | Gap): entry is Gap {
  return 'gap' in entry;
}

const after = (entry: NumberedFrame | Gap): number => (isGap(entry) ? entry.next : entry.seq + 1);

function count(to: FrameTally, frame: NumberedFrame, sign: 1 | -1): void {
  to.packets += sign;
  to.events += sign * frame.events;
}

function hold(state: DeliveryState<NumberedFrame>, frame: NumberedFrame, sign: 1 | -1): void {
  count(state.held, frame, sign);
  if (frame.lasting) state.lasting += sign;
}

function keepEntry(state: DeliveryState<NumberedFrame>, entry: NumberedFrame | Gap, sign: 1 | -1): void {
  state.kept.packets += sign;
  if (!isGap(entry)) state.kept.events += sign * entry.events;
}

function drop(state: DeliveryState<NumberedFrame>, frame: NumberedFrame, reason: string): void {
  count((state.dropped[reason] ??= tally()), frame, 1);
}

function missing({ seq, events }: NumberedFrame, reason: string): Gap {
  return { gap: true, seq, next: seq + 1, packets: 1, events, reason };
}

/** Puts a gap at place `at`, in place of nothing; gaps of one reason that touch become one. */
function addGap(entries: (NumberedFrame | Gap)[], at: number, gap: Gap): void {
  const before = entries[at - 1];
  const behind = entries[at];
  let from = at;
  let removed = 0;
  let whole = gap;
  if (before !== undefined && isGap(before) && before.reason === gap.reason && before.next === gap.seq) {
    whole = joined(before, whole);
    from--;
    removed++;
  }
  if (behind !== undefined && isGap(behind) && behind.reason === gap.reason && behind.seq === gap.next) {
    whole = joined(whole, behind);
    removed++;
  }
  entries.splice(from, removed, whole);
}

function joined(a: Gap, b: Gap): Gap {
  return { ...a, next: b.next, packets: a.packets + b.packets, events: a.events + b.events };
}

/** Drops the oldest frame that may be dropped; there is one where there is no room. */
function dropOldest<F extends NumberedFrame>(state: DeliveryState<F>): void {
  const at = state.waiting.findIndex((entry) => !isGap(entry) && !entry.lasting);
  const [frame] = state.waiting.splice(at, 1) as [F];
  hold(state, frame, -1);
  drop(state, frame, 'dropOldest');
  addGap(state.waiting, at, missing(frame, 'dropOldest'));
}
