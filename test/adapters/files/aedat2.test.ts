import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.js';
import { read } from './reading.js';

const VERSION = '#!AER-DAT2.0\r\n';

/** An AEDAT 2.0 file: header text, then words of address and time. */
function aedat2(header: string, words: readonly (readonly [address: number, time: number])[]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(text.length + 8 * words.length);
  bytes.set(text);
  const view = new DataView(bytes.buffer, text.length);
  words.forEach(([address, time], i) => {
    view.setUint32(8 * i, address);
    view.setInt32(8 * i + 4, time);
  });
  return bytes;
}

async function times(bytes: Uint8Array): Promise<number[]> {
  const out: number[] = [];
  for await (const { t, length } of (await openRecording(bytes)).events()) out.push(...t.subarray(0, length));
  return out;
}

const at = (...stamps: number[]): Uint8Array =>
  aedat2(
    VERSION,
    stamps.map((stamp) => [0x800, stamp]),
  );

describe('AEDAT 2.0', () => {
  it('the signed time wraps after 2³¹ − 1 µs and goes on', async () => {
    const top = 2 ** 31;
    const stamps = at(top - 2, top - 1, -top, -top + 1, -1, 0, 5, top - 1, -top);
    expect(await times(stamps)).toEqual(
      [-2, -1, 0, 1, top - 1, top, top + 5, 2 * top - 1, 2 * top].map((t) => t + top),
    );
  });

  it('a step back is kept, also across the wrap, and counted', async () => {
    const top = 2 ** 31;
    expect(await times(at(100, 50, 60))).toEqual([100, 50, 60]);
    expect(await times(at(top - 1, -top + 3, top - 2, -top))).toEqual([top - 1, top + 3, top - 2, top]);
    expect((await read(at(top - 1, -top + 3, top - 2, -top), {})).report).toMatchObject({
      violations: { timeStepBack: 1 },
      t0: top - 1,
      t1: top,
    });
  });

  it('times below zero are kept as stored', async () => {
    const recording = await openRecording(at(-500, -400));
    expect(recording.info.origin).toBe(-500);
    expect(await times(at(-500, -400))).toEqual([-500, -400]);
  });

  it('data that begin with # are data', async () => {
    // y = 140…143 put '#' into the first byte; what follows may even be text up to a line feed.
    for (const [address, time] of [
      [0x23000800, 7],
      [0x23414043, 0x4142430a],
    ]) {
      const words: [number, number][] = Array.from({ length: 40 }, (_, i) => [address, time + i]);
      const { report, code } = await read(aedat2(`${VERSION}# AEChip: x.DAVIS240C\r\n`, words), {});
      expect([report?.events, report?.t0, code]).toEqual([40, time, null]);
    }
  });

  it('a header of lines that end in LF alone', async () => {
    const { report } = await read(aedat2('#!AER-DAT2.0\n# AEChip: DVS128\n', [[0, 5]]), {});
    expect(report).toMatchObject({ events: 1, t0: 5 });
  });

  it('the line that closes a header of jAER ends it', async () => {
    const header = `${VERSION}#End Of ASCII Header\r\n`;
    const { report } = await read(
      aedat2(header, [
        [0x23202020, 0x20200d0a],
        [0x800, 0x20200d0b],
      ]),
      {},
    );
    expect(report).toMatchObject({ events: 2, t0: 0x20200d0a });
  });

  it('chips by name, and the layout of the DAVIS family where none is named', async () => {
    const facts = [];
    const names = [
      'eu.seebetter.ini.chips.davis.DAVIS240A',
      'a.Davis346blue',
      'DAVI346',
      'Davis640',
      'x.DVS128',
      'b.Davis208PixelParade',
    ];
    for (const name of names) {
      const { info, facts: known } = await openRecording(aedat2(`${VERSION}# AEChip: ${name}\r\n`, [[0, 0]]));
      facts.push([known.sensor, info.width, info.height, known.chipAssumed, info.yUp, info.mirroredX]);
    }
    const assumed = await openRecording(aedat2(VERSION, [[0, 0]]));
    facts.push([assumed.facts.sensor, assumed.info.width, assumed.info.height, assumed.facts.chipAssumed]);
    expect(facts).toEqual([
      ['DAVIS240A', 240, 180, false, true, true],
      ['Davis346blue', 346, 260, false, true, true],
      ['DAVI346', 346, 260, false, true, true],
      ['Davis640', 640, 480, false, true, true],
      ['DVS128', 128, 128, false, true, true],
      ['Davis208PixelParade', 208, 192, false, true, true],
      [null, null, null, true],
    ]);
  });

  it('the chip may be named by the caller', async () => {
    const bytes = aedat2(`${VERSION}# AEChip: some.Other\r\n`, [[0x0301, 9]]);
    const recording = await openRecording(bytes, { chip: 'DVS128' });
    const seen: number[][] = [];
    for await (const { x, y, p, length } of recording.events()) if (length > 0) seen.push([x[0], y[0], p[0]]);
    expect(seen).toEqual([[0, 3, 0]]);
  });

  it('words that are no events do not touch the time', async () => {
    const top = 2 ** 31;
    const words = [
      [0x800, 10],
      [0x80000400, -top],
      [0x80000c00, top - 1],
      [0x400, -5],
      [0x800, 11],
    ] as const;
    const { report } = await read(aedat2(`${VERSION}# AEChip: DAVIS240C\r\n`, words), {});
    expect(report).toMatchObject({ events: 2, t1: 11, violations: {}, side: { aps: 1, imu: 1, triggers: 1 } });
  });
});
