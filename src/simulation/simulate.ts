import { RxSpikeError } from '../errors.js';
import { streamInfo } from '../events/stream-info.js';
import type { PixelParams, SimulatedPacket } from './pixels.js';
import { pixelStep } from './pixels.js';
import type { Scene } from './scene.js';

/** A camera in front of a scene: everything of the pixels except what the scene says. */
export interface SimulationParams extends Omit<PixelParams, 'stream'> {
  /** Name of the stream and of the recording; default the scene's label. */
  readonly id?: string;
}

/**
 * A recording of a scene, packet by packet (one a frame, silence included), the last one with a mark `end` that carries
 * the scene's label. The same scene and parameters give the same events.
 *
 * @throws `ERR_ARGUMENT` when the scene has no size, duration or frame, or a parameter is out of range; at the call
 */
export function simulateCamera(scene: Scene, params: SimulationParams): Generator<SimulatedPacket, void, undefined> {
  const { width, height, duration, frame, label } = scene;
  for (const [name, value] of Object.entries({ width, height, duration, frame })) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new RxSpikeError('ERR_ARGUMENT', `scene ${label}: ${name} must be a number > 0, got ${value}`);
    }
  }
  const id = params.id ?? label;
  const pixels: PixelParams = { ...params, stream: streamInfo({ id, width, height }) };
  return frames(scene, id, pixels);
}

function* frames(scene: Scene, source: string, params: PixelParams): Generator<SimulatedPacket, void, undefined> {
  const { width, height, duration, frame, label } = scene;
  const intensity = new Float64Array(width * height);
  const state = pixelStep.init(params);
  const out: SimulatedPacket[] = [];
  const last = Math.max(1, Math.floor(duration / frame));
  for (let k = 0; k <= last; k++) {
    const t = k * frame;
    scene.render(t, intensity);
    const mark = k === last ? ({ kind: 'end', source, label } as const) : null;
    pixelStep.advance(params, state, { t, intensity, mark }, (packet) => out.push(packet));
    yield* out.splice(0);
  }
}
