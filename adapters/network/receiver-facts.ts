import { type DeliveryPolicy, isGap } from '../../src/index.js';
import type { Delivery, DeliveryOutcome } from './delivery.js';

/** What a receiver of a stream has got so far. */
export interface ReceiverFacts {
  /** Name of the stream. */
  readonly stream: string;
  /** Address that it is at. */
  readonly from: string;
  readonly policy: DeliveryPolicy;
  /** Packet frames and events sent. */
  readonly packets: number;
  readonly events: number;
  /** Events that it was told are missing, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Events that wait to be sent, and those sent of which it has not said that it has them. */
  readonly inFlight: number;
  /** How often its connection was lost. */
  readonly absences: number;
  /** Null while it goes on. */
  readonly outcome: DeliveryOutcome | null;
}

/** The facts of a delivery. */
export function receiverFacts(
  { params, state, absences }: Delivery,
  stream: string,
  from: string,
  outcome: DeliveryOutcome | null,
): ReceiverFacts {
  const dropped = Object.entries(state.dropped).map(([reason, { events }]) => [reason, events] as const);
  const unacknowledged = outcome === 'complete' ? [] : state.unacknowledged;
  const inFlight = unacknowledged.reduce((sum, entry) => sum + (isGap(entry) ? 0 : entry.events), state.held.events);
  return {
    stream,
    from,
    policy: params.policy,
    ...state.sent,
    dropped: Object.fromEntries(dropped),
    inFlight,
    absences,
    outcome,
  };
}
