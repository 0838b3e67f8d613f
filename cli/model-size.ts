import { type EventPacket, type Model, RxSpikeError, type StreamInfo, slicePacket } from '../src/index.js';

/** Which recordings a model takes. */
export interface ModelSize {
  readonly model: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Filters after which a stream has another size than its recording. */
const RESIZING: readonly string[] = ['crop', 'downsample'];

/** Size of the recordings that a model takes; null where it resizes them itself. */
export function modelSize({ name, preprocessing, units }: Model): ModelSize | null {
  if (preprocessing.some(({ filter }) => RESIZING.includes(filter))) return null;
  return { model: name, width: units.width, height: units.height };
}

const takes = ({ model, width, height }: ModelSize): string =>
  `model ${model} takes ${width}×${height} (rxspike train makes a model for other recordings)`;

/** @throws `ERR_GEOMETRY` where the recording called `name` says a size that is not the model's */
export function checkSize(name: string, { width, height }: StreamInfo, size: ModelSize | null): void {
  if (size === null || width === null || height === null) return;
  if (width === size.width && height === size.height) return;
  throw new RxSpikeError('ERR_GEOMETRY', `${name} is ${width}×${height} pixels, ${takes(size)}`, {
    details: { width, height, expected: [size.width, size.height] },
  });
}

const outside = (name: string, x: number, y: number, t: number, size: ModelSize): RxSpikeError => {
  const wrong = x >= size.width ? `x = ${x}` : `y = ${y}`;
  return new RxSpikeError('ERR_GEOMETRY', `${name}: event with ${wrong} at ${t} µs, ${takes(size)}`, {
    details: { x, y, t, expected: [size.width, size.height] },
  });
};

/** The events of a recording that does not say its size. @throws `ERR_GEOMETRY` before the first that does not fit */
export async function* packetsInside(
  name: string,
  packets: AsyncIterable<EventPacket>,
  size: ModelSize,
): AsyncGenerator<EventPacket> {
  let before = -Infinity;
  for await (const packet of packets) {
    const { length, t, x, y } = packet;
    for (let i = 0; i < length; i++) {
      if (x[i] < size.width && y[i] < size.height) continue;
      if (i > 0) yield slicePacket(packet, 0, i, before);
      throw outside(name, x[i], y[i], t[i], size);
    }
    yield packet;
    before = packet.until;
  }
}

/** An error of the model's filters or its map about the size of a stream that says none, in words of the command line. */
export function sizeError(name: string, { width }: StreamInfo, error: unknown, size: ModelSize | null): unknown {
  if (size === null || width !== null || !(error instanceof RxSpikeError) || error.code !== 'ERR_GEOMETRY')
    return error;
  if (error.message.startsWith(name)) return error;
  const { x, y, t } = error.details;
  if (typeof x === 'number' && typeof y === 'number') return outside(name, x, y, Number(t), size);
  return new RxSpikeError('ERR_GEOMETRY', `${name} does not say its size, ${takes(size)}`, { cause: error });
}
