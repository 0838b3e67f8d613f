import { RxSpikeError } from '../../../src/index.js';
import type { ChunkGrid, ChunkPlace } from './chunk-place.js';
import { hdf5Corrupt } from './cursor.js';
import type { FileBytes } from './file-bytes.js';
import { FilterPipeline, type FilterEntry } from './filters.js';

/** Keeps what a file expands to in proportion to its size. */
export interface Expansion {
  /** Takes bytes in that were made of compressed ones. @throws `ERR_LIMIT` */
  add(bytes: number): void;
}

/** Reads the chunks of a dataset and undoes their filters. */
export class ChunkReader {
  readonly #file: FileBytes;
  readonly #path: string;
  readonly #pipeline: FilterPipeline;
  readonly #grid: ChunkGrid;
  readonly #expansion: Expansion;
  readonly #data: (at: number, length: number, what: string) => Promise<Uint8Array>;
  #stored = 0;

  constructor(file: FileBytes, path: string, filters: readonly FilterEntry[], grid: ChunkGrid, expansion: Expansion) {
    this.#file = file;
    this.#path = path;
    this.#pipeline = new FilterPipeline(filters, grid.elementBytes, grid.bytes);
    this.#grid = grid;
    this.#expansion = expansion;
    this.#data = file.ahead();
  }

  /**
   * The content of a chunk, of which `used` bytes lie within the dataset; valid until the next call. @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`,
   * `ERR_UNSUPPORTED`, `ERR_NOT_READABLE`
   */
  async read({ number, address, size, mask }: ChunkPlace, used: number, unfiltered: boolean): Promise<Uint8Array> {
    const what = `chunk ${number} of ${this.#path}`;
    this.#stored += size;
    if (this.#stored > this.#file.size) throw hdf5Corrupt(`the chunks of ${this.#path} overlap`, address);
    if (size > 2 * this.#grid.bytes + 4096) throw hdf5Corrupt(`${what} says ${size} bytes stored`, address);
    const stored = await this.#data(address, size, what);
    if (unfiltered || !this.#grid.filtered) return stored;
    this.#expansion.add(used);
    try {
      return this.#pipeline.expand(stored, mask);
    } catch (error) {
      if (!(error instanceof RxSpikeError)) throw error;
      const reason = error.message.replace(/^hdf5: /, '');
      const code = error.code === 'ERR_TRUNCATED' ? 'ERR_CORRUPT' : error.code;
      throw new RxSpikeError(code, `hdf5: ${what} at byte ${address}: ${reason}`, {
        details: { offset: address },
        cause: error,
      });
    }
  }
}
