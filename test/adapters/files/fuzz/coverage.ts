import { Session, type Profiler } from 'node:inspector';

/** Which code of the readers has run how often, as the engine counts it. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Stretches of code that have been met so far, each with the magnitudes of its counts. */
  get size(): number {
    return this.#seen.size;
  }

  /** True where something ran since the last call that had not run before, or not as often. */
  news(): boolean {
    let fresh = false;
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error;
      for (const script of taken.result) if (isReader(script.url)) fresh = this.#add(script) || fresh;
    });
    return fresh;
  }

  end(): void {
    this.#session.disconnect();
  }

  #add({ url, functions }: Profiler.ScriptCoverage): boolean {
    const before = this.#seen.size;
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        if (count > 0) this.#seen.add(`${url}:${startOffset}-${endOffset}:${Math.ceil(Math.log2(count))}`);
      }
    }
    return this.#seen.size > before;
  }
}

const isReader = (url: string): boolean => url.includes('/adapters/files/') && !url.includes('/test/');
