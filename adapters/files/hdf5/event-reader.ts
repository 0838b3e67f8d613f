import { RxSpikeError } from '../../../src/index.js';
import { floatTime } from '../columns/time-unit.js';
import type { Role } from '../columns/column-names.js';
import type { BatchReader, Counts, EventBatch } from '../decoder.js';
import type { TimeUnit } from '../recording.js';
import type { SideSink } from '../side.js';
import { hdf5Corrupt } from './cursor.js';
import type { Expansion } from './chunk-reader.js';
import type { Band, Dataset } from './dataset.js';
import type { ColumnPlace, TriggerMembers } from './event-sources.js';
import type { FileBytes } from './file-bytes.js';
import { NumberReader } from './numbers.js';

const BATCH = 8192;

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

  /** Reads a field of the next rows, which must be ready. */
  read(reader: NumberReader, offset: number, into: Float64Array, count: number): void {
    if (this.#band === null) return;
    const { bytes, stride } = this.#band;
    reader.read(bytes, { from: this.#at * stride + offset, stride }, into, 0, count);
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#bands.return(undefined);
  }
}

/** A column as it is read. */
interface Column {
  readonly role: Role;
  readonly stream: RowStream;
  readonly offset: number;
  readonly reader: NumberReader;
}

/** Columns, records or tables of an HDF5 file → batches of events. */
export class EventReader implements BatchReader {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  readonly #plan: ReadPlan;
  readonly #sink: SideSink | null;
  readonly #batch: {
    readonly t: Float64Array;
    readonly x: Uint16Array;
    readonly y: Uint16Array;
    readonly p: Uint8Array;
    length: number;
  } = {
    t: new Float64Array(BATCH),
    x: new Uint16Array(BATCH),
    y: new Uint16Array(BATCH),
    p: new Uint8Array(BATCH),
    length: 0,
  };
  /** Marks events that no packet can hold. */
  readonly #unfit: Uint8Array = new Uint8Array(BATCH);
  #unfitting = 0;

  /** `sink`: where the triggers go, which are read in place of the events; else null. */
  constructor(plan: ReadPlan, sink: SideSink | null) {
    this.#plan = plan;
    this.#sink = sink;
    if (plan.problems > 0) this.violations['unreadableObject'] = plan.problems;
    if (plan.triggers !== null && plan.triggers.dataset.rows > 0) this.side['triggers'] = plan.triggers.dataset.rows;
  }

  async *batches(): AsyncGenerator<EventBatch> {
    const expansion = this.#plan.expansion();
    if (this.#sink !== null) {
      yield* this.#triggers(this.#sink, expansion);
      return;
    }
    const streams = new Map<Dataset, RowStream>();
    const columns = this.#columns(streams, expansion);
    const values = new Float64Array(BATCH);
    try {
      for (;;) {
        let count = BATCH;
        for (const stream of streams.values()) count = Math.min(count, await stream.ready());
        if (count === 0) break;
        for (const { role, stream, reader, offset } of columns) {
          stream.read(reader, offset, values, count);
          this.#take(role, reader, values, count);
        }
        for (const stream of streams.values()) stream.skip(count);
        this.#sieve(count);
        yield this.#batch;
      }
    } finally {
      for (const stream of streams.values()) await stream.close();
    }
    this.#checkEnd([...streams.keys()]);
  }

  #columns(streams: Map<Dataset, RowStream>, expansion: Expansion): Column[] {
    return [...this.#plan.places].map(([role, { dataset, offset, type }]) => {
      let stream = streams.get(dataset);
      if (stream === undefined) streams.set(dataset, (stream = new RowStream(dataset, this.#plan, expansion)));
      return { role, stream, offset, reader: new NumberReader(type, role === 't' && this.#plan.unit === 'ns') };
    });
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

  #take(role: Role, reader: NumberReader, values: Float64Array, count: number): void {
    if (role === 't') this.#times(reader, values, count);
    else if (role === 'p') this.#polarities(values, count);
    else this.#coordinates(values, this.#batch[role], count);
  }

  #times(reader: NumberReader, values: Float64Array, count: number): void {
    const { unit, offset } = this.#plan;
    const { t } = this.#batch;
    const { float, size } = reader.type;
    const factor = reader.splitsNanoseconds || unit === 'us' ? 1 : unit === 's' ? 1e6 : unit === 'ms' ? 1000 : 0;
    if (float && (unit === 's' || unit === 'ms')) {
      const round = size === 4 ? Math.fround : undefined;
      for (let i = 0; i < count; i++) t[i] = floatTime(values[i], unit, round) + offset;
    } else if (factor === 0) {
      for (let i = 0; i < count; i++) t[i] = values[i] / 1000 + offset;
    } else {
      for (let i = 0; i < count; i++) t[i] = values[i] * factor + offset;
    }
    if (!float) return;
    for (let i = 0; i < count; i++) if (!Number.isFinite(t[i])) this.#refuse(i, 'badTime');
  }

  #polarities(values: Float64Array, count: number): void {
    const { p } = this.#batch;
    let odd = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      p[i] = value > 0 ? 1 : 0;
      if (value !== 0 && value !== 1 && value !== -1) odd++;
    }
    if (odd > 0) this.#count('badPolarity', odd);
  }

  #coordinates(values: Float64Array, into: Uint16Array, count: number): void {
    let fractions = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      into[i] = value;
      if (into[i] === value) continue;
      if (value >= 0 && value < 65536) fractions++;
      else this.#refuse(i, 'badCoordinate');
    }
    if (fractions > 0) this.#count('fractionalCoordinate', fractions);
  }

  #count(name: string, count: number): void {
    this.violations[name] = (this.violations[name] ?? 0) + count;
  }

  #refuse(i: number, name: string): void {
    if (this.#unfit[i] === 1) return;
    this.#unfit[i] = 1;
    this.#unfitting++;
    this.#count(name, 1);
  }

  /** Leaves the marked events of the batch out. */
  #sieve(count: number): void {
    const { t, x, y, p } = this.#batch;
    this.#batch.length = count;
    if (this.#unfitting === 0) return;
    let n = 0;
    for (let i = 0; i < count; i++) {
      if (this.#unfit[i] === 1) continue;
      t[n] = t[i];
      x[n] = x[i];
      y[n] = y[i];
      p[n++] = p[i];
    }
    this.#batch.length = n;
    this.#unfit.fill(0);
    this.#unfitting = 0;
  }

  async *#triggers(sink: SideSink, expansion: Expansion): AsyncGenerator<EventBatch> {
    const { triggers } = this.#plan;
    if (triggers === null) return;
    const { t, p, id } = triggers.members;
    const stream = new RowStream(triggers.dataset, this.#plan, expansion);
    const columns = [t, p, id].map(({ type, offset }) => ({
      reader: new NumberReader(type),
      offset,
      values: new Float64Array(BATCH),
    }));
    this.#batch.length = 0;
    try {
      for (let count = await stream.ready(); count > 0; count = await stream.ready()) {
        const some = Math.min(count, BATCH);
        for (const { reader, offset, values } of columns) stream.read(reader, offset, values, some);
        stream.skip(some);
        for (let i = 0; i < some; i++) {
          const [time, value, channel] = columns.map(({ values }) => values[i]);
          sink.add({ kind: 'trigger', t: time, id: channel, edge: value > 0 ? 'rising' : 'falling' });
        }
        yield this.#batch;
      }
    } finally {
      await stream.close();
    }
  }
}
