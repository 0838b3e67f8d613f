export type { ServeCounts } from './broadcast.js';
export { SUBPROTOCOL } from './frames.js';
export { type Servable, type ServeOptions, type StreamServer, serveStream } from './serve-stream.node.js';
export {
  type ServedStream,
  type SinkOptions,
  type StreamOptions,
  type WebSocketSink,
  receiveStream,
} from './stream-client.js';
export { openStream, webSocketSink, webSocketSource } from './web-socket.node.js';
export type { SocketLike } from './wire.js';
