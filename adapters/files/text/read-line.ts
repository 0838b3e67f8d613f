import type { TextDialect } from './dialect.js';
import { parseCoordinate, parsePolarity, parseTime } from './parse-field.js';
import { splitLine } from './split-line.js';

/** An event as a line says it; p is −1 where OFF is written so. */
export interface LineEvent {
  t: number;
  x: number;
  y: number;
  p: number;
}

/** Reads a line in any notation. @returns why it cannot be read, where it cannot */
export function readLine(text: string, dialect: TextDialect): LineEvent | string {
  const { roles, exponent } = dialect;
  const fields = splitLine(text, dialect);
  if (fields.length !== roles.length) return `expected ${roles.length} columns, got ${fields.length}`;
  const event: LineEvent = { t: 0, x: 0, y: 0, p: 0 };
  for (const [k, role] of roles.entries()) {
    if (role === null) continue;
    const field = fields[k];
    const value =
      role === 't' ? parseTime(field, exponent) : role === 'p' ? parsePolarity(field) : parseCoordinate(field);
    if (value === null) return `${role} is ${JSON.stringify(field.slice(0, 30))}`;
    event[role] = value;
  }
  return event;
}
