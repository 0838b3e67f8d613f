import { type EventPacket, RxSpikeError, type StreamInfo } from '../../src/index.js';
import { Delivery } from './delivery.js';
import type { StreamKind } from './frames.js';
import type { KindPackets } from './packet-fields.js';
import { randomId } from './random-id.js';
import { EVENTS_PER_FRAME, StreamWriter } from './stream-writer.js';

/** How packets are sent. */
export interface SinkOptions {
  /** Name of the stream. Default: its kind. */
  readonly name?: string;
  /** Most events in a frame, 1…65536. Default 10000. */
  readonly eventsPerFrame?: number;
  readonly token?: string;
  /** As of {@link ConnectOptions}. */
  readonly ca?: string;
  /** As of {@link ConnectOptions}; over a socket that is given there is no other connection. */
  readonly reconnect?: number;
  /** As of {@link ConnectOptions}. */
  readonly silence?: number;
}

/**
 * Sends packets to a socket: resolves when the receiver has allowed the packet and there is room for the next, so
 * awaiting it before pulling on bounds memory.
 */
export interface WebSocketSink<P = EventPacket> {
  (packet: P): Promise<void>;
  /**
   * Says that the stream is complete, and closes; resolves when the receiver has answered that it has everything.
   * @throws (rejects) where it went away before, unless that was told when a packet was sent
   */
  end(): Promise<void>;
  /** Tells the receiver that the stream broke, and closes. */
  fail(error: unknown): Promise<void>;
  readonly counts: {
    readonly packets: number;
    readonly events: number;
    /** Events left out because they lie outside the sensor. */
    readonly outside: number;
  };
}

/** What a sink needs of its connection. */
export interface SinkCarrier {
  /** Gives a delivery to the other side, which says where it goes on. */
  give(delivery: Delivery): void;
  /** Closes the connection where no stream goes over it. */
  closeUnused(): void;
  /** Resolves at once where the connection stays open, else when it is over. */
  readonly unused: Promise<void>;
  /** What ended the connection, where that was no wish of this side. */
  readonly error: RxSpikeError | null;
}

/** A sink over a link. */
export function sinkOver<K extends StreamKind>(
  link: SinkCarrier,
  kind: K,
  { name = kind, eventsPerFrame = EVENTS_PER_FRAME, reconnect = 10_000 }: SinkOptions,
  id: number,
): WebSocketSink<KindPackets[K]> {
  let begun: { readonly writer: StreamWriter; readonly delivery: Delivery } | null = null;
  let told = false;
  const counts = { packets: 0, events: 0, outside: 0 };
  const begin = (info: StreamInfo): { readonly writer: StreamWriter; readonly delivery: Delivery } => {
    const epoch = randomId();
    const params = { policy: 'lossless', packets: 1, events: Infinity, every: 2 } as const;
    const delivery = new Delivery(
      { id, hello: { name, kind, sends: [kind], info, epoch } },
      params,
      reconnect > 0 ? epoch : null,
    );
    link.give(delivery);
    return { writer: new StreamWriter(kind, info, eventsPerFrame, id), delivery };
  };
  const gone = (): RxSpikeError => {
    const { error } = link;
    if (error && error.code !== 'ERR_CONNECTION') return error;
    const refused = begun?.delivery.error;
    if (refused) return refused;
    const why = error ? words(error) : 'it wants no more';
    return new RxSpikeError('ERR_CONNECTION', `the receiver has gone: ${why}`, { cause: error });
  };
  const write = async (packet: KindPackets[K]): Promise<void> => {
    begun ??= begin(packet.stream);
    const { writer, delivery } = begun;
    for (const frame of writer.frames(packet)) {
      // There is no room while frames go out again over a new connection.
      while (!delivery.offer(frame)) await delivery.room(frame);
      await delivery.sent(frame);
      if (!delivery.isDone) continue;
      told = true;
      throw gone();
    }
    Object.assign(counts, { packets: writer.packets, events: writer.events, outside: writer.outside });
  };
  // One after another, also where the caller does not wait.
  let written: Promise<void> = Promise.resolve();
  const sink = (packet: KindPackets[K]): Promise<void> => {
    const done = written.then(() => write(packet));
    written = done.catch(() => {});
    return done;
  };
  return Object.assign(sink, {
    counts,
    end: async (): Promise<void> => {
      await written;
      begun?.delivery.finish(begun.writer);
      if (!begun) link.closeUnused();
      const outcome = await begun?.delivery.done;
      await link.unused;
      if (outcome !== undefined && outcome !== 'complete' && !told) throw gone();
    },
    fail: async (error: unknown): Promise<void> => {
      await written;
      begun?.delivery.fail(error);
      if (!begun) link.closeUnused();
      await link.unused;
    },
  });
}

/** An error's message without the address that it begins with. */
export function words({ message }: RxSpikeError): string {
  return message.replace(/^\S+: /, '');
}
