import { describe, expect, it } from 'vitest';
import { RandomSequence } from '../../../src/index.js';
import { SAMPLES, read } from './reading.js';

const MUTANTS = 2_000;

/** A copy with some bits turned, a patch of noise, or an extreme number written over it. */
function mutate(bytes: Uint8Array, random: RandomSequence): Uint8Array {
  const out = bytes.slice();
  const kind = random.integer(4);
  if (kind === 0) {
    for (let k = 1 + random.integer(8); k > 0; k--) out[random.integer(out.length)] ^= 1 << random.integer(8);
  } else if (kind === 1) {
    const at = random.integer(out.length);
    for (let i = at; i < Math.min(out.length, at + 1 + random.integer(512)); i++) out[i] = random.integer(256);
  } else if (kind === 2) {
    const at = random.integer(out.length - 4);
    const extreme = [0, -1, 2 ** 31 - 1, -(2 ** 31), 1 << 20][random.integer(5)];
    new DataView(out.buffer).setInt32(at, extreme, true);
  } else {
    const [from, to] = [random.integer(out.length), random.integer(out.length)];
    out.copyWithin(to, from, from + random.integer(200));
  }
  return out;
}

describe('damaged recordings', () => {
  // Stronger compression writes the same format.
  it.each(SAMPLES.filter(({ name }) => !name.includes('-high')))(
    `$name: ${MUTANTS} mutants give events and typed errors only`,
    async ({ name, bytes }) => {
      const random = new RandomSequence(11, name);
      const codes = new Map<string | null, number>();
      for (let k = 0; k < MUTANTS; k++) {
        const mutant = mutate(bytes.subarray(0, 9_000), random);
        const outcome = await read(mutant, { name });
        codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1);
        // A byte of a compressed body expands to 255 at most, an event takes 16; elsewhere an event takes 5 or more.
        expect(outcome.events).toBeLessThanOrEqual(mutant.length * 16);
        expect(outcome.report?.events ?? 0).toBe(outcome.events);
        expect(outcome.untils).toEqual(outcome.untils.toSorted((a, b) => a - b));
        expect(outcome.marks.length).toBe(outcome.code === null ? 1 : 0);
      }
      expect(codes.size).toBeGreaterThan(1);
    },
  );
});
