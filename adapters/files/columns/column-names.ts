import { RxSpikeError } from '../../../src/index.js';
import type { TimeUnit } from '../recording.js';

/** What a column of events holds. */
export type Role = 't' | 'x' | 'y' | 'p';

/** Which column holds what; null for one that is left out. */
export type Roles = readonly (Role | null)[];

/** What the name of a column says. */
export interface NamedColumn {
  readonly role: Role;
  /** Unit of the times where the name says it, else null. */
  readonly unit: TimeUnit | null;
}

/** Names in use for each role: those of numpy files, of tables and of other tools. */
const NAMES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ...['t', 'ts', 'time', 'times', 'timestamp', 'timestamps'].map((name) => [name, 't'] as const),
  ...['x', 'xs', 'col', 'cols', 'column', 'x_pos'].map((name) => [name, 'x'] as const),
  ...['y', 'ys', 'row', 'rows', 'y_pos'].map((name) => [name, 'y'] as const),
  ...['p', 'ps', 'pol', 'pols', 'polarity', 'polarities', 'on', 'sign'].map((name) => [name, 'p'] as const),
]);

const UNITS: ReadonlyMap<string, TimeUnit> = new Map([
  ['s', 's'],
  ['sec', 's'],
  ['seconds', 's'],
  ['ms', 'ms'],
  ['us', 'us'],
  ['µs', 'us'],
  ['usec', 'us'],
  ['microseconds', 'us'],
  ['ns', 'ns'],
  ['nsec', 'ns'],
  ['nanoseconds', 'ns'],
]);

/** Longer names are none of ours. */
const LONGEST = 64;

/**
 * What a column of this name holds; null where the name says nothing. Case, quotes, a path or `events_` before it do
 * not matter; a unit may follow a time: `t_us`, `time (s)`, `timestamp[ns]`.
 */
export function columnOfName(name: string): NamedColumn | null {
  if (name.length > LONGEST) return null;
  const plain = name
    .trim()
    .replace(/^["']|["']$/g, '')
    .trim()
    .toLowerCase();
  const last = plain.slice(plain.lastIndexOf('/') + 1).replace(/^events?_/, '');
  const whole = NAMES.get(last);
  if (whole !== undefined) return { role: whole, unit: null };
  const split = /^([a-z]+)(?:[_ ]([a-zµ]+)|[_ ]?[[(]([a-zµ]+)[\])])$/.exec(last);
  const unit = UNITS.get(split?.[2] ?? split?.[3] ?? '');
  const role = NAMES.get(split?.[1] ?? '');
  return role === 't' && unit !== undefined ? { role, unit } : null;
}

/**
 * The columns that `OpenOptions.columns` names.
 * @throws `ERR_ARGUMENT` unless t, x, y and p stand in it once each
 */
export function rolesOfOption(columns: string): Roles {
  const roles = columns.split(',').map((name): Role | null => {
    const role = name.trim();
    return role === 't' || role === 'x' || role === 'y' || role === 'p' ? role : null;
  });
  if (isWhole(roles)) return roles;
  throw new RxSpikeError('ERR_ARGUMENT', `columns: expected t, x, y and p once each, got ${columns.slice(0, LONGEST)}`);
}

/** True where each role stands in it once. */
export function isWhole(roles: Roles): boolean {
  return (['t', 'x', 'y', 'p'] as const).every((role) => roles.filter((other) => other === role).length === 1);
}
