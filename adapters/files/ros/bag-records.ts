import { RxSpikeError } from '../../../src/index.js';
import { Gathering } from '../gathering.js';

/** Kinds of records of a ROS bag 2.0 (http://wiki.ros.org/Bags/Format/2.0). */
export const BAG_OP: {
  readonly message: 2;
  readonly header: 3;
  readonly index: 4;
  readonly chunk: 5;
  readonly chunkInfo: 6;
  readonly connection: 7;
} = { message: 2, header: 3, index: 4, chunk: 5, chunkInfo: 6, connection: 7 };

/** Fields of a record's header by name. */
export class BagFields {
  readonly #fields = new Map<string, Uint8Array>();
  readonly #what: string;

  /** @param bytes borrowed @param what has the fields, for messages. @throws `ERR_CORRUPT` */
  constructor(bytes: Uint8Array, what: string) {
    this.#what = what;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length;) {
      const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
      const end = at + 4 + length;
      if (end > bytes.length) throw this.#corrupt('has a field that is longer than its header');
      const equals = bytes.indexOf(0x3d, at + 4);
      if (equals < 0 || equals >= end) throw this.#corrupt('has a field without a name');
      this.#fields.set(
        String.fromCharCode(...bytes.subarray(at + 4, Math.min(equals, at + 68))),
        bytes.subarray(equals + 1, end),
      );
      at = end;
    }
  }

  /** An unsigned number of 1, 4 or 8 bytes. @throws `ERR_CORRUPT` where the record has none */
  number(name: string, bytes: 1 | 4 | 8): number {
    const field = this.#fields.get(name);
    if (field?.length !== bytes) throw this.#corrupt(`lacks its field ${name} of ${bytes} bytes`);
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + field[i];
    return value;
  }

  /** Text, empty where the record has none. */
  text(name: string): string {
    const field = this.#fields.get(name);
    return field === undefined ? '' : new TextDecoder().decode(field);
  }

  #corrupt(what: string): RxSpikeError {
    return new RxSpikeError('ERR_CORRUPT', `${this.#what} ${what}`);
  }
}

/** What becomes of a record's data: kept whole, passed over, or read as records in turn. */
export type Treatment = 'keep' | 'skip' | 'enter';

/** A record whose data was kept. */
export interface BagRecord {
  readonly op: number;
  readonly fields: BagFields;
  /** Valid until the next record is asked for. */
  readonly data: Uint8Array;
  /** Where it begins. */
  readonly at: number;
}

type State = 'headerSize' | 'header' | 'dataSize' | 'data' | 'skip';

const MOST_HEADER = 1 << 16;

/** Cuts bytes into records of a bag. Any cut into chunks gives the same records. */
export class BagRecords {
  readonly #where: string;
  readonly #limit: number;
  readonly #treat: (op: number, fields: BagFields, at: number, size: number) => Treatment;
  readonly #gathering = new Gathering();
  #state: State = 'headerSize';
  #remaining = 4;
  /** Offset of the next byte, of the record, and of the end of the chunk that was entered. */
  #offset: number;
  #recordAt: number;
  #chunkEnd: number | null = null;
  #op = 0;
  #fields: BagFields | null = null;

  /**
   * @param where the bytes lie, for messages
   * @param offset of the first byte
   * @param limit most bytes of data that are kept
   * @param treat says what becomes of a record's data
   */
  constructor(
    where: string,
    offset: number,
    limit: number,
    treat: (op: number, fields: BagFields, at: number, size: number) => Treatment,
  ) {
    this.#where = where;
    this.#offset = offset;
    this.#recordAt = offset;
    this.#limit = limit;
    this.#treat = treat;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#offset;
  }

  /** @throws `ERR_CORRUPT`, `ERR_LIMIT`, and what `treat` throws */
  *push(chunk: Uint8Array): Generator<BagRecord> {
    for (let at = 0; at < chunk.length;) {
      const take = Math.min(this.#remaining, chunk.length - at);
      const piece = chunk.subarray(at, at + take);
      at += take;
      this.#offset += take;
      this.#remaining -= take;
      if (this.#remaining > 0) {
        if (this.#state !== 'skip') this.#gathering.add(piece);
        continue;
      }
      const whole = this.#state === 'skip' ? piece : this.#gathering.finish(piece);
      if (this.#state === 'data') yield this.#record(whole);
      else this.#next(whole);
      // Data of no bytes is there at once.
      if (this.#remaining === 0) {
        if (this.#state === 'data') yield this.#record(new Uint8Array(0));
        else this.#atBoundary();
      }
    }
  }

  /** @throws `ERR_TRUNCATED` in the middle of a record or of a chunk */
  end(): void {
    const whole = this.#state === 'headerSize' && this.#remaining === 4;
    if (whole && this.#chunkEnd === null) return;
    throw new RxSpikeError(
      'ERR_TRUNCATED',
      whole
        ? `${this.#where}: the input ends at byte ${this.#offset}, its chunk should at byte ${this.#chunkEnd}`
        : `${this.#where}: the input ends in the record at byte ${this.#recordAt}`,
      { details: { offset: this.#recordAt } },
    );
  }

  #record(data: Uint8Array): BagRecord {
    const record = { op: this.#op, fields: this.#fields as BagFields, data, at: this.#recordAt };
    this.#atBoundary();
    return record;
  }

  #atBoundary(): void {
    this.#state = 'headerSize';
    this.#remaining = 4;
    this.#recordAt = this.#offset;
    if (this.#chunkEnd === this.#offset) this.#chunkEnd = null;
  }

  /** Takes in what is whole and says what comes after it. */
  #next(bytes: Uint8Array): void {
    if (this.#state === 'headerSize') {
      const size = u32(bytes);
      if (size > MOST_HEADER) throw this.#error('ERR_CORRUPT', `says ${size} bytes of header, ${MOST_HEADER} at most`);
      if (size === 0) throw this.#error('ERR_CORRUPT', 'has no header');
      this.#state = 'header';
      this.#remaining = size;
    } else if (this.#state === 'header') {
      this.#fields = new BagFields(bytes.slice(), `${this.#where}: the record at byte ${this.#recordAt}`);
      this.#op = this.#fields.number('op', 1);
      this.#state = 'dataSize';
      this.#remaining = 4;
    } else if (this.#state === 'dataSize') {
      this.#begin(u32(bytes));
    } else {
      this.#atBoundary();
    }
  }

  #begin(size: number): void {
    const end = this.#offset + size;
    if (this.#chunkEnd !== null && end > this.#chunkEnd) {
      throw this.#error('ERR_CORRUPT', `says ${size} bytes, its chunk ends at byte ${this.#chunkEnd}`);
    }
    const treatment = this.#treat(this.#op, this.#fields as BagFields, this.#recordAt, size);
    if (treatment === 'enter') {
      if (this.#chunkEnd !== null) throw this.#error('ERR_CORRUPT', 'is a chunk inside of one');
      this.#atBoundary();
      if (size > 0) this.#chunkEnd = end;
      return;
    }
    if (treatment === 'keep' && size > this.#limit) {
      throw this.#error('ERR_LIMIT', `has ${size} bytes, the limit is ${this.#limit}`);
    }
    this.#state = treatment === 'keep' ? 'data' : 'skip';
    this.#remaining = size;
  }

  #error(code: 'ERR_CORRUPT' | 'ERR_LIMIT', what: string): RxSpikeError {
    return new RxSpikeError(code, `${this.#where}: the record at byte ${this.#recordAt} ${what}`, {
      details: { offset: this.#recordAt },
    });
  }
}

const u32 = (bytes: Uint8Array): number => (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0;
