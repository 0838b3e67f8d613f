import { RxSpikeError } from '../../../src/index.js';
import { chunkPlaces, type ChunkGrid, type ChunkPlace } from './chunk-index.js';
import { hdf5Corrupt, hdf5Unsupported } from './cursor.js';
import { readDataspace, type Dataspace } from './dataspace.js';
import { readDatatype, type Datatype } from './datatype.js';
import type { FileBytes } from './file-bytes.js';
import { FilterPipeline, readFilters, type FilterEntry } from './filters.js';
import { readLayout, type Layout } from './layout.js';
import { MESSAGE, type HeaderMessage } from './object-header.js';

/** Successive rows of a dataset: row r begins at byte `r·stride`. */
export interface Band {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly stride: number;
}

/** Keeps what a file expands to in proportion to its size. */
export interface Expansion {
  /** Takes bytes in that were made of compressed ones. @throws `ERR_LIMIT` */
  add(bytes: number): void;
}

/** Bytes of a dataset without chunks that are read at once. */
const PIECE = 1 << 18;

/** A dataset of one or two dimensions, read row by row. */
export class Dataset {
  readonly path: string;
  readonly type: Datatype;
  readonly rows: number;
  /** Elements of a row; 1 where there is one dimension. */
  readonly columns: number;
  /** True where it has two dimensions. */
  readonly table: boolean;
  readonly messages: readonly HeaderMessage[];
  readonly #space: Dataspace;
  readonly #layout: Layout;
  readonly #filters: readonly FilterEntry[];

  private constructor(
    path: string,
    messages: readonly HeaderMessage[],
    space: Dataspace,
    type: Datatype,
    layout: Layout,
  ) {
    this.path = path;
    this.messages = messages;
    this.type = type;
    this.#space = space;
    this.#layout = layout;
    const { dims } = space;
    this.rows = dims.length === 0 ? 1 : dims[0];
    this.columns = dims[1] ?? 1;
    this.table = dims.length === 2;
    const filters = messages.find((message) => message.type === MESSAGE.filters);
    this.#filters = filters === undefined ? [] : readFilters(filters.body());
  }

  /**
   * The dataset that an object header describes; null where it is none, or none of at most two dimensions.
   * @throws `ERR_CORRUPT`, `ERR_UNSUPPORTED`
   */
  static of(path: string, messages: readonly HeaderMessage[]): Dataset | null {
    const find = (wanted: number): HeaderMessage | undefined => messages.find(({ type }) => type === wanted);
    const [space, type, layout] = [find(MESSAGE.dataspace), find(MESSAGE.datatype), find(MESSAGE.layout)];
    if (space === undefined || type === undefined || layout === undefined) return null;
    const size = readDataspace(space.body());
    if (size === null || size.dims.length > 2) return null;
    if (find(MESSAGE.externalFiles) !== undefined) {
      throw hdf5Unsupported(`${path}: datasets that lie in other files are not read`);
    }
    return new Dataset(path, messages, size, readDatatype(type.body()), readLayout(layout.body()));
  }

  /**
   * The rows in order. A band's bytes are valid until the next one is asked for.
   * @param limit most bytes of a chunk
   * @throws (while iterating, after all rows before the break) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`,
   * `ERR_UNSUPPORTED`, `ERR_NOT_READABLE`
   */
  async *bands(file: FileBytes, limit: number, expansion: Expansion): AsyncGenerator<Band> {
    const stride = this.columns * this.type.size;
    if (stride > limit) throw this.#tooLarge('row', stride, limit);
    if (this.rows === 0 || this.columns === 0) return;
    const layout = this.#layout;
    if (layout.kind === 'compact') yield this.#compact(layout.bytes, stride);
    else if (layout.kind === 'contiguous') yield* this.#contiguous(file, layout.address, stride);
    else yield* this.#chunked(file, layout, limit, expansion);
  }

  #compact(bytes: Uint8Array, stride: number): Band {
    if (bytes.length < this.rows * stride) throw hdf5Corrupt(`${this.path} is shorter than it says`);
    return { bytes, rows: this.rows, stride };
  }

  async *#contiguous(file: FileBytes, address: number | null, stride: number): AsyncGenerator<Band> {
    if (address === null) throw this.#unwritten(0);
    const most = Math.max(1, Math.floor(PIECE / stride));
    for (let row = 0; row < this.rows; row += most) {
      const rows = Math.min(most, this.rows - row);
      const at = address + row * stride;
      const there = Math.min(rows, Math.max(0, Math.floor((file.size - at) / stride)));
      if (there > 0) yield { bytes: await file.data(at, there * stride, this.path), rows: there, stride };
      if (there < rows) await file.data(at + there * stride, stride, `row ${row + there} of ${this.path}`);
    }
  }

  async *#chunked(
    file: FileBytes,
    layout: Layout & { readonly kind: 'chunked' },
    limit: number,
    expansion: Expansion,
  ): AsyncGenerator<Band> {
    const { chunk } = layout;
    const { dims, most } = this.#space;
    if (chunk.length !== dims.length || chunk.some((size) => size === 0)) {
      throw hdf5Corrupt(`${this.path} has chunks of another shape`);
    }
    const bytes = chunk.reduce((all, size) => all * size, this.type.size);
    if (bytes > limit) throw this.#tooLarge('chunk', bytes, limit);
    const counts = dims.map((size, d) => Math.ceil(size / chunk[d]));
    const across = counts[1] ?? 1;
    if (chunk[0] * this.columns * this.type.size > limit) {
      throw this.#tooLarge('row of chunks', chunk[0] * this.columns * this.type.size, limit);
    }
    const grid: ChunkGrid = {
      counts,
      chunk,
      bytes,
      filtered: this.#filters.length > 0,
      growsDown: dims.length === 1 || dims[1] === most[1],
    };
    const reader = new ChunkReader(
      file,
      this,
      new FilterPipeline(this.#filters, this.type.size, bytes),
      grid,
      expansion,
    );
    const stride = this.columns * this.type.size;
    const table = across > 1 ? new Uint8Array(chunk[0] * stride) : null;
    let next = 0;
    for await (const place of chunkPlaces(file, layout, grid)) {
      const [down, right] = [Math.floor(place.number / across), place.number % across];
      if (place.number > next) throw this.#unwritten(Math.floor(next / across) * chunk[0]);
      if (place.number < next || down >= counts[0]) throw hdf5Corrupt(`${this.path} has its chunks out of order`);
      next++;
      const rows = Math.min(chunk[0], this.rows - down * chunk[0]);
      const edge = rows < chunk[0] || (right + 1) * (chunk[1] ?? 1) > this.columns;
      const content = await reader.read(place, edge && layout.edgesUnfiltered);
      const width = (chunk[1] ?? 1) * this.type.size;
      const whole = Math.min(rows, Math.floor(content.length / width));
      if (table === null) {
        if (whole > 0) yield { bytes: content, rows: whole, stride: width };
      } else {
        const used = Math.min(width, stride - right * width);
        for (let r = 0; r < whole; r++)
          table.set(content.subarray(r * width, r * width + used), r * stride + right * width);
        if (right === across - 1 && whole === rows) yield { bytes: table, rows, stride };
      }
      if (whole < rows)
        throw hdf5Corrupt(`chunk ${place.number} of ${this.path} is shorter than a chunk`, place.address);
    }
    if (next < counts[0] * across) throw this.#unwritten(Math.floor(next / across) * chunk[0]);
  }

  #unwritten(row: number): RxSpikeError {
    return hdf5Corrupt(`${this.path} says ${this.rows} rows, from row ${row} on nothing was written`);
  }

  #tooLarge(what: string, bytes: number, limit: number): RxSpikeError {
    return new RxSpikeError(
      'ERR_LIMIT',
      `hdf5: a ${what} of ${this.path} makes ${bytes} bytes, the limit is ${limit}`,
      {
        details: { bytes, limit },
      },
    );
  }
}

/** Reads chunks and undoes their filters. */
class ChunkReader {
  readonly #file: FileBytes;
  readonly #dataset: Dataset;
  readonly #pipeline: FilterPipeline;
  readonly #grid: ChunkGrid;
  readonly #expansion: Expansion;
  readonly #data: (at: number, length: number, what: string) => Promise<Uint8Array>;
  #stored = 0;

  constructor(file: FileBytes, dataset: Dataset, pipeline: FilterPipeline, grid: ChunkGrid, expansion: Expansion) {
    this.#file = file;
    this.#dataset = dataset;
    this.#pipeline = pipeline;
    this.#grid = grid;
    this.#expansion = expansion;
    this.#data = file.ahead();
  }

  async read({ number, address, size, mask }: ChunkPlace, unfiltered: boolean): Promise<Uint8Array> {
    const what = `chunk ${number} of ${this.#dataset.path}`;
    this.#stored += size;
    if (this.#stored > this.#file.size) throw hdf5Corrupt(`the chunks of ${this.#dataset.path} overlap`, address);
    if (size > 2 * this.#grid.bytes + 4096) throw hdf5Corrupt(`${what} says ${size} bytes stored`, address);
    const stored = await this.#data(address, size, what);
    if (unfiltered || !this.#grid.filtered) return stored;
    this.#expansion.add(this.#grid.bytes);
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
