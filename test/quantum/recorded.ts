import { readFileSync } from 'node:fs';
import type { CircuitSpec, Gate } from '../../src/quantum/index.js';
import type { EncoderSpec } from '../../src/neurons/index.js';
import { projectRoot } from '../shared-data.js';

/** A neuron and its inputs, as `scripts/oracles/circuits.py` wrote it. */
export interface RecordedCase {
  readonly name: string;
  readonly kind: CircuitSpec['kind'];
  readonly lines: number;
  readonly memory: number;
  readonly depth: number | null;
  readonly gates: readonly Gate[];
  readonly encoder: EncoderSpec;
  readonly angles: readonly number[];
  readonly omega: readonly number[] | null;
  readonly z: readonly (readonly number[])[];
  readonly seconds: readonly number[];
  readonly outcomes: readonly number[];
}

/** What a simulator found: per step the probabilities of all outcomes, and the memory after the measured one. */
export interface RecordedRun {
  readonly p: readonly (readonly number[])[];
  readonly memory: readonly (readonly number[])[];
}

const read = (name: string): { readonly cases: readonly unknown[] } =>
  JSON.parse(readFileSync(projectRoot('test/data/quantum', name), 'utf8')) as { cases: unknown[] };

export const CASES: readonly RecordedCase[] = read('circuits.json').cases as RecordedCase[];

export const RUNS: Readonly<Record<'Qiskit Aer' | 'PennyLane', readonly RecordedRun[]>> = {
  'Qiskit Aer': read('aer.json').cases as RecordedRun[],
  PennyLane: read('pennylane.json').cases as RecordedRun[],
};

/** Largest |a − e^{iχ}·b| over amplitudes, with the global phase χ that makes ⟨b|a⟩ real. */
export function distanceUpToPhase(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let re = 0;
  let im = 0;
  for (let i = 0; i < a.length; i += 2) {
    re += b[i] * a[i] + b[i + 1] * a[i + 1];
    im += b[i] * a[i + 1] - b[i + 1] * a[i];
  }
  const size = Math.hypot(re, im);
  let worst = a.length === b.length && size > 0 ? 0 : Infinity;
  for (let i = 0; i < a.length; i += 2) {
    const x = (re * b[i] - im * b[i + 1]) / size;
    const y = (im * b[i] + re * b[i + 1]) / size;
    worst = Math.max(worst, Math.hypot(a[i] - x, a[i + 1] - y));
  }
  return worst;
}
