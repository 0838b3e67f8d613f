import { describe, expect, it } from 'vitest';
import { sqs, sqsMemory, sqsOutcomes, type SqsParams } from '../../src/neurons/index.js';
import { buildCircuit, type Circuit } from '../../src/quantum/index.js';
import { CASES, distanceUpToPhase, type RecordedCase, type RecordedRun, RUNS } from './recorded.js';

const BOUND = 1e-10;

function circuitOf(recorded: RecordedCase): Circuit {
  const { kind, lines, memory, depth, gates } = recorded;
  if (kind === 'custom') return buildCircuit({ kind, lines, memory, gates });
  return buildCircuit(kind === 'layered' ? { kind, lines, memory, depth: depth ?? 1 } : { kind });
}

function paramsOf(recorded: RecordedCase, form: 'auto' | 'state-vector'): SqsParams {
  return {
    neurons: 1,
    circuit: circuitOf(recorded),
    encoder: recorded.encoder,
    angles: Float64Array.from(recorded.angles),
    omega: recorded.omega === null ? null : Float64Array.from(recorded.omega),
    form,
  };
}

/** A number that draws `outcome` out of the recorded probabilities: the middle of its stretch. */
function drawing(p: readonly number[], outcome: number): number {
  return p.slice(outcome + 1).reduce((sum, x) => sum + x, 0) + p[outcome] / 2;
}

/** Runs a case with the outcomes that were measured there; the largest differences over all steps. */
function compare(recorded: RecordedCase, run: RecordedRun, form: 'auto' | 'state-vector'): [number, number] {
  const params = paramsOf(recorded, form);
  const state = sqs.init(params);
  const p = new Float64Array(recorded.lines);
  let probability = 0;
  let memory = 0;
  for (const [t, outcome] of recorded.outcomes.entries()) {
    const z = Float64Array.from(recorded.z[t]);
    const joint = sqsOutcomes(params, state, 0, z, recorded.seconds[t]);
    const spikes = sqs.advance(params, state, 0, z, drawing(run.p[t], outcome), recorded.seconds[t], p);
    expect(spikes, `outcome of step ${t}`).toBe(outcome);
    joint.forEach((x, s) => (probability = Math.max(probability, Math.abs(x - run.p[t][s]))));
    p.forEach((x, n) => {
      const marginal = run.p[t].reduce((sum, y, s) => sum + (((s >> n) & 1) === 1 ? y : 0), 0);
      probability = Math.max(probability, Math.abs(x - marginal));
    });
    memory = Math.max(memory, distanceUpToPhase(sqsMemory(state, 0), run.memory[t]));
  }
  return [probability, memory];
}

describe.each(Object.entries(RUNS))('conditional states and probabilities of %s', (_simulator, runs) => {
  it('covers every size that is asked for, with complex states', () => {
    const sizes = new Set(CASES.map(({ lines, memory }) => `${lines}+${memory}`));
    expect([...sizes].sort()).toEqual(['1+1', '1+2', '1+3', '2+1', '2+2', '2+3', '3+1', '3+2', '3+3', '4+4']);
    expect(new Set(CASES.map(({ kind }) => kind))).toEqual(new Set(['default', 'write', 'layered', 'custom']));
    expect(runs).toHaveLength(CASES.length);
    for (const { outcomes } of CASES) expect(outcomes.length).toBeGreaterThanOrEqual(50);
    for (const [i, { kind }] of CASES.entries()) {
      if (kind !== 'custom') continue;
      // Two amplitudes whose relative phase is far from a multiple of 90°: no frame of ±1, ±i makes this state real.
      const oblique = runs[i].memory.filter(([a, b, c, d]) => Math.abs((a * c + b * d) * (a * d - b * c)) > 1e-3);
      expect(oblique.length).toBeGreaterThan(10);
    }
  });

  it.each(CASES.map((recorded, i) => [recorded.name, i] as const))('%s (case %i): state vector', (_name, i) => {
    const [probability, memory] = compare(CASES[i], runs[i], 'state-vector');
    expect(probability).toBeLessThanOrEqual(BOUND);
    expect(memory).toBeLessThanOrEqual(BOUND);
  });

  const closed = CASES.map((recorded, i) => [recorded.name, i] as const).filter(([, i]) => CASES[i].kind === 'default');
  it.each(closed)('%s (case %i): closed form', (_name, i) => {
    const [probability, memory] = compare(CASES[i], runs[i], 'auto');
    expect(probability).toBeLessThanOrEqual(BOUND);
    expect(memory).toBeLessThanOrEqual(BOUND);
  });
});

describe('the recorded circuits', () => {
  it.each(CASES.map((recorded, i) => [recorded.name, i] as const))(
    '%s (case %i) is the circuit built here',
    (_n, i) => {
      const circuit = circuitOf(CASES[i]);
      expect(circuit.gates).toEqual(CASES[i].gates);
      expect(circuit.angles).toBe(CASES[i].angles.length);
    },
  );
});
