import { describe, expect, it } from 'vitest';
import { delayStepsStep, type Mark, type SpikePacket, type StepGrid, streamInfo } from '../../src/index.js';
import { run } from './camera.js';

const STREAM = streamInfo({ width: 9, height: 1 });
const GRID: StepGrid = { t0: 100, step0: 10, dt: 5 };
const END: Mark = { kind: 'end', source: null, label: null };

function spikes(step: readonly number[], untilStep: number, mark: Mark | null = null, grid = GRID): SpikePacket {
  const until = grid.t0 + (untilStep - grid.step0) * grid.dt;
  return {
    stream: STREAM,
    length: step.length,
    step: Float64Array.from(step),
    t: Float64Array.from(step, (s) => grid.t0 + (s - grid.step0) * grid.dt + 3),
    unit: Uint32Array.from(step, (s) => s % 9),
    until: mark ? until : until + 4,
    untilStep,
    grid,
    firing: { step: new Float64Array(0), p: new Float64Array(0), units: 9 },
    mark,
  };
}

const short = (out: readonly SpikePacket[]): unknown[] =>
  out.map(({ step, t, unit, until, untilStep, mark }) => [
    [...step],
    [...t],
    [...unit],
    until,
    untilStep,
    mark?.kind ?? null,
  ]);

describe('delaySteps', () => {
  it('hands a spike on once the watermark is past the step it arrives in, also in silence', () => {
    const { out } = run(delayStepsStep, { steps: 2 }, [
      spikes([10, 11, 11], 12),
      spikes([12], 13),
      spikes([], 14),
      spikes([], 20),
    ]);
    expect(short(out)).toEqual([
      [[], [], [], 110, 12, null],
      [[12], [110], [1], 115, 13, null],
      [[13, 13], [115, 115], [2, 2], 120, 14, null],
      [[14], [120], [3], 150, 20, null],
    ]);
    expect(out.every(({ firing }) => firing === null)).toBe(true);
  });

  it('drops and counts what a mark meets on its way', () => {
    const next: StepGrid = { t0: 115, step0: 13, dt: 5 };
    const { out, state } = run(delayStepsStep, { steps: 2 }, [
      spikes([10, 11, 12], 13, END),
      spikes([13], 20, null, next),
    ]);
    expect(short(out)).toEqual([
      [[12], [110], [1], 115, 13, 'end'],
      [[15], [125], [4], 150, 20, null],
    ]);
    expect(state.dropped).toBe(2);
  });

  it('hands on everything as it is without a delay', () => {
    const packet = spikes([10, 12], 12);
    expect(run(delayStepsStep, { steps: 0 }, [packet]).out).toEqual([packet]);
  });

  it('refuses to become so short that a spike overtakes one on its way', () => {
    const out: SpikePacket[] = [];
    const state = delayStepsStep.init({ steps: 3 });
    const advance = (steps: number, packet: SpikePacket): void =>
      delayStepsStep.advance({ steps }, state, packet, (one) => out.push(one));
    advance(3, spikes([10], 11));
    for (const steps of [0, 1]) {
      expect(() => advance(steps, spikes([11], 12))).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    }
    advance(2, spikes([11], 12));
    advance(2, spikes([], 14, END));
    advance(0, spikes([14], 15, null, { t0: 120, step0: 14, dt: 5 }));
    expect(out.map(({ step }) => [...step])).toEqual([[], [], [13, 13], [14]]);
  });

  it('refuses streams in which every event is a step, and wrong delays', () => {
    const { error } = run(delayStepsStep, { steps: 1 }, [spikes([10], 11, null, { t0: 0, step0: 0, dt: 0 })]);
    expect(error).toMatchObject({ code: 'ERR_ARGUMENT' });
    for (const steps of [-1, 0.5, NaN]) {
      expect(() => delayStepsStep.init({ steps })).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    }
  });
});
