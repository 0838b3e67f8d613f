import type { Role, Roles } from './column-names.js';

/** No sensor is wider; what has larger values is a time. */
const MAX_COORDINATE = 16383;
/** Times may step back in this part of the events. */
const STEPS_BACK = 0.05;

/** Orders that tools write: rpg, faery; Prophesee; x, y, t, p of tonic; t, p, x, y. */
const USUAL: readonly string[] = ['txyp', 'xypt', 'xytp', 'tpxy'];
/** Fewer events are no ground to take another order. */
const FEW = 16;

/**
 * Finds out what four columns hold from their values: p has two values, x and y are whole and small, t does not step
 * back, nor stand still where another column goes on. Of several orders that would do, the only one that tools are known
 * to write is taken.
 * @param columns values of the first events, by column
 * @returns the roles, or a sentence that says why there are none
 */
export function guessRoles(columns: readonly Float64Array[]): Roles | string {
  if (columns.length !== 4) return `${columns.length} columns have no names`;
  const orders = possible(columns);
  if (orders.length === 0) return 'no order of t, x, y and p makes events of the columns';
  const usual = orders.filter((roles) => USUAL.includes(roles.join('')));
  if (usual.length === 1) return usual[0];
  if (orders.length === 1 && columns[0].length >= FEW) return orders[0];
  return `the columns can be ${orders.map((roles) => roles.join(' ')).join(', or ')}`;
}

function possible(columns: readonly Float64Array[]): Role[][] {
  const orders: Role[][] = [];
  for (let t = 0; t < 4; t++) {
    for (let p = 0; p < 4; p++) {
      if (t === p || !neverBack(columns[t]) || !twoValued(columns[p])) continue;
      const rest = [0, 1, 2, 3].filter((k) => k !== t && k !== p);
      if (!rest.every((k) => isCoordinate(columns[k]))) continue;
      const roles: Role[] = [];
      roles[t] = 't';
      roles[p] = 'p';
      roles[rest[0]] = 'x';
      roles[rest[1]] = 'y';
      orders.push(roles);
    }
  }
  const moving = orders.filter((roles) => {
    const times = columns[roles.indexOf('t')];
    return times.some((t) => t !== times[0]);
  });
  return moving.length > 0 ? moving : orders;
}

function neverBack(values: Float64Array): boolean {
  let back = 0;
  for (let i = 1; i < values.length; i++) if (values[i] < values[i - 1]) back++;
  return back <= STEPS_BACK * values.length;
}

function twoValued(values: Float64Array): boolean {
  let [zero, minus] = [false, false];
  for (const value of values) {
    if (value === 0) zero = true;
    else if (value === -1) minus = true;
    else if (value !== 1) return false;
  }
  return !(zero && minus);
}

function isCoordinate(values: Float64Array): boolean {
  return values.every((value) => Number.isInteger(value) && value >= 0 && value <= MAX_COORDINATE);
}
