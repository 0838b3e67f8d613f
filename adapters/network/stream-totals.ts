import type { FrameTally } from '../../src/index.js';
import type { Delivery } from './delivery.js';
import type { StreamKind } from './frames.js';
import type { Reception } from './reception.js';

/** What all receivers of a stream with one policy have come to. */
export interface PolicyTotals {
  /** offered = sent − resent + dropped + abandoned + waiting. */
  readonly offered: FrameTally;
  readonly sent: FrameTally;
  /** Sent again after a connection was lost. */
  readonly resent: FrameTally;
  /** By reason. */
  readonly dropped: Record<string, FrameTally>;
  /** Waited for receivers that left. */
  readonly abandoned: FrameTally;
  readonly waiting: FrameTally;
  /** Receivers that are there, and those whose place is kept. */
  present: number;
  absent: number;
  /** Event time between the oldest and the newest frame that wait, of the receiver that is furthest behind, µs. */
  lag: number;
}

/** What a stream has come to. */
export interface StreamTotals {
  readonly stream: string;
  readonly kind: StreamKind;
  readonly packets: number;
  readonly events: number;
  readonly outside: number;
  /** Receivers that came back after their connection was lost. */
  readonly returns: number;
  readonly policies: Readonly<Record<string, PolicyTotals>>;
}

/** Adds up what one stream's readings and receivers do. */
export class StreamBook {
  readonly name: string;
  readonly kind: StreamKind;
  readonly #read = { packets: 0, events: 0, outside: 0 };
  readonly #live: Set<Delivery> = new Set();
  readonly #past: Map<string, PolicyTotals> = new Map();
  #returns = 0;

  constructor(name: string, kind: StreamKind) {
    this.name = name;
    this.kind = kind;
  }

  /** So much of the stream was read. */
  read(packets: number, events: number, outside: number): void {
    this.#read.packets += packets;
    this.#read.events += events;
    this.#read.outside += outside;
  }

  returned(): void {
    this.#returns++;
  }

  /** A receiver, until it is done. */
  add(delivery: Delivery): void {
    this.#live.add(delivery);
    void delivery.done.then(() => {
      this.#live.delete(delivery);
      const { policy } = delivery.params;
      const totals = this.#past.get(policy) ?? policyTotals();
      this.#past.set(policy, totals);
      addReceiver(totals, delivery);
      move(totals.waiting, totals.abandoned);
    });
  }

  get totals(): StreamTotals {
    const policies: Record<string, PolicyTotals> = {};
    for (const [policy, past] of this.#past) addTotals((policies[policy] = policyTotals()), past);
    for (const delivery of this.#live) {
      const totals = (policies[delivery.params.policy] ??= policyTotals());
      addReceiver(totals, delivery);
      if (delivery.isAttached) totals.present++;
      else totals.absent++;
      totals.lag = Math.max(totals.lag, lagOf(delivery));
    }
    return { stream: this.name, kind: this.kind, ...this.#read, returns: this.#returns, policies };
  }
}

/** Adds up streams that clients send. */
export class ReceptionBook {
  readonly #live: Set<Reception> = new Set();
  readonly #past: FrameTally & { missing: number; streams: number } = { packets: 0, events: 0, missing: 0, streams: 0 };

  /** A stream, until it is over. */
  add(reception: Reception): void {
    this.#live.add(reception);
    this.#past.streams++;
    void reception.over.then(() => {
      this.#live.delete(reception);
      this.#past.events += reception.report.events;
      this.#past.missing += missing(reception);
    });
  }

  get open(): number {
    return this.#live.size;
  }

  /** Streams so far, events that came of them, and those that were told missing. */
  get totals(): { readonly streams: number; readonly events: number; readonly missing: number } {
    const { streams, ...past } = this.#past;
    let { events, missing: gone } = past;
    for (const one of this.#live) {
      events += one.report.events;
      gone += missing(one);
    }
    return { streams, events, missing: gone };
  }
}

/** Reasons that a gap may give; other things that a report counts are not losses. */
const GAPS = ['dropOldest', 'dropNewest', 'sample', 'history', 'rate'];

function missing({ report }: Reception): number {
  return GAPS.reduce((sum, reason) => sum + (report.violations[reason] ?? 0), 0);
}

const tally = (): FrameTally => ({ packets: 0, events: 0 });

function policyTotals(): PolicyTotals {
  return {
    offered: tally(),
    sent: tally(),
    resent: tally(),
    dropped: {},
    abandoned: tally(),
    waiting: tally(),
    present: 0,
    absent: 0,
    lag: 0,
  };
}

function addReceiver(to: PolicyTotals, { state, resent }: Delivery): void {
  add(to.offered, state.offered);
  add(to.sent, state.sent);
  add(to.sent, resent);
  add(to.resent, resent);
  add(to.waiting, state.held);
  addDropped(to, state.dropped);
}

function addTotals(to: PolicyTotals, from: PolicyTotals): void {
  for (const name of ['offered', 'sent', 'resent', 'abandoned', 'waiting'] as const) add(to[name], from[name]);
  addDropped(to, from.dropped);
}

function addDropped(to: PolicyTotals, dropped: Readonly<Record<string, FrameTally>>): void {
  for (const [reason, lost] of Object.entries(dropped)) add((to.dropped[reason] ??= tally()), lost);
}

function add(to: FrameTally, from: FrameTally): void {
  to.packets += from.packets;
  to.events += from.events;
}

function move(from: FrameTally, to: FrameTally): void {
  add(to, from);
  from.packets = 0;
  from.events = 0;
}

function lagOf({ state: { waiting } }: Delivery): number {
  const first = waiting.find((entry) => 'until' in entry);
  const last = waiting.findLast((entry) => 'until' in entry);
  return first && last && 'until' in first && 'until' in last ? last.until - first.until : 0;
}
