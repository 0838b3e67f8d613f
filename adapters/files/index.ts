export { type Bytes } from './byte-source.js';
export { eventDigest, type EventDigest } from './digest.js';
export { openRecording } from './open-recording.js';
export type { FormatName, OpenOptions, Recording, RecordingFacts, Report, TimeUnit } from './recording.js';
export type { Frame, ImuSample, SideItem, Trigger } from './side.js';
