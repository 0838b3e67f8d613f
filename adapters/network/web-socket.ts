import type { Observable } from 'rxjs';
import { type EventPacket, RxSpikeError } from '../../src/index.js';
import { EVENTS_PER_FRAME, requireEventsPerFrame } from './frame-writer.js';
import { SUBPROTOCOL } from './frames.js';
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

/** Connects to a served stream with the platform's own WebSocket; resolves when the sender has said hello. */
export async function openStream(url: string, options: StreamOptions = {}): Promise<ServedStream> {
  requireInletOptions(options);
  return receive(connect(url, options.token), options);
}

/** The packets of a served stream as an Observable: what is subscribed must keep up with itself only. */
export function webSocketSource(url: string, options: StreamOptions = {}): Observable<EventPacket> {
  requireInletOptions(options);
  addressOf(url, options.token);
  return observe(() => openStream(url, options));
}

/** Sends packets to a receiver at an address, or over a socket that is open or opening. */
export function webSocketSink(target: string | SocketLike, options: SinkOptions = {}): WebSocketSink {
  requireEventsPerFrame(options.eventsPerFrame ?? EVENTS_PER_FRAME);
  const connection =
    typeof target === 'string' ? connect(target, options.token) : { socket: target, where: 'socket', tells: false };
  return sinkOver(connection, options);
}

type SocketMaker = new (url: string, protocol: string) => SocketLike;

function connect(url: string, token: string | undefined): Connection {
  const address = addressOf(url, token);
  const Native = (globalThis as unknown as { readonly WebSocket?: SocketMaker }).WebSocket;
  if (!Native) throw new RxSpikeError('ERR_UNSUPPORTED', 'this platform has no WebSocket of its own');
  return { socket: new Native(address.url, SUBPROTOCOL), where: address.where, tells: false };
}
