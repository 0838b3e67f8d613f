import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concatPackets,
  countSlicesStep,
  eventPacket,
  type EventPacket,
  type Mark,
  silence,
  slicePacket,
  streamInfo,
  timeSlicesStep,
} from '../../src/index.js';
import { type CameraEvent, events, listOf, NMNIST, packet, packets, realEvents, run, SMALL } from './camera.js';

const MARK: Mark = { kind: 'end', source: null, label: null };
const at = (...times: number[]): CameraEvent[] => times.map((t) => ({ t, x: 1, y: 2, p: 0 }));
const argument = expect.objectContaining({ code: 'ERR_ARGUMENT' }) as unknown;

/** Packets in short: times, watermark, kind of the mark. */
const short = (out: readonly EventPacket[]): unknown[] =>
  out.map((one) => [listOf([one]).map(({ t }) => t), one.until, one.mark?.kind ?? null]);

describe('timeSlices', () => {
  it('makes one packet of each slice that holds an event, wherever the input is cut', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 40 }), (list, width, size) => {
        const slices = new Map<number, CameraEvent[]>();
        for (const event of list) {
          const slice = Math.floor(event.t / width);
          slices.set(slice, [...(slices.get(slice) ?? []), event]);
        }
        const { out } = run(timeSlicesStep, { width }, packets(list, SMALL, size));
        const full = out.filter(({ length }) => length > 0);
        expect(full.map((one) => listOf([one]))).toEqual([...slices.values()]);
        // the last slice is still open when the stream ends
        expect(full.slice(0, -1).map(({ until }) => until)).toEqual(
          [...slices.keys()].slice(0, -1).map((n) => (n + 1) * width),
        );
      }),
      { numRuns: 80, seed: 9 },
    );
  });

  it('cuts a real recording without losing an event', () => {
    const list = realEvents();
    const { out } = run(timeSlicesStep, { width: 10_000 }, packets(list, NMNIST, 321));
    expect(listOf(out)).toEqual(list);
    expect(out.length).toBeGreaterThan(20);
  });

  it('counts slices from the origin, hands on silence, and passes over a long gap in one packet', () => {
    const stream = streamInfo({ origin: 3 });
    const { out } = run(timeSlicesStep, { width: 10 }, [
      packet(at(4, 12), stream, { until: 12 }),
      silence(stream, 13),
      silence(stream, 1e15),
      packet(at(1e15), stream, { until: 1e15 + 1 }),
    ]);
    expect(short(out)).toEqual([
      [[4, 12], 13, null],
      [[], 1e15 - 7, null],
      [[1e15], 1e15 + 1, null],
    ]);
  });

  it('closes a slice at a mark', () => {
    const { out } = run(timeSlicesStep, { width: 10 }, [
      packet(at(1, 12), SMALL, { until: 14, mark: MARK }),
      packet(at(15, 21), SMALL, { until: 22 }),
    ]);
    expect(short(out)).toEqual([
      [[1], 10, null],
      [[12], 14, 'end'],
      [[15], 20, null],
      [[21], 22, null],
    ]);
  });

  it('refuses times out of order, after what came before', () => {
    const { out, error } = run(timeSlicesStep, { width: 10 }, [packet(at(1, 12, 11))]);
    expect(short(out)).toEqual([
      [[1], 10, null],
      [[12], 12, null],
    ]);
    expect(error).toMatchObject({ code: 'ERR_TIME_ORDER' });
    expect(run(timeSlicesStep, { width: 10 }, [silence(SMALL, 5), silence(SMALL, 4)]).error).toMatchObject({
      code: 'ERR_TIME_ORDER',
    });
    expect(() => timeSlicesStep.init({ width: 0 })).toThrow(argument);
  });
});

describe('timeSlices of fractions of a µs', () => {
  it('never hands out a watermark that the stream has not reached', () => {
    for (const width of [0.1, 0.7, 333.3, 1 / 3, 1e6 / 30]) {
      for (let k = 1; k < 300; k++) {
        for (const ulps of [-2, -1, 0, 1]) {
          const t = k * width + ulps * k * width * 2 ** -53;
          const { out } = run(timeSlicesStep, { width }, [silence(SMALL, t), packet(at(t), SMALL, { until: t })]);
          const reached = [0, ...out.map(({ until }) => until), t];
          expect(reached).toEqual(reached.toSorted((a, b) => a - b));
        }
      }
    }
  });
});

describe('countSlices', () => {
  it('makes packets of exactly so many events, and the rest at the end', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 70 }), (list, count, size) => {
        const { out } = run(countSlicesStep, { count }, packets(list, SMALL, size));
        const full = out.filter(({ length }) => length > 0);
        expect(listOf(full)).toEqual(list);
        expect(full.map(({ length }) => length)).toEqual(
          Array.from({ length: Math.ceil(list.length / count) }, (_, i) => Math.min(count, list.length - i * count)),
        );
      }),
      { numRuns: 80, seed: 10 },
    );
  });

  it('hands on silence while it holds nothing, and closes at a mark', () => {
    const input = [
      silence(SMALL, 5),
      packet(at(6, 7, 8), SMALL, { until: 9 }),
      silence(SMALL, 20),
      silence(SMALL, 21, MARK),
      packet(at(22, 23), SMALL, { until: 30 }),
    ];
    expect(short(run(countSlicesStep, { count: 2 }, input).out)).toEqual([
      [[], 5, null],
      [[6, 7], 7, null],
      [[8], 21, 'end'],
      [[22, 23], 23, null],
      [[], 30, null],
    ]);
  });

  it('hands out what waits when the count becomes less than that', () => {
    const state = countSlicesStep.init({ count: 4 });
    const out: EventPacket[] = [];
    countSlicesStep.advance({ count: 4 }, state, packet(at(1, 2, 3)), (slice) => out.push(slice));
    countSlicesStep.advance({ count: 2 }, state, packet(at(4, 5, 6)), (slice) => out.push(slice));
    countSlicesStep.finish?.({ count: 2 }, state, (slice) => out.push(slice));
    expect(out.map(({ t }) => [...t])).toEqual([[1, 2, 3], [4, 5], [6]]);
  });

  it.each([0, 1.5, 2 ** 40])('refuses %d', (count) => {
    expect(() => countSlicesStep.init({ count })).toThrow(argument);
  });
});

describe('eventPacket, slicePacket, concatPackets', () => {
  it('builds a packet of columns', () => {
    const built = eventPacket({ t: [3, 9, 5], x: [1, 2, 3], y: [0, 0, 0], p: [1, 0, 1] });
    expect(built).toMatchObject({ length: 3, until: 9, mark: null, stream: { width: null } });
    expect(eventPacket({ t: [], x: [], y: [], p: [] })).toMatchObject({ length: 0, until: 0 });
    expect(eventPacket({ t: [], x: [], y: [], p: [], until: -5 }).until).toBe(-5);
  });

  it('refuses columns of different lengths, and a watermark before an event', () => {
    expect(() => eventPacket({ t: [1], x: [1], y: [1], p: [] })).toThrow(argument);
    expect(() => eventPacket({ t: [1], x: [1], y: [1], p: [1], until: 0 })).toThrow(argument);
    expect(() => eventPacket({ t: [], x: [], y: [], p: [], until: NaN })).toThrow(argument);
  });

  it('cuts a packet and puts it together again', () => {
    fc.assert(
      fc.property(events, fc.nat(200), fc.nat(200), (list, a, b) => {
        const whole = packet(list, SMALL, { until: 1e6, mark: MARK });
        const [from, to] = [Math.min(a, b, list.length), Math.min(Math.max(a, b), list.length)];
        const parts = [slicePacket(whole, 0, from), slicePacket(whole, from, to), slicePacket(whole, to, list.length)];
        if (to === list.length) parts.pop();
        if (from === list.length) parts.pop();
        expect(listOf(parts)).toEqual(list);
        for (const { t, length, until } of parts)
          for (let i = 0; i < length; i++) expect(t[i]).toBeLessThanOrEqual(until);
        const joined = concatPackets(parts);
        expect(listOf([joined])).toEqual(list);
        expect([joined.until, joined.mark]).toEqual([1e6, MARK]);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('gives an empty slice a watermark that no event behind it breaks', () => {
    const whole = packet(at(5, 9));
    expect(slicePacket(whole, 0, 0).until).toBe(5);
    expect(slicePacket(whole, 0, 0, 2).until).toBe(2);
    expect(slicePacket(whole, 1, 1).until).toBe(5);
    expect(slicePacket(whole, 0, 1).until).toBe(5);
  });

  it('refuses to cut outside of a packet, and to join across a mark or streams', () => {
    const whole = packet(at(5, 9));
    for (const [from, to] of [
      [-1, 1],
      [1, 0],
      [0, 3],
      [0.5, 1],
    ])
      expect(() => slicePacket(whole, from, to)).toThrow(argument);
    expect(() => concatPackets([])).toThrow(argument);
    expect(() => concatPackets([packet([], SMALL, { mark: MARK }), whole])).toThrow(argument);
    expect(() => concatPackets([packet([], NMNIST), whole])).toThrow(argument);
  });
});
