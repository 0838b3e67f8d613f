import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SAMPLES, chunked, read } from './reading.js';

describe('cuts into chunks change nothing', () => {
  it.each(SAMPLES)('$name in chunks of one byte', async ({ name, bytes }) => {
    const whole = await read(bytes, { name });
    expect(whole.code).toBeNull();
    expect(whole.events).toBeGreaterThan(100);
    const cut = await read(chunked(bytes, [1]), { name });
    expect([cut.digest, cut.report, cut.marks, cut.code]).toEqual([whole.digest, whole.report, whole.marks, null]);
  });

  it.each(SAMPLES)('$name in chunks of random sizes', async ({ name, bytes }) => {
    const whole = await read(bytes, { name });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 1, max: 5_000 })), { minLength: 1, maxLength: 12 }),
        async (sizes) => {
          const cut = await read(chunked(bytes, [...sizes, 7]), { name, packetEvents: 1 + (sizes[0] % 300) });
          expect([cut.digest, cut.report, cut.code]).toEqual([whole.digest, whole.report, null]);
          expect(cut.untils).toEqual(cut.untils.toSorted((a, b) => a - b));
        },
      ),
      { numRuns: 25, seed: 3 },
    );
  });

  it('a Blob gives what its bytes give', async () => {
    for (const { name, bytes } of SAMPLES) {
      const [blob, whole] = [await read(new Blob([bytes.slice()]), { name }), await read(bytes, { name })];
      expect(blob).toEqual(whole);
    }
  });
});
