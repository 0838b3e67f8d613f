import { RandomSequence } from '../../../../src/index.js';

/** Where a number stands in a file that may say how much follows. */
export interface Field {
  readonly at: number;
  readonly size: 2 | 4 | 8;
  readonly little: boolean;
}

/** A damaged copy, and what was done to it. */
export interface Mutant {
  readonly bytes: Uint8Array;
  readonly what: string;
}

type Change = (bytes: Uint8Array, random: RandomSequence, plan: Plan) => Uint8Array;

/** What is known of the file that is damaged. */
export interface Plan {
  readonly fields: readonly Field[];
  /** Bytes of text at the beginning; 0 where there is none. */
  readonly text: number;
}

/** Numbers that may be sizes: they are at least 2 and say at most what follows them. */
export function plan(bytes: Uint8Array): Plan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  const consider = (value: number, field: Field): void => {
    if (value >= 2 && value <= bytes.length - field.at) fields.push(field);
  };
  for (let at = 0; at + 4 <= bytes.length; at++) {
    for (const little of [true, false]) {
      const value = view.getUint32(at, little);
      consider(value, { at, size: 4, little });
      if (value > 0xffff) consider(view.getUint16(at, little), { at, size: 2, little });
      if (at + 8 > bytes.length) continue;
      const wide = view.getBigUint64(at, little);
      if (wide <= 0xffffffffn) consider(Number(wide), { at, size: 8, little });
    }
  }
  let text = 0;
  while (
    text < bytes.length &&
    (bytes[text] >= 0x20 || (bytes[text] >= 9 && bytes[text] <= 13)) &&
    bytes[text] < 0x7f
  ) {
    text++;
  }
  return { fields, text: text < 16 ? 0 : text };
}

const pick = <T>(list: readonly T[], random: RandomSequence): T => list[random.integer(list.length)];

/** Begin and end of a stretch of up to `most` bytes. */
function stretch(bytes: Uint8Array, random: RandomSequence, most: number): readonly [from: number, to: number] {
  const from = random.integer(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + random.integer(most))];
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Writes a number that a size must not be, or that is just wrong. */
function forge(bytes: Uint8Array, { at, size, little }: Field, random: RandomSequence): Uint8Array {
  const out = bytes.slice();
  if (at + size > out.length) return out;
  const view = new DataView(out.buffer);
  const old = size === 2 ? view.getUint16(at, little) : view.getUint32(at + (size === 8 && !little ? 4 : 0), little);
  const rest = bytes.length - at - size;
  const value = pick(
    [0, 1, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 16 - 1, 1 << 20, old + 1, old - 1, 2 * old, rest, rest + 1],
    random,
  );
  if (size === 2) view.setUint16(at, value, little);
  else if (size === 4) view.setUint32(at, value, little);
  else {
    const big = pick([BigInt(value), BigInt(value), 2n ** 53n, 2n ** 63n, -1n, 2n ** 64n - 8n], random);
    view.setBigUint64(at, BigInt.asUintN(64, big), little);
  }
  return out;
}

const NUMBERS = [
  '0',
  '-1',
  '1',
  '65535',
  '65536',
  '2147483648',
  '4294967295',
  '1e9',
  '99999999999999999999',
  'NaN',
  '',
];

/** Replaces a number, repeats or leaves out a line, or puts noise into the text that the file begins with. */
const editText: Change = (bytes, random, { text }) => {
  const header = String.fromCharCode(...bytes.subarray(0, Math.min(text, 4_096)));
  const rest = bytes.subarray(header.length);
  const encode = (edited: string): Uint8Array =>
    joined(
      Uint8Array.from(edited, (c) => c.charCodeAt(0)),
      rest,
    );
  const kind = random.integer(4);
  if (kind === 0) {
    const numbers = [...header.matchAll(/\d+/g)];
    if (numbers.length === 0) return encode(header);
    const found = pick(numbers, random);
    return encode(header.slice(0, found.index) + pick(NUMBERS, random) + header.slice(found.index + found[0].length));
  }
  const lines = header.split('\n');
  const line = random.integer(lines.length);
  if (kind === 1) lines.splice(line, 1);
  else if (kind === 2) lines.splice(random.integer(lines.length + 1), 0, lines[line]);
  else
    lines[line] =
      lines[line].slice(0, random.integer(20)) +
      String.fromCharCode(random.integer(256)).repeat(1 + random.integer(40));
  return encode(lines.join('\n'));
};

const CHANGES: Readonly<Record<string, Change>> = {
  flip: (bytes, random) => {
    const out = bytes.slice();
    for (let k = 1 + random.integer(8); k > 0; k--) out[random.integer(out.length)] ^= 1 << random.integer(8);
    return out;
  },
  noise: (bytes, random) => {
    const out = bytes.slice();
    const [from, to] = stretch(out, random, random.integer(4) === 0 ? 4_096 : 64);
    for (let i = from; i < to; i++) out[i] = random.integer(256);
    return out;
  },
  fill: (bytes, random) => bytes.slice().fill(pick([0, 0xff, 0x0a, 0x20], random), ...stretch(bytes, random, 64)),
  cut: (bytes, random) => bytes.slice(0, random.integer(bytes.length)),
  leaveOut: (bytes, random) => {
    const [from, to] = stretch(bytes, random, 200);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  repeat: (bytes, random) => {
    const [from, to] = stretch(bytes, random, 200);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  swap: (bytes, random) => {
    const at = [random.integer(bytes.length), random.integer(bytes.length), random.integer(bytes.length)].sort(
      (a, b) => a - b,
    );
    const [a, b, c] = at;
    return joined(bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c));
  },
  copyOver: (bytes, random) => {
    const [from, to] = stretch(bytes, random, 200);
    return bytes.slice().copyWithin(random.integer(bytes.length), from, to);
  },
  forge: (bytes, random, { fields }) =>
    fields.length === 0 ? bytes.slice() : forge(bytes, pick(fields, random), random),
  forgeEarly: (bytes, random) => {
    const at = random.integer(Math.min(bytes.length, 256));
    return forge(bytes, { at, size: pick([2, 4, 8] as const, random), little: random.integer(2) === 0 }, random);
  },
  forgeAnywhere: (bytes, random) => {
    const at = random.integer(bytes.length);
    return forge(bytes, { at, size: pick([2, 4, 8] as const, random), little: random.integer(2) === 0 }, random);
  },
  editText: (bytes, random, known) =>
    known.text === 0 ? CHANGES.flip(bytes, random, known) : editText(bytes, random, known),
};

const NAMES = Object.keys(CHANGES);

/** A copy with one, two or three damages, by a random number alone. */
export function mutate(bytes: Uint8Array, known: Plan, random: RandomSequence): Mutant {
  let out = bytes;
  const names: string[] = [];
  const rounds = [1, 1, 2, 3][random.integer(4)];
  for (let k = 0; k < rounds && out.length > 0; k++) {
    const name = pick(NAMES, random);
    names.push(name);
    out = CHANGES[name](out, random, known);
  }
  return { bytes: out, what: names.join('+') };
}
