import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLz4Block } from '../../../adapters/files/compression/lz4-block-encoder.js';
import { Lz4Compressor } from '../../../adapters/files/compression/lz4-frame-encoder.js';
import { Lz4Decompressor } from '../../../adapters/files/compression/lz4-frame.js';
import type { WriteOptions } from '../../../adapters/files/encoder.js';
import { ENCODERS } from '../../../adapters/files/encoders.js';
import { Fit } from '../../../adapters/files/fit.js';
import { openRecording } from '../../../adapters/files/index.js';
import { RandomSequence, streamInfo, type EventPacket, type StreamInfo } from '../../../src/index.js';
import { chunked, read } from './reading.js';
import { concat } from './write-aedat4.js';

const FORMATS = ['aedat2', 'aedat3.1', 'aedat4'] as const;
type Format = (typeof FORMATS)[number];

type Event = readonly [t: number, x: number, y: number, p: number];

function packets(events: readonly Event[], sizes: readonly number[], stream: StreamInfo): EventPacket[] {
  const made: EventPacket[] = [];
  for (let at = 0, k = 0; at < events.length; at += sizes[k++ % sizes.length]) {
    const part = events.slice(at, at + sizes[k % sizes.length]);
    made.push({
      stream,
      t: Float64Array.from(part, ([t]) => t),
      x: Uint16Array.from(part, ([, x]) => x),
      y: Uint16Array.from(part, ([, , y]) => y),
      p: Uint8Array.from(part, ([, , , p]) => p),
      length: part.length,
      until: 0,
      mark: null,
    });
  }
  return made;
}

interface Writing {
  readonly info?: Partial<StreamInfo>;
  readonly options?: WriteOptions;
  readonly sizes?: readonly number[];
  /** False: the file as it comes out of a pipe. */
  readonly patched?: boolean;
}

async function write(format: Format, events: readonly Event[], writing: Writing = {}): Promise<Uint8Array> {
  const { info = { width: 346, height: 260 }, options = {}, sizes = [1000], patched = true } = writing;
  const stream = streamInfo(info);
  const load = ENCODERS[format];
  if (load === undefined) throw new Error(`no encoder of ${format}`);
  const encoder = (await load())(stream, options);
  const fit = new Fit(format, encoder.holds, false);
  const pieces: Uint8Array[] = [];
  const keep = (made: Iterable<Uint8Array>): void => {
    for (const piece of made) pieces.push(piece.slice());
  };
  keep(encoder.start());
  for (const packet of packets(events, sizes, stream)) {
    keep(encoder.encode(fit.fit(packet)));
    // What was borrowed for the call is spoilt: an encoder that keeps it is found out.
    packet.t.fill(-1);
    packet.x.fill(0x5555);
  }
  keep(encoder.finish());
  const plain = concat(...pieces);
  if (!patched) return plain;
  const patches = encoder.patches();
  const bytes = new Uint8Array(Math.max(plain.length, ...patches.map((patch) => patch.at + patch.bytes.length)));
  bytes.set(plain);
  for (const patch of patches) bytes.set(patch.bytes, patch.at);
  return bytes;
}

async function readBack(bytes: Uint8Array): Promise<Event[]> {
  const events: Event[] = [];
  const recording = await openRecording(bytes);
  for await (const { t, x, y, p, length } of recording.events()) {
    for (let i = 0; i < length; i++) events.push([t[i], x[i], y[i], p[i]]);
  }
  return events;
}

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A scene with runs of equal times and small steps back. */
function scene(count: number, start: number, [width, height] = [346, 260]): Event[] {
  const random = new RandomSequence(4, 'scene');
  let t = start;
  return Array.from({ length: count }, (): Event => {
    t = Math.max(start, t + random.integer(30) - (random.integer(20) === 0 ? 40 : 0));
    return [t, random.integer(width), random.integer(height), random.integer(2)];
  });
}

const UNIX = 1_605_537_493_718_345;

describe.each(FORMATS)('writing %s', (format) => {
  it.each([
    ['a few', scene(3, 0)],
    ['none', []],
    ['more than a packet holds', scene(10_000, 12)],
    ['times since 1970', scene(5_000, UNIX)],
    ['times over a wrap of 31 bits', scene(5_000, 2 ** 31 - 30_000)],
    ['times over a wrap of 32 bits', scene(5_000, 2 ** 32 - 30_000)],
    [
      'the latest time',
      [
        [Number.MAX_SAFE_INTEGER - 1, 1, 2, 1],
        [Number.MAX_SAFE_INTEGER, 3, 4, 0],
      ] as Event[],
    ],
  ])('what is read back is what was written: %s', async (_, events) => {
    expect(await readBack(await write(format, events))).toEqual(events);
  });

  it('the same file however packets are cut', async () => {
    const events = scene(9_000, 2 ** 31 - 40_000);
    const whole = await write(format, events, { sizes: [9_000] });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 6 }), async (sizes) => {
        expect(sha(await write(format, events, { sizes }))).toBe(sha(whole));
      }),
      { numRuns: 20, seed: 5 },
    );
  });

  it('any events that the format holds', async () => {
    // AEDAT 2.0 holds steps of up to 2²⁸ µs.
    const event = fc.tuple(fc.nat(2 ** (format === 'aedat2' ? 28 : 31) - 1), fc.nat(345), fc.nat(259), fc.nat(1));
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        expect(await readBack(await write(format, events))).toEqual(events);
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  it('a reader gets back size, orientation, epoch and camera', async () => {
    for (const info of [
      { width: 346, height: 260, yUp: true, mirroredX: true, epoch: null },
      { width: 346, height: 260, yUp: false, mirroredX: false, epoch: 'unix' },
      { width: 34, height: 34, yUp: false, mirroredX: true, epoch: null },
      { width: 320, height: 240, yUp: true, mirroredX: false, epoch: 'unix' },
    ] as const) {
      for (const sensor of [null, 'DAVIS346', 'DVXplorer_DXB00010 <"&>']) {
        const bytes = await write(format, [[7, 3, 4, 1]], { info: { ...info, origin: 7 }, options: { sensor } });
        const recording = await openRecording(bytes);
        expect(recording.info).toMatchObject(info);
        expect(recording.facts).toMatchObject({ sensor, chipAssumed: false });
      }
    }
  });

  it('refuses what it cannot hold', async () => {
    const [outside, early] = [[[0, 40_000, 0, 1]], [[-5, 0, 0, 1]]] as const;
    const lost = { code: 'ERR_LOSS' };
    await expect(write(format, outside)).rejects.toMatchObject({ ...lost, details: { why: 'coordinates' } });
    await expect(write(format, [[0.5, 0, 0, 1]])).rejects.toMatchObject({ ...lost, details: { why: 'fraction' } });
    await expect(write(format, [[2 ** 54, 0, 0, 1]])).rejects.toMatchObject({ ...lost, details: { why: 'time' } });
    // The clock of AEDAT 2.0 is signed.
    const written = write(format, early).then(readBack);
    const outcome = await written.catch((error: unknown) => error);
    expect(outcome).toMatchObject(format === 'aedat2' ? early : { ...lost, details: { why: 'time' } });
  });
});

const headerOf = (bytes: Uint8Array): string => {
  const text = new TextDecoder('latin1').decode(bytes);
  return text.slice(0, text.indexOf('#End Of ASCII Header'));
};

const pause = (gap: number): Event[] => [
  [1, 0, 0, 1],
  [1 + gap, 0, 0, 1],
];

describe('writing AEDAT 2.0', () => {
  it.each([
    [128, 128, 'ch.unizh.ini.jaer.chip.retina.DVS128', [127, 127]],
    [240, 180, 'eu.seebetter.ini.chips.davis.DAVIS240C', [1023, 511]],
    [346, 260, 'eu.seebetter.ini.chips.davis.Davis346blue', [1023, 511]],
    [304, 240, 'eu.seebetter.ini.chips.davis.Davis346blue', [1023, 511]],
    [34, 34, 'eu.seebetter.ini.chips.davis.Davis208PixelParade', [1023, 511]],
    [640, 480, 'eu.seebetter.ini.chips.davis.Davis640', [1023, 511]],
    [1280, 720, 'ch.unizh.ini.jaer.chip.retina.DVS1280x720SD', [2047, 1023]],
  ] as const)('%d × %d names a chip that others know', async (width, height, chip, [x, y]) => {
    const events: Event[] = [
      [5, 0, y, 1],
      [6, x, 0, 0],
    ];
    const bytes = await write('aedat2', events, { info: { width, height } });
    expect(headerOf(bytes)).toContain(`\r\n# AEChip: ${chip}\r\n`);
    expect(await readBack(bytes)).toEqual(events);
    await expect(write('aedat2', [[0, x + 1, 0, 1]], { info: { width, height } })).rejects.toMatchObject({
      code: 'ERR_LOSS',
    });
  });

  it('without a size it names none', async () => {
    const bytes = await write('aedat2', [[5, 1023, 511, 1]], { info: {} });
    expect(headerOf(bytes)).not.toContain('AEChip');
    const { facts, info } = await openRecording(bytes);
    expect([facts.chipAssumed, info.width]).toEqual([true, null]);
  });

  it('a pause that its clock cannot show is refused', async () => {
    expect(await readBack(await write('aedat2', pause(2 ** 28)))).toEqual(pause(2 ** 28));
    await expect(write('aedat2', pause(2 ** 28 + 1))).rejects.toMatchObject({ details: { why: 'timeGap' } });
  });

  it('data that begin with # are told from the header', async () => {
    const events = Array.from({ length: 50 }, (_, i): Event => [0x4142430a + i, 20, 141, 1]);
    expect(await readBack(await write('aedat2', events, { info: { width: 240, height: 180 } }))).toEqual(events);
  });
});

describe('writing AEDAT 4.0', () => {
  const compressions = ['none', 'lz4'] as const;

  it.each(compressions)('%s: whole with its data table, in a pipe as one that was interrupted', async (compression) => {
    const events = scene(9_000, UNIX);
    const options = { compression };
    const whole = await read(await write('aedat4', events, { options }), {});
    expect(whole).toMatchObject({ events: 9_000, code: null });
    expect(whole.report?.violations).not.toHaveProperty('interrupted');
    const pipe = await read(await write('aedat4', events, { options, patched: false }), {});
    expect(pipe).toMatchObject({ events: 9_000, code: null, report: { violations: { interrupted: 1 } } });
    expect(pipe.digest).toBe(whole.digest);
  });

  it('its data table says where packets lie and which times they hold', async () => {
    const events = scene(9_000, UNIX);
    const bytes = await write('aedat4', events, { options: { compression: 'none' } });
    const view = new DataView(bytes.buffer);
    const table = Number(view.getBigInt64(54, true));
    expect(new TextDecoder().decode(bytes.subarray(table + 8, table + 12))).toBe('FTAB');
    expect(view.getUint32(table, true)).toBe(bytes.length - table - 4);
    expect(view.getUint32(table + 28, true)).toBe(3);
    let first = 0;
    for (let i = 0; i < 3; i++) {
      const at = table + 32 + 4 * i;
      const row = at + view.getUint32(at, true);
      const long = (offset: number): number => Number(view.getBigInt64(row + offset, true));
      // Readers that check alignment refuse a table whose 64-bit numbers are not at multiples of eight.
      expect((row + 12 - table) % 8).toBe(0);
      const [body, length] = [long(12), long(20)];
      expect([view.getInt32(body - 8, true), view.getInt32(body - 4, true)]).toEqual([0, view.getInt32(row + 8, true)]);
      const times = events.slice(first, first + length).map(([t]) => t);
      expect([long(28), long(36)]).toEqual([Math.min(...times), Math.max(...times)]);
      first += length;
    }
    expect(first).toBe(9_000);
  });

  it('zstd by an encoder that is handed in', async () => {
    const events = scene(5_000, UNIX);
    await expect(write('aedat4', events, { options: { compression: 'zstd' } })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
    expect(
      await readBack(await write('aedat4', events, { options: { compression: 'zstd', zstd: storedZstd } })),
    ).toEqual(events);
  });

  it('needs a size that others can read', async () => {
    for (const info of [{}, { width: 40_000, height: 10 }]) {
      await expect(write('aedat4', [], { info })).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
    }
  });

  it('in chunks of any size it reads the same', async () => {
    const bytes = await write('aedat4', scene(9_000, UNIX));
    expect((await read(chunked(bytes, [1, 5000, 77]), {})).digest).toBe((await read(bytes, {})).digest);
  });
});

/** A Zstandard frame of stored blocks: what an encoder may make of bytes that cannot be compressed. */
function storedZstd(content: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58)];
  for (let at = 0; at < content.length; at += 1 << 16) {
    const block = content.subarray(at, at + (1 << 16));
    const header = (block.length << 3) | (at + block.length === content.length ? 1 : 0);
    blocks.push(Uint8Array.of(header, header >> 8, header >> 16), block);
  }
  return concat(...blocks);
}

const roundTrip = (bytes: Uint8Array): Uint8Array =>
  new Lz4Decompressor(1 << 24).expand(new Lz4Compressor().compress(bytes));

describe('the LZ4 encoder', () => {
  it('any bytes come back', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.nat(255), fc.nat(700)).map(([value, length]) => new Uint8Array(length).fill(value)),
      fc.nat(60).map((length) => Uint8Array.from({ length }, (_, i) => i & 15)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const bytes = concat(...parts);
        expect(roundTrip(bytes)).toEqual(bytes);
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it('every length, and content of several blocks', () => {
    const random = new RandomSequence(9, 'lz4');
    const noise = Uint8Array.from({ length: 300_000 }, () => random.integer(256));
    const steps = noise.map((_, i) => i >> 9);
    for (let length = 0; length < 80; length++) {
      expect(roundTrip(steps.subarray(0, length))).toEqual(steps.slice(0, length));
      expect(roundTrip(noise.subarray(0, length))).toEqual(noise.slice(0, length));
    }
    for (const bytes of [noise, steps, concat(noise.subarray(0, 65_536), steps)]) {
      expect(sha(roundTrip(bytes))).toBe(sha(bytes));
    }
    expect(new Lz4Compressor().compress(noise).length).toBeLessThan(noise.length + 40);
    expect(new Lz4Compressor().compress(steps).length).toBeLessThan(6_000);
  });

  it('is done with noise that hides a match at the end of the window', () => {
    const random = new RandomSequence(10, 'lz4');
    const bytes = Uint8Array.from({ length: 65_536 }, () => random.integer(256));
    bytes.copyWithin(65_500, 1, 25);
    expect(encodeLz4Block(bytes).length).toBeLessThan(65_536 + 300);
    expect(sha(roundTrip(bytes))).toBe(sha(bytes));
  });
});
