export { type ErrorCode, type ErrorExtras, RxSpikeError } from './errors.js';
export * from './flow/index.js';
export {
  type Decision,
  type EventPacket,
  type Label,
  type Mark,
  type Packet,
  type SpikePacket,
  type UnitPacket,
  silence,
} from './events/packet.js';
export { type StreamInfo, streamInfo } from './events/stream-info.js';
export * from './random.js';
export * from './state.js';
export type { Emit, Step } from './step.js';
