import { afterAll, describe, expect, it } from 'vitest';
import { RandomSequence } from '../../../../src/index.js';
import { SAMPLES } from '../reading.js';
import { watchAllocations } from './allocations.js';
import { judge } from './laws.js';
import { mutate } from './mutate.js';
import { subject } from './subject.js';

const INPUTS = 2_000;

describe('damaged recordings', () => {
  const allocations = watchAllocations();
  afterAll(() => allocations.undo());

  // `node scripts/fuzz.mjs` runs as many as one likes.
  it.each(SAMPLES.filter(({ variant }) => variant !== true))(
    `$name: ${INPUTS} damaged copies keep every law`,
    async (sample) => {
      const { name } = sample;
      const known = await subject(sample);
      const codes = new Map<string | null, number>();
      for (let k = 0; k < INPUTS; k++) {
        const random = new RandomSequence(k, name);
        const mutant = mutate(known.bytes, known.plan, random);
        const { code, breach } = await judge(mutant.bytes, known, random, allocations);
        expect(breach, `input ${k} (${mutant.what}) of ${name}`).toBeNull();
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      // Damage was met, and more than one kind of it.
      expect(codes.size).toBeGreaterThan(2);
    },
  );
});
