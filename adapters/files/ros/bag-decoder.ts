import { RxSpikeError } from '../../../src/index.js';
import { Bzip2Decompressor } from '../compression/bzip2.js';
import { Lz4Decompressor } from '../compression/lz4-frame.js';
import type { Decompressor } from '../compression/decompressor.js';
import type { Counts, EventBatch } from '../decoder.js';
import { BAG_OP, BagFields, BagRecords, type BagRecord, type Treatment } from './bag-records.js';
import { ChunkExpander, type RosDecoder, type RosParts } from './ros-decoder.js';
import type { RosEvents } from './ros-events.js';

const METHODS: ReadonlyMap<string, (limit: number) => Decompressor> = new Map([
  ['lz4', (limit: number): Decompressor => new Lz4Decompressor(limit)],
  ['bz2', (limit: number): Decompressor => new Bzip2Decompressor(limit)],
]);

/** What the bag's header promises. */
interface Promised {
  readonly indexAt: number;
  readonly connections: number;
  readonly chunks: number;
}

/**
 * Records of a ROS bag 2.0 in the order of the file → events; see {@link RosDecoder}. No index is needed: a bag whose
 * recording was interrupted is read to its last whole message.
 */
export class BagDecoder implements RosDecoder {
  readonly events: RosEvents;
  readonly side: Counts;
  readonly violations: Counts;
  readonly #parts: RosParts;
  readonly #records: BagRecords;
  readonly #expander: ChunkExpander;
  #promised: Promised | null = null;
  /** Records of the index at the end that were met. */
  #connections = 0;
  #chunks = 0;

  constructor(parts: RosParts) {
    this.events = parts.events;
    this.side = parts.events.side;
    this.violations = parts.events.violations;
    this.#parts = parts;
    this.#expander = new ChunkExpander(parts);
    this.#records = new BagRecords('rosbag', parts.offset, parts.maxPacketBytes, (op, fields, at) =>
      op === BAG_OP.chunk ? chunkTreatment(fields, at) : this.#treat(op, fields, at),
    );
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    for (const record of this.#records.push(chunk)) {
      if (record.op === BAG_OP.chunk) yield* this.#chunk(record);
      else yield* this.#record(record, `rosbag: the message at byte ${record.at}`);
    }
  }

  end(): void {
    this.#records.end();
    const { offset } = this.#records;
    if (this.#promised === null) {
      throw new RxSpikeError('ERR_TRUNCATED', `rosbag: the input ends at byte ${offset}, before its header`, {
        details: { offset },
      });
    }
    if (this.#promised.indexAt === 0) {
      this.violations.interrupted = 1;
    } else if (this.#connections < this.#promised.connections || this.#chunks < this.#promised.chunks) {
      throw new RxSpikeError('ERR_TRUNCATED', `rosbag: the input ends at byte ${offset}, within its index`, {
        details: { offset },
      });
    }
    this.events.end();
  }

  #treat(op: number, fields: BagFields, at: number): Treatment {
    if (op === BAG_OP.connection) {
      if (this.#promised !== null && this.#promised.indexAt > 0 && at >= this.#promised.indexAt) this.#connections++;
      return 'keep';
    }
    if (op === BAG_OP.message) return this.events.wants(fields.number('conn', 4)) ? 'keep' : 'skip';
    if (op === BAG_OP.header) this.#header(fields, at);
    else if (op === BAG_OP.chunkInfo) this.#chunks++;
    else if (op !== BAG_OP.index) this.violations.unknownRecord = (this.violations.unknownRecord ?? 0) + 1;
    return 'skip';
  }

  #header(fields: BagFields, at: number): void {
    const encryptor = fields.text('encryptor');
    if (encryptor !== '') {
      throw new RxSpikeError('ERR_UNSUPPORTED', `rosbag: it is encrypted (${encryptor.slice(0, 60)})`, {
        details: { offset: at },
      });
    }
    this.#promised = {
      indexAt: fields.number('index_pos', 8),
      connections: fields.number('conn_count', 4),
      chunks: fields.number('chunk_count', 4),
    };
  }

  *#chunk({ fields, data, at }: BagRecord): Generator<EventBatch> {
    const method = fields.text('compression');
    const make = METHODS.get(method) as (limit: number) => Decompressor;
    const what = `rosbag: the chunk at byte ${at}`;
    const content = this.#expander.expand(method, make, data, fields.number('size', 4), { what, offset: at });
    const inner = new BagRecords(what, 0, this.#parts.maxPacketBytes, (op, inside) => {
      if (op === BAG_OP.message || op === BAG_OP.connection) return this.#treat(op, inside, 0);
      throw new RxSpikeError('ERR_CORRUPT', `${what} holds a record of kind ${op}`);
    });
    try {
      for (const record of inner.push(content))
        yield* this.#record(record, `${what}: the message at its byte ${record.at}`);
      inner.end();
    } catch (cause) {
      if (!(cause instanceof RxSpikeError)) throw cause;
      const code = cause.code === 'ERR_TRUNCATED' ? 'ERR_CORRUPT' : cause.code;
      throw new RxSpikeError(code, cause.message, { cause, details: { ...cause.details, offset: at } });
    }
  }

  *#record({ op, fields, data, at }: BagRecord, what: string): Generator<EventBatch> {
    if (op === BAG_OP.message) {
      yield* this.events.message(fields.number('conn', 4), data, what);
    } else if (op === BAG_OP.connection) {
      const about = new BagFields(data, `rosbag: the connection at byte ${at}`);
      this.events.connect(fields.number('conn', 4), {
        topic: fields.text('topic'),
        type: about.text('type'),
        encoding: 'ros1',
        definition: about.text('message_definition'),
      });
    }
  }
}

function chunkTreatment(fields: BagFields, at: number): Treatment {
  const compression = fields.text('compression');
  if (compression === 'none') return 'enter';
  if (METHODS.has(compression)) return 'keep';
  throw new RxSpikeError(
    'ERR_UNSUPPORTED',
    `rosbag: the chunk at byte ${at} is compressed by ${compression.slice(0, 20)}`,
    {
      details: { offset: at },
    },
  );
}
