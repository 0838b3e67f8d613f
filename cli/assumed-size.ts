import type { Recording, WritableFormat } from '../adapters/files/index.node.js';
import { unlessInterrupted } from './interruption.js';
import type { InputFile } from './input-file.js';
import type { Output } from './output.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Formats whose files say the sensor's size, or are laid out by it. */
const SIZED: readonly WritableFormat[] = ['aedat2', 'aedat4', 'es'];

/**
 * The smallest size that holds every event of a file that does not say its sensor's, found by reading it once; null
 * where the format needs none, the file says it, it has no event, or it passes once.
 */
export async function assumedSize(input: InputFile, format: WritableFormat, output: Output): Promise<Size | null> {
  if (input.path === null || !SIZED.includes(format)) return null;
  const recording = await input.open();
  const { width, height } = recording.info;
  if (width !== null && height !== null) return null;
  const size = await unlessInterrupted(boundingSize(recording), output.interrupted);
  if (size !== null) {
    const words = `${size.width}×${size.height}, the smallest that holds every event`;
    output.note(`${input.name} does not say how large the sensor is: written as ${words}; --size WxH sets it`);
  }
  return size;
}

async function boundingSize(recording: Recording): Promise<Size | null> {
  let right = -1;
  let bottom = -1;
  try {
    for await (const { x, y, length } of recording.events()) {
      for (let i = 0; i < length; i++) {
        if (x[i] > right) right = x[i];
        if (y[i] > bottom) bottom = y[i];
      }
    }
  } catch {
    // What breaks here breaks again when it is copied, and is told then.
  }
  return right < 0 ? null : { width: right + 1, height: bottom + 1 };
}
