import { RxSpikeError } from '../../../src/index.js';
import type { Role } from '../columns/column-names.js';
import type { ByteParts } from '../byte-source.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { arrayColumns, type ArrayColumns } from './array-columns.js';
import { ColumnsReader, type OpenColumns } from './columns-reader.js';
import { NPY_START, npyHeaderBytes, parseNpyHeader } from './npy-header.js';
import { PieceCursor, rangePieces } from './piece-cursor.js';
import { planEvents, SAMPLE, type EventPlan, type Sampler } from './plan-events.js';
import { readValues } from '../columns/read-values.js';
import { RowsDecoder } from './rows-decoder.js';

const MAX_HEADER_BYTES = 1 << 22;
/** How much is looked at before the columns are believed, bytes. */
const LOOK = 1 << 20;

/**
 * Reads the header of an NPY file and finds the columns of its array.
 * @throws `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`; `ERR_UNSUPPORTED` for pickled objects, and for columns that
 * stand one after another in a pipe; `ERR_UNKNOWN_FORMAT` where the array cannot be events
 */
export async function openNpy(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  await need(prefix, NPY_START);
  const size = npyHeaderBytes(prefix.bytes, options.maxHeaderBytes ?? MAX_HEADER_BYTES);
  await need(prefix, size);
  const header = parseNpyHeader(prefix.bytes.subarray(0, size));
  const table = arrayColumns(header);
  if (table === null) {
    const shape = `(${header.shape.join(', ')})`;
    throw new RxSpikeError('ERR_UNKNOWN_FORMAT', `npy: an array of shape ${shape} without fields is no events`);
  }
  if (table.rowBytes > 0) return rows(prefix, options, table, size);
  const { parts } = prefix;
  if (parts === null) {
    throw new RxSpikeError('ERR_UNSUPPORTED', 'npy: its columns stand one after another: not read from a pipe');
  }
  return columns(parts, options, table, size);
}

async function need(prefix: Prefix, size: number): Promise<void> {
  if (await prefix.fill(size)) return;
  throw new RxSpikeError('ERR_TRUNCATED', `npy: the input ends in its header, after ${prefix.bytes.length} bytes`);
}

async function rows(prefix: Prefix, options: OpenOptions, table: ArrayColumns, start: number): Promise<OpenedFormat> {
  const { count, rowBytes } = table;
  const most = Math.min(SAMPLE, count, Math.max(1, Math.floor(LOOK / rowBytes)));
  await prefix.fill(start + most * rowBytes);
  const there = Math.min(most, Math.floor((prefix.bytes.length - start) / rowBytes));
  const first = prefix.bytes.slice(start, start + there * rowBytes);
  const sample: Sampler = (place) => {
    if (there === 0 && count > 0) throw new RxSpikeError('ERR_TRUNCATED', 'npy: the input ends in its first row');
    const values = new Float64Array(there);
    const { scalar, offset, stride } = table.columns[place];
    readValues(values, scalar, { view: new DataView(first.buffer), offset, stride }, there);
    return Promise.resolve(values);
  };
  const plan = await planEvents('npy', table.columns, sample, options);
  return {
    format: 'npy',
    dataStart: start,
    ...known(plan),
    decoder: () => new RowsDecoder('npy', table, plan, start),
  };
}

async function columns(
  parts: ByteParts,
  options: OpenOptions,
  table: ArrayColumns,
  start: number,
): Promise<OpenedFormat> {
  const cursor = (place: number): PieceCursor => {
    const { scalar, offset } = table.columns[place];
    return new PieceCursor(rangePieces(parts, start + offset, start + offset + scalar.size * table.count));
  };
  const sample: Sampler = async (place) => {
    const { scalar } = table.columns[place];
    const from = cursor(place);
    const bytes = await from.take(Math.min(SAMPLE, table.count) * scalar.size);
    const values = new Float64Array(Math.floor(bytes.length / scalar.size));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    readValues(values, scalar, { view, offset: 0, stride: scalar.size }, values.length);
    await from.close();
    return values;
  };
  const plan = await planEvents('npy', table.columns, sample, options);
  const at = (role: Role): PieceCursor => cursor(plan.places[role]);
  const open: OpenColumns = () => Promise.resolve({ t: at('t'), x: at('x'), y: at('y'), p: at('p') });
  return {
    format: 'npy',
    ...known(plan),
    reader: () => {
      const reader = new ColumnsReader('npy', plan.types, table.count, open, false);
      const after = parts.size - start - table.count * table.columns.length * table.columns[0].scalar.size;
      if (after > 0) reader.violations.trailingBytes = after;
      return reader;
    },
  };
}

function known(plan: EventPlan): Pick<OpenedFormat, 'stream' | 'facts'> {
  return {
    stream: {},
    facts: { sensor: null, chipAssumed: false, sniffed: `magic number; ${plan.sniffed}` },
  };
}
