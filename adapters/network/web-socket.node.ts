import type { Observable } from 'rxjs';
import { WebSocket } from 'ws';
import type { EventPacket } from '../../src/index.js';
import { EVENTS_PER_FRAME, requireEventsPerFrame } from './frame-writer.js';
import { MAX_FRAME_BYTES, SUBPROTOCOL } from './frames.js';
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

/** A server that pings is taken for gone after this silence, ms: more than two of its pings. */
const SILENCE = 75_000;

/**
 * Connects to a served stream; resolves when the sender has said hello.
 *
 * @throws `ERR_ARGUMENT` when `url` is not a WebSocket address, `ERR_CONNECTION` when nothing answers there or the
 * connection is refused, `ERR_PROTOCOL` when what answers does not speak `rxspike.v1`
 */
export async function openStream(url: string, options: StreamOptions = {}): Promise<ServedStream> {
  requireInletOptions(options);
  return receive(connect(url, options.token, options.timeout), options);
}

/**
 * The packets of a served stream as an Observable; each subscription is a connection of its own.
 * @throws `ERR_ARGUMENT` when `url` is not a WebSocket address; as errors of the stream, as {@link openStream}
 */
export function webSocketSource(url: string, options: StreamOptions = {}): Observable<EventPacket> {
  requireInletOptions(options);
  addressOf(url, options.token);
  return observe(() => openStream(url, options));
}

/**
 * Sends packets to a receiver at an address, or over a socket that is open or opening.
 * @throws `ERR_ARGUMENT` when `target` is not a WebSocket address; (from the sink) `ERR_CONNECTION`, `ERR_PROTOCOL`
 * when the receiver has gone, `ERR_GEOMETRY` when packets are of differing size
 */
export function webSocketSink(target: string | SocketLike, options: SinkOptions = {}): WebSocketSink {
  requireEventsPerFrame(options.eventsPerFrame ?? EVENTS_PER_FRAME);
  const connection =
    typeof target === 'string' ? connect(target, options.token) : { socket: target, where: 'socket', tells: false };
  return sinkOver(connection, options);
}

function connect(url: string, token: string | undefined, timeout = 10_000): Connection {
  const address = addressOf(url, token);
  const socket = new WebSocket(address.url, SUBPROTOCOL, {
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    handshakeTimeout: timeout,
    followRedirects: false,
    // Known to ws, not yet to its types.
    ...({ maxFragments: 64, maxBufferedChunks: 4096, closeTimeout: 2000 } as object),
  });
  watch(socket);
  return { socket: socket as unknown as SocketLike, where: address.where, tells: true };
}

/** Ends a connection on which a server that used to ping has fallen silent: a cut cable tells nothing. */
function watch(socket: WebSocket): void {
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.terminate(), SILENCE);
    timer.unref();
  };
  socket.on('ping', again);
  socket.on('message', () => timer && again());
  socket.on('close', () => clearTimeout(timer));
}
