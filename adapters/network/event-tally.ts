/** What is counted of a stream's events while each of them is looked at. */
export interface EventTally {
  on: number;
  /** Events that lie before the one before them. */
  back: number;
  /** Time of the latest event that came, µs; −∞ before the first. */
  last: number;
}

/** The columns of a packet. */
export interface EventColumns {
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
}

/** Within which every event must lie: times from `earliest` to `until` (µs), `x` below `width`, `y` below `height`. */
export interface EventBounds {
  readonly earliest: number;
  readonly until: number;
  readonly width: number;
  readonly height: number;
}

/** Looks at every event and counts it, once; returns the place of the first one that is out of bounds, −1 if there is none. */
export function tallyEvents(tally: EventTally, { t, x, y, p }: EventColumns, bounds: EventBounds): number {
  const { earliest, until, width, height } = bounds;
  const { length } = t;
  let on = 0;
  let back = 0;
  let before = tally.last;
  for (let i = 0; i < length; i++) {
    const at = t[i];
    const polarity = p[i];
    if (!(at <= until && at >= earliest) || x[i] >= width || y[i] >= height || polarity > 1) return i;
    on += polarity;
    if (at < before) back++;
    before = at;
  }
  tally.on += on;
  tally.back += back;
  tally.last = before;
  return -1;
}
