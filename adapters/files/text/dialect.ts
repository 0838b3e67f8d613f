import type { Roles } from '../columns/column-names.js';

/** How a line of a text recording is to be read. */
export interface TextDialect {
  /** Byte between two columns; `BLANK` for any run of blanks and tabs. */
  readonly separator: number;
  /** Byte before the decimals: point or comma. */
  readonly decimal: number;
  /** What the columns hold. */
  readonly roles: Roles;
  /** Power of ten that makes µs of a time as written. */
  readonly exponent: number;
}

export const BLANK = 0x20;
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const COMMA = 0x2c;
export const SEMICOLON = 0x3b;
export const POINT = 0x2e;
export const MINUS = 0x2d;
/** What lines begin with that are comments. */
export const HASH = 0x23;
export const PERCENT = 0x25;

/** Longest line that is read, bytes. */
export const MAX_LINE_BYTES: number = 1 << 16;
