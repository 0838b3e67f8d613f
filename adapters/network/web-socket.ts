import { RxSpikeError } from '../../src/index.js';
import { SUBPROTOCOL } from './frames.js';
import { type ConnectOptions, type Connection, addressOf } from './stream-client.js';
import { type StreamEntrances, streamEntrances } from './stream-entrances.js';
import type { SocketLike } from './wire.js';

// Over the platform's own WebSocket.
const entrances: StreamEntrances = streamEntrances(connect);

/** A connection for streams of both directions; see {@link StreamEntrances}. */
export const openLink: StreamEntrances['openLink'] = entrances.openLink;
/** Opens a served stream; see {@link StreamEntrances}. */
export const openStream: StreamEntrances['openStream'] = entrances.openStream;
/** A served stream as an Observable; see {@link StreamEntrances}. */
export const webSocketSource: StreamEntrances['webSocketSource'] = entrances.webSocketSource;
/** A sink that sends packets; see {@link StreamEntrances}. */
export const webSocketSink: StreamEntrances['webSocketSink'] = entrances.webSocketSink;

type SocketMaker = new (url: string, protocol: string) => SocketLike;

function connect(url: string, { token, ca }: ConnectOptions): Connection {
  const address = addressOf(url, token);
  const Native = (globalThis as unknown as { readonly WebSocket?: SocketMaker }).WebSocket;
  if (!Native) throw new RxSpikeError('ERR_UNSUPPORTED', 'this platform has no WebSocket of its own');
  if (ca !== undefined) throw new RxSpikeError('ERR_UNSUPPORTED', 'a browser trusts the authorities that it knows: ca cannot be given'); // prettier-ignore
  return { socket: new Native(address.url, SUBPROTOCOL), where: address.where, tells: false };
}
