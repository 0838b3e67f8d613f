export {
  type CreditBalance,
  type CreditWindow,
  creditBalance,
  creditDue,
  creditWindow,
  spendCredit,
  takeCredit,
} from './credits.js';
export {
  type DeliveryParams,
  type DeliveryPolicy,
  type DeliveryState,
  type FrameTally,
  type Gap,
  type NumberedFrame,
  acknowledgeFrames,
  deliveryState,
  grantFrames,
  hasRoom,
  isGap,
  offerFrame,
  requireDeliveryParams,
  rewindFrames,
  skipFrames,
  takeFrame,
} from './delivery.js';
export {
  type HistoryParams,
  type HistoryState,
  type Past,
  historyState,
  newest,
  remember,
  requireHistoryParams,
  since,
} from './history.js';
export {
  type QueueParams,
  type QueuePolicy,
  type QueueState,
  type Tally,
  offerPacket,
  queueState,
  requireQueueParams,
  takePacket,
} from './packet-queue.js';
export { type QuantileState, addValue, quantilesOf, quantileState } from './quantiles.js';
export { type RateReport, type RateState, countPacket, rateState, reportRate } from './rate.js';
export { type SequenceState, followSequence, sequenceState } from './sequence.js';
export { type Pace, changePace, dueTime, positionAt, requireSpeed, stretchEnd } from './pace.js';
export { PacketChannel, type QueueCounts } from './packet-channel.js';
export {
  type TimeMergeParams,
  type TimeMergeState,
  mergeComplete,
  mergeDrain,
  mergePacket,
  timeMergeState,
} from './time-merge.js';
export {
  type UnitJoinParams,
  type UnitJoinState,
  joinComplete,
  joinDrain,
  joinPacket,
  unitJoinState,
} from './unit-join.js';
