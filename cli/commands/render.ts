import type { Recording } from '../../adapters/files/index.node.js';
import type { Film, IndexedPicture } from '../../adapters/pictures/index.js';
import { ApngFilm, GIF_MOST_FPS, GifFilm, blankPicture, pngBytes } from '../../adapters/pictures/index.js';
import { RxSpikeError, link, monotonicStep } from '../../src/index.js';
import type { CommandResult } from '../command.js';
import { copyEvents } from '../copy-events.js';
import { emptyRange } from '../empty-range.js';
import { filterSteps } from '../event-filters.js';
import { PartialFailure, UsageError, oneLine } from '../failure.js';
import { idleDrawing, idleReading } from '../idle-options.js';
import { type InputFile, type InputOptions, formatOfBroken, inputFile, saysBadBytes } from '../input-file.js';
import { namedError } from '../name-errors.js';
import { byteCount, thousands } from '../numbers.js';
import type { Output } from '../output.js';
import { outputTarget } from '../output-target.js';
import { type PictureKind, type PicturePlan, type PictureRequest, picturePlan, pictureRange } from '../picture-plan.js';
import { PictureSink, StillPicture, checkPictureSize } from '../picture-sink.js';
import { ReadingProgress } from '../reading-progress.js';
import { surveyRecording } from '../recording-survey.js';
import { writeWhole } from '../write-whole.js';

export interface RenderOptions extends InputOptions, Omit<PictureRequest, 'fps'> {
  readonly fps?: number;
  readonly view: 'events' | 'surface';
  readonly force?: boolean;
}

type DrawingOptions = RenderOptions & PictureRequest;

/** Pictures a second of a film where nothing is said. */
const FPS = 25;
/** Most pictures a second of an animated PNG. */
const APNG_MOST_FPS = 600;

function kindOf(out: string, fps: number): PictureKind {
  const [, extension] = /\.(png|gif|apng)$/i.exec(out) ?? [];
  if (extension === undefined) throw new UsageError(`${out}: a picture is .png, .gif or .apng`);
  const kind = extension.toLowerCase() as PictureKind;
  const most = kind === 'gif' ? GIF_MOST_FPS : APNG_MOST_FPS;
  if (kind !== 'png' && (fps > most || fps < 0.01)) {
    throw new UsageError(`--fps ${fps}: .${kind} shows 0.01 to ${most} pictures a second`);
  }
  return kind;
}

function filmOf(kind: PictureKind, fps: number): Film {
  if (kind === 'gif') return new GifFilm(fps);
  return kind === 'apng' ? new ApngFilm(fps) : new StillPicture(pngBytes);
}

/** What `render` drew. */
interface Drawing {
  readonly file: string;
  readonly out: string;
  readonly view: 'events' | 'surface';
  format: string | null;
  width: number | null;
  height: number | null;
  /** Sensor, or where the input does not say it, the part of it that has events. */
  sensor: { readonly width: number; readonly height: number; readonly boundingBox: boolean } | null;
  pictures: number;
  /** Events that were drawn. */
  events: number;
  bytes: number;
}

/** Reads the recording into a film. The error that the reading ended with is handed back. */
async function draw(
  recording: Recording,
  plan: PicturePlan,
  options: DrawingOptions,
  output: Output,
  progress: ReadingProgress,
): Promise<{ film: Film; events: number; interrupted: boolean; broken: { readonly error: unknown } | null }> {
  const { size, start, end, every, tau } = plan;
  const { view, scale } = options;
  const film = filmOf(plan.kind, options.fps);
  const [width, height] = [size.width * scale, size.height * scale];
  checkPictureSize(width, height, 1);
  const take = (picture: IndexedPicture): void => {
    checkPictureSize(width, height, film.pictures + 1);
    film.add(picture);
  };
  const pictures = new PictureSink({ view, every, start, tau, scale }, take);
  const { interrupted, broken } = await copyEvents(recording, {
    links: [
      ...filterSteps({ start, end, crop: { x: 0, y: 0, ...size } }),
      link(monotonicStep, { policy: 'clamp' as const }),
    ],
    begin: async () => pictures,
    interrupted: output.interrupted,
    onEvents: progress.onEvents,
  });
  if (!interrupted) {
    await pictures.close();
    if (film.pictures === 0) take(blankPicture(width, height));
  }
  return { film, events: pictures.events, interrupted, broken };
}

async function planned(
  input: InputFile,
  recording: Recording,
  options: DrawingOptions,
  { kind, output, progress }: { kind: PictureKind; output: Output; progress: ReadingProgress },
): Promise<PicturePlan | null> {
  if (input.path === null) return picturePlan(kind, recording, null, options);
  const survey = await surveyRecording(recording, pictureRange(options), output.interrupted, progress.onEvents);
  progress.again();
  return survey === null ? null : picturePlan(kind, recording, survey.events === 0 ? null : survey, options);
}

/** `rxspike render FILE OUT`: draws a recording; of a damaged one what came before the break. */
export async function render(file: string, out: string, given: RenderOptions, output: Output): Promise<CommandResult> {
  const options: DrawingOptions = { ...given, fps: given.fps ?? FPS };
  const input = inputFile('render', file, options);
  const kind = kindOf(out, options.fps);
  pictureRange(options);
  const target = await outputTarget(out, { input, force: options.force ?? false });
  const { view } = options;
  const facts: Drawing = {
    file,
    out,
    view,
    format: null,
    width: null,
    height: null,
    sensor: null,
    pictures: 0,
    events: 0,
    bytes: 0,
  };
  const progress = new ReadingProgress(output, input.name);
  const stopped = (): CommandResult => {
    progress.end();
    output.line(`interrupted: ${oneLine(out)} was not written`);
    return { json: { ...facts }, status: 130 };
  };
  let broken: { readonly error: unknown } | null;
  let plan: PicturePlan | null;
  try {
    const recording = await input.open({ onRead: progress.onRead });
    facts.format = recording.format;
    plan = await planned(input, recording, options, { kind, output, progress });
    if (plan === null) return stopped();
    facts.sensor = { ...plan.size, boundingBox: plan.boundingBox };
    const drawn = await draw(recording, plan, options, output, progress);
    if (drawn.interrupted) return stopped();
    ({ broken } = drawn);
    const empty = emptyRange(options, recording, drawn.events);
    if (empty !== null && broken === null) throw new UsageError(`${input.name}: ${empty}`);
    const bytes = drawn.film.finish();
    const { place } = target;
    if (typeof place === 'string') await writeWhole(place, bytes);
    else await place.write(bytes).then(() => place.close());
    facts.width = plan.size.width * options.scale;
    facts.height = plan.size.height * options.scale;
    facts.pictures = drawn.film.pictures;
    facts.events = drawn.events;
    facts.bytes = bytes.length;
  } catch (error) {
    progress.end();
    facts.format ??= formatOfBroken(error);
    const named = error instanceof RxSpikeError && error.code === 'ERR_WRITE' ? error : namedError(input.name, error);
    throw saysBadBytes(error) || facts.format !== null ? new PartialFailure(named, { ...facts }) : named;
  }
  progress.end();
  [...idleReading(options, facts.format), ...idleDrawing(given, kind)].forEach(output.note);
  remarks(facts, plan).forEach(output.note);
  output.line(
    `wrote ${oneLine(out)}: ${facts.pictures === 1 ? 'a picture' : `${thousands(facts.pictures)} pictures`} of ${String(facts.width)}×${String(facts.height)} pixels, ${thousands(facts.events)} events, ${byteCount(facts.bytes)}`,
  );
  if (broken !== null) throw new PartialFailure(namedError(input.name, broken.error), { ...facts });
  return { json: { ...facts }, status: 0 };
}

function remarks(facts: Drawing, plan: PicturePlan): string[] {
  return [
    plan.boundingBox
      ? `the input does not say how large the sensor is: drawn is the part that has events, ${plan.size.width}×${plan.size.height}`
      : null,
    facts.events === 0 ? 'no events to draw' : null,
  ].filter((line) => line !== null);
}
