import { highestBit, zstdCorrupt, type BackwardBits } from './zstd-bits.js';

/** A decoding table of finite state entropy: per state a symbol, the bits to read and what to add for the next state. */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** Next state. */
export function nextState(table: FseTable, state: number, bits: BackwardBits): number {
  return table.base[state] + bits.read(table.bits[state]);
}

/** A table of one state, which always gives the same symbol. */
export function constantTable(symbol: number): FseTable {
  return { accuracyLog: 0, symbol: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) };
}

/** The table of a distribution; −1 stands for a probability below one (RFC 8878, section 4.1.1). */
export function fseTable(distribution: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbol = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  const next = distribution.map((probability) => Math.abs(probability));
  let high = size;
  distribution.forEach((probability, s) => {
    if (probability === -1) symbol[--high] = s;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  distribution.forEach((probability, s) => {
    for (let i = 0; i < probability; i++) {
      symbol[at] = s;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  });
  for (let state = 0; state < size; state++) {
    const n = next[symbol[state]]++;
    bits[state] = accuracyLog - highestBit(n);
    base[state] = (n << bits[state]) - size;
  }
  return { accuracyLog, symbol, bits, base };
}

/** Largest table that a place in the format allows. */
export interface FseLimits {
  readonly accuracyLog: number;
  readonly symbols: number;
}

/** Reads the description of a table at `from`; what it takes ends before `to`. @throws `ERR_CORRUPT` */
export function readFseTable(
  bytes: Uint8Array,
  from: number,
  to: number,
  limits: FseLimits,
): { readonly table: FseTable; readonly end: number } {
  let position = 0;
  const take = (count: number): number => {
    let value = 0;
    for (let k = 0; k < count; k++, position++) {
      const at = from + (position >> 3);
      if (at >= to) throw zstdCorrupt('a table description ends early');
      value |= ((bytes[at] >> (position & 7)) & 1) << k;
    }
    return value;
  };
  const accuracyLog = take(4) + 5;
  if (accuracyLog > limits.accuracyLog) throw zstdCorrupt(`accuracy log ${accuracyLog}`);
  const distribution: number[] = [];
  let remaining = 1 << accuracyLog;
  while (remaining > 0 && distribution.length < limits.symbols) {
    const width = highestBit(remaining + 1) + 1;
    const threshold = (1 << width) - 2 - remaining;
    let value = take(width - 1);
    // Small values do without their highest bit.
    if (value >= threshold) {
      value |= take(1) << (width - 1);
      if (value >= 1 << (width - 1)) value -= threshold;
    }
    const probability = value - 1;
    remaining -= Math.abs(probability);
    distribution.push(probability);
    let repeat = probability === 0 ? 3 : 0;
    while (repeat === 3) {
      repeat = take(2);
      for (let k = 0; k < repeat; k++) distribution.push(0);
    }
  }
  if (remaining !== 0 || distribution.length > limits.symbols) throw zstdCorrupt('a distribution does not add up');
  return { table: fseTable(distribution, accuracyLog), end: from + ((position + 7) >> 3) };
}
