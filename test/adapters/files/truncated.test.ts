import { describe, expect, it } from 'vitest';
import { SAMPLES, prefixDigests, read, type Sample } from './reading.js';

/** Codes that a cut recording may end with; null is a cut where the format itself may end. */
const CODES: (string | null)[] = ['ERR_TRUNCATED', 'ERR_UNKNOWN_FORMAT', null];

/** Where the data of a sample begin. */
function headerBytes({ name, bytes }: Sample): number {
  if (name.endsWith('.bin')) return 0;
  const text = new TextDecoder('latin1').decode(bytes);
  if (name.endsWith('.aedat4')) return 18 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(14, true);
  if (name.includes('3.1')) return text.indexOf('#!END-HEADER\r\n') + 14;
  if (name.includes('3.0')) return text.indexOf('DVS128\r\n') + 8;
  return (
    text.lastIndexOf(name.startsWith('davis') ? 'DAVIS240C\r\n' : 'DVS128\r\n') + (name.startsWith('davis') ? 11 : 8)
  );
}

describe('a recording cut anywhere', () => {
  it.each(SAMPLES)('$name: what is whole comes first, then a typed error', async (whole) => {
    const { name, bytes } = whole;
    const digests = await prefixDigests(bytes, { name });
    const data = headerBytes(whole);
    let before = 0;
    let clean = 0;
    // Every byte of the header's end and of the first records, then with strides that meet every phase of a record.
    const dense = name.endsWith('.aedat4') ? 0 : data + 600;
    const step = (length: number): number => (length < dense ? 1 : dense > 0 ? 7 : 23);
    for (let length = 0; length < bytes.length; length += step(length)) {
      const { events, digest, code, marks } = await read(bytes.subarray(0, length), { name });
      expect(CODES).toContain(code);
      expect([length >= data + 5, code]).not.toEqual([true, 'ERR_UNKNOWN_FORMAT']);
      expect([name.endsWith('.aedat4'), code]).not.toEqual([true, null]);
      if (code === null) clean++;
      expect(marks.length).toBe(code === null ? 1 : 0);
      expect(events).toBeGreaterThanOrEqual(before);
      expect(digest).toBe(digests[events]);
      before = events;
    }
    const last = await read(bytes.subarray(0, bytes.length - 1), { name });
    expect(last.code).toBe('ERR_TRUNCATED');
    // In the formats of fixed records all but what the last record holds is there.
    expect(last.events).toBeGreaterThanOrEqual(digests.length - (name.endsWith('aedat4') ? 1 : 2));
    // A file of fixed records without a count may end after each of them.
    expect(clean).toBeGreaterThanOrEqual(name.includes('240') || name === 'dvs128.aedat' ? 75 : 0);
  });
});
