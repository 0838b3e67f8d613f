export { SUBPROTOCOL } from './frames.js';
export {
  type ServedStream,
  type SinkOptions,
  type StreamOptions,
  type WebSocketSink,
  receiveStream,
} from './stream-client.js';
export { openStream, webSocketSink, webSocketSource } from './web-socket.js';
export type { SocketLike } from './wire.js';
