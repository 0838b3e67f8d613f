import { columnOfName, type Role } from '../columns/column-names.js';
import type { TimeUnit } from '../recording.js';
import type { Dataset } from './dataset.js';
import type { NumberType } from './datatype.js';
import type { Group } from './tree-walk.js';

/** Where the values of one column of events lie: a dataset, and how far into its rows. */
export interface ColumnPlace {
  readonly dataset: Dataset;
  readonly offset: number;
  readonly type: NumberType;
  /** Unit of the times where the column's name says it. */
  readonly unit: TimeUnit | null;
}

/** How a file arranges its events. */
export type Arrangement = 'prophesee' | 'dsec' | 'm3ed' | 'rpg' | 'records' | 'columns' | 'table';

/** Events in a file. */
export interface EventSource {
  /** Of the dataset or the group, without a slash at either end; empty for the root. */
  readonly path: string;
  readonly arrangement: Arrangement;
  readonly group: Group;
  /** By role; for a table of four columns without names, by number: their roles follow from the values. */
  readonly places: ReadonlyMap<Role, ColumnPlace> | readonly ColumnPlace[];
}

/** Finds the events in the groups of a file, those nearer to the root first. */
export function eventSources(groups: readonly Group[]): readonly EventSource[] {
  return groups.flatMap((group) => {
    const found: EventSource[] = [];
    const columns = asColumns(group);
    if (columns !== null) found.push(columns);
    for (const [name, dataset] of group.datasets) {
      const source = asRecords(group, dataset) ?? asTable(group, name, dataset);
      if (source !== null) found.push(source);
    }
    return found;
  });
}

/** The triggers of a Prophesee file; null where there are none. */
export function triggerRecords(
  groups: readonly Group[],
): { readonly dataset: Dataset; readonly members: TriggerMembers } | null {
  const dataset = groups.find(({ path }) => path === 'EXT_TRIGGER')?.datasets.get('events');
  if (dataset === undefined || dataset.type.kind !== 'compound' || dataset.table) return null;
  const member = (wanted: string): TriggerPlace | null => {
    const found =
      dataset.type.kind === 'compound' ? dataset.type.members.find(({ name }) => name === wanted) : undefined;
    return found?.type.kind === 'number' ? { offset: found.offset, type: found.type } : null;
  };
  const [t, p, id] = [member('t'), member('p'), member('id')];
  return t === null || p === null || id === null ? null : { dataset, members: { t, p, id } };
}

interface TriggerPlace {
  readonly offset: number;
  readonly type: NumberType;
}

/** Where the fields of a trigger lie in its record. */
export interface TriggerMembers {
  readonly t: TriggerPlace;
  readonly p: TriggerPlace;
  readonly id: TriggerPlace;
}

const whole = (places: ReadonlyMap<Role, ColumnPlace>): boolean => places.size === 4;

/** A group with a dataset for each column. */
function asColumns(group: Group): EventSource | null {
  const places = new Map<Role, ColumnPlace>();
  let plural = 0;
  for (const [name, dataset] of group.datasets) {
    const column = columnOfName(name);
    if (column === null || dataset.type.kind !== 'number' || dataset.columns !== 1 || places.has(column.role)) continue;
    places.set(column.role, { dataset, offset: 0, type: dataset.type, unit: column.unit });
    if (name === `${column.role}s`) plural++;
  }
  if (!whole(places)) return null;
  const beside = [...group.names, ...(group.parent?.names ?? [])];
  const arrangement: Arrangement =
    beside.includes('t_offset') || beside.includes('ms_to_idx')
      ? 'dsec'
      : beside.includes('ms_map_idx')
        ? 'm3ed'
        : plural === 4
          ? 'rpg'
          : 'columns';
  return { path: group.path, arrangement, group, places };
}

/** One dataset of records. */
function asRecords(group: Group, dataset: Dataset): EventSource | null {
  if (dataset.type.kind !== 'compound' || dataset.columns !== 1) return null;
  const places = new Map<Role, ColumnPlace>();
  for (const { name, offset, type } of dataset.type.members) {
    const column = columnOfName(name);
    if (column === null || type.kind !== 'number' || places.has(column.role)) continue;
    places.set(column.role, { dataset, offset, type, unit: column.unit });
  }
  if (!whole(places)) return null;
  return { path: dataset.path, arrangement: dataset.path === 'CD/events' ? 'prophesee' : 'records', group, places };
}

/** One dataset with four columns and a name that speaks of events. */
function asTable(group: Group, name: string, dataset: Dataset): EventSource | null {
  const { type } = dataset;
  if (!dataset.table || dataset.columns !== 4 || type.kind !== 'number' || !/event|dvs/i.test(name)) return null;
  const places = [0, 1, 2, 3].map((k): ColumnPlace => ({ dataset, offset: k * type.size, type, unit: null }));
  return { path: dataset.path, arrangement: 'table', group, places };
}
