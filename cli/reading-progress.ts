import { bar, clock } from './live-view.js';
import { thousands } from './numbers.js';
import type { Output } from './output.js';

/** A bar is drawn anew at most this often, ms; a line without a terminal this often. */
const REDRAW = 100;
const LINE = 10_000;
const WIDTH = 30;

/** Shows on stderr how far a reading is: a bar on a terminal; without one, if it takes long, a line now and then. */
export class ReadingProgress {
  readonly #output: Output;
  readonly #what: string;
  #begin = performance.now();
  #shown: number;
  #drawn = false;
  #share: number | null = null;

  constructor(output: Output, what: string) {
    this.#output = output;
    this.#what = what;
    this.#shown = this.#begin;
  }

  /** Takes note of how much of a file has been read; see `OpenOptions.onRead`. */
  readonly onRead = (reached: number, size: number): void => {
    this.#share = Math.max(this.#share ?? 0, Math.min(1, reached / size));
  };

  /** Shows that `events` have been read so far. */
  readonly onEvents = (events: number): void => {
    const now = performance.now();
    const { noteTerminal } = this.#output;
    if (now - this.#shown < (noteTerminal === null ? LINE : REDRAW)) return;
    this.#shown = now;
    const words = this.#words(events, (now - this.#begin) / 1000);
    if (noteTerminal === null) {
      this.#output.note(`${this.#what}: ${words}`);
      return;
    }
    this.#drawn = true;
    const room = (noteTerminal.columns ?? 80) - 1;
    const drawn = this.#share === null ? words : `[${bar(this.#share, WIDTH).padEnd(WIDTH)}] ${words}`;
    noteTerminal.write(`\r${(drawn.length <= room ? drawn : words).slice(0, room)}\u001b[K`);
  };

  /** The file is read once more, from its beginning. */
  again(): void {
    this.#share = null;
    this.#begin = performance.now();
  }

  /** Removes the bar. */
  end(): void {
    if (this.#drawn) this.#output.noteTerminal?.write('\r\u001b[K');
  }

  #words(events: number, seconds: number): string {
    const share = this.#share;
    const counted = `${thousands(events)} events`;
    if (share === null) return counted;
    const left = share > 0 ? `, ${clock((seconds / share) * (1 - share))} left` : '';
    return `${(share * 100).toFixed(0)} %, ${counted}${left}`;
  }
}
