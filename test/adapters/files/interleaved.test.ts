import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createRecording,
  eventDigest,
  openRecording,
  type ByteSink,
  type OpenOptions,
  type WritableFormat,
} from '../../../adapters/files/index.node.js';
import { streamInfo, type EventPacket, type StreamInfo } from '../../../src/index.js';
import { SAMPLES, type Sample } from './reading.js';

const folder = mkdtempSync(join(tmpdir(), 'interleaved-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a reading gives: where it begins, and its events. */
async function outcome(bytes: Uint8Array, options: OpenOptions): Promise<unknown> {
  const recording = await openRecording(bytes, options);
  const digest = eventDigest();
  for await (const packet of recording.events()) digest.add(packet);
  return { origin: recording.info.origin, digest: digest.hex(), report: recording.report };
}

/** Others that are decoded into the same arrays, of other events. */
const others = (sample: Sample): readonly Sample[] =>
  SAMPLES.filter(({ format, name }) => format === sample.format && name !== sample.name);

describe('readings do not disturb each other', () => {
  it.each(SAMPLES.map((sample) => [sample.name, sample] as const))('%s at the same time', async (_, sample) => {
    const { bytes, open } = sample;
    const alone = await outcome(bytes, open);
    const small = { ...open, packetEvents: 7 };
    const [first, , second] = await Promise.all([
      outcome(bytes, open),
      Promise.all(others(sample).map((other) => outcome(other.bytes, { ...other.open, packetEvents: 13 }))),
      outcome(bytes, small),
    ]);
    expect([first, second]).toEqual([alone, alone]);
  });

  it.each(SAMPLES.map((sample) => [sample.name, sample] as const))('%s packet by packet', async (_, sample) => {
    const { bytes, open } = sample;
    const alone = await outcome(bytes, open);
    const runs = await Promise.all(
      [3, 50].map(async (packetEvents) => {
        const recording = await openRecording(bytes, { ...open, packetEvents, reuse: 'scribble' });
        return { recording, digest: eventDigest(), packets: recording.events()[Symbol.asyncIterator]() };
      }),
    );
    for (let going = [...runs]; going.length > 0;) {
      const still: typeof runs = [];
      for (const run of going) {
        const { value, done } = await run.packets.next();
        if (done === true) continue;
        run.digest.add(value);
        still.push(run);
      }
      going = still;
    }
    const got = runs.map(({ recording, digest }) => ({
      origin: recording.info.origin,
      digest: digest.hex(),
      report: recording.report,
    }));
    expect(got).toEqual([alone, alone]);
  });
});

const FORMATS: readonly WritableFormat[] = [
  'aedat2',
  'aedat3.1',
  'aedat4',
  'evt2',
  'evt2.1',
  'evt3',
  'dat',
  'es',
  'nmnist',
  'csv',
  'npy',
  'npz',
  'hdf5',
  'mcap',
];

const INFO: StreamInfo = streamInfo({ id: 'made', width: 200, height: 150, origin: 0 });

/** Events of a kind of their own for each seed, so many that what is written is more than is gathered. */
function* packets(seed: number, events: number): Generator<EventPacket> {
  const size = 5_000;
  for (let from = 0; from < events; from += size) {
    const at = (k: number): number => from + k;
    yield {
      stream: INFO,
      t: Float64Array.from({ length: size }, (_, k) => 10 * at(k) + seed),
      x: Uint16Array.from({ length: size }, (_, k) => (at(k) * (7 + seed) + (at(k) >> 3)) % 200),
      y: Uint16Array.from({ length: size }, (_, k) => (at(k) * 31 + seed) % 150),
      p: Uint8Array.from({ length: size }, (_, k) => (at(k) * 5 + seed) % 2),
      length: size,
      until: 10 * at(size),
      mark: null,
    };
  }
}

const done = (): Promise<void> => Promise.resolve();

/** A pipe that takes its time. */
function slowPipe(): { readonly sink: ByteSink; readonly bytes: () => Uint8Array } {
  const pieces: Uint8Array[] = [];
  const write = async (bytes: Uint8Array): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    pieces.push(bytes.slice());
  };
  return {
    sink: { name: 'pipe', write, close: done, abort: done },
    bytes: () => new Uint8Array(Buffer.concat(pieces)),
  };
}

async function written(target: string | ByteSink, format: WritableFormat, seed: number, events: number): Promise<void> {
  const sink = await createRecording(target, INFO, { format });
  for (const packet of packets(seed, events)) await sink.write(packet);
  await sink.close();
}

describe('writings do not disturb each other', () => {
  it.each(FORMATS)('%s into files', async (format) => {
    const path = (name: string): string => join(folder, `${name}.${format}`);
    const events = 160_000;
    await written(path('alone'), format, 1, events);
    await Promise.all([written(path('a'), format, 1, events), written(path('b'), format, 2, events)]);
    expect(readFileSync(path('a')).equals(readFileSync(path('alone')))).toBe(true);
  });

  it.each(FORMATS.filter((format) => !['npy', 'npz', 'hdf5'].includes(format)))('%s into pipes', async (format) => {
    const [alone, a, b] = [slowPipe(), slowPipe(), slowPipe()];
    await written(alone.sink, format, 1, 20_000);
    await Promise.all([written(a.sink, format, 1, 20_000), written(b.sink, format, 2, 20_000)]);
    expect(Buffer.from(a.bytes()).equals(alone.bytes())).toBe(true);
  });
});
