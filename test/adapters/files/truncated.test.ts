import { describe, expect, it } from 'vitest';
import { subject } from './fuzz/subject.js';
import { SAMPLES, prefixDigests, read } from './reading.js';

/** Codes that a cut recording may end with; null is a cut where the format itself may end. */
const CODES: readonly (string | null)[] = ['ERR_TRUNCATED', 'ERR_UNKNOWN_FORMAT', null];
/** What a format that is looked up from its end may say of a file without one. */
const ARCHIVE_CODES: readonly (string | null)[] = [...CODES, 'ERR_CORRUPT', 'ERR_UNSUPPORTED'];

describe('a recording cut anywhere', () => {
  it.each(SAMPLES)('$name: what is whole comes first, then a typed error', async (sample) => {
    const { format, bytes, open, grain, archive = false, mayEndAfter, variant } = sample;
    const digests = await prefixDigests(bytes, open);
    const known = await subject(sample);
    const lengths = new Set([bytes.length - 1]);
    // Every byte of the beginning, then with a stride that meets every phase of a record.
    const stride = (variant === true ? 31 : 7) + 2 * Math.floor(bytes.length / 2_000);
    for (let length = 0; length < bytes.length; length += length < 300 ? 1 : stride) lengths.add(length);
    let clean = 0;
    for (const length of [...lengths].sort((a, b) => a - b)) {
      const cut = bytes.subarray(0, length);
      const { events, digest, code, marks } = await read(cut, open);
      expect(archive ? ARCHIVE_CODES : CODES, `cut to ${length} bytes`).toContain(code);
      expect([length, marks.length]).toEqual([length, code === null ? 1 : 0]);
      // The last number of a text that is cut may be a shorter one: nothing tells.
      const wanted = format === 'csv' && code === null ? digest : digests[events];
      expect([length, digest]).toEqual([length, wanted]);
      // All that the whole file gives before this byte is looked at.
      const due = code === 'ERR_UNKNOWN_FORMAT' ? 0 : (known.deliveredBefore(cut) ?? 0);
      expect(events, `cut to ${length} bytes`).toBeGreaterThanOrEqual(due);
      if (code === null) clean++;
    }
    if (archive) return;
    // Deliveries are no further apart than the records or packets of the format.
    expect(known.grain).toBeLessThanOrEqual(grain);
    // What has no end of its own is whole at the end of the file: one record.
    expect(known.deliveredBefore(bytes)).toBeGreaterThanOrEqual(digests.length - 2);
    // A file of records without a count may end after each of them; one that says where it ends must not end early.
    const [least, most] = mayEndAfter === undefined ? [0, 0] : [mayEndAfter === 'record' ? 10 : 0, Infinity];
    expect(clean).toBeGreaterThanOrEqual(least);
    expect(clean).toBeLessThanOrEqual(most);
  });
});
