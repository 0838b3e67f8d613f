import type { Observable } from 'rxjs';
import type { EventPacket } from '../../src/index.js';
import { requireReceptionOptions } from './reception.js';
import {
  type ConnectOptions,
  type Connection,
  type ServedStream,
  StreamLink,
  type StreamOptions,
  addressOf,
  observe,
} from './stream-client.js';
import { EVENTS_PER_FRAME, requireEventsPerFrame } from './stream-writer.js';
import type { SinkOptions, WebSocketSink } from './web-socket-sink.js';
import type { SocketLike } from './wire.js';

/** The ways to a stream over WebSocket, whichever WebSocket the platform has. */
export interface StreamEntrances {
  /**
   * A connection for streams of both directions, kept until `close`: subscribe to streams by name, and publish others.
   * @throws `ERR_ARGUMENT` when `url` is not a WebSocket address
   */
  readonly openLink: (url: string, options?: ConnectOptions) => StreamLink;
  /**
   * Connects to a served stream; resolves when the sender has said hello.
   *
   * @throws `ERR_ARGUMENT` when `url` is not a WebSocket address, `ERR_CONNECTION` when nothing answers there or the
   * connection is refused, `ERR_PROTOCOL` when what answers does not speak `rxspike.v1`
   */
  readonly openStream: (url: string, options?: StreamOptions) => Promise<ServedStream>;
  /**
   * The packets of a served stream as an Observable; each subscription is a connection of its own.
   * @throws `ERR_ARGUMENT` when `url` is not a WebSocket address; as errors of the stream, as `openStream`
   */
  readonly webSocketSource: (url: string, options?: StreamOptions) => Observable<EventPacket>;
  /**
   * Sends packets to a receiver at an address, or over a socket that is open or opening.
   * @throws `ERR_ARGUMENT` when `target` is not a WebSocket address; (from the sink) `ERR_CONNECTION`, `ERR_PROTOCOL`
   * when the receiver has gone, `ERR_GEOMETRY` when packets are of differing size
   */
  readonly webSocketSink: (target: string | SocketLike, options?: SinkOptions) => WebSocketSink;
}

/** Begins to connect. @throws `ERR_ARGUMENT` when `url` is not a WebSocket address */
export type Connect = (url: string, options: ConnectOptions) => Connection;

/** The ways to a stream, over connections that `connect` makes. */
export function streamEntrances(connect: Connect): StreamEntrances {
  const openLink = (url: string, options: ConnectOptions = {}): StreamLink => {
    requireReceptionOptions(options);
    const dial = (): Connection => connect(url, options);
    return new StreamLink(dial(), dial, options);
  };
  const openStream: StreamEntrances['openStream'] = async (url, options = {}) =>
    openLink(url, options).subscribe<'events'>(options.stream ?? null, options);
  return {
    openLink: (url, options) => openLink(url, options).linger(),
    openStream,
    webSocketSource: (url, options = {}) => {
      requireReceptionOptions(options);
      addressOf(url, options.token);
      return observe(() => openStream(url, options));
    },
    webSocketSink: (target, options = {}) => {
      requireEventsPerFrame(options.eventsPerFrame ?? EVENTS_PER_FRAME);
      if (typeof target === 'string') return openLink(target, options).publish('events', options);
      const connection = { socket: target, where: 'socket', tells: false };
      return new StreamLink(connection, null, {}).publish('events', { ...options, reconnect: 0 });
    },
  };
}
