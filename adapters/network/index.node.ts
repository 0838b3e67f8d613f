export * from './bridges/index.node.js';
export { JSON_SUBPROTOCOL, type OfferedStream, type StreamKind, SUBPROTOCOL } from './frames.js';
export type { ServeCounts, Sharing } from './hub-stream.js';
export type { ServeLog } from './journal.js';
export type { ServeLimits } from './limits.js';
export type { KindPackets, StreamPacket } from './packet-fields.js';
export type { ReceiverFacts } from './receiver-facts.js';
export type { IncomingStream, Servable, ServedSource, ServeOptions, TlsFiles } from './serve-options.js';
export { type StreamServer, serveStream } from './serve-stream.node.js';
export {
  type ConnectOptions,
  type ServedStream,
  type StreamConnection,
  type StreamLink,
  type StreamOptions,
  type SubscribeOptions,
  receiveStream,
} from './stream-client.js';
export { openLink, openStream, webSocketSink, webSocketSource } from './web-socket.node.js';
export type { SinkOptions, WebSocketSink } from './web-socket-sink.js';
export type { SocketLike } from './wire.js';
