import type { Output } from './output.js';
import { bar } from './live-view.js';

/** A bar is drawn anew at most this often, ms. */
const REDRAW = 100;
const WIDTH = 30;

/** Shows on a terminal, beside the results, how far an evaluation is; without a terminal nothing. */
export class EvaluationProgress {
  readonly #terminal: Output['noteTerminal'];
  readonly #rows: number;
  #drawn = -Infinity;

  constructor(output: Output, rows: number) {
    this.#terminal = output.noteTerminal;
    this.#rows = rows;
  }

  /** Draws how many recordings are decided, `n`, and how many of them rightly. */
  show({ n, correct }: { readonly n: number; readonly correct: number }): void {
    const now = performance.now();
    if (this.#terminal === null || (now - this.#drawn < REDRAW && n < this.#rows)) return;
    this.#drawn = now;
    const words = `${n} of ${this.#rows} recordings, ${correct} right`;
    const room = (this.#terminal.columns ?? 80) - 1;
    const drawn = `[${bar(n / this.#rows, WIDTH).padEnd(WIDTH)}] ${words}`;
    this.#terminal.write(`\r${(drawn.length <= room ? drawn : words).slice(0, room)}\u001b[K`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#drawn > 0) this.#terminal?.write('\r\u001b[K');
  }
}
