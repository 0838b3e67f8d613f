import type { EventPacket, StreamInfo } from '../../../src/index.js';
import { holdsOfTable } from '../columns/holds.js';
import type { Encoder, Holds, Patch, WriteOptions } from '../encoder.js';

/** Bytes that are handed out at once. */
const CAPACITY = 1 << 16;
/** No line is longer. */
const LINE = 64;
const COMMA = 0x2c;
const LF = 0x0a;
const ZERO = 0x30;

const OUT = new Uint8Array(CAPACITY + LINE);
/** 0000…9999, four digits each. */
const FOUR = Uint8Array.from(
  { length: 40_000 },
  (_, i) => ZERO + (Math.floor(Math.floor(i / 4) / 10 ** (3 - (i % 4))) % 10),
);
/** The digits of a time before its last four. */
const HEAD = new Uint8Array(16);

const HOLDS: Holds = holdsOfTable(true);

/**
 * Events → text as faery writes it: a line `t,x@WIDTH,y@HEIGHT,on`, then a line an event, time in µs. Where the stream
 * is not as that line says, words behind a further `@` tell: `t@unix`, `t@us` (without a size), `x@mirrored`, `y@up`. With
 * `plain` the first line is `t,x,y,p`.
 */
class TextEncoding implements Encoder {
  readonly holds: Holds = HOLDS;
  readonly patching = 'append';
  readonly #names: string;
  /** What stands in HEAD: a time without its last four digits. */
  #high = -1;
  #digits = 0;

  constructor({ width, height, yUp, mirroredX, epoch }: StreamInfo, plain: boolean) {
    const sized = width !== null && height !== null;
    const t = `t${sized ? '' : '@us'}${epoch === 'unix' ? '@unix' : ''}`;
    const x = `x${width === null ? '' : `@${width}`}${mirroredX ? '@mirrored' : ''}`;
    const y = `y${height === null ? '' : `@${height}`}${yUp ? '@up' : ''}`;
    this.#names = plain ? 't,x,y,p\n' : `${t},${x},${y},on\n`;
  }

  *start(): Generator<Uint8Array> {
    yield Uint8Array.from(this.#names, (letter) => letter.charCodeAt(0));
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    for (let from = 0; from < packet.length;) {
      const [events, bytes] = this.#lines(packet, from);
      from += events;
      yield OUT.subarray(0, bytes);
    }
  }

  *finish(): Generator<Uint8Array> {}

  patches(): readonly Patch[] {
    return [];
  }

  #lines({ t, x, y, p, length }: EventPacket, from: number): [events: number, bytes: number] {
    // What stands in HEAD may be another encoder's.
    this.#high = -1;
    let at = 0;
    let i = from;
    for (; i < length && at < CAPACITY; i++) {
      const time = t[i];
      const high = Math.floor(time / 10_000);
      const low = time - high * 10_000;
      if (high >= 1 && low === (low | 0)) {
        if (high !== this.#high) this.#head(high);
        for (let k = 0; k < this.#digits; k++) OUT[at++] = HEAD[k];
        const four = 4 * low;
        OUT[at++] = FOUR[four];
        OUT[at++] = FOUR[four + 1];
        OUT[at++] = FOUR[four + 2];
        OUT[at++] = FOUR[four + 3];
      } else {
        at = text(String(time), at);
      }
      OUT[at++] = COMMA;
      at = coordinate(x[i], at);
      OUT[at++] = COMMA;
      at = coordinate(y[i], at);
      OUT[at++] = COMMA;
      OUT[at++] = ZERO + p[i];
      OUT[at++] = LF;
    }
    return [i - from, at];
  }

  #head(high: number): void {
    const digits = String(high);
    for (let k = 0; k < digits.length; k++) HEAD[k] = digits.charCodeAt(k);
    this.#high = high;
    this.#digits = digits.length;
  }
}

function text(letters: string, from: number): number {
  for (let k = 0; k < letters.length; k++) OUT[from + k] = letters.charCodeAt(k);
  return from + letters.length;
}

function coordinate(value: number, from: number): number {
  let at = from;
  if (value > 9999) {
    const first = (value / 10_000) | 0;
    OUT[at++] = ZERO + first;
    value -= first * 10_000;
    OUT[at++] = FOUR[4 * value];
  } else if (value > 999) OUT[at++] = FOUR[4 * value];
  const whole = at > from;
  if (whole || value > 99) OUT[at++] = FOUR[4 * value + 1];
  if (whole || value > 9) OUT[at++] = FOUR[4 * value + 2];
  OUT[at++] = FOUR[4 * value + 3];
  return at;
}

/** An encoder of text; see {@link TextEncoding}. */
export function textEncoder(info: StreamInfo, { plain = false }: WriteOptions): Encoder {
  return new TextEncoding(info, plain);
}
