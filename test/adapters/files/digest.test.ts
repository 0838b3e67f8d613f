import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventDigest } from '../../../adapters/files/index.js';
import { silence, streamInfo, type EventPacket } from '../../../src/index.js';

type Row = readonly [t: number, x: number, y: number, p: number];

function packet(rows: readonly Row[]): EventPacket {
  return {
    ...silence(streamInfo(), 0),
    t: Float64Array.from(rows, (row) => row[0]),
    x: Uint16Array.from(rows, (row) => row[1]),
    y: Uint16Array.from(rows, (row) => row[2]),
    p: Uint8Array.from(rows, (row) => row[3]),
    length: rows.length,
  };
}

/** The definition, with 64-bit integers. */
function plain(rows: readonly Row[]): string {
  let h = 0xcbf29ce484222325n;
  for (const [t, x, y, p] of rows) {
    const record = BigInt.asUintN(64, BigInt(t)) | (BigInt(x) << 64n) | (BigInt(y) << 80n) | (BigInt(p) << 96n);
    for (let k = 0n; k < 13n; k++) h = BigInt.asUintN(64, (h ^ ((record >> (8n * k)) & 0xffn)) * 0x100000001b3n);
  }
  return h.toString(16).padStart(16, '0');
}

const row = fc.tuple(fc.maxSafeInteger(), fc.nat(65535), fc.nat(65535), fc.nat(1));

it('is FNV-1a 64 of the records, however they are cut into packets', () => {
  expect(eventDigest().hex()).toBe('cbf29ce484222325');
  fc.assert(
    fc.property(fc.array(row), fc.nat(), (rows, cut) => {
      const digest = eventDigest();
      const at = rows.length === 0 ? 0 : cut % rows.length;
      digest.add(packet(rows.slice(0, at)));
      digest.add(packet(rows.slice(at)));
      expect(digest.hex()).toBe(plain(rows));
    }),
    { seed: 1 },
  );
});
