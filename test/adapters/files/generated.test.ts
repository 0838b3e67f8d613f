import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AEDAT3_PACKET_HEADER_BYTES, parseAedat3PacketHeader } from '../../../adapters/files/generated/headers.js';
import { projectRoot } from '../../shared-data.js';

describe('generated header parsers', () => {
  it('are what the script writes', () => {
    const script = projectRoot('scripts', 'generate-parsers.mjs');
    const text = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
    expect(readFileSync(projectRoot('adapters', 'files', 'generated', 'headers.ts'), 'utf8')).toBe(text);
  });

  it('read from where a view begins, and no further than it ends', () => {
    const bytes = new Uint8Array(40);
    new DataView(bytes.buffer).setInt32(5 + 24, -7, true);
    new DataView(bytes.buffer).setInt16(5, 1, true);
    expect(parseAedat3PacketHeader(bytes.subarray(5, 5 + AEDAT3_PACKET_HEADER_BYTES))).toMatchObject({
      eventType: 1,
      eventValid: -7,
    });
    expect(() => parseAedat3PacketHeader(bytes.subarray(5, 5 + 27))).toThrow(RangeError);
  });
});
