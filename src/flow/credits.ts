import { requireInteger } from '../events/argument.js';

/**
 * Credits let a receiver slow its sender down. They are absolute: "you may send the frames numbered below `upTo`", so
 * that a credit that comes twice or late does no harm.
 *
 * Receiving side: `window` frames may be under way or waiting; a new credit is due whenever half of them are consumed.
 */
export interface CreditWindow {
  /** Frames that may be under way or waiting, an integer ≥ 1. */
  readonly window: number;
  consumed: number;
  upTo: number;
}

/** A window of which nothing is granted yet. @throws `ERR_ARGUMENT` */
export function creditWindow(window: number): CreditWindow {
  requireInteger('credits', 'window', window, 1);
  return { window, consumed: 0, upTo: 0 };
}

/** Credit to send now, or null when enough is granted; called at the start and whenever `consumed` has grown. */
export function creditDue(state: CreditWindow): number | null {
  const upTo = state.consumed + state.window;
  if (upTo - state.upTo < Math.ceil(state.window / 2)) return null;
  state.upTo = upTo;
  return upTo;
}

/** Sending side: frames sent, and the number below which they may be sent. */
export interface CreditBalance {
  sent: number;
  upTo: number;
}

/** No credit yet. */
export function creditBalance(): CreditBalance {
  return { sent: 0, upTo: 0 };
}

/** Takes a credit; one that grants less than an earlier one changes nothing. */
export function takeCredit(state: CreditBalance, upTo: number): void {
  if (upTo > state.upTo) state.upTo = upTo;
}

/** Counts one frame as sent if the credit allows it; returns whether it may be sent. */
export function spendCredit(state: CreditBalance): boolean {
  if (state.sent >= state.upTo) return false;
  state.sent++;
  return true;
}
