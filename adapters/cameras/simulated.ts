import {
  type EventPacket,
  RxSpikeError,
  type Scene,
  type SimulatedPacket,
  type SimulationParams,
  type StreamInfo,
  digitPicture,
  movingBar,
  movingDisc,
  movingEdge,
  saccades,
  simulateCamera,
  streamInfo,
} from '../../src/index.js';

/** How a simulated camera is opened. */
export interface SimulatedCameraOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Noise events a second and pixel; default 0.26. */
  readonly noise?: number;
  /** Sensor; default 34 × 34. */
  readonly width?: number;
  readonly height?: number;
}

/** A recording that is made while it is read. */
export interface SimulatedRecording {
  readonly info: StreamInfo;
  /** The scene's label; null where several scenes follow one another, each with its label on its end mark. */
  readonly label: string | null;
  /** From the start each time, the same events each time. */
  events(): AsyncIterable<EventPacket>;
  /** The same with what only a simulation knows: which events are noise. */
  simulate(): Generator<SimulatedPacket, void, undefined>;
}

type SceneMaker = (options: { seed: number; width: number; height: number }) => Scene;

const SHAPES: Readonly<Record<string, SceneMaker>> = { bar: movingBar, edge: movingEdge, disc: movingDisc };
const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** Names that {@link simulatedCamera} knows. */
export const SIMULATED_SCENES: readonly string[] = [
  ...Object.keys(SHAPES),
  'digits',
  ...DIGITS.map((d) => `digit-${d}`),
];

const digit =
  (label: string): SceneMaker =>
  ({ seed, width, height }) =>
    saccades({ picture: digitPicture(Number(label)), label, seed, width, height });

/**
 * A simulated event camera in front of a built-in scene: `bar`, `edge`, `disc` (moving shapes, one second each),
 * `digit-0` … `digit-9` (a drawn digit moved along the three saccades of N-MNIST, with its polarities as N-MNIST files
 * have them), `digits` (all ten, one after another on one time line).
 *
 * @throws `ERR_NOT_FOUND` for another name, `ERR_ARGUMENT` for an option out of range
 */
export function simulatedCamera(name: string, options: SimulatedCameraOptions = {}): SimulatedRecording {
  const { seed = 1, width = 34, height = 34, noise } = options;
  const labels = name === 'digits' ? DIGITS : name.startsWith('digit-') ? [name.slice(6)] : [];
  if (!SIMULATED_SCENES.includes(name)) {
    throw new RxSpikeError(
      'ERR_NOT_FOUND',
      `there is no simulated scene "${name}"; there are ${SIMULATED_SCENES.join(', ')}`,
    );
  }
  const makers = labels.length > 0 ? labels.map((label) => digit(label)) : [SHAPES[name]];
  const info = streamInfo({ id: `sim:${name}`, width, height });
  const params = { ...(noise === undefined ? {} : { noise }), inverted: labels.length > 0 };
  const parts = (): Part[] =>
    makers.map((make, i) => ({
      scene: make({ seed: seed + i, width, height }),
      params: { ...params, id: `sim:${name}`, seed: seed + i },
    }));
  for (const { scene, params: own } of parts()) simulateCamera(scene, own);
  return {
    info,
    label: labels.length === 1 ? labels[0] : labels.length === 0 ? name : null,
    simulate: () => oneAfterAnother(parts(), info),
    async *events() {
      yield* this.simulate();
    },
  };
}

interface Part {
  readonly scene: Scene;
  readonly params: SimulationParams;
}

/** Scenes on one time line: each begins where the one before it ended. */
function* oneAfterAnother(parts: readonly Part[], stream: StreamInfo): Generator<SimulatedPacket, void, undefined> {
  let begin = 0;
  for (const { scene, params } of parts) {
    let end = begin;
    for (const packet of simulateCamera(scene, params)) {
      end = begin + packet.until;
      yield { ...packet, stream, t: packet.t.map((t) => t + begin), until: end };
    }
    begin = end;
  }
}
