import { RxSpikeError } from '../../../src/index.js';
import { columnOfName, isWhole, rolesOfOption, type Role, type Roles } from '../columns/column-names.js';
import { guessRoles } from '../columns/guess-roles.js';
import { decimalsOf, guessTimeUnit } from '../columns/time-unit.js';
import type { OpenOptions, TimeUnit } from '../recording.js';
import type { ArrayColumn } from './array-columns.js';
import type { EventTypes } from '../columns/event-columns.js';

/** Which columns the events are in. */
export interface EventPlan {
  /** Place of each role among the columns. */
  readonly places: Readonly<Record<Role, number>>;
  readonly types: EventTypes;
  /** How it was found out. */
  readonly sniffed: string;
}

/** The first values of a column, as stored; none where the array is empty. */
export type Sampler = (place: number) => Promise<Float64Array>;

/**
 * Types of the arrays of RxSpike, faery, expelliarmus, tonic, Prophesee and dv-processing, which hold times in µs whatever
 * they look like; without what keeps fields at even addresses.
 */
const IN_US: readonly string[] = [
  't:i8 x:u2 y:u2 p:b1',
  't:u8 x:u2 y:u2 on:b1',
  't:i8 x:i2 y:i2 p:u1',
  'x:i2 y:i2 t:i8 p:b1',
  'x:u2 y:u2 p:i2 t:i8',
  'timestamp:i8 x:i2 y:i2 polarity:i1',
];

/** Values that are looked at. */
export const SAMPLE = 4096;

/**
 * Finds out which columns hold what and the unit of the times: as asked for, by names, else by the first values.
 * @throws `ERR_UNKNOWN_FORMAT` where they cannot be events, or could be in two ways; the message names the option that
 * decides. `ERR_ARGUMENT`
 */
export async function planEvents(
  format: 'npy' | 'npz',
  columns: readonly ArrayColumn[],
  sample: Sampler,
  options: OpenOptions,
): Promise<EventPlan> {
  const unknown = (why: string): RxSpikeError => new RxSpikeError('ERR_UNKNOWN_FORMAT', `${format}: ${why}`);
  const named = columns.map(({ name }) => (name === null ? null : columnOfName(name)));
  const byName = named.map((column) => column?.role ?? null);
  let roles: Roles;
  let by: string;
  if (options.columns !== undefined) {
    roles = rolesOfOption(options.columns);
    by = 'as asked for';
    if (roles.length !== columns.length) {
      throw unknown(`${roles.length} columns are asked for, the array has ${columns.length}`);
    }
  } else if (isWhole(byName)) {
    roles = byName;
    by = 'by their names';
  } else {
    roles = await guessed(columns, sample, unknown);
    by = 'by what they hold';
  }
  const place = (role: Role): number => roles.indexOf(role);
  const places = { t: place('t'), x: place('x'), y: place('y'), p: place('p') };
  const scalars = {
    t: columns[places.t].scalar,
    x: columns[places.x].scalar,
    y: columns[places.y].scalar,
    p: columns[places.p].scalar,
  };
  for (const role of ['t', 'x', 'y', 'p'] as const) {
    if (scalars[role].kind === 'other') throw unknown(`${role} is of type ${scalars[role].code}, which is no number`);
  }
  const numbers = columns.filter(({ scalar }) => scalar.kind !== 'other');
  const signature = numbers.map(({ name, scalar }) => `${name}:${scalar.kind}${scalar.size}`).join(' ');
  const said = named[places.t]?.unit ?? scalars.t.unit ?? (IN_US.includes(signature) ? 'us' : null);
  const [unit, source] = await findUnit(said, () => sample(places.t), options);
  if (unit === null) throw unknown('the times could be in more than one unit; say which by timeUnit');
  const order = roles.map((role) => role ?? '-').join(' ');
  return { places, types: { scalars, unit }, sniffed: `columns ${order} ${by}; times in ${unit} ${source}` };
}

async function guessed(
  columns: readonly ArrayColumn[],
  sample: Sampler,
  unknown: (why: string) => RxSpikeError,
): Promise<Roles> {
  const names = columns.map(({ name }) => name ?? '-').join(', ');
  if (columns.length !== 4) {
    throw unknown(`of the columns ${names}, which hold t, x, y and p is not clear; say so by columns`);
  }
  if (columns.some(({ scalar }) => scalar.kind === 'other')) throw unknown(`the columns ${names} are no events`);
  const values: Float64Array[] = [];
  for (const place of columns.keys()) values.push(await sample(place));
  if (values[0].length === 0) return ['t', 'x', 'y', 'p'];
  const roles = guessRoles(values);
  if (typeof roles !== 'string') return roles;
  throw unknown(`${roles}; say what they hold by columns`);
}

async function findUnit(
  named: TimeUnit | null,
  sample: () => Promise<Float64Array>,
  { timeUnit }: OpenOptions,
): Promise<[TimeUnit | null, string]> {
  if (timeUnit !== undefined) return [timeUnit, 'as asked for'];
  if (named !== null) return [named, 'by their name or type'];
  const times = await sample();
  const decimals = decimalsOf(times);
  return [guessTimeUnit(times, decimals), decimals > 0 ? 'by their decimals' : 'by their size and steps'];
}
