import type { Observable } from 'rxjs';
import type { EventPacket } from '../../src/index.js';
import { EVENTS_PER_FRAME, requireEventsPerFrame } from './frame-writer.js';
import { requireInletOptions } from './inlet.js';
import {
  type Connection,
  type ServedStream,
  type SinkOptions,
  type StreamOptions,
  type WebSocketSink,
  addressOf,
  observe,
  receive,
  sinkOver,
} from './stream-client.js';
import type { SocketLike } from './wire.js';

/** The ways to a stream over WebSocket, whichever WebSocket the platform has. */
export interface StreamEntrances {
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
export type Connect = (url: string, token: string | undefined, timeout?: number) => Connection;

/** The ways to a stream, over connections that `connect` makes. */
export function streamEntrances(connect: Connect): StreamEntrances {
  const openStream: StreamEntrances['openStream'] = async (url, options = {}) => {
    requireInletOptions(options);
    return receive(connect(url, options.token, options.timeout), options);
  };
  return {
    openStream,
    webSocketSource: (url, options = {}) => {
      requireInletOptions(options);
      addressOf(url, options.token);
      return observe(() => openStream(url, options));
    },
    webSocketSink: (target, options = {}) => {
      requireEventsPerFrame(options.eventsPerFrame ?? EVENTS_PER_FRAME);
      const connection =
        typeof target === 'string' ? connect(target, options.token) : { socket: target, where: 'socket', tells: false };
      return sinkOver(connection, options);
    },
  };
}
