import type { FiringRows } from '../events/packet.js';

/** Growing columns of what a network fires, emptied packet by packet. */
export class OutputColumns {
  readonly #width: number;
  readonly #firing: boolean;
  #step = new Float64Array(256);
  #t = new Float64Array(256);
  #unit = new Uint32Array(256);
  #length = 0;
  #rowStep = new Float64Array(16);
  #p: Float64Array;
  #rows = 0;

  /** @param width units of a row of firing probabilities; `firing`: whether rows are kept at all */
  constructor(width: number, firing: boolean) {
    this.#width = width;
    this.#firing = firing;
    this.#p = new Float64Array(firing ? 16 * width : 0);
  }

  /** Empties all columns. */
  begin(): void {
    this.#length = 0;
    this.#rows = 0;
  }

  /** Adds spikes of one step, units shifted by `offset`. */
  addSpikes(step: number, t: number, units: Uint32Array, count: number, offset: number): void {
    if (this.#length + count > this.#step.length) this.#grow(this.#length + count);
    for (let i = 0; i < count; i++) {
      const at = this.#length++;
      this.#step[at] = step;
      this.#t[at] = t;
      this.#unit[at] = units[i] + offset;
    }
  }

  /** Begins a row of firing probabilities, all 0. */
  beginRow(step: number): void {
    if (!this.#firing) return;
    if (this.#rows === this.#rowStep.length) {
      this.#rowStep = grown(this.#rowStep, new Float64Array(2 * this.#rows));
      this.#p = grown(this.#p, new Float64Array(2 * this.#rows * this.#width));
    }
    const at = this.#rows * this.#width;
    this.#p.fill(0, at, at + this.#width);
    this.#rowStep[this.#rows++] = step;
  }

  /** Writes the probabilities of one layer into the row begun last. */
  writeRow(p: Float64Array, offset: number): void {
    if (this.#firing) this.#p.set(p, (this.#rows - 1) * this.#width + offset);
  }

  /** Copies of the columns, for a packet that owns them. */
  take(): {
    step: Float64Array;
    t: Float64Array;
    unit: Uint32Array;
    length: number;
    firing: FiringRows | null;
  } {
    const length = this.#length;
    return {
      step: this.#step.slice(0, length),
      t: this.#t.slice(0, length),
      unit: this.#unit.slice(0, length),
      length,
      firing: this.#firing
        ? {
            step: this.#rowStep.slice(0, this.#rows),
            p: this.#p.slice(0, this.#rows * this.#width),
            units: this.#width,
          }
        : null,
    };
  }

  #grow(least: number): void {
    const capacity = Math.max(least, 2 * this.#step.length);
    this.#step = grown(this.#step, new Float64Array(capacity));
    this.#t = grown(this.#t, new Float64Array(capacity));
    this.#unit = grown(this.#unit, new Uint32Array(capacity));
  }
}

function grown<A extends Float64Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
