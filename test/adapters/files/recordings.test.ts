import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventDigest, openRecording } from '../../../adapters/files/index.node.js';
import { describeWithData } from '../../shared-data.js';

interface Truth {
  readonly events: number;
  readonly on: number;
  readonly t0: number;
  readonly t1: number;
  readonly digest: string;
}

describeWithData('real recordings', ['recordings'], (folder) => {
  const truth = (JSON.parse(readFileSync(`${folder}/truth.json`, 'utf8')) as { recordings: Record<string, Truth> })
    .recordings;
  for (const file of ['nmnist.bin', 'synthetic-bar.aedat', 'davis240c-rotating-disk.aedat', 'davis346-lz4.aedat4']) {
    it(`${file} gives the events that other readers give`, async () => {
      const recording = await openRecording(`${folder}/${file}`);
      const digest = eventDigest();
      for await (const packet of recording.events()) digest.add(packet);
      const { events, on, t0, t1, digest: expected } = truth[file];
      expect(digest.hex()).toBe(expected);
      expect(recording.report).toMatchObject({ events, on, off: events - on, t0, t1 });
    });
  }
});
