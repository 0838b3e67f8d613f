import { WebSocket } from 'ws';
import { MAX_FRAME_BYTES, SUBPROTOCOL } from './frames.js';
import { type ConnectOptions, type Connection, addressOf } from './stream-client.js';
import { type StreamEntrances, streamEntrances } from './stream-entrances.js';
import type { SocketLike } from './wire.js';

/** A server that pings is taken for gone after this silence, ms: more than two of its pings. */
const SILENCE = 75_000;

const entrances: StreamEntrances = streamEntrances(connect);

/** A connection for streams of both directions; see {@link StreamEntrances}. */
export const openLink: StreamEntrances['openLink'] = entrances.openLink;
/** Opens a served stream; see {@link StreamEntrances}. */
export const openStream: StreamEntrances['openStream'] = entrances.openStream;
/** A served stream as an Observable; see {@link StreamEntrances}. */
export const webSocketSource: StreamEntrances['webSocketSource'] = entrances.webSocketSource;
/** A sink that sends packets; see {@link StreamEntrances}. */
export const webSocketSink: StreamEntrances['webSocketSink'] = entrances.webSocketSink;

function connect(url: string, { token, timeout = 10_000, ca }: ConnectOptions): Connection {
  const address = addressOf(url, token);
  const socket = new WebSocket(address.url, SUBPROTOCOL, {
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    handshakeTimeout: timeout,
    followRedirects: false,
    ...(ca === undefined ? {} : { ca }),
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
