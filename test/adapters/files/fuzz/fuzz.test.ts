import { afterAll, describe, expect, it } from 'vitest';
import { RandomSequence } from '../../../../src/index.js';
import { SAMPLES } from '../reading.js';
import { watchAllocations } from './allocations.js';
import { judge } from './laws.js';
import { mutate } from './mutate.js';
import { subject } from './subject.js';

/** Of a format, in turns of its samples. */
// `npm test` runs some of them; the gate, and whoever sets RXSPIKE_LONG, all.
const INPUTS = process.env['RXSPIKE_LONG'] ? 2_000 : 400;
const WORTH_IT = SAMPLES.filter(({ variant }) => variant !== true);
const FORMATS = [...new Set(WORTH_IT.map(({ format }) => format))];

describe('damaged recordings', () => {
  const allocations = watchAllocations();
  afterAll(() => allocations.undo());

  // `node scripts/fuzz.mjs` runs as many as one likes.
  it.each(FORMATS)(
    `%s: ${INPUTS} damaged copies keep every law`,
    async (format) => {
      const subjects = [];
      for (const sample of WORTH_IT) if (sample.format === format) subjects.push(await subject(sample));
      const codes = new Map<string | null, number>();
      for (let k = 0; k < INPUTS; k++) {
        const known = subjects[k % subjects.length];
        const random = new RandomSequence(k, known.name);
        const mutant = mutate(known.bytes, known.plan, random);
        const { code, breach } = await judge(mutant.bytes, known, random, allocations);
        expect(breach, `input ${k} (${mutant.what}) of ${known.name}`).toBeNull();
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      // Damage was met, and more than one kind of it.
      expect(codes.size).toBeGreaterThan(2);
    },
    300_000,
  );
});
