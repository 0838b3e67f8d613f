/** Where a numbered stream stands: the number that is due, and what went wrong so far. */
export interface SequenceState {
  /** Number that the next frame must bear. */
  next: number;
  /** Frames that were skipped, in all. */
  missing: number;
  /** Frames that bore a number from before. */
  repeated: number;
}

/** A stream whose first frame bears the number `first`. */
export function sequenceState(first = 0): SequenceState {
  return { next: first, missing: 0, repeated: 0 };
}

/**
 * Takes the number of a frame: 0 when it is the one that was due, n > 0 when n frames before it are missing, n < 0 when
 * it lies n behind (a repetition, which does not move the count). Numbers are integers in 0 … 2^53 − 1; NaN is returned
 * for anything else, and nothing changes.
 */
export function followSequence(state: SequenceState, number: unknown): number {
  if (!Number.isSafeInteger(number) || (number as number) < 0) return Number.NaN;
  const distance = (number as number) - state.next;
  if (distance < 0) {
    state.repeated++;
    return distance;
  }
  state.missing += distance;
  state.next = (number as number) + 1;
  return distance;
}
