export { type Bytes } from './byte-source.js';
export { type ByteSink, createRecording } from './create-recording.node.js';
export { eventDigest, type EventDigest } from './digest.js';
export { type GrowingOptions, type GrowingRecording, growRecording, isGrowing } from './growing-recording.node.js';
export { openRecording } from './open-recording.node.js';
export type { RecordingSink, WritableFormat, WriteOptions, WriteReport } from './encoder.js';
export { formatOfName } from './encoders.js';
export type { FormatName, OpenOptions, Recording, RecordingFacts, Report, TimeUnit } from './recording.js';
export type { Frame, ImuSample, SideItem, Trigger } from './side.js';
