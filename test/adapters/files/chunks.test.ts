import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.node.js';
import { SAMPLES, chunked, read, type Outcome } from './reading.js';

const SEQUENCES = SAMPLES.filter(({ archive }) => archive !== true);
const ARCHIVES = SAMPLES.filter(({ archive }) => archive === true);

/** What must not hang on how the bytes come. */
const essence = ({ events, digest, report, marks, code }: Outcome): unknown => ({
  events,
  digest,
  report,
  marks,
  code,
});

describe('cuts into chunks change nothing', () => {
  it.each(SEQUENCES)('$name in chunks of one byte', async ({ bytes, open, eventless }) => {
    const whole = await read(bytes, open);
    expect(whole.code).toBeNull();
    expect(whole.events).toBeGreaterThanOrEqual(eventless === true ? 0 : 100);
    expect(essence(await read(chunked(bytes, [1]), open))).toEqual(essence(whole));
  });

  it.each(SEQUENCES)('$name in chunks of random sizes', async ({ bytes, open }) => {
    const whole = await read(bytes, open);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 1, max: 5_000 })), { minLength: 1, maxLength: 12 }),
        async (sizes) => {
          const cut = await read(chunked(bytes, [...sizes, 7]), { ...open, packetEvents: 1 + (sizes[0] % 300) });
          expect(essence(cut)).toEqual(essence(whole));
          expect(cut.untils).toEqual(cut.untils.toSorted((a, b) => a - b));
        },
      ),
      { numRuns: 25, seed: 3 },
    );
  });
});

describe('packets of any size hold the same events', () => {
  it.each(SAMPLES)('$name', async ({ bytes, open }) => {
    const whole = await read(bytes, open);
    for (const packetEvents of [1, 7, 65_536]) {
      expect(essence(await read(bytes, { ...open, packetEvents }))).toEqual(essence(whole));
    }
    for (const reuse of [true, 'scribble'] as const) {
      expect(essence(await read(bytes, { ...open, reuse }))).toEqual(essence(whole));
    }
  });
});

describe('a Blob and a path give what the bytes give', () => {
  it.each(SAMPLES)('$name', async ({ name, bytes, open }) => {
    const folder = mkdtempSync(join(tmpdir(), 'rxspike-chunks-'));
    try {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const whole = await read(bytes, open);
      expect(await read(new Blob([bytes.slice()]), open)).toEqual(whole);
      const fromPath = await read(path, open);
      expect(essence(fromPath)).toEqual(essence(whole));
      // Twice from one recording.
      const recording = await openRecording(path, open);
      for (let round = 0; round < 2; round++) {
        for await (const packet of recording.events()) expect(packet.stream).toBe(recording.info);
        expect(recording.report).toEqual(whole.report);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('formats that are looked up from their end', () => {
  it('they are not read from a pipe', async () => {
    for (const { name, bytes, open } of ARCHIVES) {
      const { code, events, message } = await read(chunked(bytes, [1_000]), open);
      expect([name, code, events]).toEqual([name, 'ERR_UNSUPPORTED', 0]);
      expect(message).toMatch(/pipe/);
    }
  });
});
