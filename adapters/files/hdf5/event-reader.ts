import { RxSpikeError } from '../../../src/index.js';
import type { Role } from '../columns/column-names.js';
import type { BatchReader, Counts, EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import type { Scalar } from '../columns/scalar.js';
import { EventColumns } from '../columns/event-columns.js';
import { readValues, type Slice } from '../columns/read-values.js';
import type { TimeUnit } from '../recording.js';
import type { SideSink } from '../side.js';
import { hdf5Corrupt } from './cursor.js';
import type { Expansion } from './chunk-reader.js';
import type { Band, Dataset } from './dataset.js';
import type { ColumnPlace, TriggerMembers } from './event-sources.js';
import type { FileBytes } from './file-bytes.js';

const NOTHING: Band = { bytes: new Uint8Array(0), rows: 0, stride: 0 };

/** What an {@link EventReader} needs to know of a file. */
export interface ReadPlan {
  readonly file: FileBytes;
  readonly places: ReadonlyMap<Role, ColumnPlace>;
  readonly unit: TimeUnit;
  /** Added to every time, µs. */
  readonly offset: number;
  readonly triggers: { readonly dataset: Dataset; readonly members: TriggerMembers } | null;
  /** Most bytes of a chunk. */
  readonly limit: number;
  /** Bytes that the file says it has. */
  readonly end: number;
  /** Objects that could not be read. */
  readonly problems: number;
  /** Makes the account of one reading. */
  readonly expansion: () => Expansion;
}

/** The rows of a dataset, taken as many at a time as is asked for. */
export class RowStream {
  readonly #bands: AsyncGenerator<Band>;
  #band: Band | null = null;
  #at = 0;

  constructor(dataset: Dataset, { file, limit }: Pick<ReadPlan, 'file' | 'limit'>, expansion: Expansion) {
    this.#bands = dataset.bands(file, limit, expansion);
  }

  /** Rows that can be read now; 0 at the end. */
  async ready(): Promise<number> {
    while (this.#band === null || this.#at === this.#band.rows) {
      const next = await this.#bands.next();
      if (next.done === true) return 0;
      this.#band = next.value;
      this.#at = 0;
    }
    return this.#band.rows - this.#at;
  }

  /** A field of the next rows, of as many as are ready. */
  slice(offset: number): Slice {
    const { bytes, stride } = this.#band ?? NOTHING;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { view, offset: this.#at * stride + offset, stride };
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#bands.return(undefined);
  }
}

/** Columns, records or tables of an HDF5 file → batches of events. */
export class EventReader implements BatchReader {
  readonly side: Counts = {};
  readonly violations: Counts;
  readonly #plan: ReadPlan;
  readonly #sink: SideSink | null;
  readonly #columns: EventColumns;

  /** `sink`: where the triggers go, which are read in place of the events; else null. */
  constructor(plan: ReadPlan, sink: SideSink | null) {
    this.#plan = plan;
    this.#sink = sink;
    const scalar = (role: Role): Scalar => placeOf(plan, role).type.scalar;
    this.#columns = new EventColumns('hdf5', {
      scalars: { t: scalar('t'), x: scalar('x'), y: scalar('y'), p: scalar('p') },
      unit: plan.unit,
    });
    this.violations = this.#columns.violations;
    if (plan.problems > 0) this.violations['unreadableObject'] = plan.problems;
    if (plan.triggers !== null && plan.triggers.dataset.rows > 0) this.side['triggers'] = plan.triggers.dataset.rows;
  }

  async *parts(): AsyncGenerator<Iterable<EventBatch>> {
    const expansion = this.#plan.expansion();
    if (this.#sink !== null) {
      yield* this.#triggers(this.#sink, expansion);
      return;
    }
    const streams = new Map<Dataset, RowStream>();
    for (const { dataset } of this.#plan.places.values()) {
      if (!streams.has(dataset)) streams.set(dataset, new RowStream(dataset, this.#plan, expansion));
    }
    const slice = (role: Role): Slice => {
      const { dataset, offset } = placeOf(this.#plan, role);
      return (streams.get(dataset) as RowStream).slice(offset);
    };
    try {
      for (;;) {
        let count = BLOCK;
        for (const stream of streams.values()) count = Math.min(count, await stream.ready());
        if (count === 0) break;
        yield this.#rows({ t: slice('t'), x: slice('x'), y: slice('y'), p: slice('p') }, count);
        for (const stream of streams.values()) stream.skip(count);
      }
    } finally {
      for (const stream of streams.values()) await stream.close();
    }
    this.#checkEnd([...streams.keys()]);
  }

  *#rows(slices: Readonly<Record<Role, Slice>>, count: number): Generator<EventBatch> {
    const batch = this.#columns.convert(slices, count);
    const { offset } = this.#plan;
    if (offset !== 0) for (let i = 0; i < batch.length; i++) batch.t[i] += offset;
    yield batch;
    if (this.#columns.failure !== null) throw this.#columns.failure;
  }

  /** What can be told only when all was read: columns of different lengths, and a cut that no event lay behind. */
  #checkEnd(datasets: readonly Dataset[]): void {
    if (!datasets.every(({ rows }) => rows === datasets[0].rows)) {
      const lengths = datasets.map(({ path, rows }) => `${path} ${rows}`).join(', ');
      throw hdf5Corrupt(`the columns are of different lengths: ${lengths}`);
    }
    const { file, end } = this.#plan;
    if (file.size >= end) return;
    throw new RxSpikeError('ERR_TRUNCATED', `hdf5: the file says that it has ${end} bytes, ${file.size} are there`, {
      details: { offset: file.size, end },
    });
  }

  async *#triggers(sink: SideSink, expansion: Expansion): AsyncGenerator<Iterable<EventBatch>> {
    const { triggers } = this.#plan;
    if (triggers === null) return;
    const { t, p, id } = triggers.members;
    const stream = new RowStream(triggers.dataset, this.#plan, expansion);
    const columns = [t, p, id].map(({ type, offset }) => ({ type, offset, values: new Float64Array(BLOCK) }));
    try {
      for (let ready = await stream.ready(); ready > 0; ready = await stream.ready()) {
        const count = Math.min(ready, BLOCK);
        for (const { type, offset, values } of columns) readValues(values, type.scalar, stream.slice(offset), count);
        stream.skip(count);
        for (let i = 0; i < count; i++) {
          const [time, value, channel] = columns.map(({ values }) => values[i]);
          sink.add({ kind: 'trigger', t: time, id: channel, edge: value > 0 ? 'rising' : 'falling' });
        }
        yield [];
      }
    } finally {
      await stream.close();
    }
  }
}

function placeOf({ places }: ReadPlan, role: Role): ColumnPlace {
  const place = places.get(role);
  if (place === undefined) throw new RxSpikeError('ERR_ARGUMENT', `hdf5: no column ${role}`);
  return place;
}
