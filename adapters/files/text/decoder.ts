import { RxSpikeError } from '../../../src/index.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';
import { Gathering } from '../gathering.js';
import { HASH, LF, MAX_LINE_BYTES, PERCENT, type TextDialect } from './dialect.js';
import { BLOCK, LineLoops } from './line-loops.js';
import { readLine } from './read-line.js';
import { isComment, isEmptyLine, lineText } from './split-line.js';

/** A broken line: why, and whether the input ends in it. */
interface Broken {
  readonly why: string;
  readonly offset: number;
  readonly line: number;
  readonly tooLong: boolean;
}

/**
 * Lines of text → events; see `Decoder`. Lines of digits go through loops over the bytes; a line that is anything else is
 * read by `readLine`, which is what decides how a line reads.
 */
export class TextDecoding implements Decoder {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  readonly #dialect: TextDialect;
  readonly #salvage: boolean;
  readonly #carry = new Gathering();
  readonly #loops: LineLoops;
  /** Where the next byte that is not decoded lies, and the number of its line. */
  #offset: number;
  #line: number;
  /** Bytes of the block that are decoded. */
  #done = 0;
  #broken: Broken | null = null;
  /** Within a line that is too long and left out. */
  #skipping = false;
  #latest = -Infinity;

  /**
   * @param offset of the first line of data, and its number, for messages
   * @param salvage whether a line that cannot be read is counted in place of being an error
   */
  constructor(dialect: TextDialect, offset: number, line: number, salvage: boolean) {
    this.#dialect = dialect;
    this.#offset = offset;
    this.#line = line;
    this.#salvage = salvage;
    this.#loops = new LineLoops(dialect);
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    let at = 0;
    if (this.#skipping) {
      at = chunk.indexOf(LF) + 1;
      if (at === 0) {
        this.#keep(chunk);
        return;
      }
      this.#skipping = false;
      this.#offset += at;
      this.#line++;
      this.#unreadable();
    } else if (this.#carry.length > 0) {
      at = chunk.indexOf(LF) + 1;
      if (at === 0) {
        this.#keep(chunk);
        return;
      }
      yield* this.#lines(this.#carry.finish(chunk.subarray(0, at)), 0);
    }
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > at) yield* this.#lines(chunk.subarray(0, end), at);
    this.#keep(chunk.subarray(Math.max(at, end)));
  }

  end(): EventBatch | void {
    if (this.#skipping) this.#unreadable();
    if (this.#carry.length === 0) return;
    const line = this.#carry.finish(Uint8Array.of(LF));
    const before = this.#latest;
    const batch = this.#block(line, 0, line.length);
    const { roles } = this.#dialect;
    const lastRole = roles.findLast((role) => role !== null) ?? 'p';
    // Digits may be missing from what stands last, unless it is a polarity.
    const open = batch.length > 0 && lastRole !== 'p';
    // A time with digits missing is earlier than the one before it; where there is none, nothing can be said for it.
    const cut = open && lastRole === 't' && (batch.t[0] < before || before === -Infinity);
    if (this.#broken === null && !cut) {
      if (open) this.violations.unfinishedLine = 1;
      return batch;
    }
    const { offset, line: number } = this.#broken ?? { offset: this.#offset - line.length, line: this.#line - 1 };
    if (this.#salvage) {
      this.#unreadable();
      return;
    }
    throw new RxSpikeError('ERR_TRUNCATED', `csv: the input ends in line ${number} (byte ${offset})`, {
      details: { offset, line: number },
    });
  }

  #unreadable(): void {
    this.violations.unreadableLine = (this.violations.unreadableLine ?? 0) + 1;
  }

  #keep(rest: Uint8Array): void {
    if (this.#skipping) {
      this.#offset += rest.length;
      return;
    }
    if (rest.length > 0) this.#carry.add(rest);
    const { length } = this.#carry;
    if (length <= MAX_LINE_BYTES) return;
    const why = `longer than ${MAX_LINE_BYTES} bytes`;
    if (!this.#salvage) throw brokenLine({ why, offset: this.#offset, line: this.#line, tooLong: true });
    this.#carry.finish(new Uint8Array(0));
    this.#offset += length;
    this.#skipping = true;
  }

  /** Decodes whole lines, the last of which ends the bytes. */
  *#lines(bytes: Uint8Array, from: number): Generator<EventBatch> {
    for (let at = from; at < bytes.length; at = this.#done) {
      const batch = this.#block(bytes, at, bytes.length);
      if (batch.length > 0) yield batch;
      const broken = this.#broken;
      if (broken === null) continue;
      this.#broken = null;
      if (this.#salvage) {
        this.#unreadable();
        continue;
      }
      throw brokenLine(broken);
    }
  }

  /** Decodes lines up to a broken one, as many as a block holds. */
  #block(bytes: Uint8Array, from: number, to: number): EventBatch {
    const loops = this.#loops;
    let [n, i] = [0, from];
    const offset = this.#offset - from;
    while (i < to && n < BLOCK) {
      loops.lines = 0;
      n = loops.run(bytes, i, to, n);
      this.#line += loops.lines;
      i = loops.done;
      if (i >= to || n >= BLOCK) break;
      const start = i;
      const end = bytes.indexOf(LF, start);
      i = end + 1;
      this.#line++;
      if (end === start) continue;
      const tooLong = end - start > MAX_LINE_BYTES;
      const verdict = tooLong ? `longer than ${MAX_LINE_BYTES} bytes` : this.#slow(bytes, start, end, n);
      if (typeof verdict === 'string') {
        this.#broken = { why: verdict, offset: offset + start, line: this.#line - 1, tooLong };
        break;
      }
      n += verdict;
    }
    this.#offset = offset + i;
    this.#done = i;
    const batch = loops.batch(n);
    if (n > 0) this.#latest = batch.t[n - 1];
    if (loops.zero && loops.minus) this.violations.mixedPolarity = 1;
    return batch;
  }

  /** Reads a line in any notation into place n. @returns how many events it is, or why it cannot be read */
  #slow(bytes: Uint8Array, from: number, to: number, n: number): number | string {
    const marked = bytes[from] === HASH || bytes[from] === PERCENT;
    const text = marked ? '' : lineText(bytes, from, to);
    if (marked || isEmptyLine(text)) {
      if (marked || isComment(text)) this.side.comments = (this.side.comments ?? 0) + 1;
      return 0;
    }
    const event = readLine(text, this.#dialect);
    if (typeof event === 'string') return event;
    this.#loops.put(n, event);
    return 1;
  }
}

function brokenLine({ why, offset, line, tooLong }: Broken): RxSpikeError {
  const code = tooLong ? 'ERR_LIMIT' : 'ERR_CORRUPT';
  return new RxSpikeError(code, `csv: line ${line} (byte ${offset}): ${why}`, { details: { offset, line } });
}
