import { type Film, type IndexedPicture, drawFrame, drawSurface, fullBrightness } from '../adapters/pictures/index.js';
import {
  type EventFrame,
  type EventPacket,
  type Packet,
  RxSpikeError,
  type Step,
  type TimeSurface,
  eventFramesStep,
  timeSurfaceStep,
} from '../src/index.js';
import type { EventSink } from './copy-events.js';

/** Most pixels of a picture, and of all the pictures of a film. */
export const MOST_PICTURE_PIXELS = 16_777_216;
export const MOST_FILM_PIXELS = 1_073_741_824;

/** What is drawn. */
export interface PictureOptions {
  readonly view: 'events' | 'surface';
  /** From one picture to the next, µs; `Infinity`: one of all. */
  readonly every: number;
  /** Where pictures are counted from, µs; undefined: the stream's origin. */
  readonly start: number | undefined;
  /** Surface: time in which an event fades to 1/e, µs. */
  readonly tau: number;
  readonly scale: number;
}

/** Events that a pixel must have to be drawn at full brightness, in a film: there is no picture of all to measure. */
const FILM_FULL = 6;

/** Draws the events that are written to it; `take` gets the pictures as they become whole. */
export class PictureSink implements EventSink {
  events = 0;
  readonly #advance: (packet: EventPacket) => void;
  readonly #finish: () => void;

  constructor(options: PictureOptions, take: (picture: IndexedPicture) => void) {
    const { view, every, start, tau, scale } = options;
    const counted = start === undefined ? {} : { start };
    const full = (frame: EventFrame): number => (every === Infinity ? fullBrightness(frame) : FILM_FULL);
    const [advance, finish] =
      view === 'events'
        ? running(eventFramesStep, { width: every, ...counted }, (frame: EventFrame) =>
            take(drawFrame(frame, { scale, full: full(frame) })),
          )
        : running(timeSurfaceStep, { tau, every, ...counted }, (surface: TimeSurface) =>
            take(drawSurface(surface, { scale })),
          );
    this.#advance = advance;
    this.#finish = finish;
  }

  async write(packet: EventPacket): Promise<void> {
    this.#advance(packet);
    this.events += packet.length;
  }

  async close(): Promise<void> {
    this.#finish();
  }

  async abort(): Promise<void> {}
}

/** A step with its state, as two functions. */
function running<P, S, I extends Packet, O>(
  step: Step<P, S, I, O>,
  params: P,
  emit: (output: O) => void,
): [advance: (packet: I) => void, finish: () => void] {
  const state = step.init(params);
  return [(packet) => step.advance(params, state, packet, emit), () => step.finish?.(params, state, emit)];
}

/** The one picture that is wanted. */
export class StillPicture implements Film {
  pictures = 0;
  readonly #encode: (picture: IndexedPicture) => Uint8Array;
  #bytes = new Uint8Array(0);

  constructor(encode: (picture: IndexedPicture) => Uint8Array) {
    this.#encode = encode;
  }

  add(picture: IndexedPicture): void {
    this.#bytes = this.#encode(picture) as Uint8Array<ArrayBuffer>;
    this.pictures = 1;
  }

  finish(): Uint8Array {
    return this.#bytes;
  }
}

/** @throws `ERR_LIMIT` where a picture, or a film of so many, would be too large */
export function checkPictureSize(width: number, height: number, pictures: number): void {
  const pixels = width * height;
  if (pixels > MOST_PICTURE_PIXELS) {
    throw new RxSpikeError(
      'ERR_LIMIT',
      `a picture of ${width}×${height} pixels; at most ${MOST_PICTURE_PIXELS} are drawn`,
    );
  }
  if (pictures * pixels > MOST_FILM_PIXELS) {
    throw new RxSpikeError(
      'ERR_LIMIT',
      `${pictures} pictures of ${width}×${height} pixels; at most ${Math.floor(MOST_FILM_PIXELS / pixels)} of that size are drawn: --window makes each longer, --start and --end cut`,
    );
  }
}
