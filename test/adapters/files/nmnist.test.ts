import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.node.js';
import { describeWithData } from '../../shared-data.js';

describeWithData('N-MNIST recordings', [], (data) => {
  it('takes all of the dataset', async () => {
    let events = 0;
    for (const file of readdirSync(`${data}/nmnist`).filter((name) => name.endsWith('.bin'))) {
      const recording = await openRecording(`${data}/nmnist/${file}`);
      expect([recording.info.width, recording.info.height, recording.info.origin]).toEqual([34, 34, 0]);
      for await (const packet of recording.events()) events += packet.length;
      expect(recording.report.violations).toEqual({});
    }
    expect(events).toBeGreaterThan(3e6);
  });
});
