import { RxSpikeError } from '../../src/index.js';
import type { Prefix } from './prefix.js';

/** The marked lines that a file begins with: `#` in AEDAT, `% ` in Prophesee's formats. */
export interface TextHeader {
  /** Lines without their ending; in AEDAT the first is the version line. */
  readonly lines: readonly string[];
  /** Offset of the first byte after the header. */
  readonly end: number;
}

/** How a {@link TextHeader} is read. */
export interface TextHeaderOptions {
  /** Name of the format, for messages. */
  readonly format: string;
  /** Most bytes that are read. */
  readonly limit: number;
  /** Line that ends the header, where the format has one. */
  readonly last: string | null;
  /** What every line begins with, ASCII. Default `#`. */
  readonly marker?: string;
  /** Line that may end the header where it need not have one. Default jAER's. */
  readonly closing?: string;
}

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;

/** jAER may close its header with this line. */
const END_OF_ASCII = '#End Of ASCII Header';

type LineEnd = number | 'cut' | 'binary';

/**
 * Reads marked lines. A format without a closing line ends its header at the first byte that does not begin a line, and
 * data may begin with the marker too: so a line must be text up to an ending of the same kind as the first line's, else it
 * is data.
 * @throws `ERR_TRUNCATED` where the input ends inside, `ERR_LIMIT`, `ERR_CORRUPT` where the closing line is missing.
 */
export async function readTextHeader(prefix: Prefix, options: TextHeaderOptions): Promise<TextHeader> {
  const { format, last, marker = '#', closing = END_OF_ASCII } = options;
  const lines: string[] = [];
  let crlf: boolean | null = null;
  let at = 0;
  while ((await prefix.fill(at + marker.length)) && beginsWith(prefix.bytes, at, marker)) {
    const end = await findLineEnd(prefix, at, options);
    if (end === 'cut') {
      throw new RxSpikeError('ERR_TRUNCATED', `${format}: the header line at byte ${at} has no end`, {
        details: { offset: at },
      });
    }
    if (end === 'binary') break;
    const withCr = prefix.bytes[end - 1] === CR;
    crlf ??= withCr;
    if (last === null && withCr !== crlf) break;
    const line = new TextDecoder().decode(prefix.bytes.subarray(at, withCr ? end - 1 : end));
    lines.push(line);
    at = end + 1;
    if (line === last || (last === null && line === closing)) return { lines, end: at };
  }
  if (last === null) return { lines, end: at };
  throw new RxSpikeError(
    prefix.ended && at >= prefix.bytes.length ? 'ERR_TRUNCATED' : 'ERR_CORRUPT',
    `${format}: expected the header line ${last} before byte ${at}`,
    { details: { offset: at } },
  );
}

function beginsWith(bytes: Uint8Array, at: number, marker: string): boolean {
  for (let i = 0; i < marker.length; i++) if (bytes[at + i] !== marker.charCodeAt(i)) return false;
  return true;
}

/** Offset of the line feed that ends the text line at `at`. */
async function findLineEnd(prefix: Prefix, at: number, { format, limit }: TextHeaderOptions): Promise<LineEnd> {
  for (let i = at + 1; ; i++) {
    if (i >= limit) {
      throw new RxSpikeError('ERR_LIMIT', `${format}: the header is longer than ${limit} bytes`, {
        details: { limit },
      });
    }
    if (i >= prefix.bytes.length && !(await prefix.fill(i + 1))) return 'cut';
    const bytes = prefix.bytes;
    for (; i < bytes.length && i < limit; i++) {
      const byte = bytes[i];
      if (byte === LF) return i;
      if (byte === 0x7f || (byte < 0x20 && byte !== TAB && byte !== CR)) return 'binary';
    }
    i--;
  }
}

/** What follows `key` on the first line that begins with it, without blanks around; null where there is none. */
export function headerValue(header: TextHeader, key: string): string | null {
  const line = header.lines.find((candidate) => candidate.startsWith(key));
  return line === undefined ? null : line.slice(key.length).trim();
}
