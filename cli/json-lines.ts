import type { EventPacket } from '../src/index.js';
import type { ByteOutput } from './byte-output.js';
import type { EventSink } from './copy-events.js';

/** Bytes that are put together before they are written, and the most that a line takes. */
const ROOM = 1 << 16;
const LONGEST_LINE = 80;
const MILLION = 1_000_000;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const T = ascii('{"t":');
const X = ascii(',"x":');
const Y = ascii(',"y":');
const P = [ascii(',"p":0}\n'), ascii(',"p":1}\n')] as const;

/** Writes each event as a line of JSON: `{"t":654,"x":12,"y":3,"p":1}`, t in µs. */
export class JsonLines implements EventSink {
  readonly #out: ByteOutput;
  readonly #bytes = new Uint8Array(ROOM);
  #length = 0;
  /** Whole millions of the latest time, and their digits: they seldom change. */
  #millions = 0;
  #digits = new Uint8Array(0);

  constructor(out: ByteOutput) {
    this.#out = out;
  }

  async write({ t, x, y, p, length }: EventPacket): Promise<void> {
    for (let i = 0; i < length; i++) {
      if (this.#length > ROOM - LONGEST_LINE) await this.#flush();
      this.#text(T);
      this.#time(t[i]);
      this.#text(X);
      this.#whole(x[i]);
      this.#text(Y);
      this.#whole(y[i]);
      this.#text(P[p[i] === 0 ? 0 : 1]);
    }
    await this.#flush();
  }

  close(): Promise<void> {
    return this.#out.close();
  }

  abort(): Promise<void> {
    return this.#out.abort();
  }

  async #flush(): Promise<void> {
    const length = this.#length;
    this.#length = 0;
    if (length > 0) await this.#out.write(this.#bytes.subarray(0, length));
  }

  #text(text: Uint8Array): void {
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length + i] = text[i];
    this.#length += text.length;
  }

  #time(t: number): void {
    const millions = Math.floor(t / MILLION);
    const rest = t - millions * MILLION;
    if (!(t >= 0 && rest === Math.floor(rest) && t <= Number.MAX_SAFE_INTEGER)) {
      this.#text(ascii(Number.isFinite(t) ? String(t) : 'null'));
      return;
    }
    if (millions === 0) {
      this.#whole(rest);
      return;
    }
    if (millions !== this.#millions) {
      this.#millions = millions;
      this.#digits = ascii(String(millions)) as Uint8Array<ArrayBuffer>;
    }
    this.#text(this.#digits);
    this.#padded(rest, 6);
  }

  /** A whole number from 0 to 999,999. */
  #whole(n: number): void {
    this.#padded(n, n < 10 ? 1 : n < 100 ? 2 : n < 1000 ? 3 : n < 10_000 ? 4 : n < 100_000 ? 5 : 6);
  }

  #padded(n: number, digits: number): void {
    const bytes = this.#bytes;
    let rest = n | 0;
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const tens = (rest / 10) | 0;
      bytes[at] = 48 + rest - 10 * tens;
      rest = tens;
    }
    this.#length += digits;
  }
}
