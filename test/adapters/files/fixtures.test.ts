import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventDigest, openRecording } from '../../../adapters/files/index.node.js';
import { projectRoot } from '../../shared-data.js';

interface Expected {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly sensor: string;
  readonly side: Record<string, number>;
  readonly events: number;
  readonly on: number;
  readonly t0: number;
  readonly t1: number;
  readonly digest: string;
}

const folder = projectRoot('test', 'data', 'files');
const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as Record<string, Expected>;

describe('files of independent writers', () => {
  it.each(Object.keys(expected))('%s', async (file) => {
    const { format, width, height, sensor, side, events, on, t0, t1, digest: wanted } = expected[file];
    const recording = await openRecording(`${folder}/${file}`);
    expect(recording.format).toBe(format);
    expect(recording.info).toMatchObject({ id: file, width, height, origin: t0 });
    expect(recording.facts).toMatchObject({ sensor, chipAssumed: false });
    const digest = eventDigest();
    for await (const packet of recording.events()) digest.add(packet);
    expect(recording.report).toMatchObject({ events, on, off: events - on, t0, t1, side });
    expect(digest.hex()).toBe(wanted);
    expect(recording.report.violations).toEqual(file === 'dvs128.aedat' ? { timeStepBack: 1 } : {});
  });
});
