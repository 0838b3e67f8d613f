import { zlibSync } from 'fflate';
import type { EventPacket, StreamInfo } from '../../../src/index.js';
import type { Encoder, Holds, Patch, WriteOptions } from '../encoder.js';
import {
  columnHeader,
  groupHeader,
  superblock,
  SUPERBLOCK_BYTES,
  valueHeader,
  type WrittenAttribute,
} from './header-writing.js';
import { shuffle } from './shuffle.js';
import { chunkTree, type WrittenChunk } from './tree1-writing.js';

/** Rows of a chunk; fewer where the whole column has fewer. */
const ROWS = 1 << 15;
const LEVEL = 4;
/** `ms_to_idx` ends after this many entries, 4 h 39 min: a jump of the clock must not fill the disk. */
const MOST_INDEX = 1 << 24;

/** µs; differences of two such times are exact. */
const FURTHEST = 2 ** 52;

const HOLDS: Holds = {
  maxX: 65535,
  maxY: 65535,
  minTime: -FURTHEST,
  maxTime: FURTHEST,
  stepsBack: true,
  maxGap: Infinity,
  fractions: false,
};

/** A column of integers that is written chunk by chunk. */
class ColumnWriter {
  readonly size: number;
  readonly signed: boolean;
  readonly view: DataView;
  readonly #bytes: Uint8Array;
  readonly #chunks: WrittenChunk[] = [];
  /** Rows of chunks as they are written. */
  #chunkRows = ROWS;
  #last: Uint8Array = new Uint8Array(0);

  constructor(size: number, signed: boolean) {
    this.size = size;
    this.signed = signed;
    this.#bytes = new Uint8Array(ROWS * size);
    this.view = new DataView(this.#bytes.buffer);
  }

  /** Makes a chunk of the first `rows` rows, to be written at `at`. Only the last one may have fewer than all. */
  chunk(rows: number, at: number): Uint8Array {
    if (this.#chunks.length === 0) this.#chunkRows = rows;
    const bytes = this.#bytes.subarray(0, this.#chunkRows * this.size);
    bytes.fill(0, rows * this.size);
    this.#last = zlibSync(shuffle(bytes, this.size), { level: LEVEL });
    return this.again(at);
  }

  /** Makes a chunk of the same content as the last one. */
  again(at: number): Uint8Array {
    this.#chunks.push({ address: at, size: this.#last.length });
    return this.#last;
  }

  /** The index of the chunks, to be written at `at`, and a header that leads there. */
  end(rows: number, at: number): { readonly index: Uint8Array; readonly header: Uint8Array } {
    const chunkRows = this.#chunkRows;
    const { root, bytes } = chunkTree(this.#chunks, chunkRows, at);
    const { size, signed } = this;
    return { index: bytes, header: columnHeader({ rows, chunkRows, size, signed, level: LEVEL, index: root }) };
  }
}

/**
 * Events → an HDF5 file with the layout of DSEC: `events/{p,t,x,y}`, `t_offset` (the first event's time, µs) to be added
 * to `t`, and `ms_to_idx`, for each millisecond the first event that is not earlier. Other than in DSEC, `t` has 64
 * bits, so that long recordings and steps back fit. Structures come last; the superblock is patched in.
 */
class DsecEncoder implements Encoder {
  readonly holds: Holds = HOLDS;
  readonly patching = 'required';
  readonly #attributes: readonly WrittenAttribute[];
  readonly #t: ColumnWriter = new ColumnWriter(8, true);
  readonly #x: ColumnWriter = new ColumnWriter(2, false);
  readonly #y: ColumnWriter = new ColumnWriter(2, false);
  readonly #p: ColumnWriter = new ColumnWriter(1, false);
  readonly #index: ColumnWriter = new ColumnWriter(8, false);
  #offset: number | null = null;
  /** Events, and entries of the index, so far; and those of them in the chunks that are being filled. */
  #events = 0;
  #entries = 0;
  #filled = 0;
  #marked = 0;
  /** Event that the whole last chunk of the index points to; null where it points to several. */
  #pointedTo: number | null = null;
  #at = 0;
  #superblock: Uint8Array = new Uint8Array(0);

  constructor(info: StreamInfo, { sensor }: WriteOptions) {
    this.#attributes = attributesOf(info, sensor ?? null);
  }

  *start(): Generator<Uint8Array> {
    yield this.#put(new Uint8Array(SUPERBLOCK_BYTES));
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    if (packet.length > 0) this.#offset ??= packet.t[0];
    for (let from = 0; from < packet.length;) {
      from = this.#fill(packet, from, this.#offset ?? 0);
      if (this.#marked === ROWS) yield* this.#flushIndex();
      if (this.#filled === ROWS) yield* this.#flushEvents();
    }
  }

  *finish(): Generator<Uint8Array> {
    if (this.#filled > 0) yield* this.#flushEvents();
    if (this.#marked > 0) yield* this.#flushIndex();
    const links: [string, number][] = [];
    for (const [name, column] of Object.entries({ p: this.#p, t: this.#t, x: this.#x, y: this.#y })) {
      links.push([name, yield* this.#end(column, this.#events)]);
    }
    const events = this.#at;
    yield this.#put(groupHeader(links));
    const index = yield* this.#end(this.#index, this.#entries);
    const offset = this.#at;
    yield this.#put(valueHeader(this.#offset ?? 0));
    const root = this.#at;
    const named: [string, number][] = [
      ['events', events],
      ['ms_to_idx', index],
      ['t_offset', offset],
    ];
    yield this.#put(groupHeader(named, this.#attributes));
    this.#superblock = superblock(root, this.#at);
  }

  patches(): readonly Patch[] {
    return [{ at: 0, bytes: this.#superblock }];
  }

  /** Takes in events from number `from` on until a chunk is full; returns the first one that is not taken in. */
  #fill({ t, x, y, p, length }: EventPacket, from: number, offset: number): number {
    const [times, columns, rows, polarities] = [this.#t.view, this.#x.view, this.#y.view, this.#p.view];
    const room = Math.min(length - from, ROWS - this.#filled);
    let n = this.#filled;
    let k = from;
    let next = this.#nextMark();
    for (const end = from + room; k < end; k++, n++) {
      const now = t[k] - offset;
      if (now >= next) {
        if (!this.#mark(now, this.#events + k - from)) break;
        next = this.#nextMark();
      }
      const high = Math.floor(now / 4294967296);
      times.setUint32(8 * n, now - high * 4294967296, true);
      times.setInt32(8 * n + 4, high, true);
      columns.setUint16(2 * n, x[k], true);
      rows.setUint16(2 * n, y[k], true);
      polarities.setUint8(n, p[k]);
    }
    this.#events += k - from;
    this.#filled = n;
    return k;
  }

  /** Time of the next entry of the index, µs after the first event. */
  #nextMark(): number {
    return this.#entries === MOST_INDEX ? Infinity : this.#entries * 1000;
  }

  /** Points all entries up to the time `now` to an event; false where the chunk is full before. */
  #mark(now: number, event: number): boolean {
    const { view } = this.#index;
    const high = Math.floor(event / 4294967296);
    while (this.#entries * 1000 <= now && this.#entries < MOST_INDEX) {
      if (this.#marked === ROWS) return false;
      view.setUint32(8 * this.#marked, event - high * 4294967296, true);
      view.setUint32(8 * this.#marked + 4, high, true);
      this.#marked++;
      this.#entries++;
    }
    return true;
  }

  *#flushEvents(): Generator<Uint8Array> {
    for (const column of [this.#p, this.#t, this.#x, this.#y]) yield this.#put(column.chunk(this.#filled, this.#at));
    this.#filled = 0;
  }

  *#flushIndex(): Generator<Uint8Array> {
    // A long silence makes many chunks that point to one event; entries do not decrease.
    const { view } = this.#index;
    const [low, high] = [view.getUint32(0, true), view.getUint32(4, true)];
    const end = 8 * this.#marked;
    const one =
      this.#marked === ROWS && low === view.getUint32(end - 8, true) && high === view.getUint32(end - 4, true);
    const event = one ? high * 4294967296 + low : null;
    const same = event !== null && event === this.#pointedTo;
    yield this.#put(same ? this.#index.again(this.#at) : this.#index.chunk(this.#marked, this.#at));
    this.#pointedTo = event;
    this.#marked = 0;
  }

  /** Writes the index and the header of a column; returns the header's address. */
  *#end(column: ColumnWriter, rows: number): Generator<Uint8Array, number> {
    const { index, header } = column.end(rows, this.#at);
    if (index.length > 0) yield this.#put(index);
    const address = this.#at;
    yield this.#put(header);
    return address;
  }

  #put(bytes: Uint8Array): Uint8Array {
    this.#at += bytes.length;
    return bytes;
  }
}

function attributesOf(info: StreamInfo, sensor: string | null): WrittenAttribute[] {
  const attributes: WrittenAttribute[] = [];
  if (info.width !== null) attributes.push({ name: 'width', value: { number: info.width, size: 4 } });
  if (info.height !== null) attributes.push({ name: 'height', value: { number: info.height, size: 4 } });
  if (info.yUp) attributes.push({ name: 'y_up', value: { number: 1, size: 1 } });
  if (info.mirroredX) attributes.push({ name: 'mirrored_x', value: { number: 1, size: 1 } });
  if (info.epoch !== null) attributes.push({ name: 'epoch', value: info.epoch });
  const plain = sensor?.replace(/[^\x20-\x7e]/g, '?').slice(0, 256) ?? '';
  if (plain !== '') attributes.push({ name: 'sensor', value: plain });
  return attributes;
}

/** Writes HDF5 with the layout of DSEC. */
export function dsecEncoder(info: StreamInfo, options: WriteOptions): Encoder {
  return new DsecEncoder(info, options);
}
