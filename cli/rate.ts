/** How fast a counter grows: the slope over the last `span` ms of what it was shown. */
export class Rate {
  readonly #span: number;
  readonly #samples: { readonly time: number; readonly total: number }[] = [];

  constructor(span = 2000) {
    this.#span = span;
  }

  /** Shows the counter's value at `time` (ms); returns the rate per second, 0 until there is something to compare with. */
  show(time: number, total: number): number {
    this.#samples.push({ time, total });
    while (this.#samples.length > 2 && this.#samples[1].time <= time - this.#span) this.#samples.shift();
    const [oldest] = this.#samples;
    return time > oldest.time ? ((total - oldest.total) / (time - oldest.time)) * 1000 : 0;
  }
}
