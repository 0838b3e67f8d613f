import type { Observable } from 'rxjs';
import type { DeliveryParams, EventPacket, HistoryParams, QueueParams, StreamInfo } from '../../src/index.js';
import type { StreamKind } from './frames.js';
import type { Sharing } from './hub-stream.js';
import type { ServeLog } from './journal.js';
import type { ServeLimits } from './limits.js';
import type { KindPackets } from './packet-fields.js';
import type { ReceiverFacts } from './receiver-facts.js';
import type { ServedStream } from './stream-client.js';

/** What is served: a recording, a replay in pull form, or packets that push themselves. */
export interface Servable<P = EventPacket> {
  readonly info: StreamInfo;
  events(): AsyncIterable<P> | Observable<P>;
  /** Called where it was opened and is not read after all. */
  close?(): void;
}

/** What a server proves itself with. */
export interface TlsFiles {
  /** PEM text: the certificate, and those between it and its authority. */
  readonly cert: string;
  readonly key: string;
}

/** A stream among several. */
export interface ServedSource<K extends StreamKind = StreamKind> {
  readonly name: string;
  readonly kind: K;
  /** Called once at the start, and where each receiver gets a reading of its own again for each further one. */
  readonly source: () => Servable<KindPackets[K]> | Promise<Servable<KindPackets[K]>>;
  /** Default `live`. */
  readonly sharing?: Sharing;
}

/** A stream that a client sends. */
export interface IncomingStream<K extends StreamKind = StreamKind> {
  readonly name: string;
  readonly kind: K;
  readonly info: StreamInfo;
  readonly stream: ServedStream<KindPackets[K]>;
}

/** How a stream is served. */
export interface ServeOptions {
  /** The stream that is given to whoever does not ask for another; called once at the start, and where each receiver gets a reading of its own again for each further one. */
  readonly source: () => Servable | Promise<Servable>;
  /** Its name. Default `events`. */
  readonly name?: string;
  /** True: the source is read from the start on, for whoever is there. */
  readonly live?: boolean;
  /** Further streams. */
  readonly streams?: readonly ServedSource[];
  /** Takes a stream that a client sends; throws what it is refused with. Default: none is taken. */
  readonly accept?: (incoming: IncomingStream) => void;
  /** Address to listen on. Default 127.0.0.1; beyond loopback a `token` is needed, and `tls` is advised. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /**
   * Begins when so many receivers are there, gives everything to each of them (the slowest sets the pace), and is then
   * done. Default: without end, each connection gets a reading of its own from the beginning.
   */
  readonly clients?: number;
  /** Needed to connect, as `?token=…` or `Authorization: Bearer …`. */
  readonly token?: string;
  /** Needed to send streams; `token`, or none, is then enough only to receive them. Default: no other than `token`. */
  readonly publishToken?: string;
  /** Certificate chain and key as PEM: serves `wss://`. */
  readonly tls?: TlsFiles;
  /** Default `/`. */
  readonly path?: string;
  /** Origins of web pages that may connect, as `http://name:port`. Default: none but the server's own. */
  readonly origins?: readonly string[];
  /** Further names under which the server may be addressed. */
  readonly hosts?: readonly string[];
  /** Most events in a frame, 1…65536. Default 10000. */
  readonly eventsPerFrame?: number;
  /** Most connections at a time. Default 64, or `clients` where these are more. */
  readonly maxConnections?: number;
  /**
   * Queue between an Observable source, which cannot be slowed down, and the receivers.
   * Default: policy `error`, 1024 packets, 4 million events.
   */
  readonly queue?: QueueParams;
  /**
   * What may wait for each receiver. Default: lossless, 2 million events in 8 packets, or in 4096 of a live Observable,
   * which cannot wait: a lossless receiver that is too slow for it is cut off.
   */
  readonly delivery?: Partial<DeliveryParams>;
  /** What is kept of live streams. Default: 1024 packets, 2 million events. */
  readonly history?: HistoryParams;
  /** What clients are allowed; docs/security.md has the defaults. */
  readonly limits?: Partial<ServeLimits>;
  /** Gives `/metrics` in Prometheus' text format, to those who may connect. Default: no. */
  readonly metrics?: boolean;
  /** Is told of connections, refusals, streams and losses; a pino logger is one. */
  readonly log?: ServeLog;
  /** How long the place of a receiver that lost its connection is kept, ms. Default 30000. */
  readonly grace?: number;
  /** Called when a receiver has its stream, or is gone. */
  readonly onReceiver?: (receiver: ReceiverFacts) => void;
}
