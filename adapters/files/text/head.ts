import { RxSpikeError } from '../../../src/index.js';
import { columnOfName, isWhole, type Roles } from '../columns/column-names.js';
import type { TimeUnit } from '../recording.js';
import { HASH, LF, MAX_LINE_BYTES, PERCENT } from './dialect.js';
import { isComment, isEmptyLine, lineText, separatorOf, splitLine } from './split-line.js';

/** What the columns are, by their names. */
export interface NamedColumns {
  readonly roles: Roles;
  readonly unit: TimeUnit | null;
  /** True where they are written as faery does, whose times are in µs. */
  readonly faery: boolean;
  readonly width: number | null;
  readonly height: number | null;
  readonly yUp: boolean;
  readonly mirroredX: boolean;
  readonly epoch: 'unix' | null;
}

/** What stands before the first event of a text recording. */
export interface TextHead {
  readonly names: NamedColumns | null;
  /** From a line of comment or of two numbers. */
  readonly size: readonly [width: number, height: number] | null;
  /** Offset of the first line of data, which is the end where there is none. */
  readonly dataStart: number;
  /** Its number, from 1. */
  readonly line: number;
}

/** A line of the look-ahead. */
interface Line {
  readonly text: string;
  /** Offset of the line after it. */
  readonly next: number;
  /** False where the input ends before its line feed. */
  readonly ended: boolean;
}

/** Comments are looked at no further: letters of one, and lines. */
const COMMENT = 200;
const COMMENTS = 1000;

/** The line at an offset; null where it is not whole and more may come. @throws `ERR_UNKNOWN_FORMAT` when too long */
export function lineAt(bytes: Uint8Array, at: number, complete: boolean): Line | null {
  const end = bytes.indexOf(LF, at);
  if ((end < 0 ? bytes.length : end) - at > MAX_LINE_BYTES) {
    throw unknown(`a line at byte ${at} is longer than ${MAX_LINE_BYTES} bytes`);
  }
  if (end >= 0) return { text: lineText(bytes, at, end), next: end + 1, ended: true };
  return complete ? { text: lineText(bytes, at, bytes.length), next: bytes.length, ended: false } : null;
}

/**
 * Reads comments, the names of columns and a line with the size.
 * @param complete whether the bytes are the whole input
 * @returns null where the bytes hold no line of data and more may come
 * @throws `ERR_UNKNOWN_FORMAT`, `ERR_TRUNCATED`
 */
export function readHead(bytes: Uint8Array, complete: boolean): TextHead | null {
  const reader = new HeadReader();
  let at = startOf(bytes);
  for (let number = 1; ; number++) {
    if (at >= bytes.length) return complete ? { ...reader.found, dataStart: at, line: number } : null;
    const after = number > COMMENTS ? afterComment(bytes, at) : -1;
    if (after >= 0) {
      at = after;
      continue;
    }
    const line = lineAt(bytes, at, complete);
    if (line === null) return null;
    if (!isEmptyLine(line.text)) checkText(line.text, number);
    if (reader.isData(line)) return { ...reader.found, dataStart: at, line: number };
    at = line.next;
  }
}

/** What the lines before the events say, taken in one by one. */
class HeadReader {
  #names: NamedColumns | null = null;
  #commentNames: NamedColumns | null = null;
  #size: TextHead['size'] = null;

  get found(): Pick<TextHead, 'names' | 'size'> {
    return { names: this.#names ?? this.#commentNames, size: this.#size };
  }

  /** Takes a line in unless it is the first of the data. @throws `ERR_UNKNOWN_FORMAT`, `ERR_TRUNCATED` */
  isData({ text, ended }: Line): boolean {
    if (isEmptyLine(text)) {
      if (isComment(text)) this.#comment(text.slice(0, COMMENT));
      return false;
    }
    if (this.#names !== null) return true;
    const size = this.#size === null ? sizeOfNumbers(text) : null;
    if (size !== null) {
      this.#size = size;
      return false;
    }
    if (/^[ \t]*["']?[-+.\d]/.test(text) || beginsWithWord(text)) return true;
    this.#names = namesOf(text);
    if (this.#names === null) throw notNames(text, ended);
    return false;
  }

  #comment(text: string): void {
    this.#size ??= sizeOfComment(text);
    this.#commentNames = namesOf(text.replace(/^[ \t]*[#%]+/, '')) ?? this.#commentNames;
  }
}

/** Offset after a line of comment, or an empty one, that ends; −1 for any other. */
function afterComment(bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) return at + 1;
  if (bytes[at] !== HASH && bytes[at] !== PERCENT) return -1;
  const end = bytes.indexOf(LF, at);
  return end < 0 || end - at > MAX_LINE_BYTES ? -1 : end + 1;
}

/** Offset of the first line, after a byte order mark. */
function startOf(bytes: Uint8Array): number {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw unknown('the text is in UTF-16; only ASCII and UTF-8 are read');
  }
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function checkText(text: string, number: number): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code !== 0x7f) continue;
    if (code === 0x0d) throw unknown('lines end in CR alone; LF or CRLF is read');
    if (code !== 0x09) throw unknown(`line ${number} holds the byte ${code}, which no text does`);
  }
}

/** A polarity may stand first. */
function beginsWithWord(text: string): boolean {
  const first = splitLine(text.slice(0, COMMENT), separatorOf(text))[0]?.toLowerCase();
  return (first === 'true' || first === 'false' || first === 'off') && namesOf(text) === null;
}

function notNames(text: string, ended: boolean): RxSpikeError {
  const shown = JSON.stringify(text.slice(0, 60));
  if (!ended) return new RxSpikeError('ERR_TRUNCATED', `csv: the input ends in its first line, ${shown}`);
  return unknown(`the line ${shown} holds neither events nor the names of columns t, x, y and p once each`);
}

/** What a line of names says; null unless t, x, y and p are among them once each. */
function namesOf(text: string): NamedColumns | null {
  const fields = splitLine(text, separatorOf(text)).map((field) => field.split('@'));
  if (fields.length > 256) return null;
  const columns = fields.map(([name]) => columnOfName(name));
  const roles = columns.map((column) => column?.role ?? null);
  if (!isWhole(roles)) return null;
  const words = (role: string): string[] => fields[roles.findIndex((other) => other === role)].slice(1);
  const [t, x, y] = [words('t'), words('x'), words('y')];
  const unit = columns.find((column) => column?.role === 't')?.unit ?? null;
  return {
    roles,
    unit: t.includes('us') ? 'us' : unit,
    faery: pixels(x) !== null && pixels(y) !== null,
    width: pixels(x),
    height: pixels(y),
    yUp: y.includes('up'),
    mirroredX: x.includes('mirrored'),
    epoch: t.includes('unix') ? 'unix' : null,
  };
}

function pixels(words: readonly string[]): number | null {
  const size = Number(words.find((word) => /^\d{1,5}$/.test(word)) ?? 0);
  return size >= 1 && size <= 65536 ? size : null;
}

/** `%geometry:1280,720` of Prophesee, `# geometry: 640x480`. */
function sizeOfComment(text: string): TextHead['size'] {
  const match = /^[ \t]*[#%]+ ?geometry ?[:=]? ?(\d{1,5}) ?[,x] ?(\d{1,5})/i.exec(text.slice(0, COMMENT));
  return match === null ? null : sizeOf(Number(match[1]), Number(match[2]));
}

/** A line of two whole numbers before the events, as E2VID's files begin. */
function sizeOfNumbers(text: string): TextHead['size'] {
  const match = /^ ?(\d{1,5})[ ,;\t] ?(\d{1,5}) ?$/.exec(text.slice(0, COMMENT));
  return match === null ? null : sizeOf(Number(match[1]), Number(match[2]));
}

function sizeOf(width: number, height: number): TextHead['size'] {
  return width >= 1 && height >= 1 && width <= 65536 && height <= 65536 ? [width, height] : null;
}

/** @returns what says that the input is no text recording */
export function unknown(why: string): RxSpikeError {
  return new RxSpikeError('ERR_UNKNOWN_FORMAT', `csv: ${why}`);
}
