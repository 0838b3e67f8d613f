import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  UDP_FORMATS,
  type UdpFormat,
  datagramDecoder,
  datagramEncoder,
} from '../../../../adapters/network/bridges/datagram.js';
import type { EventBatch } from '../../../../adapters/files/decoder.js';
import { type EventPacket, eventPacket } from '../../../../src/index.js';
import { projectRoot } from '../../../shared-data.js';

type Row = readonly [t: number, x: number, y: number, p: number];

const ANY = { width: null, height: null };
const FULL = 256;

const rowsOf = ({ t, x, y, p, length }: EventBatch): Row[] =>
  Array.from({ length }, (_, i) => [t[i], x[i], y[i], p[i]] as const);

const packetOf = (rows: readonly Row[]): EventPacket => {
  const column = (k: number): number[] => rows.map((row) => row[k]);
  return eventPacket({ t: column(0), x: column(1), y: column(2), p: column(3) });
};

function decode(
  format: UdpFormat,
  datagrams: readonly Uint8Array[],
  size: { width: number | null; height: number | null } = ANY,
): { rows: Row[]; violations: Record<string, number>; times: string | null } {
  const decoder = datagramDecoder(format, size);
  const rows = datagrams.flatMap((bytes, i) => rowsOf(decoder.decode(bytes, 1000 + i, 'a')));
  return { rows, violations: decoder.violations, times: decoder.times };
}

const words = (...list: number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer);
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
/** Words of `count` events with times, one after another from `t` on. */
const timed = (count: number, t: number): number[] =>
  Array.from({ length: count }, (_, i) => [((10 + i) << 16) | 0x8000 | (20 + i), t + i]).flat();

interface Captured {
  readonly events: readonly Row[];
  readonly datagrams: readonly string[];
}
const captured = JSON.parse(readFileSync(projectRoot('test/data/network/datagrams.json'), 'utf8')) as Record<
  string,
  Captured
>;

describe('what AEStream and faery send', () => {
  it.each(Object.entries(captured))('%s: all events and no others', (name, { events, datagrams }) => {
    const format = name.startsWith('aestream') ? 'spif' : (name.split(' ')[0] as UdpFormat);
    const { rows, violations, times } = decode(name.includes('t32') ? 'faery-t32' : format, datagrams.map(bytesOf), {
      width: 640,
      height: 480,
    });
    const bare = name.endsWith('bare');
    expect(times).toBe(bare ? 'arrival' : 'device');
    // Without times: the time at which each datagram of 128 events came.
    expect(rows).toEqual(events.map(([t, ...place], i) => [bare ? 1000 + Math.floor(i / 128) : t, ...place]));
    const partial = name.endsWith('timed') ? events.length % 32 : 0;
    expect(violations).toEqual(partial > 0 ? { staleWord: 2 * partial } : {});
  });

  it('are told apart from events where the sender is another one', () => {
    const decoder = datagramDecoder('spif', ANY);
    const full = words(...timed(32, 100));
    expect(decoder.decode(full, 0, 'a').length).toBe(32);
    // The same places as in the full datagram of somebody else.
    const partial = words(...timed(2, 500), ...timed(4, 100).slice(4));
    expect(decoder.decode(partial, 0, 'b').length).toBe(2);
    expect(decoder.violations).toEqual({ staleWord: 4 });
    decoder.decode(words(...timed(32, 550)), 0, 'b');
    // The first of another one, with nothing behind its events.
    expect(decoder.decode(words(...timed(2, 590), 0, 0, 0, 0), 0, 'c').length).toBe(2);
    expect(decoder.violations).toEqual({ staleWord: 8 });
    expect(decoder.decode(words(...timed(2, 600), ...timed(4, 700).slice(4)), 0, 'c').length).toBe(4);
  });

  it('are delivered where a datagram is whole events to its end', () => {
    const full = words(...timed(32, 100));
    expect(full.length).toBe(FULL);
    const { rows, violations } = decode('spif', [full, words(...timed(32, 200)), words(...timed(8, 300))]);
    expect(rows.map(([t]) => t)).toEqual(
      [100, 200, 300].flatMap((t, k) => timed(k < 2 ? 32 : 8, t).filter((_, i) => i % 2)),
    );
    expect(violations).toEqual({});
  });
});

describe('words of SPIF', () => {
  it('hold x, polarity and y where the specification says', () => {
    const { rows } = decode('spif', [words(0x7fff0000, 5, 0x0000ffff, 6, 0x00010002, 7)]);
    expect(rows).toEqual([
      [5, 0x7fff, 0, 0],
      [6, 0, 0x7fff, 1],
      [7, 1, 2, 0],
    ]);
  });

  it('come with times or without, not both; what is missing or left over is counted', () => {
    const mixed = [words(0x00010002, 7, 0x80030004), words(0x80030004), words(0x00010002, 9, 0x00010002)];
    const { rows, violations } = decode('spif', [...mixed, Uint8Array.of(1, 2, 3, 4, 5).subarray(0, 3)]);
    expect(rows.map(([t]) => t)).toEqual([7, 9]);
    expect(violations).toEqual({ otherTime: 2, missingTime: 1, partialWord: 1 });
  });

  it('take the time of arrival, which does not step back', () => {
    const decoder = datagramDecoder('spif', ANY);
    const times = [50, 40, 60].map((now) => decoder.decode(words(0x80000000), now, 'a').t[0]);
    expect(times).toEqual([50, 50, 60]);
  });
});

describe('events of faery', () => {
  it('count what is cut off, and times that a number does not hold', () => {
    const bytes = new Uint8Array(30);
    new DataView(bytes.buffer).setUint32(4, 2 ** 21, true);
    expect(decode('faery', [bytes])).toEqual({
      rows: [[0, 0, 0, 0]],
      violations: { timeBeyond: 1, partialEvent: 1 },
      times: 'device',
    });
  });

  it('are cut where the 32-bit clock begins anew, as faery needs it', () => {
    const rows = Array.from({ length: 6 }, (_, i): Row => [2 ** 32 - 3 + i, i, i, 1]);
    const datagrams = datagramEncoder('faery-t32', true).encode(packetOf(rows));
    expect(datagrams.map(({ length }) => length / 8)).toEqual([3, 3]);
    expect(decode('faery-t32', datagrams).rows).toEqual(rows);
  });
});

describe('datagrams of ours', () => {
  const row = fc.tuple(
    fc.integer({ min: -50, max: 2000 }),
    fc.integer({ min: 0, max: 32_767 }),
    fc.integer({ min: 0, max: 32_767 }),
    fc.integer({ min: 0, max: 1 }),
  );
  const recording = fc.tuple(
    fc.constantFrom(10_000, 2 ** 32 - 1000, 1.7e15),
    fc.array(row, { maxLength: 400 }),
    fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 8 }),
  );

  it.each(UDP_FORMATS)('%s: any events, cut anywhere, come back, steps back and loops included', (format) => {
    fc.assert(
      fc.property(recording, ([start, steps, cuts]) => {
        let t = start;
        const rows = steps.map(([step, ...place]): Row => [(t += step), ...place]);
        const encoder = datagramEncoder(format, true);
        const pieces: Row[][] = [];
        for (let at = 0, k = 0; at < rows.length; k++) {
          const take = cuts[k] ?? 400;
          pieces.push(rows.slice(at, at + take));
          at += take;
        }
        const datagrams = pieces.flatMap((piece) => encoder.encode(packetOf(piece)));
        const got = decode(format, datagrams);
        const base = format === 'faery' || rows.length === 0 ? 0 : Math.floor(rows[0][0] / 2 ** 32) * 2 ** 32;
        expect(got.rows).toEqual(rows.map(([at, ...place]) => [at - base, ...place]));
        expect(got.violations).toEqual({});
        expect(Math.max(0, ...datagrams.map(({ length }) => length))).toBeLessThanOrEqual(1300);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('hold an odd number of events with times, and at most 512 bytes, which is what AEStream takes', () => {
    for (let n = 1; n < 300; n++) {
      const rows = Array.from({ length: n }, (_, i): Row => [i, 1, 2, 1]);
      const sizes = datagramEncoder('spif', true)
        .encode(packetOf(rows))
        .map(({ length }) => length / 8);
      expect(sizes.every((size) => size % 2 === 1 && size <= 64)).toBe(true);
      const bare = datagramEncoder('spif', false).encode(packetOf(rows));
      expect(bare.every(({ length }) => length <= 512)).toBe(true);
      expect(bare.reduce((sum, { length }) => sum + length / 4, 0)).toBe(n);
    }
  });
});

describe('anything at all', () => {
  it.each(UDP_FORMATS)('%s: never throws, never gives an event outside the sensor', (format) => {
    const size = { width: 300, height: 200 };
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 6 }), (datagrams) => {
        const { rows } = decode(format, datagrams, size);
        expect(rows.every(([t, x, y]) => Number.isSafeInteger(t) && x < size.width && y < size.height)).toBe(true);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('counts what lies outside the sensor', () => {
    const { rows, violations } = decode('spif', [words(0x00010001, 5, 0x00020001, 5, 0x00010002, 5)], {
      width: 2,
      height: 2,
    });
    expect(rows).toEqual([[5, 1, 1, 0]]);
    expect(violations).toEqual({ leftOut: 2 });
  });
});
