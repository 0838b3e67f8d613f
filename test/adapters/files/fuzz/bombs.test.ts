import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { read, sampleOf } from '../reading.js';
import { watchAllocations } from './allocations.js';

const MB = 1 << 20;

/** An NPZ of four deflated columns whose content is `size` zero bytes behind a true header. */
function npz(size: number): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const name of ['t.npy', 'x.npy', 'y.npy', 'p.npy']) {
    const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${size},), }`.padEnd(117) + '\n';
    const head = Buffer.concat([Buffer.from('\u0093NUMPY\u0001\u0000v\u0000', 'latin1'), Buffer.from(text)]);
    const content = Buffer.alloc(head.length + size);
    head.copy(content);
    const packed = deflateRawSync(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(content.length, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    local.copy(central, 6, 4, 30);
    central.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), packed);
    directory.push(central, Buffer.from(name));
    at += 30 + name.length + packed.length;
  }
  const size2 = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(4, 8);
  end.writeUInt16LE(4, 10);
  end.writeUInt32LE(size2, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

describe('little that expands to much stops at a limit', () => {
  const allocations = watchAllocations();
  afterAll(() => allocations.undo());

  it('gzip', async () => {
    const body = Buffer.concat([sampleOf('dvs128.aedat').bytes, Buffer.alloc(24 * MB)]);
    const bomb = new Uint8Array(gzipSync(body));
    expect(bomb.length).toBeLessThan(MB / 8);
    allocations.reset();
    const { code, events, message } = await read(bomb, { name: 'dvs128.aedat.gz', reuse: true });
    expect(code).toBe('ERR_LIMIT');
    expect(message).toMatch(/200/);
    expect(allocations.largest).toBeLessThan(8 * MB);
    expect(events).toBeGreaterThanOrEqual(300);
    const allowed = await read(bomb, { name: 'dvs128.aedat.gz', reuse: true, maxExpansion: 2_000 });
    expect(allowed.code).toBeNull();
  }, 120_000);

  it('NPZ', async () => {
    const bomb = npz(8 * MB);
    expect(bomb.length).toBeLessThan(MB / 8);
    allocations.reset();
    const { code } = await read(bomb, { name: 'bomb.npz', reuse: true });
    expect(code).toBe('ERR_LIMIT');
    // 8 kB of Deflate at once, of which each byte makes 1032 at most, in a room that doubles.
    expect(allocations.largest).toBeLessThan(17 * MB);
  }, 120_000);

  it.each([
    'lz4.aedat4',
    'zstd.aedat4',
    'dvs-lz4.bag',
    'prophesee-bz2.bag',
    'dvs-lz4.mcap',
    'dvs-zstd.mcap',
    'dsec-blosc.h5',
  ])('%s, with a limit below its packets', async (name) => {
    const { bytes, open } = sampleOf(name);
    allocations.reset();
    const { code } = await read(bytes, { ...open, maxPacketBytes: 700 });
    expect(code).toBe('ERR_LIMIT');
    // bzip2 has tables of a block's greatest size.
    expect(allocations.largest).toBeLessThan(4 * MB);
  });
});
