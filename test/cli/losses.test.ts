import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../shared-data.js';
import { commandInside, failureComplaint } from './command-line.js';
import { temporaryFolder } from './provisional-model.js';

// What repair and convert say of what a damaged recording lost on the way.
const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
const fixture = (name: string): string => projectRoot('test', 'data', 'files', name);

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const out = (name: string): string => join(folder, name);
const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(out(name), bytes);
  return out(name);
};

/** EVT3 with two words of a type that there is none of, after the header. */
function unknownWords(): string {
  const bytes = readFileSync(fixture('evt3-rxspike.raw'));
  const at = bytes.length - (bytes.length % 2) - 8;
  bytes.writeUInt16LE(0x1000, bytes.length - 2);
  bytes.writeUInt16LE(0x9000, at + 2);
  return write('unknown.raw', bytes);
}

/** A header that names a sensor of 1024 × 1024, then noise. */
function noise(): string {
  const header = Buffer.from('% evt 3.0\n% format EVT3;height=1024;width=1024\n% end\n');
  const words = Buffer.alloc(40_000);
  let state = 12345;
  for (let i = 0; i < words.length; i++) words[i] = (state = (state * 1103515245 + 12345) % 2 ** 31) >>> 16;
  return write('noise.raw', Buffer.concat([header, words]));
}

describe('repair', () => {
  it('lists what it read past, and knows no number of events then', async () => {
    const done = await commandInside(['repair', unknownWords(), out('r.raw')]);
    expect(done.stdout).toMatch(/read past: [^\n]*unknownWord 2/);
    expect(done.stdout).not.toContain('nothing');
    const { json } = await commandInside(['repair', out('unknown.raw'), out('j.raw'), '--json']);
    expect(json?.['lost']).toEqual({ bytes: null, packets: 0, events: null });
  });

  it('keeps what can be held of noise: what lies outside the sensor is left out and counted', async () => {
    const path = noise();
    const done = await commandInside(['repair', path, out('whole.raw'), '--json']);
    expect(done.status).toBe(0);
    const { read, written, clipped } = done.json as { read: number; written: number; clipped: Record<string, number> };
    expect(clipped['coordinates']).toBeGreaterThan(0);
    expect(written).toBeGreaterThan(0);
    expect(read - written).toBe(Object.values(clipped).reduce((sum, n) => sum + n, 0));
    const checked = await commandInside(['check', out('whole.raw'), '--json']);
    expect(checked.json).toMatchObject({ clean: true });
    expect((await commandInside(['repair', path, out('again.raw')])).stdout).toMatch(/clipped: coordinates [\d,]+/);
  });

  it('leaves out times that the format cannot hold', async () => {
    const text = write('far.csv', Buffer.from('t,x,y,p\n5,1,1,1\n9000000000000000,2,2,0\n7,3,3,1\n'));
    const done = await commandInside(['repair', text, out('far.dat'), '--to', 'dat', '--size', '34x34', '--json']);
    expect(done.status).toBe(0);
    expect(done.json).toMatchObject({ written: 2, clipped: { timeGap: 1 }, lost: { bytes: 0, packets: 0, events: 1 } });
  });

  it('knows not how much is lost of what was compressed', async () => {
    const packed = gzipSync(readFileSync(RECORDING));
    const cut = write('cut.bin.gz', packed.subarray(0, Math.floor(packed.length / 2)));
    const done = await commandInside(['repair', cut, out('whole.bin'), '--json']);
    expect(done.status).toBe(0);
    expect(done.json).toMatchObject({ lost: { bytes: null, events: null } });
  });

  it('is not sent for by itself, nor for a header that is cut', async () => {
    const cut = write('head.aedat4', readFileSync(fixture('lz4.aedat4')).subarray(0, 40));
    for (const name of ['repair', 'convert']) {
      const done = await commandInside([name, cut, out('x.aedat4')]);
      expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
      expect(done.stderr).not.toContain('repair"');
    }
  });
});

describe('convert', () => {
  it('tells what it read past: exit status 1 where events may be lost by it', async () => {
    const done = await commandInside(['convert', unknownWords(), out('x.csv')]);
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/^rxspike: ERR_CORRUPT: [^\n]*unknown\.raw: read past: [^\n]*unknownWord 2 /);
    expect(done.stderr).toContain('("rxspike check" says more)');
    expect(readdirSync(folder)).toContain('x.csv');
    const { json } = await commandInside(['convert', out('unknown.raw'), out('y.csv'), '--json']);
    expect(json).toMatchObject({ error: { code: 'ERR_CORRUPT' }, violations: { unknownWord: 2 } });
  });

  it('exit status 0 where every event is carried over', async () => {
    const text = write('out.csv', Buffer.from('t,x,y,p\n5,1,1,1\n6,9,1,1\n7,3,3,1\n'));
    const done = await commandInside(['convert', text, out('x.npy'), '--size', '8x8']);
    expect(done.status).toBe(0);
    expect(done.stderr).toContain('read past: outOfBounds 1 ("rxspike check" says more)');
  });

  it('says of colour events that they have no polarity, and does not call them left out', async () => {
    const done = await commandInside(['convert', fixture('colour.es'), out('x.npy')]);
    expect(done.status).toBe(0);
    expect(done.stderr).toMatch(/^colour events have no polarity: written as OFF \([\d,]+\)$/m);
    expect(done.stderr).not.toContain('left out');
  });

  it.each(['gz', 'zst'])('of a name that ends in .%s is refused: nothing is compressed', async (ending) => {
    for (const name of ['repair', 'convert']) {
      const done = await commandInside([name, RECORDING, out(`x.bin.${ending}`), '--to', 'nmnist']);
      expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
      expect(done.stderr).toContain(`leave .${ending} off`);
    }
  });
});
