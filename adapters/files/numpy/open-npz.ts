import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import { columnOfName, type Role } from '../columns/column-names.js';
import type { BatchReader, EventBatch, OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { arrayColumns, singleColumn, type ArrayColumn, type ArrayColumns } from './array-columns.js';
import { ColumnsReader, type OpenColumns } from './columns-reader.js';
import type { PieceCursor } from './piece-cursor.js';
import { planEvents, SAMPLE, type EventPlan, type Sampler } from './plan-events.js';
import { readValues } from '../columns/read-values.js';
import { RowsDecoder } from './rows-decoder.js';
import { readZipArrays, singleValue, type ZipArray, type ZipArrays } from './zip-arrays.js';

const MAX_HEADER_BYTES = 1 << 22;
const MAX_EXPANSION = 200;
/** How much of a column is looked at before it is believed, bytes. */
const LOOK = 1 << 20;
/** Bytes that are decoded at once. */
const PIECE = 1 << 16;
const ROLES = ['t', 'x', 'y', 'p'] as const;

/** Events that were found in an archive. */
interface Found {
  /** Names of the arrays they are in. */
  readonly names: readonly string[];
  readonly plan: EventPlan;
  reader(): BatchReader;
}

/**
 * Finds the events of an NPZ archive: one array for each column, or else the first array that is a table of events;
 * `options.topic` names an array. An array `t_in_us` of one value says that times are in µs; `width`, `height`, `y_up`, `mirrored_x`, `unix_epoch` of one value tell of the
 * stream.
 * @throws `ERR_UNSUPPORTED` for a pipe, pickled objects, methods of compression other than deflate;
 * `ERR_UNKNOWN_FORMAT`, `ERR_ARGUMENT` for a topic that is not there, `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`
 */
export async function openNpz(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const { parts } = prefix;
  if (parts === null) {
    throw new RxSpikeError('ERR_UNSUPPORTED', 'npz: its list of files stands at the end: not read from a pipe');
  }
  const archive = await readZipArrays(parts, {
    headerBytes: options.maxHeaderBytes ?? MAX_HEADER_BYTES,
    expansion: options.maxExpansion ?? MAX_EXPANSION,
  });
  const found = await findEvents(archive, options);
  const where = `${found.names.length === 1 ? 'array' : 'arrays'} ${found.names.join(', ')}`;
  return {
    format: 'npz',
    stream: await streamOf(archive.arrays),
    facts: { sensor: null, chipAssumed: false, sniffed: `zip archive; ${where}; ${found.plan.sniffed}` },
    reader: () => found.reader(),
  };
}

async function findEvents(archive: ZipArrays, options: OpenOptions): Promise<Found> {
  const { arrays, refused } = archive;
  const { topic } = options;
  if (topic !== undefined) {
    const array = arrays.find(({ name }) => name === topic);
    if (array !== undefined) return inTable(array, options);
    const names = [...arrays.map(({ name }) => name), ...refused.keys()].join(', ');
    throw refused.get(topic) ?? new RxSpikeError('ERR_ARGUMENT', `npz: no array ${topic}; there are: ${names}`);
  }
  const apart = await inColumns(arrays, options);
  if (apart !== null) return apart;
  let why: RxSpikeError | null = null;
  for (const array of arrays) {
    if (arrayColumns(array.header) === null) continue;
    try {
      return await inTable(array, options);
    } catch (error) {
      if (!(error instanceof RxSpikeError) || error.code !== 'ERR_UNKNOWN_FORMAT') throw error;
      why ??= error;
    }
  }
  const [first = null] = refused.values();
  throw why ?? first ?? new RxSpikeError('ERR_UNKNOWN_FORMAT', 'npz: none of its arrays holds events');
}

/** Events in four arrays, one for each column; null where there are not just these. */
async function inColumns(arrays: readonly ZipArray[], options: OpenOptions): Promise<Found | null> {
  const sources: ZipArray[] = [];
  const columns: (ArrayColumn & { count: number })[] = [];
  for (const role of ROLES) {
    const candidates = arrays.filter(({ name, header }) => {
      const column = singleColumn(name, header);
      return column !== null && columnOfName(name)?.role === role;
    });
    if (candidates.length !== 1) return null;
    const [source] = candidates;
    const column = singleColumn(source.name, source.header);
    if (column === null) return null;
    sources.push(source);
    columns.push(column);
  }
  const counts = columns.map(({ count }) => count);
  const count = Math.min(...counts);
  const { columns: _, ...rest } = options;
  const marked = rest.timeUnit === undefined && (await valueOf(arrays, 't_in_us')) === 1;
  const named = marked ? columns.map((column, k) => (k === 0 ? { ...column, name: 't_us' } : column)) : columns;
  const plan = await planEvents('npz', named, sampler(sources, columns, count), rest);
  const open: OpenColumns = async () => ({
    t: await sources[0].open(),
    x: await sources[1].open(),
    y: await sources[2].open(),
    p: await sources[3].open(),
  });
  const names = sources.map(({ name }) => name);
  const reader = (): BatchReader => {
    const all = new ColumnsReader('npz', plan.types, count, open, true);
    return Math.max(...counts) === count ? all : new Uneven(all, names, counts);
  };
  return { names, plan, reader };
}

/** Columns of unequal length: the rows that are whole, then an error. */
class Uneven implements BatchReader {
  readonly side: BatchReader['side'];
  readonly violations: BatchReader['violations'];
  readonly #whole: BatchReader;
  readonly #message: string;

  constructor(whole: BatchReader, names: readonly string[], counts: readonly number[]) {
    this.#whole = whole;
    this.side = whole.side;
    this.violations = whole.violations;
    this.#message = `npz: ${names.map((name, k) => `${name} has ${counts[k]} values`).join(', ')}`;
  }

  async *parts(): AsyncGenerator<Iterable<EventBatch>> {
    yield* this.#whole.parts();
    throw new RxSpikeError('ERR_CORRUPT', this.#message);
  }
}

/** Events in one array. @throws (rejects) `ERR_UNKNOWN_FORMAT` */
async function inTable(array: ZipArray, options: OpenOptions): Promise<Found> {
  const table = arrayColumns(array.header);
  if (table === null)
    throw new RxSpikeError('ERR_UNKNOWN_FORMAT', `npz: the array ${array.name} is no table of events`);
  const { columns, count, rowBytes } = table;
  const plan = await planEvents(
    'npz',
    columns,
    sampler(
      columns.map(() => array),
      columns,
      count,
    ),
    options,
  );
  const at = async (role: Role): Promise<PieceCursor> => {
    const cursor = await array.open();
    await cursor.skip(columns[plan.places[role]].offset);
    return cursor;
  };
  const open: OpenColumns = async () => ({ t: await at('t'), x: await at('x'), y: await at('y'), p: await at('p') });
  const reader = (): BatchReader =>
    rowBytes > 0 ? new RowsReader(array, table, plan) : new ColumnsReader('npz', plan.types, count, open, true);
  return { names: [array.name], plan, reader };
}

/** Rows of an array in an archive. */
class RowsReader implements BatchReader {
  readonly side: BatchReader['side'];
  readonly violations: BatchReader['violations'];
  readonly #array: ZipArray;
  readonly #decoder: RowsDecoder;

  constructor(array: ZipArray, table: ArrayColumns, plan: EventPlan) {
    this.#array = array;
    this.#decoder = new RowsDecoder('npz', table, plan, array.header.dataStart);
    this.side = this.#decoder.side;
    this.violations = this.#decoder.violations;
  }

  async *parts(): AsyncGenerator<Iterable<EventBatch>> {
    const cursor = await this.#array.open();
    try {
      for (let bytes = await cursor.take(PIECE); bytes.length > 0; bytes = await cursor.take(PIECE)) {
        yield this.#decoder.push(bytes);
      }
      if (cursor.failure !== null) throw cursor.failure;
      this.#decoder.end();
    } finally {
      await cursor.close();
    }
  }
}

function sampler(sources: readonly ZipArray[], columns: readonly ArrayColumn[], count: number): Sampler {
  return async (place) => {
    const { scalar, offset, stride } = columns[place];
    const cursor = await sources[place].open();
    await cursor.skip(offset);
    const rows = Math.min(SAMPLE, count, Math.max(1, Math.floor(LOOK / stride)));
    const bytes = await cursor.take(rows * stride - (stride - scalar.size));
    const values = new Float64Array(
      bytes.length < scalar.size ? 0 : Math.floor((bytes.length - scalar.size) / stride) + 1,
    );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    readValues(values, scalar, { view, offset: 0, stride }, values.length);
    await cursor.close();
    if (values.length === 0 && count > 0) {
      throw cursor.failure ?? new RxSpikeError('ERR_TRUNCATED', 'npz: the array ends in its first row');
    }
    return values;
  };
}

async function valueOf(arrays: readonly ZipArray[], wanted: string): Promise<number | null> {
  const array = arrays.find(({ name }) => name.toLowerCase() === wanted);
  return array === undefined ? null : singleValue(array);
}

async function streamOf(arrays: readonly ZipArray[]): Promise<Partial<StreamInfo>> {
  const value = (wanted: string): Promise<number | null> => valueOf(arrays, wanted);
  const [width, height] = [side(await value('width')), side(await value('height'))];
  return {
    width: height === null ? null : width,
    height: width === null ? null : height,
    yUp: (await value('y_up')) === 1,
    mirroredX: (await value('mirrored_x')) === 1,
    epoch: (await value('unix_epoch')) === 1 ? 'unix' : null,
  };
}

function side(value: number | null): number | null {
  return value !== null && Number.isInteger(value) && value >= 1 && value <= 65536 ? value : null;
}
