import { RxSpikeError, crc32, type StreamInfo } from '../../../src/index.js';
import type { Decompressor } from '../compression/decompressor.js';
import { Lz4Decompressor } from '../compression/lz4-frame.js';
import { ZstdDecompressor } from '../compression/zstd.js';
import type { Counts, EventBatch } from '../decoder.js';
import { Gathering } from '../gathering.js';
import { knownType } from './known-types.js';
import { McapFields } from './mcap-fields.js';
import { MCAP_MAGIC, MCAP_MESSAGE_BYTES, MCAP_NOTES, MCAP_OP, MCAP_RECORD_HEADER_BYTES } from './mcap-layout.js';
import { ChunkExpander, type RosDecoder, type RosParts } from './ros-decoder.js';
import type { RosEvents } from './ros-events.js';

const METHODS: ReadonlyMap<string, (limit: number) => Decompressor> = new Map([
  ['lz4', (limit: number): Decompressor => new Lz4Decompressor(limit)],
  ['zstd', (limit: number): Decompressor => new ZstdDecompressor(limit)],
]);

/** Kinds whose content is looked at; all others are passed over. */
const KEPT: ReadonlySet<number> = new Set([
  MCAP_OP.schema,
  MCAP_OP.channel,
  MCAP_OP.message,
  MCAP_OP.chunk,
  MCAP_OP.metadata,
]);

interface Schema {
  readonly type: string;
  /** Null where it is in a language that is not read, or of no use. */
  readonly definition: string | null;
}

type State = 'header' | 'body' | 'skip' | 'magic' | 'over';

/**
 * Records of an MCAP file in the order of the file → events; see {@link RosDecoder}. No index is needed. A chunk is
 * delivered when it is whole and its checksum, where it has one, is right.
 */
export class McapDecoder implements RosDecoder {
  readonly events: RosEvents;
  readonly side: Counts;
  readonly violations: Counts;
  /** What the file says of its stream besides, and the sensor's name. */
  notes: Partial<StreamInfo> = {};
  sensor: string | null = null;
  readonly #parts: RosParts;
  readonly #expander: ChunkExpander;
  readonly #gathering = new Gathering();
  readonly #schemas = new Map<number, Schema>();
  #state: State = 'header';
  #remaining = MCAP_RECORD_HEADER_BYTES;
  #op = 0;
  /** Offset of the next byte, and of the record. */
  #offset: number;
  #recordAt: number;
  /** True after the data: what follows repeats and points to what was there. */
  #dataEnded = false;

  constructor(parts: RosParts) {
    this.events = parts.events;
    this.side = parts.events.side;
    this.violations = parts.events.violations;
    this.#parts = parts;
    this.#expander = new ChunkExpander(parts);
    this.#offset = parts.offset;
    this.#recordAt = parts.offset;
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    for (let at = 0; at < chunk.length;) {
      if (this.#state === 'over') {
        this.#count('trailingBytes', chunk.length - at);
        return;
      }
      const take = Math.min(this.#remaining, chunk.length - at);
      const piece = chunk.subarray(at, at + take);
      at += take;
      this.#offset += take;
      this.#remaining -= take;
      if (this.#remaining > 0) {
        if (this.#state !== 'skip') this.#gathering.add(piece);
        continue;
      }
      if (this.#state === 'skip') {
        this.#atBoundary();
        continue;
      }
      const whole = this.#gathering.finish(piece);
      if (this.#state === 'header') this.#begin(whole);
      else if (this.#state === 'magic') this.#magic(whole);
      else {
        yield* this.#record(this.#op, whole, `mcap: the record at byte ${this.#recordAt}`);
        this.#atBoundary();
      }
    }
  }

  end(): void {
    if (this.#state !== 'over') {
      const whole = this.#state === 'header' && this.#remaining === MCAP_RECORD_HEADER_BYTES;
      throw new RxSpikeError(
        'ERR_TRUNCATED',
        whole
          ? `mcap: the input ends at byte ${this.#offset} without a footer`
          : `mcap: the input ends in the record at byte ${this.#recordAt}`,
        { details: { offset: this.#recordAt } },
      );
    }
    this.events.end();
  }

  #atBoundary(): void {
    this.#recordAt = this.#offset;
    const ended = this.#op === MCAP_OP.footer;
    this.#state = ended ? 'magic' : 'header';
    this.#remaining = ended ? MCAP_MAGIC.length : MCAP_RECORD_HEADER_BYTES;
  }

  #begin(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const op = bytes[0];
    const size = view.getUint32(5, true) * 4294967296 + view.getUint32(1, true);
    if (op === 0) throw this.#error('ERR_CORRUPT', 'is of kind 0, which there is not');
    const { maxPacketBytes } = this.#parts;
    const kept = KEPT.has(op) && !this.#dataEnded;
    if (kept && size > maxPacketBytes) {
      throw this.#error('ERR_LIMIT', `has ${size} bytes, the limit is ${maxPacketBytes}`);
    }
    if (op === MCAP_OP.dataEnd) this.#dataEnded = true;
    this.#op = op;
    this.#state = kept ? 'body' : 'skip';
    this.#remaining = size;
    if (size > 0) return;
    if (kept) throw this.#error('ERR_CORRUPT', `is empty, and of kind ${op}`);
    this.#atBoundary();
  }

  #magic(bytes: Uint8Array): void {
    if (bytes.some((byte, i) => byte !== MCAP_MAGIC[i])) throw this.#error('ERR_CORRUPT', 'is not the end of MCAP');
    this.#state = 'over';
  }

  *#record(op: number, bytes: Uint8Array, what: string): Generator<EventBatch> {
    if (op === MCAP_OP.message) {
      const channel = new McapFields(bytes, what).uint16();
      if (bytes.length < MCAP_MESSAGE_BYTES) throw this.#error('ERR_CORRUPT', 'is a message without its beginning');
      if (this.events.wants(channel)) yield* this.events.message(channel, bytes.subarray(MCAP_MESSAGE_BYTES), what);
    } else if (op === MCAP_OP.schema) {
      this.#schema(new McapFields(bytes, what));
    } else if (op === MCAP_OP.channel) {
      this.#channel(new McapFields(bytes, what));
    } else if (op === MCAP_OP.metadata) {
      const fields = new McapFields(bytes, what);
      if (fields.string() === MCAP_NOTES) this.#note(fields.map());
    } else if (op === MCAP_OP.chunk) {
      yield* this.#chunk(bytes, what.replace('record', 'chunk'));
    }
  }

  #note(map: ReadonlyMap<string, string>): void {
    this.notes = notesOf(map);
    this.sensor = map.get('sensor') ?? null;
  }

  #schema(fields: McapFields): void {
    const id = fields.uint16();
    const type = fields.string();
    if (this.#schemas.has(id)) return;
    const language = fields.string();
    const text = fields.bytes(fields.uint32());
    const read = knownType(type) !== null && text.length > 0 && (language === 'ros2msg' || language === 'ros1msg');
    this.#schemas.set(id, { type, definition: read ? new TextDecoder().decode(text) : null });
  }

  #channel(fields: McapFields): void {
    const id = fields.uint16();
    const schema = this.#schemas.get(fields.uint16());
    const topic = fields.string();
    const encoding = fields.string();
    this.events.connect(id, {
      topic,
      type: schema?.type ?? '',
      encoding: encoding === 'cdr' || encoding === 'ros1' ? encoding : null,
      definition: schema?.definition ?? null,
    });
  }

  *#chunk(bytes: Uint8Array, what: string): Generator<EventBatch> {
    const offset = this.#recordAt;
    const fields = new McapFields(bytes, what);
    fields.bytes(16);
    const size = fields.uint64();
    const crc = fields.uint32();
    const compression = fields.string();
    const stored = fields.bytes(fields.uint64());
    let records = stored;
    if (compression !== '') {
      const make = METHODS.get(compression);
      if (make === undefined) {
        throw this.#error('ERR_UNSUPPORTED', `is compressed by ${compression.slice(0, 20)}`);
      }
      records = this.#expander.expand(compression, make, stored, size, { what, offset });
    } else if (stored.length !== size) {
      throw this.#error('ERR_CORRUPT', `says ${size} bytes of content, it has ${stored.length}`);
    }
    if (crc !== 0 && crc32(records) !== crc) throw this.#error('ERR_CORRUPT', 'has another checksum than it says');
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    for (let at = 0; at < records.length;) {
      const from = at + MCAP_RECORD_HEADER_BYTES;
      const length =
        from > records.length ? Infinity : view.getUint32(at + 5, true) * 4294967296 + view.getUint32(at + 1, true);
      if (from + length > records.length) throw this.#error('ERR_CORRUPT', `ends in the record at its byte ${at}`);
      const op = records[at];
      if (op === MCAP_OP.message || op === MCAP_OP.schema || op === MCAP_OP.channel) {
        yield* this.#record(op, records.subarray(from, from + length), `${what}: the record at its byte ${at}`);
      } else {
        throw this.#error('ERR_CORRUPT', `holds a record of kind ${op}`);
      }
      at = from + length;
    }
  }

  #count(name: string, n: number): void {
    this.violations[name] = (this.violations[name] ?? 0) + n;
  }

  #error(code: 'ERR_CORRUPT' | 'ERR_LIMIT' | 'ERR_UNSUPPORTED', what: string): RxSpikeError {
    return new RxSpikeError(code, `mcap: the record at byte ${this.#recordAt} ${what}`, {
      details: { offset: this.#recordAt },
    });
  }
}

function notesOf(map: ReadonlyMap<string, string>): Partial<StreamInfo> {
  const [yUp, mirroredX, epoch] = ['yUp', 'mirroredX', 'epoch'].map((key) => map.get(key));
  return {
    ...(yUp === undefined ? {} : { yUp: yUp === 'true' }),
    ...(mirroredX === undefined ? {} : { mirroredX: mirroredX === 'true' }),
    ...(epoch === undefined ? {} : { epoch: epoch === 'unix' ? ('unix' as const) : null }),
  };
}
