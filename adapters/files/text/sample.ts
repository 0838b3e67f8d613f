import type { Roles } from '../columns/column-names.js';
import { lineAt } from './head.js';
import { numberOf, decimalsIn, parseCoordinate, parsePolarity } from './parse-field.js';
import { isEmptyLine, separatorOf, splitLine } from './split-line.js';
import { LF, MAX_LINE_BYTES, type TextDialect } from './dialect.js';

/** First lines of data, taken apart. */
export interface TextSample {
  readonly separator: Pick<TextDialect, 'separator' | 'decimal'>;
  /** Fields of each line; all lines have as many as the first. */
  readonly rows: readonly (readonly string[])[];
}

/** Most lines that are looked at. */
const LINES = 1024;

/** Takes lines from an offset on, up to one that has another number of fields than the first. */
export function takeSample(bytes: Uint8Array, from: number, complete: boolean): TextSample | null {
  const rows: string[][] = [];
  let separator: TextSample['separator'] | null = null;
  for (let at = from; at < bytes.length && rows.length < LINES;) {
    const end = bytes.indexOf(LF, at);
    if (rows.length > 0 && end - at > MAX_LINE_BYTES) break;
    const line = lineAt(bytes, at, complete);
    // The last line may be cut.
    if (line === null || (!line.ended && rows.length > 0)) break;
    at = line.next;
    if (isEmptyLine(line.text)) continue;
    separator ??= separatorOf(line.text);
    const row = splitLine(line.text, separator);
    if (rows.length > 0 && row.length !== rows[0].length) break;
    rows.push(row);
  }
  return separator === null ? null : { separator, rows };
}

/** The columns as numbers, as many lines as are numbers in all columns asked for. */
export function sampleColumns(rows: TextSample['rows'], columns: readonly number[]): Float64Array[] {
  const values = columns.map((): number[] => []);
  for (const row of rows) {
    const numbers = columns.map((k) => numberOf(row[k]));
    if (numbers.some((number) => number === null)) break;
    numbers.forEach((number, k) => values[k].push(number ?? 0));
  }
  return values.map((column) => Float64Array.from(column));
}

/** Digits after the point of the time that has most, over the first `count` lines. */
export function sampleDecimals(rows: TextSample['rows'], column: number, count: number): number {
  let most = 0;
  for (let i = 0; i < count; i++) most = Math.max(most, decimalsIn(rows[i][column]));
  return most;
}

/** The name of what is wrong with a line as an event; null where nothing is. */
export function wrongField(row: readonly string[], roles: Roles): string | null {
  for (const [k, role] of roles.entries()) {
    const field = row[k] ?? '';
    const good =
      role === null ||
      (role === 't' && numberOf(field) !== null) ||
      (role === 'p' && parsePolarity(field) !== null) ||
      ((role === 'x' || role === 'y') && parseCoordinate(field) !== null);
    if (!good) return `${role} is ${JSON.stringify(field.slice(0, 30))}`;
  }
  return null;
}
