import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.node.js';
import { describeWithData } from '../../shared-data.js';
import { read } from './reading.js';

/** Five bytes an event: x, y, polarity and time. */
function nmnist(events: readonly (readonly [x: number, y: number, p: number, t: number])[]): Uint8Array {
  return Uint8Array.from(events.flatMap(([x, y, p, t]) => [x, y, (p << 7) | (t >> 16), (t >> 8) & 0xff, t & 0xff]));
}

async function columns(bytes: Uint8Array): Promise<number[][]> {
  const rows: number[][] = [];
  const recording = await openRecording(bytes, { format: 'nmnist' });
  for await (const { t, x, y, p, length } of recording.events()) {
    for (let i = 0; i < length; i++) rows.push([t[i], x[i], y[i], p[i]]);
  }
  return rows;
}

describe('N-MNIST', () => {
  it('y = 240 is no event but adds 8192 µs to all later times', async () => {
    const bytes = nmnist([
      [1, 2, 1, 8_000_000],
      [9, 240, 0, 0],
      [3, 4, 0, 7_999_000],
      [0, 240, 1, 5],
      [0, 240, 1, 5],
      [33, 33, 1, 7_999_000],
    ]);
    // Times this late are not plausible at the start of a file.
    bytes.set(nmnist([[1, 2, 1, 100]]), 0);
    expect(await columns(bytes)).toEqual([
      [100, 1, 2, 1],
      [7_999_000 + 8192, 3, 4, 0],
      [7_999_000 + 3 * 8192, 33, 33, 1],
    ]);
  });

  it('34 × 34 where the events fit into it, else no size is claimed', async () => {
    const sizes = [];
    for (const [x, y] of [
      [33, 33],
      [34, 0],
      [0, 34],
      [233, 179],
    ]) {
      const { info } = await openRecording(nmnist([[x, y, 0, 5]]), { name: 'a.BIN' });
      sizes.push([info.width, info.height, info.origin, info.yUp, info.mirroredX]);
    }
    const unknown = [null, null, 0, false, false];
    expect(sizes).toEqual([[34, 34, 0, false, false], unknown, unknown, unknown]);
  });

  it('one stray coordinate late in a 34 × 34 recording is counted, not hidden', async () => {
    const events = Array.from({ length: 20_000 }, (_, i) => [i % 34, i % 33, i & 1, i] as const);
    const outcome = await read(nmnist([...events, [34, 0, 1, 20_000]]), { name: 'long.bin' });
    expect(outcome.report).toMatchObject({ events: 20_001, violations: { outOfBounds: 1 } });
  });

  it('steps back in time are kept and counted', async () => {
    const events = Array.from({ length: 300 }, (_, i) => [1, 1, 1, i === 200 ? 150 : i] as const);
    const outcome = await read(nmnist(events), { name: 'a.bin' });
    expect(outcome.report).toMatchObject({ events: 300, t1: 299, violations: { timeStepBack: 1 } });
    expect(outcome.untils).toEqual([299, 300]);
  });

  it('less than one event', async () => {
    expect(await read(new Uint8Array(4), { name: 'a.bin' })).toMatchObject({ code: 'ERR_TRUNCATED', events: 0 });
  });
});

describeWithData('N-MNIST recordings', ['nmnist'], (folder) => {
  it('all of them are read without a violation', async () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.bin'));
    let events = 0;
    for (const file of files) {
      const recording = await openRecording(`${folder}/${file}`);
      expect([recording.info.width, recording.info.height, recording.info.origin]).toEqual([34, 34, 0]);
      for await (const packet of recording.events()) events += packet.length;
      expect(recording.report.violations).toEqual({});
    }
    expect(files.length).toBeGreaterThan(0);
    expect(events / files.length).toBeGreaterThan(2_000);
  });
});
