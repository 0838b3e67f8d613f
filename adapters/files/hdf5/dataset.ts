import { RxSpikeError } from '../../../src/index.js';
import { chunkPlaces } from './chunk-index.js';
import type { ChunkGrid } from './chunk-place.js';
import { ChunkReader, type Expansion } from './chunk-reader.js';
import { hdf5Corrupt, hdf5Unsupported } from './cursor.js';
import { readDataspace, type Dataspace } from './dataspace.js';
import { readDatatype, type Datatype } from './datatype.js';
import type { FileBytes } from './file-bytes.js';
import { readFilters, type FilterEntry } from './filters.js';
import { readLayout, type ChunkedLayout, type Layout } from './layout.js';
import { MESSAGE, type HeaderMessage } from './object-header.js';

/** Successive rows of a dataset: row r begins at byte `r·stride`. */
export interface Band {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly stride: number;
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

  async *#chunked(file: FileBytes, layout: ChunkedLayout, limit: number, expansion: Expansion): AsyncGenerator<Band> {
    const { chunk } = layout;
    const grid = this.#grid(chunk, limit);
    const across = grid.counts[1] ?? 1;
    const reader = new ChunkReader(file, this.path, this.#filters, grid, expansion);
    const stride = this.columns * this.type.size;
    const table = across > 1 ? new Uint8Array(chunk[0] * stride) : null;
    let next = 0;
    for await (const place of chunkPlaces(file, layout, grid)) {
      const [down, right] = [Math.floor(place.number / across), place.number % across];
      if (place.number > next) throw this.#unwritten(Math.floor(next / across) * chunk[0]);
      if (place.number < next || down >= grid.counts[0]) throw hdf5Corrupt(`${this.path} has its chunks out of order`);
      next++;
      const rows = Math.min(chunk[0], this.rows - down * chunk[0]);
      const edge = rows < chunk[0] || (right + 1) * (chunk[1] ?? 1) > this.columns;
      const width = (chunk[1] ?? 1) * this.type.size;
      const bytes = await reader.read(place, rows * width, edge && layout.edgesUnfiltered);
      const whole = Math.min(rows, Math.floor(bytes.length / width));
      if (table === null) {
        if (whole > 0) yield { bytes, rows: whole, stride: width };
      } else {
        placeColumns({ bytes, rows: whole, stride: width }, table, stride, right * width);
        if (right === across - 1 && whole === rows) yield { bytes: table, rows, stride };
      }
      if (whole < rows)
        throw hdf5Corrupt(`chunk ${place.number} of ${this.path} is shorter than a chunk`, place.address);
    }
    if (next < grid.counts[0] * across) throw this.#unwritten(Math.floor(next / across) * chunk[0]);
  }

  #grid(chunk: readonly number[], limit: number): ChunkGrid {
    const { dims, most } = this.#space;
    if (chunk.length !== dims.length || chunk.some((size) => size === 0)) {
      throw hdf5Corrupt(`${this.path} has chunks of another shape`);
    }
    const bytes = chunk.reduce((all, size) => all * size, this.type.size);
    const row = chunk[0] * this.columns * this.type.size;
    if (bytes > limit) throw this.#tooLarge('chunk', bytes, limit);
    if (row > limit) throw this.#tooLarge('row of chunks', row, limit);
    return {
      counts: dims.map((size, d) => Math.ceil(size / chunk[d])),
      chunk,
      elementBytes: this.type.size,
      bytes,
      filtered: this.#filters.length > 0,
      growsDown: dims.length === 1 || dims[1] === most[1],
    };
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

/** Puts the columns of a chunk into a table at byte `at` of its rows. */
function placeColumns({ bytes, rows, stride: width }: Band, table: Uint8Array, stride: number, at: number): void {
  const used = Math.min(width, stride - at);
  for (let r = 0; r < rows; r++) table.set(bytes.subarray(r * width, r * width + used), r * stride + at);
}
