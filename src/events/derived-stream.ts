import { type StreamInfo, streamInfo } from './stream-info.js';

const derived = new WeakMap<StreamInfo, Map<string, StreamInfo>>();

/**
 * What `stream` becomes by `changes`: the same frozen object for the same stream and changes, so that packets can be
 * told to be of one stream by reference.
 */
export function derivedStream(stream: StreamInfo, changes: Partial<StreamInfo>): StreamInfo {
  const key = JSON.stringify(changes);
  let known = derived.get(stream);
  if (!known) derived.set(stream, (known = new Map()));
  let result = known.get(key);
  if (!result) known.set(key, (result = streamInfo({ ...stream, ...changes })));
  return result;
}
