import { describe, expect, test } from 'vitest';
import type { SpikePacket } from '../../src/index.js';
import { networkStep, RandomSequence, streamInfo } from '../../src/index.js';
import { Backpropagation } from '../../src/learning/index.js';
import { build, CASES, DT, randomInput, sparse } from './network-cases.js';

/** Spikes of a layer as `step:unit`. */
function spikesOf(run: Backpropagation, name: string, offset: number): string[] {
  const { start, active } = run.tape(name);
  const out: string[] = [];
  for (let t = 0; t < run.steps; t++) {
    for (let i = start[t]; i < start[t + 1]; i++) out.push(`${t}:${active[i] + offset}`);
  }
  return out;
}

describe('forward pass of training', () => {
  test.each(CASES)('$name: fires the spikes of networkStep for the same key', (c) => {
    const random = new RandomSequence(11, c.name);
    const network = build(c, random);
    const rows = randomInput(
      network.spec.inputs.reduce((n, { units }) => n + units, 0),
      60,
      random,
      c.counting ?? false,
    );
    const run = new Backpropagation(network, DT);
    const step = Float64Array.from(rows.flatMap((row, t) => row.map(() => t)));
    const packet: SpikePacket = {
      stream: streamInfo({ id: 's' }),
      length: step.length,
      t: step.map((s) => s * DT),
      step,
      unit: Uint32Array.from(rows.flat()),
      until: rows.length * DT,
      untilStep: rows.length,
      grid: { t0: 0, step0: 0, dt: DT },
      mark: null,
      firing: null,
    };
    let spikes = 0;
    for (const pass of [0, 1, 77]) {
      run.forward(sparse(rows), { seed: 9, stream: 's', pass });
      const params = { network, seed: 9, stream: 's', pass, outputs: ['h', 'o'] };
      const out: string[] = [];
      networkStep.advance(params, networkStep.init(params), packet, (p) => {
        for (let i = 0; i < p.length; i++) out.push(`${p.step[i]}:${p.unit[i]}`);
      });
      const mine = [...spikesOf(run, 'h', 0), ...spikesOf(run, 'o', run.tape('h').units)];
      expect(mine.sort()).toEqual(out.sort());
      spikes += mine.length;
    }
    expect(spikes).toBeGreaterThan(20);
  });

  test('a sample does not depend on the one before it', () => {
    const random = new RandomSequence(12);
    const network = build(CASES[0], random);
    const rows = randomInput(5, 20, random, false);
    const key = { seed: 1, stream: 's', pass: 3 };
    const fresh = new Backpropagation(network, DT);
    fresh.forward(sparse(rows), key);
    const used = new Backpropagation(network, DT);
    used.forward(sparse(randomInput(5, 50, random, false)), { ...key, pass: 4 });
    used.forward(sparse(rows), key);
    expect(spikesOf(used, 'o', 0)).toEqual(spikesOf(fresh, 'o', 0));
  });
});
