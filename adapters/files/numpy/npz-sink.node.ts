import { crc32, RxSpikeError, type EventPacket, type StreamInfo } from '../../../src/index.js';
import { holdsOfTable } from '../columns/holds.js';
import type { Holds, Patch, RecordingSink, WriteOptions, WriteReport } from '../encoder.js';
import { Fit } from '../fit.js';
import { OutputFile } from '../output-file.node.js';
import { Spool } from './spool.node.js';
import { npyStart } from './write-header.js';
import { centralDirectory, localHeader, type StoredEntry } from './zip-writing.js';

const HOLDS: Holds = holdsOfTable(true);

/** Begins an NPZ archive at a path; see {@link NpzSink}. @throws (rejects) `ERR_WRITE` */
export async function createNpz(path: string, info: StreamInfo, options: WriteOptions): Promise<RecordingSink> {
  const out = await OutputFile.create(path);
  const spools: Spool[] = [];
  try {
    for (const column of ['t', 'x', 'y', 'p']) spools.push(await Spool.create(`${out.workingPath}.${column}`, path));
  } catch (error) {
    await Promise.all([out.abort(), ...spools.map((spool) => spool.remove())]);
    throw error;
  }
  return new NpzSink(info, options, out, spools);
}

/**
 * Events → an NPZ archive of stored arrays `t` (`<i8`, µs; `<f8` where a time is not whole), `x`, `y` (`<u2`), `p` (`?`),
 * with `t_in_us`, and with `width` and `height`, `y_up`, `mirrored_x` and `unix_epoch` where the stream has them. The columns are gathered
 * in files beside it, and put together at the end.
 */
class NpzSink implements RecordingSink {
  readonly format = 'npz';
  readonly report: WriteReport;
  readonly #info: StreamInfo;
  readonly #fit: Fit;
  readonly #out: OutputFile;
  readonly #spools: readonly Spool[];
  #whole = true;
  readonly #entries: StoredEntry[] = [];
  readonly #patches: Patch[] = [];
  #offset = 0;
  /** What a writing failed with: the columns lack it whatever comes after. */
  #failure: unknown = null;

  constructor(info: StreamInfo, options: WriteOptions, out: OutputFile, spools: readonly Spool[]) {
    this.#info = info;
    this.#fit = new Fit('npz', HOLDS, options.clip ?? false);
    this.#out = out;
    this.#spools = spools;
    this.report = { events: 0, clipped: this.#fit.clipped };
  }

  async write(packet: EventPacket): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const fitting = this.#fit.fit(packet);
    try {
      await this.#append(fitting);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.report.events += fitting.length;
  }

  async #append({ t, x, y, p, length }: EventPacket): Promise<void> {
    for (let i = 0; this.#whole && i < length; i++) this.#whole = t[i] === Math.floor(t[i]);
    const [ts, xs, ys, ps] = this.#spools;
    await ts.append(littleEndian(t, length));
    await xs.append(littleEndian(x, length));
    await ys.append(littleEndian(y, length));
    await ps.append(p.subarray(0, length));
  }

  async close(): Promise<void> {
    try {
      if (this.#failure !== null) throw this.#failure;
      await this.#put();
    } catch (error) {
      await this.abort();
      throw error;
    }
    await this.#removeSpools();
    await this.#out.close(this.#patches);
  }

  async abort(): Promise<void> {
    await this.#removeSpools();
    await this.#out.abort();
  }

  async #removeSpools(): Promise<void> {
    for (const spool of this.#spools) await spool.remove();
  }

  async #put(): Promise<void> {
    const { events } = this.report;
    const shape = `(${events},)`;
    const [t, x, y, p] = this.#spools;
    const times = this.#whole ? wholeTimes(t.chunks()) : t.chunks();
    await this.#array('t', npyStart(this.#whole ? "'<i8'" : "'<f8'", shape), 8 * events, times);
    await this.#array('x', npyStart("'<u2'", shape), 2 * events, x.chunks());
    await this.#array('y', npyStart("'<u2'", shape), 2 * events, y.chunks());
    await this.#array('p', npyStart("'|b1'", shape), events, p.chunks());
    await this.#single('t_in_us', 1);
    const { width, height, yUp, mirroredX, epoch } = this.#info;
    if (width !== null && height !== null) {
      await this.#single('width', width);
      await this.#single('height', height);
    }
    if (yUp) await this.#single('y_up', 1);
    if (mirroredX) await this.#single('mirrored_x', 1);
    if (epoch === 'unix') await this.#single('unix_epoch', 1);
    await this.#out.write(centralDirectory(this.#entries, this.#offset));
  }

  /** A value of its own: a number of four bytes. */
  async #single(name: string, value: number): Promise<void> {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value, true);
    const content = async function* content(): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    await this.#array(name, npyStart("'<i4'", '()'), 4, content());
  }

  async #array(name: string, start: Uint8Array, bytes: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const file = `${name}.npy`;
    const size = start.length + bytes;
    const offset = this.#offset;
    const header = localHeader({ name: file, crc: 0, size });
    await this.#out.write(header);
    await this.#out.write(start);
    let crc = crc32(start);
    let written = start.length;
    for await (const piece of content) {
      crc = crc32(piece, crc);
      written += piece.length;
      await this.#out.write(piece);
    }
    if (written !== size) {
      throw new RxSpikeError('ERR_WRITE', `${this.#out.path}: ${written} of ${size} bytes of ${name} came back`);
    }
    this.#patches.push({ at: offset, bytes: localHeader({ name: file, crc, size }) });
    this.#entries.push({ name: file, crc, size, offset });
    this.#offset += header.length + size;
  }
}

const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bytes of numbers, the lowest first; a view where the machine writes them so. */
function littleEndian(values: Float64Array | Uint16Array, length: number): Uint8Array {
  const size = values.BYTES_PER_ELEMENT;
  const view = new Uint8Array(values.buffer, values.byteOffset, length * size);
  if (IS_LITTLE) return view;
  const bytes = view.slice();
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return bytes;
}

/** float64 → int64, over itself. */
async function* wholeTimes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of chunks) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += 8) {
      const time = view.getFloat64(at, true);
      const high = Math.floor(time / 4_294_967_296);
      view.setUint32(at, time - high * 4_294_967_296, true);
      view.setInt32(at + 4, high, true);
    }
    yield bytes;
  }
}
