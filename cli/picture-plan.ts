import type { Recording } from '../adapters/files/index.node.js';
import { RxSpikeError, type SensorSize } from '../src/index.js';
import { UsageError } from './failure.js';
import { checkPictureSize } from './picture-sink.js';
import type { RecordingSurvey } from './recording-survey.js';

/** Files that pictures are written to: one picture, or a film. */
export type PictureKind = 'png' | 'gif' | 'apng';

/** What is asked for; times in µs. */
export interface PictureRequest {
  readonly start?: number;
  readonly end?: number;
  /** As `start` and `end`. */
  readonly from?: number;
  readonly to?: number;
  readonly window?: number;
  readonly fps: number;
  readonly tau?: number;
  readonly scale: number;
}

/** What is to be drawn, once the recording is known. */
export interface PicturePlan {
  readonly kind: PictureKind;
  readonly size: SensorSize;
  /** True where the size is that of the events, not the sensor's. */
  readonly boundingBox: boolean;
  /** µs, [start, end). */
  readonly start: number;
  readonly end: number;
  /** From one picture to the next, µs. */
  readonly every: number;
  /** Surface: time in which an event fades to 1/e, µs. */
  readonly tau: number;
}

/** Where nothing else is said, µs. */
const TAU = 50_000;

/** The stretch asked for, [start, end) µs. @throws `UsageError` where it is empty */
export function pictureRange({ start, end, from, to }: PictureRequest): {
  readonly start: number;
  readonly end: number;
} {
  const given = { start: start ?? from ?? -Infinity, end: end ?? to ?? Infinity };
  if (!(given.start < given.end)) throw new UsageError(`--start ${given.start} is not before --end ${given.end}`);
  return given;
}

/** The size that is drawn: the sensor's, else that of the part of it that has events. @throws `ERR_GEOMETRY` */
function drawnSize(recording: Recording, survey: RecordingSurvey | null): SensorSize & { readonly known: boolean } {
  const { width, height } = recording.info;
  if (width !== null && height !== null) return { width, height, known: true };
  if (survey === null) {
    throw new RxSpikeError('ERR_GEOMETRY', 'the input does not say how large the sensor is; --size WxH does');
  }
  return { width: survey.maxX + 1, height: survey.maxY + 1, known: false };
}

/**
 * What the options make of a recording; `survey` is null where it passes once, or has no events.
 * @throws `ERR_GEOMETRY` where nobody knows the size; `ERR_LIMIT` for too much of a film
 */
export function picturePlan(
  kind: PictureKind,
  recording: Recording,
  survey: RecordingSurvey | null,
  options: PictureRequest,
): PicturePlan {
  const asked = pictureRange(options);
  const { known, ...size } = drawnSize(recording, survey);
  const first = survey?.earliest ?? recording.info.origin;
  const start = asked.start === -Infinity ? first : asked.start;
  const length = survey === null ? Infinity : Math.min(survey.latest + 1, asked.end) - start;
  const tau = options.tau ?? Math.min(TAU, Math.max(1, length / 3));
  const plan = { kind, size, boundingBox: !known, start, end: asked.end, tau };
  const { window, fps, scale } = options;
  if (kind === 'png') return { ...plan, end: Math.min(asked.end, start + (window ?? Infinity)), every: Infinity };
  const every = window ?? 1e6 / fps;
  const pictures = survey === null ? 1 : Math.ceil(length / every);
  checkPictureSize(size.width * scale, size.height * scale, pictures);
  return { ...plan, every };
}
