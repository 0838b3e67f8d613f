import { RxSpikeError } from '../errors.js';
import { requireArgument, requireWord } from '../events/argument.js';
import type { Packet, SpikePacket } from '../events/packet.js';

/**
 * What happens to a packet that finds the queue full: it must wait (`block`), it takes the place of the oldest
 * (`dropOldest`), it is dropped itself (`dropNewest`), or the stream fails (`error`).
 */
export type QueuePolicy = 'block' | 'dropOldest' | 'dropNewest' | 'error';

/** Capacity and policy of a queue. */
export interface QueueParams {
  readonly policy: QueuePolicy;
  /** Most packets held, an integer ≥ 1. */
  readonly packets: number;
  /** Most events held, ≥ 1 (Infinity: no limit). A packet with more than this is taken only where no event is held. */
  readonly events: number;
}

/** Numbers of packets, of events in them, and of marks on them. */
export interface Tally {
  packets: number;
  events: number;
  marks: number;
}

/**
 * A bounded first-in-first-out queue of packets. For packets, events and marks each:
 *
 *     taken in = handed out + dropped + held
 */
export interface QueueState<P extends Packet> {
  /** Oldest first. */
  items: P[];
  taken: Tally;
  handedOut: Tally;
  dropped: Tally;
  held: Tally;
}

const tally = (): Tally => ({ packets: 0, events: 0, marks: 0 });

/** @throws `ERR_ARGUMENT` when the policy is unknown or a capacity is below 1 */
export function requireQueueParams(params: QueueParams, name: string): void {
  requireWord(name, 'policy', params.policy, ['block', 'dropOldest', 'dropNewest', 'error']);
  const packets = Number.isInteger(params.packets) && params.packets >= 1;
  requireArgument(packets, name, 'packets', 'an integer of at least 1', params.packets);
  requireArgument(params.events >= 1, name, 'events', 'at least 1', params.events);
}

/** An empty queue. */
export function queueState<P extends Packet>(): QueueState<P> {
  return { items: [], taken: tally(), handedOut: tally(), dropped: tally(), held: tally() };
}

/**
 * Offers a packet to the queue: true when it was dealt with, false when the policy is `block` and it does not fit
 * (nothing has changed then: offer it again later).
 *
 * Marks outlive events: a dropped packet that bears a mark leaves the mark behind, as an empty packet or on the packet
 * before it, and a mark is dropped only where every packet that is held bears one. The watermark of a dropped packet is lost only
 * until the next packet is handed out.
 *
 * @throws `ERR_OVERFLOW` when the policy is `error` and the packet does not fit
 */
export function offerPacket<P extends Packet>(params: QueueParams, state: QueueState<P>, packet: P): boolean {
  if (!fits(params, state, packet)) {
    if (params.policy === 'block') return false;
    if (params.policy === 'error') throw overflow(params, state, packet);
    count(state.taken, packet, 1);
    if (params.policy === 'dropNewest') {
      dropNewest(params, state, packet);
      return true;
    }
    while (!fits(params, state, packet)) dropOldest(state);
  } else count(state.taken, packet, 1);
  state.items.push(packet);
  count(state.held, packet, 1);
  return true;
}

/** Hands out the oldest packet; undefined when none is held. */
export function takePacket<P extends Packet>(state: QueueState<P>): P | undefined {
  const packet = state.items.shift();
  if (packet) {
    count(state.held, packet, -1);
    count(state.handedOut, packet, 1);
  }
  return packet;
}

function count(to: Tally, packet: Packet, sign: 1 | -1): void {
  to.packets += sign;
  to.events += sign * packet.length;
  if (packet.mark) to.marks += sign;
}

function fits(params: QueueParams, { held }: QueueState<Packet>, packet: Packet): boolean {
  if (held.packets >= params.packets) return false;
  return packet.length === 0 || held.events === 0 || held.events + packet.length <= params.events;
}

function overflow(params: QueueParams, { held }: QueueState<Packet>, packet: Packet): RxSpikeError {
  return new RxSpikeError(
    'ERR_OVERFLOW',
    `queue is full: ${held.packets} packets with ${held.events} events are held of at most ` +
      `${params.packets} and ${params.events}, and one with ${packet.length} events came`,
    { details: { packets: held.packets, events: held.events, came: packet.length } },
  );
}

/** Replaces packet `at` by `kept`, or removes it, and books the difference as dropped. */
function drop<P extends Packet>(state: QueueState<P>, at: number, kept: P | null): void {
  const [old] = state.items.splice(at, 1, ...(kept ? [kept] : []));
  count(state.held, old, -1);
  count(state.dropped, old, 1);
  if (kept) {
    count(state.held, kept, 1);
    count(state.dropped, kept, -1);
  }
}

function dropOldest<P extends Packet>(state: QueueState<P>): void {
  const at = state.items.findIndex((item) => item.length > 0 || !item.mark);
  if (at < 0) drop(state, 0, null);
  else drop(state, at, state.items[at].mark ? withoutEvents(state.items[at]) : null);
}

function dropNewest<P extends Packet>(params: QueueParams, state: QueueState<P>, packet: P): void {
  count(state.dropped, packet, 1);
  const last = state.items.at(-1);
  if (last && !last.mark) {
    state.items[state.items.length - 1] = raised(last, packet);
    if (!packet.mark) return;
    state.dropped.marks--;
    state.held.marks++;
  } else if (packet.mark) {
    if (state.held.packets >= params.packets) {
      const at = state.items.findLastIndex(({ mark }) => !mark);
      if (at < 0) return;
      drop(state, at, null);
    }
    const kept = withoutEvents(packet);
    state.items.push(kept);
    count(state.held, kept, 1);
    count(state.dropped, kept, -1);
  }
}

/** `packet` with watermark and mark of the `later` one. */
function raised<P extends Packet>(packet: P, later: P): P {
  const steps = 'untilStep' in later ? { untilStep: later.untilStep } : {};
  return { ...packet, ...steps, until: later.until, mark: later.mark };
}

/** Watermark and mark of a packet, without its events and without holding on to its memory. */
function withoutEvents<P extends Packet>(packet: P): P {
  const empty: Record<string, unknown> = { length: 0 };
  for (const [name, column] of Object.entries(packet)) {
    if (ArrayBuffer.isView(column)) empty[name] = (column as Float64Array).slice(0, 0);
  }
  if ('firing' in packet) empty.firing = null satisfies SpikePacket['firing'];
  return { ...packet, ...empty };
}
