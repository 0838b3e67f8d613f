import type { Recording } from '../adapters/files/index.node.js';
import { unlessInterrupted } from './interruption.js';

/** Where and when the events of a recording lie. */
export interface RecordingSurvey {
  readonly events: number;
  /** µs; Infinity and −Infinity without events. */
  readonly earliest: number;
  readonly latest: number;
  /** −1 without events. */
  readonly maxX: number;
  readonly maxY: number;
}

/**
 * Reads a recording once, as far as it can be read, to know the bounds of its events of `[start, end)` µs. Null:
 * interrupted.
 */
export async function surveyRecording(
  recording: Recording,
  { start, end }: { readonly start: number; readonly end: number },
  interrupted: AbortSignal,
  onEvents: (read: number) => void,
): Promise<RecordingSurvey | null> {
  let [events, earliest, latest, maxX, maxY] = [0, Infinity, -Infinity, -1, -1];
  const read = async (): Promise<true> => {
    for await (const { t, x, y, length } of recording.events()) {
      for (let i = 0; i < length; i++) {
        if (!(t[i] >= start && t[i] < end)) continue;
        events++;
        if (t[i] < earliest) earliest = t[i];
        if (t[i] > latest) latest = t[i];
        if (x[i] > maxX) maxX = x[i];
        if (y[i] > maxY) maxY = y[i];
      }
      onEvents(recording.report.events);
    }
    return true;
  };
  // What is broken is told by the reading that draws.
  const done = await unlessInterrupted(
    read().catch(() => true),
    interrupted,
  );
  return done === null ? null : { events, earliest, latest, maxX, maxY };
}
