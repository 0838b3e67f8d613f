import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../../adapters/files/index.js';
import { SAMPLES, type Sample } from '../reading.js';
import { subject } from './subject.js';

/** Formats of records, whose body may be repeated as often as one likes; one sample of each. */
const ENDLESS = SAMPLES.filter(
  ({ mayEndAfter, format }, i) =>
    mayEndAfter === 'record' && format !== 'nmnist' && SAMPLES.findIndex((sample) => sample.format === format) === i,
);

/** The file, and its body again and again until there are `size` bytes. */
async function* repeated(
  { bytes, data }: { bytes: Uint8Array; data: number },
  size: number,
): AsyncGenerator<Uint8Array> {
  yield bytes.slice();
  const body = bytes.subarray(data);
  const times = Math.ceil((1 << 16) / body.length);
  const chunk = new Uint8Array(times * body.length);
  for (let k = 0; k < times; k++) chunk.set(body, k * body.length);
  for (let at = bytes.length; at < size; at += chunk.length) yield chunk;
}

const used = (): number => {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
};

/** Most memory of arrays and heap while `size` bytes are read, above what there was, MB. */
async function peak(sample: Sample, data: number, size: number): Promise<{ megabytes: number; events: number }> {
  const before = used();
  let most = 0;
  const recording = await openRecording(repeated({ bytes: sample.bytes, data }, size), { ...sample.open, reuse: true });
  for await (const packet of recording.events()) if (packet.length > 0) most = Math.max(most, used() - before);
  return { megabytes: most / 1e6, events: recording.report.events };
}

describe('memory does not grow with the recording', () => {
  // `node scripts/memory.mjs` does so with 1 GB of each format that is written, from files and pipes.
  it.each(ENDLESS)('$name: 48 MB take what 1 MB takes', async (sample) => {
    const known = await subject(sample);
    const [small, large] = [
      await peak(sample, known.dataStart, 1_000_000),
      await peak(sample, known.dataStart, 48_000_000),
    ];
    expect(large.events).toBeGreaterThan(40 * small.events);
    expect(large.megabytes - small.megabytes).toBeLessThan(64);
  });
});
