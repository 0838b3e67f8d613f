import { RxSpikeError } from '../../../src/index.js';

/** What a header is made of: the Python literals that numpy writes, tuples and lists alike as arrays. */
export type Literal = string | number | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** Deeper nesting is none of numpy's. */
const DEPTH = 16;

/**
 * Reads one Python literal: dict with string keys, tuple, list, string without escapes, whole number, True, False, None.
 * Nothing is evaluated.
 * @throws `ERR_CORRUPT` for anything else
 */
export function parseLiteral(text: string): Literal {
  const parser = new LiteralParser(text);
  const literal = parser.value(0);
  parser.end();
  return literal;
}

class LiteralParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#broken('the end');
  }

  value(depth: number): Literal {
    if (depth > DEPTH) throw this.#broken('less nesting');
    this.#blanks();
    const first = this.#text[this.#at] ?? '';
    if (first === '{') return this.#dict(depth);
    if (first === '(') return this.#items(')', depth);
    if (first === '[') return this.#items(']', depth);
    if (first === "'" || first === '"') return this.#string(first);
    for (const [word, value] of [
      ['True', true],
      ['False', false],
      ['None', null],
    ] as const) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #dict(depth: number): ReadonlyMap<string, Literal> {
    const entries = new Map<string, Literal>();
    this.#at++;
    while (!this.#take('}')) {
      this.#blanks();
      const quote = this.#text[this.#at] ?? '';
      if (quote !== "'" && quote !== '"') throw this.#broken('a key');
      const key = this.#string(quote);
      if (!this.#take(':')) throw this.#broken(':');
      if (entries.has(key)) throw this.#broken('each key once');
      entries.set(key, this.value(depth + 1));
      if (this.#take(',')) continue;
      if (this.#take('}')) break;
      throw this.#broken(', or }');
    }
    return entries;
  }

  #items(close: string, depth: number): readonly Literal[] {
    const items: Literal[] = [];
    this.#at++;
    while (!this.#take(close)) {
      items.push(this.value(depth + 1));
      if (this.#take(',')) continue;
      if (!this.#take(close)) throw this.#broken(`, or ${close}`);
      break;
    }
    return items;
  }

  #string(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at + 1);
    const content = end < 0 ? '\\' : this.#text.slice(this.#at + 1, end);
    if (content.includes('\\') || content.includes('\n')) throw this.#broken('a string without escapes');
    this.#at = end + 1;
    return content;
  }

  #number(): number {
    const from = this.#at;
    if (this.#text[this.#at] === '-') this.#at++;
    while (this.#at < this.#text.length && this.#at - from < 20 && isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const digits = this.#text.slice(from, this.#at);
    const value = digits === '' || digits === '-' ? Number.NaN : Number(digits);
    if (!Number.isSafeInteger(value)) {
      this.#at = from;
      throw this.#broken('a value');
    }
    // Python 2 wrote long numbers so.
    if (this.#text[this.#at] === 'L') this.#at++;
    return value;
  }

  #blanks(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '.')) this.#at++;
  }

  #take(mark: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #broken(expected: string): RxSpikeError {
    const there = JSON.stringify(this.#text.slice(this.#at, this.#at + 20));
    return new RxSpikeError('ERR_CORRUPT', `npy: expected ${expected} at ${this.#at} of the header, got ${there}`);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
