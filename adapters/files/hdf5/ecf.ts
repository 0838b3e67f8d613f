import { RxSpikeError } from '../../../src/index.js';
import { hdf5Corrupt } from './cursor.js';

/** Bytes of an event: u16 x, u16 y, i16 p, two of padding, i64 t. */
const EVENT = 16;
const MOST_EVENTS = 65535;
const HEAD = 12;

const times = new Float64Array(MOST_EVENTS);
const columns = new Uint16Array(MOST_EVENTS + 5);
const rows = new Uint16Array(MOST_EVENTS);
const polarities = new Uint8Array(MOST_EVENTS);

/**
 * Expands a chunk of Prophesee's Event Compression Format (filter 0x8ECF) to records of 16 bytes, as the codec of
 * https://github.com/prophesee-ai/hdf5_ecf does. That one trusts its input: runs beyond the number of events and beyond
 * the end of the chunk are errors here.
 * @throws `ERR_CORRUPT`, `ERR_LIMIT` where the records make more than `limit` bytes
 */
export function decodeEcf(input: Uint8Array, limit: number): Uint8Array {
  if (input.length < HEAD) throw hdf5Corrupt('an ECF chunk is too short');
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const head = view.getUint32(0, true);
  const count = head >>> 2;
  if (count > MOST_EVENTS) throw hdf5Corrupt(`an ECF chunk says ${count} events, ${MOST_EVENTS} at most`);
  if (count * EVENT > limit) {
    throw new RxSpikeError('ERR_LIMIT', `hdf5: a chunk expands to ${count * EVENT} bytes, ${limit} at most`);
  }
  const reader = new EcfReader(input, view, count);
  reader.times();
  if ((head & 2) !== 0) reader.packedRows();
  else {
    reader.rows();
    if ((head & 1) !== 0) reader.packedColumns();
    else {
      reader.maskedColumns();
      reader.polarities();
    }
  }
  return records(count);
}

function records(count: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(count * EVENT));
  for (let k = 0, at = 0; k < count; k++, at += EVENT) {
    const t = times[k];
    const high = Math.floor(t / 4294967296);
    out.setUint16(at, columns[k], true);
    out.setUint16(at + 2, rows[k], true);
    out.setUint8(at + 4, polarities[k]);
    out.setUint32(at + 8, t - high * 4294967296, true);
    out.setInt32(at + 12, high, true);
  }
  return new Uint8Array(out.buffer);
}

/** Reads the parts of a chunk one after another into the columns above. */
class EcfReader {
  readonly #input: Uint8Array;
  readonly #view: DataView;
  readonly #count: number;
  #at = HEAD;

  constructor(input: Uint8Array, view: DataView, count: number) {
    this.#input = input;
    this.#view = view;
    this.#count = count;
  }

  /** Nibbles: how much later, how often; 15 as the first makes the seconds of successive bytes a longer step. */
  times(): void {
    let now = this.#view.getUint32(4, true) + this.#view.getInt32(8, true) * 4294967296;
    for (let i = 0; i < this.#count;) {
      let byte = this.#u8();
      let unit = 1;
      if (byte >> 4 === 15) {
        let step = 0;
        while (byte >> 4 === 15) {
          step += (byte & 15) * unit;
          unit *= 16;
          byte = this.#u8();
        }
        now += step;
      }
      now += byte >> 4;
      if (!(Math.abs(now) <= Number.MAX_SAFE_INTEGER)) throw hdf5Corrupt('an ECF chunk has times beyond 2⁵³ µs');
      const run = this.#run(byte & 15, 15, i);
      times.fill(now, i, i + run);
      i += run;
    }
  }

  rows(): void {
    for (let i = 0; i < this.#count;) {
      const word = this.#u16();
      const short = word & 31;
      const run = this.#fitting(short === 31 ? this.#u16() : short, i);
      rows.fill(word >> 5, i, i + run);
      i += run;
    }
  }

  polarities(): void {
    for (let i = 0; i < this.#count;) {
      const byte = this.#u8();
      const run = this.#run(byte & 127, 127, i);
      polarities.fill(byte >> 7, i, i + run);
      i += run;
    }
  }

  /** A column and a mask of which of the five after it follow. */
  maskedColumns(): void {
    for (let i = 0; i < this.#count;) {
      const word = this.#u16();
      const x = word >> 5;
      columns[i++] = x;
      for (let k = 1; k <= 5; k++) if ((word >> (5 - k)) & 1) columns[i++] = x + k;
    }
  }

  /** Four values of twelve bits in three words of 16. */
  packedColumns(): void {
    for (let i = 0; i < this.#count; i += 4) {
      const [a, b, c] = [this.#u16(), this.#u16(), this.#u16()];
      this.#column(i, a >> 4);
      this.#column(i + 1, (a & 15) | ((b >> 8) << 4));
      this.#column(i + 2, (b & 255) | ((c >> 12) << 8));
      this.#column(i + 3, c & 0xfff);
    }
  }

  /** Four values of 24 bits in three words of 32. */
  packedRows(): void {
    for (let i = 0; i < this.#count; i += 4) {
      const [a, b, c] = [this.#u32(), this.#u32(), this.#u32()];
      this.#event(i, a >>> 8);
      this.#event(i + 1, (a & 0xff) | ((b >>> 16) << 8));
      this.#event(i + 2, (b & 0xffff) | ((c >>> 24) << 16));
      this.#event(i + 3, c & 0xffffff);
    }
  }

  #column(i: number, value: number): void {
    if (i >= this.#count) return;
    columns[i] = value >> 1;
    polarities[i] = value & 1;
  }

  #event(i: number, value: number): void {
    if (i >= this.#count) return;
    rows[i] = (value >> 12) & 0x7ff;
    columns[i] = (value >> 1) & 0x7ff;
    polarities[i] = value & 1;
  }

  /** A run length; the largest short one says that 16 bits with the real one follow. */
  #run(short: number, marker: number, done: number): number {
    return this.#fitting(short === marker ? this.#u8() | (this.#u8() << 8) : short, done);
  }

  #fitting(run: number, done: number): number {
    if (run > this.#count - done) throw hdf5Corrupt('an ECF chunk has a run beyond its last event');
    return run;
  }

  #u8(): number {
    if (this.#at >= this.#input.length) throw hdf5Corrupt('an ECF chunk ends early');
    return this.#input[this.#at++];
  }

  #u16(): number {
    const at = this.#at;
    if (at + 2 > this.#input.length) throw hdf5Corrupt('an ECF chunk ends early');
    this.#at = at + 2;
    return this.#view.getUint16(at, true);
  }

  #u32(): number {
    const at = this.#at;
    if (at + 4 > this.#input.length) throw hdf5Corrupt('an ECF chunk ends early');
    this.#at = at + 4;
    return this.#view.getUint32(at, true);
  }
}
