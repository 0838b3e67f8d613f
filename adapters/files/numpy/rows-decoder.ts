import { RxSpikeError } from '../../../src/index.js';
import type { Role } from '../columns/column-names.js';
import type { Counts, EventBatch } from '../decoder.js';
import { FixedSizeDecoder } from '../fixed-size-decoder.js';
import type { ArrayColumns } from './array-columns.js';
import { EventColumns } from '../columns/event-columns.js';
import type { EventPlan } from './plan-events.js';
import type { Slice } from '../columns/read-values.js';

/** The bytes of an array whose rows stand one after another → events; see `Decoder`. */
export class RowsDecoder extends FixedSizeDecoder {
  override readonly violations: Counts;
  readonly #events: EventColumns;
  readonly #offsets: Readonly<Record<Role, number>>;
  readonly #rowBytes: number;
  readonly #bytes: number;
  readonly #start: number;
  readonly #format: string;
  #seen = 0;

  /** @param start where the first row lies, for messages */
  constructor(format: 'npy' | 'npz', { count, columns, rowBytes }: ArrayColumns, plan: EventPlan, start: number) {
    super({ format, record: 'row' }, rowBytes, start);
    const { places } = plan;
    this.#events = new EventColumns(format, plan.types);
    this.violations = this.#events.violations;
    const offset = (role: Role): number => columns[places[role]].offset;
    this.#offsets = { t: offset('t'), x: offset('x'), y: offset('y'), p: offset('p') };
    this.#rowBytes = rowBytes;
    this.#bytes = count * rowBytes;
    this.#start = start;
    this.#format = format;
  }

  override *push(chunk: Uint8Array): Generator<EventBatch> {
    const own = chunk.subarray(0, this.#bytes - this.#seen);
    this.#seen += own.length;
    for (const batch of super.push(own)) {
      yield batch;
      if (this.#events.failure !== null) throw this.#events.failure;
    }
    const after = chunk.length - own.length;
    if (after > 0) this.violations.trailingBytes = (this.violations.trailingBytes ?? 0) + after;
  }

  override end(): void {
    super.end();
    if (this.#seen === this.#bytes) return;
    const rows = this.#bytes / this.#rowBytes;
    const message = `${this.#format}: ${rows} rows are announced, ${this.#seen / this.#rowBytes} are there`;
    throw new RxSpikeError('ERR_TRUNCATED', message, { details: { offset: this.#start + this.#seen } });
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const stride = this.#rowBytes;
    const { t, x, y, p } = this.#offsets;
    const slice = (offset: number): Slice => ({ view, offset: from + offset, stride });
    return this.#events.convert({ t: slice(t), x: slice(x), y: slice(y), p: slice(p) }, (to - from) / stride);
  }
}
