import { BLANK, COMMA, CR, HASH, PERCENT, POINT, SEMICOLON, TAB, type TextDialect } from './dialect.js';

/** A text line's fields, without the blanks around them; a decimal comma becomes a point. */
export function splitLine(line: string, { separator, decimal }: Pick<TextDialect, 'separator' | 'decimal'>): string[] {
  const parts = separator === BLANK ? blankParts(line) : line.split(String.fromCharCode(separator)).map(trimmed);
  return decimal === POINT ? parts : parts.map((part) => part.replace(',', '.'));
}

function blankParts(line: string): string[] {
  return line
    .replaceAll('\t', ' ')
    .split(' ')
    .filter((part) => part !== '');
}

function trimmed(part: string): string {
  let [from, to] = [0, part.length];
  while (from < to && isBlank(part.charCodeAt(from))) from++;
  while (to > from && isBlank(part.charCodeAt(to - 1))) to--;
  return part.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === BLANK || code === TAB;
}

/** The text of a line's bytes, without its ending; what is no ASCII comes out as some other letter. */
export function lineText(bytes: Uint8Array, from: number, to: number): string {
  let end = to;
  if (end > from && bytes[end - 1] === CR) end--;
  let text = '';
  for (let at = from; at < end; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4096)));
  }
  return text;
}

/** True for a line that holds nothing: blanks, or a comment. */
export function isEmptyLine(line: string): boolean {
  const text = trimmed(line);
  return text === '' || isComment(text);
}

/** True for a line that begins with `#` or `%`. */
export function isComment(line: string): boolean {
  const first = trimmed(line).charCodeAt(0);
  return first === HASH || first === PERCENT;
}

/**
 * What stands between the columns of a line, and what before the decimals: `;` wins over `,`, and a comma that stands
 * inside of words that blanks or semicolons separate is a decimal comma.
 */
export function separatorOf(line: string): Pick<TextDialect, 'separator' | 'decimal'> {
  const decimal = line.includes(',') ? COMMA : POINT;
  if (line.includes(';')) return { separator: SEMICOLON, decimal };
  if (decimal === POINT) return { separator: BLANK, decimal };
  const words = blankParts(line);
  const inside = words.length >= 4 && words.every((word) => !word.startsWith(',') && !word.endsWith(','));
  return inside ? { separator: BLANK, decimal } : { separator: COMMA, decimal: POINT };
}
