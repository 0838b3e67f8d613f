import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import type { Counts, EventBatch } from '../decoder.js';
import type { SideSink } from '../side.js';
import { parseDefinition, plainName, type Struct } from './definition.js';
import { elementOf, type Element } from './element.js';
import { eventArray } from './event-array.js';
import { readEventPacket, type EventPacketMessage } from './event-packet.js';
import { knownType } from './known-types.js';
import { PacketStream } from './packet-stream.js';
import { WireReader } from './wire.js';

/** A topic as one publisher fills it: a connection of a bag, a channel of an MCAP file. */
export interface Connection {
  readonly topic: string;
  /** Message type, `pkg/Type` or `pkg/msg/Type`. */
  readonly type: string;
  /** How messages are serialised; null for ways that are not read. */
  readonly encoding: 'ros1' | 'cdr' | null;
  /** Text of the message definition; null where the file has none that can be read. */
  readonly definition: string | null;
}

/** What is known of the stream once its first message with events is there. */
export interface FoundStream {
  readonly topic: string;
  readonly type: string;
  /** Encoding of `event_camera_msgs`, else null. */
  readonly payload: string | null;
  readonly stream: Partial<StreamInfo>;
}

interface State {
  readonly connection: Connection;
  readonly kind: 'array' | 'packet' | null;
  struct: Struct | null;
  element: Element | null;
  packets: PacketStream | null;
}

const MOST_CONNECTIONS = 1 << 16;

/** Name of the side stream whose content is delivered. */
export const TRIGGERS = 'triggers';

/**
 * Messages of ROS → events: those of one topic are decoded, those of others counted by topic. What a bag and an MCAP
 * file have in common.
 */
export class RosEvents {
  /** Names come from the file, so there must be none in it from the start. */
  readonly side: Counts = Object.create(null) as Counts;
  readonly violations: Counts = {};
  /** Null until a message with events of the topic was met. */
  found: FoundStream | null = null;
  /** The first message of the topic, or of any where none was asked for; it may be without events. */
  seen: FoundStream | null = null;
  readonly #wanted: string | null;
  readonly #sink: SideSink | null;
  readonly #states = new Map<number, State>();
  /** Messages without an event that came before it was known which topic is read, by topic. */
  readonly #before = new Map<string, number>();

  /**
   * @param topic to read; null: that of the first message with events
   * @throws `ERR_UNSUPPORTED` for a side stream that is counted only
   */
  constructor(topic: string | null, sink: SideSink | null) {
    if (sink !== null && sink.name !== TRIGGERS) {
      throw new RxSpikeError('ERR_UNSUPPORTED', `the messages of ${sink.name} are counted, not delivered`);
    }
    this.#wanted = topic;
    this.#sink = sink;
  }

  /** Topics met so far. */
  get topics(): string[] {
    return [...new Set([...this.#states.values()].map(({ connection }) => connection.topic))];
  }

  /** Topics met so far whose messages may hold events. */
  get eventTopics(): string[] {
    const states = [...this.#states.values()].filter(({ kind }) => kind !== null);
    return [...new Set(states.map(({ connection }) => connection.topic))];
  }

  /** True where a message type met so far may carry triggers. */
  get hasPackets(): boolean {
    return [...this.#states.values()].some(({ kind }) => kind === 'packet');
  }

  /** Makes a connection known; one of a number that is taken is not looked at. @throws `ERR_LIMIT` */
  connect(id: number, connection: Connection): void {
    if (this.#states.has(id)) return;
    if (this.#states.size === MOST_CONNECTIONS) {
      throw new RxSpikeError('ERR_LIMIT', `more than ${MOST_CONNECTIONS} connections`);
    }
    const kind = connection.encoding === null ? null : (knownType(connection.type)?.kind ?? null);
    this.#states.set(id, { connection, kind, struct: null, element: null, packets: null });
  }

  /** Counts a message that is of no use; true where it has to be read. */
  wants(id: number): boolean {
    const state = this.#states.get(id);
    if (state === undefined) {
      this.#breach('unknownConnection', 1);
      return false;
    }
    const { topic } = state.connection;
    if (state.kind !== null && (this.#topic ?? topic) === topic) return true;
    this.#count(topic, 1);
    return false;
  }

  /**
   * Decodes a message that {@link wants} asked for.
   * @param what is read, for messages
   * @throws `ERR_CORRUPT`, `ERR_UNSUPPORTED`, `ERR_LIMIT`
   */
  *message(id: number, bytes: Uint8Array, what: string): Generator<EventBatch> {
    const state = this.#states.get(id) as State;
    const reader = new WireReader(bytes, state.connection.encoding ?? 'ros1', `${what} of ${state.connection.topic}`);
    state.struct ??= definitionOf(state.connection);
    if (state.kind === 'array') yield* this.#array(state, state.struct, reader);
    else yield* this.#packet(state, state.struct, reader);
  }

  /** Says that there are no more messages. @throws `ERR_ARGUMENT` where none is of the topic asked for */
  end(): void {
    if (this.found === null) {
      for (const [topic, messages] of this.#before) if (topic !== this.seen?.topic) this.#count(topic, messages);
    }
    this.#before.clear();
    for (const { packets } of this.#states.values()) packets?.end();
    if (this.#wanted === null || this.topics.includes(this.#wanted)) return;
    const there = this.eventTopics.join(', ') || 'none';
    throw new RxSpikeError('ERR_ARGUMENT', `topic: there is no ${this.#wanted} in the file; with events: ${there}`);
  }

  get #topic(): string | null {
    return this.#wanted ?? this.found?.topic ?? null;
  }

  *#array(state: State, struct: Struct, reader: WireReader): Generator<EventBatch> {
    const size = { width: 0, height: 0 };
    for (const field of struct.fields) {
      const { name, type, array } = field;
      if (name === 'events' && array === 'sequence' && typeof type !== 'string') {
        state.element ??= elementOf(type, reader.wire.maxAlign);
        const count = reader.uint32();
        if (!this.#choose(state, size, count, null, state.element.time === 'time')) return;
        yield* eventArray(reader, state.element, count);
        if (field === struct.fields.at(-1) && reader.left > 0) this.#breach('trailingBytes', 1);
        return;
      }
      if (array === null && type === 'uint32' && (name === 'width' || name === 'height')) size[name] = reader.uint32();
      else reader.skip(field);
    }
    throw new RxSpikeError('ERR_UNSUPPORTED', `${struct.name}: its definition has no array of events`);
  }

  *#packet(state: State, struct: Struct, reader: WireReader): Generator<EventBatch> {
    const message = readEventPacket(reader, struct);
    const { bytes, encoding } = message;
    const holds = encoding === 'trigger' ? 0 : bytes.length;
    if (!this.#choose(state, message, holds, encoding, encoding.startsWith('libcaer'))) return;
    state.packets ??= new PacketStream(this.side, this.violations, this.#sink);
    yield* state.packets.message(message, `${state.connection.topic}: encoding`);
  }

  /** Settles on the topic at its first events; false for a message that is of another one, or empty. */
  #choose(
    { connection }: State,
    { width, height }: Pick<EventPacketMessage, 'width' | 'height'>,
    events: number,
    payload: string | null,
    unix: boolean,
  ): boolean {
    const { topic, type } = connection;
    if (this.found !== null) {
      const { stream } = this.found;
      if ((width || null) !== stream.width || (height || null) !== stream.height) this.#breach('sizeChange', 1);
      return true;
    }
    const stream: Partial<StreamInfo> = { width: width || null, height: height || null, epoch: unix ? 'unix' : null };
    const found = { topic, type: plainName(type), payload, stream };
    this.seen ??= found;
    if (events === 0) {
      if (this.#wanted === null) this.#before.set(topic, (this.#before.get(topic) ?? 0) + 1);
      return this.#wanted !== null;
    }
    this.found = found;
    for (const [other, messages] of this.#before) if (other !== topic) this.#count(other, messages);
    this.#before.clear();
    return true;
  }

  #count(name: string, n: number): void {
    this.side[name] = (this.side[name] ?? 0) + n;
  }

  #breach(name: string, n: number): void {
    this.violations[name] = (this.violations[name] ?? 0) + n;
  }
}

function definitionOf({ type, definition, encoding }: Connection): Struct {
  const text = definition ?? knownType(type)?.definition ?? '';
  return parseDefinition(type, text, encoding === 'ros1' ? 1 : 2);
}
