import { RxSpikeError } from '../../../src/index.js';
import { PLAIN, type Struct } from './definition.js';

/** Where the values of an event lie, counted from the end of the one before it. */
export interface Placing {
  readonly x: number;
  readonly y: number;
  readonly t: number;
  readonly p: number;
  /** End of its last field, where the next event may begin. */
  readonly end: number;
}

/** An event as a message stores it. */
export interface Element {
  /** Bytes of x and of y. */
  readonly coordinate: 1 | 2;
  readonly time: 'time' | 'int32' | 'uint32' | 'uint64' | 'int64';
  /** True where the polarity may be −1. */
  readonly signedPolarity: boolean;
  /** By the offset that the event before ended at, modulo {@link phases}. */
  readonly placings: readonly Placing[];
  readonly phases: number;
  /** Fewest bytes that an event takes. */
  readonly smallest: number;
}

const TIMES = new Set(['time', 'int32', 'uint32', 'uint64', 'int64']);
const ROLES: ReadonlyMap<string, 'x' | 'y' | 't' | 'p'> = new Map([
  ['x', 'x'],
  ['y', 'y'],
  ['ts', 't'],
  ['time', 't'],
  ['polarity', 'p'],
]);

/**
 * Finds out where the values of an event lie.
 * @throws `ERR_UNSUPPORTED` where it lacks one of x, y, `ts` or `time`, `polarity`, or has fields of no fixed size
 */
export function elementOf(struct: Struct, maxAlign: number): Element {
  const types: Partial<Record<'x' | 'y' | 't' | 'p', string>> = {};
  for (const { name, type, array } of struct.fields) {
    if (typeof type !== 'string' || PLAIN[type] === undefined || array === 'sequence') throw strange(struct, name);
    const role = ROLES.get(name);
    if (role !== undefined && array === null) types[role] = type;
  }
  const { x, y, t, p } = types;
  if (x === undefined || y === undefined || t === undefined || p === undefined)
    throw strange(struct, 'x, y, ts, polarity');
  const coordinate = PLAIN[x];
  if ((coordinate !== 1 && coordinate !== 2) || PLAIN[y] !== coordinate) throw strange(struct, 'x, y');
  if (!TIMES.has(t)) throw strange(struct, 'ts');
  if (PLAIN[p] !== 1) throw strange(struct, 'polarity');
  const placings = Array.from({ length: maxAlign }, (_, phase) => placing(struct, phase, maxAlign));
  return {
    coordinate,
    time: t as Element['time'],
    signedPolarity: p === 'int8',
    placings,
    phases: maxAlign,
    smallest: Math.min(...placings.map(({ end }) => end)),
  };
}

function placing(struct: Struct, phase: number, maxAlign: number): Placing {
  const found: Record<string, number> = {};
  let at = phase;
  for (const { name, type, array } of struct.fields) {
    const size = PLAIN[type as string];
    const unit = Math.min(type === 'time' ? 4 : size, maxAlign);
    at = Math.ceil(at / unit) * unit;
    const role = ROLES.get(name);
    if (role !== undefined && array === null) found[role] = at - phase;
    at += size * (array === null ? 1 : (array as number));
  }
  return { x: found.x, y: found.y, t: found.t, p: found.p, end: at - phase };
}

function strange(struct: Struct, name: string): RxSpikeError {
  return new RxSpikeError('ERR_UNSUPPORTED', `${struct.name}: events with such a ${name} are not read`);
}
