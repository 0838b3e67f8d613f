import { RxSpikeError } from '../../../src/index.js';
import type { Role } from '../columns/column-names.js';
import type { BatchReader, Counts, EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import { EventColumns, type EventTypes } from '../columns/event-columns.js';
import type { PieceCursor } from './piece-cursor.js';
import type { Slice } from '../columns/read-values.js';

const ROLES = ['t', 'x', 'y', 'p'] as const;

/** Opens a cursor at the first value of each column. */
export type OpenColumns = () => Promise<Readonly<Record<Role, PieceCursor>>>;

/** Columns whose values stand one after another → events; see `BatchReader`. */
export class ColumnsReader implements BatchReader {
  readonly side: Counts = {};
  readonly violations: Counts;
  readonly #format: 'npy' | 'npz';
  readonly #types: EventTypes;
  readonly #events: EventColumns;
  readonly #count: number;
  readonly #open: OpenColumns;
  /** Whether bytes after the last value belong to the columns' own, so that reading them checks something. */
  readonly #drain: boolean;

  constructor(format: 'npy' | 'npz', types: EventTypes, count: number, open: OpenColumns, drain: boolean) {
    this.#format = format;
    this.#types = types;
    this.#events = new EventColumns(format, types);
    this.violations = this.#events.violations;
    this.#count = count;
    this.#open = open;
    this.#drain = drain;
  }

  async *parts(): AsyncGenerator<Iterable<EventBatch>> {
    const cursors = await this.#open();
    try {
      for (let at = 0; at < this.#count; at += BLOCK) {
        const wanted = Math.min(BLOCK, this.#count - at);
        const { slices, rows } = await this.#slices(cursors, wanted);
        yield this.#convert(slices, rows);
        if (rows < wanted) throw this.#short(cursors, at + rows);
      }
      if (!this.#drain) return;
      for (const role of ROLES) {
        await cursors[role].skip(Infinity);
        if (cursors[role].failure !== null) throw cursors[role].failure;
      }
    } finally {
      for (const role of ROLES) await cursors[role].close();
    }
  }

  *#convert(slices: Readonly<Record<Role, Slice>>, rows: number): Generator<EventBatch> {
    const batch = this.#events.convert(slices, rows);
    if (batch.length > 0) yield batch;
    if (this.#events.failure !== null) throw this.#events.failure;
  }

  /** The next values of all columns, and of how many rows all are there. */
  async #slices(
    cursors: Readonly<Record<Role, PieceCursor>>,
    wanted: number,
  ): Promise<{ slices: Record<Role, Slice>; rows: number }> {
    let rows = wanted;
    const one = async (role: Role): Promise<Slice> => {
      const { size } = this.#types.scalars[role];
      const bytes = await cursors[role].take(wanted * size);
      rows = Math.min(rows, Math.floor(bytes.length / size));
      return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0, stride: size };
    };
    const slices = { t: await one('t'), x: await one('x'), y: await one('y'), p: await one('p') };
    return { slices, rows };
  }

  #short(cursors: Readonly<Record<Role, PieceCursor>>, rows: number): RxSpikeError {
    for (const role of ROLES) {
      const { failure } = cursors[role];
      if (failure !== null) return failure;
    }
    const message = `${this.#format}: ${this.#count} rows are announced, ${rows} are there`;
    return new RxSpikeError('ERR_TRUNCATED', message, { details: { event: rows } });
  }
}
