import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventDigest, openRecording, type OpenOptions } from '../../../adapters/files/index.js';
import { projectRoot } from '../../shared-data.js';
import { chunked, read } from './reading.js';

interface Expected {
  readonly topic: string;
  readonly events: number;
  readonly on: number;
  readonly t0: number;
  readonly t1: number;
  readonly digest: string;
  readonly width?: number;
  readonly height?: number;
  readonly yUp?: boolean;
  readonly mirroredX?: boolean;
  readonly epoch?: string;
  readonly triggers?: number;
}

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(projectRoot('test', 'data', 'files', name)));
const expected = JSON.parse(new TextDecoder().decode(bytesOf('hdf5-expected.json'))) as Record<string, Expected[]>;
const cases = Object.entries(expected).flatMap(([name, groups]) => groups.map((group) => ({ name, ...group })));

describe('HDF5 files of other writers', () => {
  it.each(cases)('$name: $topic holds the events that its writer put in', async ({ name, topic, ...wanted }) => {
    const recording = await openRecording(bytesOf(name), { name, topic });
    const digest = eventDigest();
    for await (const packet of recording.events()) digest.add(packet);
    const { events, on, t0, t1, width = null, height = null, yUp = false, mirroredX = false, epoch = null } = wanted;
    expect(recording.report).toMatchObject({ events, on, off: events - on, t0, t1, violations: {} });
    expect(digest.hex()).toBe(wanted.digest);
    expect(recording.info).toMatchObject({ width, height, yUp, mirroredX, epoch, origin: t0 });
    expect(recording.format).toBe('hdf5');
  });
});
