export { chainStep, type ChainState, link, type Link } from './chain.js';
export { concatPackets } from './concat-packets.js';
export { type CountSlicesParams, type CountSlicesState, countSlicesStep } from './count-slices.js';
export { type CropParams, type CropState, cropStep } from './crop.js';
export { type DelayStepsParams, type DelayStepsState, delayStepsStep, MAX_DELAYED } from './delay-steps.js';
export { type DenoiseParams, type DenoiseState, denoiseStep } from './denoise.js';
export { derivedStream } from './derived-stream.js';
export { type DownsampleParams, type DownsampleState, downsampleStep } from './downsample.js';
export { type EventFrame, type EventFramesParams, type EventFramesState, eventFramesStep } from './event-frames.js';
export { type EventColumns, eventPacket } from './event-packet.js';
export { type FilterByName, filterLinks, filtersStep } from './filters.js';
export { type HeldEvents, MAX_SLICE } from './held-events.js';
export { type HotPixelsParams, type HotPixelsState, hotPixelsStep } from './hot-pixels.js';
export { type MonotonicParams, type MonotonicState, monotonicStep } from './monotonic.js';
export { type OrientParams, type OrientState, orientStep } from './orient.js';
export {
  type Decision,
  type EventPacket,
  type FiringRows,
  type Mark,
  type Packet,
  silence,
  type SpikePacket,
  type StepGrid,
  type UnitPacket,
} from './packet.js';
export { PeakRate } from './peak-rate.js';
export { type PixelCount, PixelCounts } from './pixel-counts.js';
export { type PixelTimes } from './pixel-times.js';
export { type PolarityParams, type PolarityState, polarityStep } from './polarity.js';
export { type RebaseParams, type RebaseState, rebaseStep } from './rebase.js';
export { type RefractoryParams, type RefractoryState, refractoryStep } from './refractory.js';
export { MAX_PIXELS, type SensorSize } from './sensor-size.js';
export type { ItemPacket, Label } from './label.js';
export { slicePacket } from './slice-packet.js';
export { type StepsParams, type StepsState, stepsStep } from './steps.js';
export { type StreamInfo, streamInfo } from './stream-info.js';
export { type TimeSlicesParams, type TimeSlicesState, timeSlicesStep } from './time-slices.js';
export { type TimeRangeParams, type TimeRangeState, timeRangeStep } from './time-range.js';
export { type TimeSurface, type TimeSurfaceParams, type TimeSurfaceState, timeSurfaceStep } from './time-surface.js';
export { timeOrderError } from './time-order.js';
export { type ToUnitsParams, type ToUnitsState, toUnitsStep, unitCount } from './to-units.js';
