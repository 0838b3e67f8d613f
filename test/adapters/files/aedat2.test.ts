import { describe, expect, it } from 'vitest';
import { openRecording, type OpenOptions, type SideItem } from '../../../adapters/files/index.js';
import { chunked, read } from './reading.js';

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
  it('without a chip the layout is that of the addresses', async () => {
    const small = Array.from({ length: 20 }, (_, i): [number, number] => [(i << 8) | (100 << 1) | (i & 1), i]);
    const { facts, info } = await openRecording(aedat2(VERSION, small));
    expect([facts.chipAssumed, info.width, info.height]).toEqual([true, null, null]);
    for (const source of [aedat2(VERSION, small), chunked(aedat2(VERSION, small), [1])]) {
      for await (const { x, y, p, length } of (await openRecording(source)).events()) {
        for (let i = 0; i < length; i++) expect([x[i], y[i] % 2, p[i]]).toEqual([100, 1 - p[i], 1 - (y[i] % 2)]);
      }
    }
    // One word of a DAVIS is enough to tell, and few words do not tell.
    const large = aedat2(VERSION, [...small, [(90 << 22) | (100 << 12), 20]]);
    for (const bytes of [large, aedat2(VERSION, small.slice(0, 15))]) {
      expect((await openRecording(bytes)).facts.sniffed).toMatch(/davis$/);
    }
  });

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

  it('the chips for viewing that have wider addresses', async () => {
    for (const [chip, width, height, word, wrong] of [
      ['DVS640', 640, 480, (479 << 11) | (639 << 1) | 1, 1 << 21],
      ['DVS1280x720SD', 1280, 720, (719 << 12) | (1279 << 1) | 1, 1 << 22],
    ] as const) {
      const bytes = aedat2(`${VERSION}# AEChip: ch.unizh.ini.jaer.chip.retina.${chip}\r\n`, [
        [word, 9],
        [wrong, 10],
        [0, 11],
      ]);
      const recording = await openRecording(bytes);
      expect([recording.info.width, recording.info.height]).toEqual([width, height]);
      const seen: number[][] = [];
      for await (const { t, x, y, p, length } of recording.events()) {
        for (let i = 0; i < length; i++) seen.push([t[i], x[i], y[i], p[i]]);
      }
      expect(seen).toEqual([
        [9, width - 1, height - 1, 1],
        [11, 0, 0, 0],
      ]);
      expect(recording.report.violations).toEqual({ unknownWord: 1 });
    }
  });
});

async function items(bytes: Uint8Array, name: string, options: OpenOptions = {}): Promise<SideItem[]> {
  const found: SideItem[] = [];
  for await (const item of (await openRecording(bytes, options)).side(name)) found.push(item);
  return found;
}

const imu = (code: number, value: number): number => (0x80000c00 | (code << 28) | ((value & 0xffff) << 12)) >>> 0;
const SAMPLE = [8192, -4096, 2048, 340, 655, -1310, 1].map((value, code) => imu(code, value));

/** The words of a sample at t, one of them left out. */
const sampleAt = (t: number, drop: number): [number, number][] =>
  SAMPLE.filter((_, code) => code !== drop).map((word) => [word, t]);

const apsWord = (i: number, cycle: number, value: number): number =>
  (0x80000000 | ((i >> 7) << 22) | ((i & 127) << 12) | (cycle << 10) | value) >>> 0;

/** A frame of 128 × 128 pixels, of which each is its number modulo 251 darker after the exposure. */
function frame(begin: number, rolling: boolean, without = -1): [number, number][] {
  const pixels = Array.from({ length: 128 * 128 }, (_, i) => i);
  const resets = pixels.map((i): [number, number] => [apsWord(i, 0, 800), begin + (i >> 7)]);
  const signals = pixels.map((i): [number, number] => [apsWord(i, 1, 800 - (i % 251)), begin + 1000 + (i >> 7)]);
  const kept = signals.filter((_, i) => i !== without);
  return rolling
    ? [...resets.slice(0, 9000), ...kept.slice(0, 5000), ...resets.slice(9000), ...kept.slice(5000)]
    : [...resets, ...kept];
}

describe('side streams of AEDAT 2.0', () => {
  const DAVIS = `${VERSION}# AEChip: x.DAVIS240C\r\n`;

  it('samples of the inertial sensor, in the scales that the header tells', async () => {
    const scales =
      '#  <entry key="ImuGyroScale" value="GyroFullScaleDegPerSec1000"/>\r\n' +
      '#  <entry key="ImuAccelScale" value="ImuAccelScaleG8"/>\r\n';
    const words = SAMPLE.map((word): [number, number] => [word, 7]);
    expect(await items(aedat2(DAVIS + scales, words), 'imu')).toEqual([
      {
        kind: 'imu',
        t: 7,
        acceleration: [2, -1, 0.5],
        rotation: [655, -1310, 1].map((value) => (value * 1000) / 32768),
        magneticField: null,
        temperature: 36,
      },
    ]);
    expect(await items(aedat2(DAVIS, words), 'imu')).toMatchObject([{ acceleration: null, rotation: null }]);
  });

  it('a sample that lacks a word is left out and counted', async () => {
    const bytes = aedat2(DAVIS, [
      ...sampleAt(1, -1),
      ...sampleAt(2, 3),
      ...sampleAt(3, -1),
      ...sampleAt(4, 6),
      ...sampleAt(5, -1),
    ]);
    expect((await items(bytes, 'imu')).map(({ t }) => t)).toEqual([1, 3, 5]);
    expect((await read(bytes, {})).report).toMatchObject({
      side: { imu: 33 },
      violations: { partialImuSample: 2 },
    });
  });

  it('edges of the external input, at times between those of the events', async () => {
    const words = [0x402, 0x403, 0x404, 0x400].map((word, i): [number, number] => [
      word,
      2 ** 31 - 2 + i - (i < 2 ? 0 : 2 ** 32),
    ]);
    const bytes = aedat2(DAVIS, [[0x800, 2 ** 31 - 9], ...words]);
    const edges = await items(bytes, 'triggers');
    expect(edges.map((item) => item.kind === 'trigger' && [item.t - 2 ** 31, item.id, item.edge])).toEqual([
      [-2, 2, 'falling'],
      [-1, 3, 'rising'],
      [0, 4, 'pulse'],
      [1, 0, null],
    ]);
  });

  it('frames, from the readings after the reset and after the exposure', async () => {
    const header = `${VERSION}# AEChip: x.Davis128\r\n`;
    const words = [
      ...frame(10_000, false),
      ...frame(20_000, true),
      ...frame(30_000, false, 77),
      ...frame(40_000, false),
    ];
    const frames = await items(aedat2(header, words), 'aps');
    // With a global shutter from the last reset to the first signal, with a rolling one from the first reset.
    expect(frames.map(({ t }) => t)).toEqual([10_000 + (127 + 1000) / 2, 20_500, 40_000 + (127 + 1000) / 2]);
    for (const item of frames) {
      if (item.kind !== 'frame') throw new Error('no frame');
      expect([item.width, item.height, item.channels]).toEqual([128, 128, 1]);
      expect(item.pixels).toEqual(Uint16Array.from({ length: 128 * 128 }, (_, i) => i % 251));
    }
  });

  it('frames of a sensor whose size is not known are counted only', async () => {
    const bytes = aedat2(VERSION, [[0x80000000, 1]]);
    await expect(items(bytes, 'aps')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect(await items(bytes, 'aps', { size: { width: 4, height: 4 } })).toEqual([]);
    expect((await read(bytes, {})).report?.side).toEqual({ aps: 1 });
  });
});
