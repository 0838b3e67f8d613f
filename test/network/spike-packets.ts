import { expect } from 'vitest';
import type { Mark, SpikePacket, StepGrid } from '../../src/events/packet.js';
import { streamInfo } from '../../src/events/stream-info.js';
import type { Step } from '../../src/step.js';
import { restoreState, saveState } from '../../src/state.js';

export interface Spike {
  readonly step: number;
  readonly t: number;
  readonly unit: number;
}

/** A packet of the given spikes. */
export function spikePacket(
  units: number | null,
  grid: StepGrid,
  spikes: readonly Spike[],
  rest: { untilStep: number; until?: number; mark?: Mark | null },
): SpikePacket {
  const { untilStep, mark = null } = rest;
  return {
    stream: streamOf(units),
    grid,
    step: Float64Array.from(spikes, ({ step }) => step),
    t: Float64Array.from(spikes, ({ t }) => t),
    unit: Uint32Array.from(spikes, ({ unit }) => unit),
    length: spikes.length,
    untilStep,
    until: rest.until ?? grid.t0 + (untilStep - grid.step0) * grid.dt,
    mark,
    firing: null,
  };
}

const streams = new Map<number | null, ReturnType<typeof streamInfo>>();
function streamOf(units: number | null): ReturnType<typeof streamInfo> {
  const stream = streams.get(units) ?? streamInfo({ id: 'test', width: units, height: 1, polarities: 1 });
  streams.set(units, stream);
  return stream;
}

/** Spikes of one grid and where it ends. */
export interface Segment {
  readonly grid: StepGrid;
  readonly spikes: readonly Spike[];
  readonly untilStep: number;
  readonly until: number;
  readonly mark: Mark | null;
}

/** Each segment as one packet. */
export function wholePackets(units: number, segments: readonly Segment[]): SpikePacket[] {
  return segments.map(({ grid, spikes, ...rest }) => spikePacket(units, grid, spikes, rest));
}

/**
 * The segments as packets cut anywhere: `choose(n)` is an integer in 0…n−1. Between two spikes the watermark stands at
 * any step that has been reached (`lagging`: or at an earlier one); packets may be empty, and watermarks repeat.
 */
export function cutPackets(
  units: number,
  segments: readonly Segment[],
  choose: (n: number) => number,
  lagging = false,
): SpikePacket[] {
  return segments.flatMap(({ grid, spikes, ...end }) => {
    const packets: SpikePacket[] = [];
    let from = 0;
    let passed = grid.step0;
    while (from < spikes.length || choose(3) > 0) {
      const to = Math.min(spikes.length, from + choose(4));
      const limit = to < spikes.length ? spikes[to].step : end.untilStep;
      if (to > 0 && !lagging) passed = Math.max(passed, spikes[to - 1].step);
      passed += choose(limit - passed + 1);
      const latest = to > 0 ? spikes[to - 1].t : grid.t0;
      const until = Math.max(latest, grid.t0 + (passed - grid.step0) * grid.dt);
      packets.push(
        spikePacket(units, grid, spikes.slice(from, to), { untilStep: passed, until: Math.min(until, end.until) }),
      );
      from = to;
    }
    packets.push(spikePacket(units, grid, [], end));
    return packets;
  });
}

export interface Outcome {
  readonly spikes: Spike[];
  readonly rows: { step: number; p: number[] }[];
  readonly marks: { until: number; untilStep: number; mark: Mark }[];
  readonly until: number;
  readonly untilStep: number;
}

/** Everything that packets say, wherever they were cut. */
export function contentOf(packets: readonly SpikePacket[]): Outcome {
  return {
    spikes: packets.flatMap(({ step, t, unit, length }) =>
      Array.from({ length }, (_, i) => ({ step: step[i], t: t[i], unit: unit[i] })),
    ),
    rows: packets.flatMap(({ firing }) =>
      Array.from(firing?.step ?? [], (step, r) => {
        const units = firing?.units ?? 0;
        return { step, p: [...(firing?.p.slice(r * units, (r + 1) * units) ?? [])] };
      }),
    ),
    marks: packets.flatMap(({ until, untilStep, mark }) => (mark ? [{ until, untilStep, mark }] : [])),
    until: packets.at(-1)?.until ?? NaN,
    untilStep: packets.at(-1)?.untilStep ?? NaN,
  };
}

/**
 * Runs a step over packets. With `fresh`, the state is saved and restored after every packet and the parameters come
 * anew for each.
 */
export function runStep<P, S, I, O>(
  step: Step<P, S, I, O>,
  params: P,
  packets: readonly I[],
  fresh: (() => P) | null = null,
): O[] {
  const out: O[] = [];
  const emit = (output: O): void => void out.push(output);
  let current = params;
  let state = step.init(current);
  for (const packet of packets) {
    step.advance(current, state, packet, emit);
    if (fresh) {
      const bytes = saveState(step, state);
      current = fresh();
      state = restoreState(step, current, bytes);
    }
  }
  step.finish?.(current, state, emit);
  return out;
}

/** `expect(came).toEqual(expected)`, quickly where they are equal: there are thousands of spikes to compare. */
export function expectSame(came: unknown, expected: unknown): void {
  if (JSON.stringify(came) !== JSON.stringify(expected)) expect(came).toEqual(expected);
}
