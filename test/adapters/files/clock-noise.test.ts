import { describe, expect, it } from 'vitest';
import { ENCODERS } from '../../../adapters/files/encoders.js';
import { RandomSequence, streamInfo } from '../../../src/index.js';
import { held, joined, packets, write, type Event } from './prophesee-files.js';

/** Formats, bytes of a word and, where the clock has words of its own, one that leaps. */
const FORMATS = [
  ['evt2', 4, [0xff, 0xff, 0xff, 0x8f]],
  ['evt2.1', 8, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0x8f]],
  ['evt3', 2, [0xf0, 0x8f]],
  ['dat', 8, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['aedat2', 8, [0, 0, 8, 0, 0x7f, 0xff, 0xff, 0xff]],
] as const;
type Format = (typeof FORMATS)[number][0];

const scene = (t0: number): Event[] =>
  Array.from({ length: 6_000 }, (_, k) => [t0 + 90 * k, (k * 7) % 300, (k * 3) % 200, k & 1]);

async function fileOf(format: Format, events: readonly Event[]): Promise<Uint8Array> {
  if (format !== 'aedat2') return write(format, events);
  const stream = streamInfo({ width: 346, height: 260 });
  const encoder = (await ENCODERS.aedat2!())(stream, {});
  const pieces: Uint8Array[] = [];
  for (const packet of packets(events, [1000], stream)) {
    for (const piece of encoder.encode(packet)) pieces.push(piece.slice());
  }
  return joined(pieces);
}

/** Where the words begin. */
function dataStart(bytes: Uint8Array, format: Format): number {
  const end = format === 'aedat2' ? '#End Of ASCII Header\r\n' : '% end\n';
  return new TextDecoder('latin1').decode(bytes).indexOf(end) + end.length + (format === 'dat' ? 2 : 0);
}

const tail = (events: readonly Event[]): Event[] => events.slice(-500);

describe.each(FORMATS)('%s: noise does not wind the clock', (format, size, leap) => {
  it.each([0, 10_000_000, 2 ** 24 * 100.4])('one bad word, from %d µs on', async (t0) => {
    const good = scene(Math.floor(t0));
    const bytes = await fileOf(format, good);
    const begin = dataStart(bytes, format);
    for (const share of [0.2, 0.5, 0.7]) {
      const at = begin + size * Math.floor(((bytes.length - begin) / size) * share);
      for (const count of [1, 2, 200]) {
        const bad = new Uint8Array(size * count).map((_, k) => leap[k % size]);
        const { events, report } = await held(joined([bytes.subarray(0, at), bad, bytes.subarray(at)]));
        expect(tail(events)).toEqual(tail(good));
        const { nonMonotonicTimeHigh = 0, nonContinuousTimeHigh = 0, timeStepBack = 0 } = report.violations;
        expect(nonMonotonicTimeHigh + nonContinuousTimeHigh + timeStepBack).toBeGreaterThan(0);
      }
    }
  });

  it('a patch of 4 KiB', async () => {
    const good = scene(12_000_000);
    const bytes = await fileOf(format, good);
    const at = dataStart(bytes, format) + 800 * size;
    for (let seed = 0; seed < 8; seed++) {
      const random = new RandomSequence(seed, format);
      const noise = Uint8Array.from({ length: 4096 }, () => random.integer(256));
      const { events, report } = await held(joined([bytes.subarray(0, at), noise, bytes.subarray(at)]));
      expect(tail(events)).toEqual(tail(good));
      expect(Object.values(report.violations).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
    }
  });
});
