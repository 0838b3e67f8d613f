import { RxSpikeError } from '../../../src/index.js';
import { rolesOfOption, type Role, type Roles } from '../columns/column-names.js';
import { guessRoles } from '../columns/guess-roles.js';
import { decimalsOf, guessTimeUnit } from '../columns/time-unit.js';
import { readValues } from '../columns/read-values.js';
import type { OpenOptions, TimeUnit } from '../recording.js';
import type { Dataset } from './dataset.js';
import { RowStream, type ReadPlan } from './event-reader.js';
import type { ColumnPlace, EventSource } from './event-sources.js';
import { passing } from './tree-walk.js';

const SAMPLE = 4096;

/** What an {@link EventSource} leaves open. */
export interface Settled {
  readonly places: ReadonlyMap<Role, ColumnPlace>;
  readonly unit: TimeUnit;
  /** What was decided by the values, for people; begins with a blank, or is empty. */
  readonly columns: string;
}

type Reading = Pick<ReadPlan, 'file' | 'limit' | 'expansion'>;

/**
 * Settles which column holds what and the unit of the times: by the options, the layout, the names, and where those
 * say nothing by the first values.
 * @throws (rejects) `ERR_ARGUMENT` for wrong options; `ERR_UNSUPPORTED` where it stays open
 */
export async function settle(source: EventSource, reading: Reading, options: OpenOptions): Promise<Settled> {
  const named = source.places instanceof Map ? (source.places as ReadonlyMap<Role, ColumnPlace>) : null;
  const places = named ?? (await tablePlaces([...source.places.values()], reading, options));
  const columns = named === null ? ` ${[...places.keys()].join(', ')}` : '';
  const time = places.get('t');
  if (time === undefined) throw new RxSpikeError('ERR_UNSUPPORTED', 'hdf5: no column of times');
  return { places, unit: options.timeUnit ?? (await unitOf(source, time, reading)), columns };
}

/** The roles of a table's columns, in the order of the columns. */
async function tablePlaces(
  columns: readonly ColumnPlace[],
  reading: Reading,
  { columns: option }: OpenOptions,
): Promise<ReadonlyMap<Role, ColumnPlace>> {
  const roles = option === undefined ? await guessed(columns, reading) : rolesOfOption(option);
  const places = new Map<Role, ColumnPlace>();
  for (const [k, role] of roles.entries()) if (role !== null && k < columns.length) places.set(role, columns[k]);
  if (places.size === 4) return places;
  throw new RxSpikeError('ERR_ARGUMENT', `columns: the table has ${columns.length} of them`);
}

async function guessed(columns: readonly ColumnPlace[], reading: Reading): Promise<Roles> {
  const sample = await passing(() => sampleOf(columns, reading));
  // Without a row that can be read, the order of MVSEC: what breaks is met again by who reads.
  if (sample === null || sample[0].length === 0) return ['x', 'y', 't', 'p'];
  const roles = guessRoles(sample);
  if (typeof roles !== 'string') return roles;
  throw new RxSpikeError('ERR_UNSUPPORTED', `hdf5: ${roles}; say which with the option columns`);
}

/** Known layouts have one unit; else the name of the column or its first values decide. */
async function unitOf(source: EventSource, time: ColumnPlace, reading: Reading): Promise<TimeUnit> {
  if (['prophesee', 'dsec', 'm3ed'].includes(source.arrangement)) return 'us';
  if (time.unit !== null) return time.unit;
  const float = time.type.scalar.kind === 'f';
  if (source.arrangement === 'rpg' && float) return 's';
  const sample = await passing(() => sampleOf([time], reading));
  if (sample === null || sample[0].length === 0) return float ? 's' : 'us';
  const unit = guessTimeUnit(sample[0], float ? decimalsOf(sample[0]) : 0);
  if (unit !== null) return unit;
  throw new RxSpikeError('ERR_UNSUPPORTED', 'hdf5: the times could be in more than one unit; say which with timeUnit');
}

/** The first values of columns of one dataset. */
async function sampleOf(columns: readonly ColumnPlace[], { file, limit, expansion }: Reading): Promise<Float64Array[]> {
  const dataset: Dataset = columns[0].dataset;
  const stream = new RowStream(dataset, { file, limit }, expansion());
  try {
    const count = Math.min(SAMPLE, await stream.ready());
    return columns.map(({ type, offset }) => {
      const values = new Float64Array(count);
      readValues(values, type.scalar, stream.slice(offset), count);
      return values;
    });
  } finally {
    await stream.close();
  }
}
