import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fit } from '../../../adapters/files/fit.js';
import { eventDigest, openRecording } from '../../../adapters/files/index.node.js';
import { nmnistEncoder } from '../../../adapters/files/nmnist/encoder.js';
import { eventPacket, streamInfo, type EventPacket } from '../../../src/index.js';
import { describeWithData, projectRoot } from '../../shared-data.js';
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

  it('a pipe need not end, nor bring 64 KiB, before it is read', async () => {
    let asked = 0;
    async function* pipe(): AsyncGenerator<Uint8Array> {
      for (;;) {
        asked++;
        yield nmnist(Array.from({ length: 100 }, (_, i) => [1, 2, 1, asked * 100 + i] as const));
      }
    }
    const recording = await openRecording(pipe(), { name: 'live.bin' });
    expect(asked).toBeLessThanOrEqual(9);
    const { value } = (await recording.events()[Symbol.asyncIterator]().next()) as { value: EventPacket };
    expect(value.length).toBeGreaterThan(0);
  });

  it('late, or with many steps back, it is read only if the caller names it', async () => {
    const late = nmnist([[1, 2, 1, 3_000_000]]);
    expect((await read(late, { name: 'a.bin' })).code).toBe('ERR_UNKNOWN_FORMAT');
    expect((await read(late, { format: 'nmnist' })).code).toBeNull();
    const back = nmnist(Array.from({ length: 200 }, (_, i) => [1, 2, 1, i % 10] as const));
    expect((await read(back, { name: 'a.bin' })).code).toBe('ERR_UNKNOWN_FORMAT');
    expect((await read(back, { format: 'nmnist' })).report).toMatchObject({ violations: { timeStepBack: 19 } });
  });

  it('less than one event', async () => {
    expect(await read(new Uint8Array(4), { name: 'a.bin' })).toMatchObject({ code: 'ERR_TRUNCATED', events: 0 });
  });
});

function packetOf(rows: readonly (readonly number[])[]): EventPacket {
  return eventPacket({
    stream: streamInfo(),
    until: 2 ** 40,
    t: Float64Array.from(rows, ([t]) => t),
    x: Uint16Array.from(rows, ([, x]) => x),
    y: Uint16Array.from(rows, ([, , y]) => y),
    p: Uint8Array.from(rows, ([, , , p]) => p),
  });
}

/** All that is written for rows t, x, y, p, in packets of the given sizes in turn. */
function written(rows: readonly (readonly number[])[], sizes: readonly number[]): Uint8Array {
  const encoder = nmnistEncoder();
  const fit = new Fit('nmnist', encoder.holds, false);
  const parts: Uint8Array[] = [...encoder.start()];
  for (let at = 0, k = 0; at < rows.length; at += sizes[k++ % sizes.length]) {
    const packet = packetOf(rows.slice(at, at + sizes[k % sizes.length]));
    for (const piece of encoder.encode(fit.fit(packet))) parts.push(piece.slice());
  }
  for (const piece of encoder.finish()) parts.push(piece.slice());
  return new Uint8Array(Buffer.concat(parts));
}

describe('writing N-MNIST', () => {
  const folder = projectRoot('test', 'data', 'files');

  it('a file with overflows of an independent writer is read, and written byte for byte, whatever the packets', async () => {
    const bytes = new Uint8Array(readFileSync(`${folder}/overflows.bin`));
    const expected = (
      JSON.parse(readFileSync(`${folder}/expected-nmnist.json`, 'utf8')) as Record<string, Record<string, unknown>>
    )['overflows.bin'];
    const { digest, overflows, ...facts } = expected;
    expect(overflows).toBeGreaterThan(100);
    const outcome = await read(bytes, { name: 'overflows.bin' });
    expect(outcome).toMatchObject({ digest, code: null, report: { ...facts, violations: { timeStepBack: 1 } } });
    const rows = await columns(bytes);
    for (const sizes of [[rows.length], [1], [3, 50]]) {
      expect(Buffer.from(written(rows, sizes)).equals(bytes)).toBe(true);
    }
  });

  it('keeps what it holds, event for event, steps back too', async () => {
    const row = fc.tuple(fc.integer({ min: -3_000_000, max: 4_000_000 }), fc.nat(255), fc.nat(239), fc.nat(1));
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (steps, sizes) => {
          let [time, latest] = [0, 0];
          const rows = steps.map(([dt, ...rest]) => {
            time = Math.max(0, latest - 8_380_416, time + dt);
            latest = Math.max(latest, time);
            return [time, ...rest];
          });
          expect(await columns(written(rows, sizes))).toEqual(rows);
        },
      ),
      { numRuns: 100, seed: 4 },
    );
  });

  it('a recording that begins late, with nothing but overflows at first, is read again by its name', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => [200_000_000 + i, 200, 100, i & 1]);
    const bytes = written(rows, [64]);
    const recording = await openRecording(bytes, { name: 'late.bin' });
    expect(recording.info).toMatchObject({ width: null, height: null });
    const digest = eventDigest();
    for await (const packet of recording.events()) digest.add(packet);
    const wanted = eventDigest();
    wanted.add(packetOf(rows));
    expect(digest.hex()).toBe(wanted.hex());
  });

  it.each([
    ['a time before zero', [[-1, 0, 0, 0]], 'time'],
    ['a time above 32 bits', [[2 ** 32, 0, 0, 0]], 'time'],
    ['a column above 255', [[0, 256, 0, 0]], 'coordinates'],
    ['row 240', [[0, 0, 240, 0]], 'coordinates'],
    ['half a microsecond', [[0.5, 0, 0, 0]], 'fraction'],
    [
      'a step back over an overflow',
      [
        [20_000_000, 0, 0, 0],
        [19_000_000, 0, 0, 0],
        [20_000_000 - 8_380_417, 0, 0, 0],
      ],
      'timeStepBack',
    ],
  ])('%s is what it cannot hold', (_, rows, why) => {
    expect(() => written(rows, [rows.length])).toThrow(
      expect.objectContaining({ code: 'ERR_LOSS', details: expect.objectContaining({ why }) }),
    );
    expect(() => written(rows, [1])).toThrow(expect.objectContaining({ code: 'ERR_LOSS' }));
  });

  it('what is left out is counted', () => {
    const { holds } = nmnistEncoder();
    const fit = new Fit('nmnist', holds, true);
    const fitted = fit.fit(
      packetOf([
        [20_000_000, 0, 0, 0],
        [1, 0, 0, 0],
        [20_000_000 - 8_380_416, 1, 1, 1],
      ]),
    );
    expect([fitted.length, fitted.x[1], fit.clipped]).toEqual([2, 1, { timeStepBack: 1 }]);
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
