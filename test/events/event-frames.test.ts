import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventFrame, type EventPacket, eventFramesStep, silence, streamInfo } from '../../src/index.js';
import { type CameraEvent, events, packet, packets, realEvents, run, NMNIST, SMALL } from './camera.js';

const END = { kind: 'end', source: null, label: null } as const;

const PIXELS = Array.from({ length: 35 }, (_, pixel) => pixel);

/** Frames made the plain way: events of [start + n·width, start + (n+1)·width), up to the one that holds the end. */
function framesOf(list: readonly CameraEvent[], width: number, until: number): { t0: number; counts: number[][] }[] {
  const whole = Math.floor(until / width);
  const made = Array.from({ length: whole + 1 }, (_, n) => {
    const inside = list.filter(({ t }) => Math.floor(t / width) === n);
    const count = (p: number): number[] =>
      PIXELS.map((pixel) => inside.filter((e) => e.p === p && e.y * 7 + e.x === pixel).length);
    return { t0: n * width, counts: [count(1), count(0)], events: inside.length };
  });
  return made.filter(({ events: n }, i) => i < whole || n > 0).map(({ t0, counts }) => ({ t0, counts }));
}

const plain = ({ t0, on, off }: EventFrame): unknown => ({ t0, counts: [[...on], [...off]] });
const ended = (list: readonly EventPacket[], until: number): EventPacket[] => [...list, silence(SMALL, until, END)];

const at = (t: number, x = 0): EventPacket => packet([{ t, x, y: 0, p: 1 }]);
const code = (input: EventPacket[], start = 0): unknown => run(eventFramesStep, { width: 10, start }, input).error;

const corner = (...times: number[]): CameraEvent[] => times.map((t) => ({ t, x: 0, y: 0, p: 1 }));

describe('eventFrames', () => {
  it('counts the events of each pixel and polarity in each frame, wherever packets are cut', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 20, max: 400 }), fc.integer({ min: 1, max: 60 }), (list, width, size) => {
        const until = (list.at(-1)?.t ?? 0) + 1;
        const { out, error } = run(eventFramesStep, { width }, ended(packets(list, SMALL, size), until));
        expect(error).toBeNull();
        expect(out.map(plain)).toEqual(framesOf(list, width, until));
        out.slice(0, -1).forEach((frame, i) => expect(frame.t1).toBe(out[i + 1].t0));
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('makes one frame of all where its length is endless; without a mark, at the end of the stream', () => {
    const list = realEvents();
    const { out } = run(eventFramesStep, { width: Infinity }, packets(list, NMNIST, 700));
    expect(out).toHaveLength(1);
    const [{ on, off, t0, t1 }] = out;
    expect({ t0, t1 }).toEqual({ t0: 0, t1: list.at(-1)?.t });
    expect([on, off].map((counts) => counts.reduce((a, b) => a + b))).toEqual(
      [1, 0].map((p) => list.filter((e) => e.p === p).length),
    );
  });

  it('hands out frames that the receiver keeps', () => {
    const list = [0, 10, 20].map((t) => ({ t, x: 1, y: 0, p: 1 }));
    const { out } = run(eventFramesStep, { width: 10 }, [packet(list)]);
    expect(out.map(({ on }) => on[1])).toEqual([1, 1, 1]);
  });

  it('counts frames from its start, and anew from a mark', () => {
    const { out } = run(eventFramesStep, { width: 10, start: 5 }, [
      packet(corner(7, 18), SMALL, { until: 19, mark: END }),
      packet(corner(20)),
      packet(corner(30)),
    ]);
    expect(out.map(({ t0, t1 }) => [t0, t1])).toEqual([
      [5, 15],
      [15, 19],
      [19, 29],
      [29, 30],
    ]);
  });

  it('refuses times that step back, or come before its start, events outside, and streams without a size', () => {
    expect(code([at(5), at(4)])).toMatchObject({ code: 'ERR_TIME_ORDER' });
    expect(code([at(5)], 6)).toMatchObject({ code: 'ERR_TIME_ORDER' });
    expect(code([silence(SMALL, Infinity)])).toMatchObject({ code: 'ERR_TIME_ORDER' });
    expect(code([at(5, 7)])).toMatchObject({ code: 'ERR_GEOMETRY' });
    expect(code([silence(streamInfo(), 0)])).toMatchObject({ code: 'ERR_GEOMETRY' });
    expect(() => eventFramesStep.init({ width: 0 })).toThrow('eventFrames: width');
  });

  it('refuses a saved state of another size', () => {
    const state = eventFramesStep.init({ width: 1 });
    expect(() => eventFramesStep.check?.({ width: 1 }, { ...state, width: 2, height: 2 })).toThrow('do not fit 2×2');
  });
});
