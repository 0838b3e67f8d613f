import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { eventDigest, openRecording, type OpenOptions } from '../../../adapters/files/index.node.js';
import { RandomSequence, type EventPacket } from '../../../src/index.js';
import { SAMPLES, chunked, read, sample } from './reading.js';

const folder = mkdtempSync(join(tmpdir(), 'rxspike-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const noise = (size: number): Uint8Array => {
  const random = new RandomSequence(5, 'noise');
  return Uint8Array.from({ length: size }, () => random.integer(256));
};

describe('what cannot be opened', () => {
  it.each([
    ['nothing there', join(folder, 'missing.bin'), 'ERR_NOT_FOUND'],
    ['a folder', folder, 'ERR_NOT_READABLE'],
    ['a path through a file', join(import.meta.filename, 'x'), 'ERR_NOT_FOUND'],
  ])('%s', async (_, path, code) => {
    await expect(openRecording(path)).rejects.toMatchObject({ name: 'RxSpikeError', code });
  });

  it.each<[string, Uint8Array, OpenOptions, string, RegExp]>([
    ['an empty file', new Uint8Array(0), { name: 'a.bin' }, 'ERR_UNKNOWN_FORMAT', /empty/],
    ['an empty file of no known name', new Uint8Array(0), {}, 'ERR_UNKNOWN_FORMAT', /empty/],
    ['noise', noise(4000), {}, 'ERR_UNKNOWN_FORMAT', /no known format/],
    ['noise named .bin', noise(4000), { name: 'a.bin' }, 'ERR_UNKNOWN_FORMAT', /not plausible/],
    ['noise said to be N-MNIST', noise(4000), { format: 'nmnist' }, 'ERR_UNKNOWN_FORMAT', /not plausible/],
    ['N-MNIST without its extension', sample('nmnist.bin'), { name: 'a.xyz' }, 'ERR_UNKNOWN_FORMAT', /no known/],
    ['AEDAT said to be another', sample('lz4.aedat4'), { format: 'aedat2' }, 'ERR_UNKNOWN_FORMAT', /aedat2/],
    ['noise named .dat', noise(4000), { name: 'a.dat' }, 'ERR_UNKNOWN_FORMAT', /not plausible as AEDAT 1.0/],
    ['AEDAT 5', ascii('#!AER-DAT5.0\r\n......'), {}, 'ERR_UNSUPPORTED', /AEDAT/],
    ['a header cut short', ascii('#!AER-DAT4.0\r\n\xff'), {}, 'ERR_TRUNCATED', /header/],
    ['a version line cut short', ascii('#!AER-D'), {}, 'ERR_TRUNCATED', /header/],
    ['a chip of unknown layout', ascii('#!AER-DAT2.0\r\n# AEChip: a.b.Cochlea\r\n'), {}, 'ERR_UNSUPPORTED', /Cochlea/],
    ['packets of another format', ascii('#!AER-DAT3.1\r\n#Format: X\r\n#!END-HEADER\r\n'), {}, 'ERR_UNSUPPORTED', /X/],
    ['no end of the header', ascii('#!AER-DAT3.1\r\n#Format: RAW\r\nabc'), {}, 'ERR_CORRUPT', /END-HEADER/],
    ['a header over the limit', sample('lz4.aedat4'), { maxHeaderBytes: 64 }, 'ERR_LIMIT', /64/],
    ['text over the limit', ascii(`#!AER-DAT2.0\r\n#${'x'.repeat(99)}`), { maxHeaderBytes: 64 }, 'ERR_LIMIT', /64/],
    ['an event stream that is not there', sample('lz4.aedat4'), { stream: 1 }, 'ERR_ARGUMENT', /stream: 1/],
  ])('%s', async (_, bytes, options, code, message) => {
    await expect(openRecording(bytes, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('wrong arguments', async () => {
    const bytes = sample('lz4.aedat4');
    for (const options of [{ packetEvents: 0 }, { packetEvents: 1.5 }, { stream: -1 }, { maxPacketBytes: 0 }]) {
      expect(() => openRecording(bytes, options).catch(() => {})).not.toThrow();
      await expect(openRecording(bytes, options)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
    await expect(openRecording(7 as never)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(openRecording(new URL('http://localhost/a.bin'))).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    const texts = (async function* () {
      yield 'abc' as never;
    })();
    await expect(openRecording(texts)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  it('a source that breaks in the middle', async () => {
    const bytes = sample('dvs128.aedat');
    const broken = (async function* () {
      yield bytes.subarray(0, 1000);
      throw new Error('unplugged');
    })();
    const outcome = await read(broken, {});
    expect(outcome).toMatchObject({
      code: 'ERR_NOT_READABLE',
      message: expect.stringContaining('unplugged'),
      marks: [],
    });
    expect(outcome.events).toBeGreaterThan(50);
  });
});

describe('what is opened', () => {
  it('a path, a file URL and bytes are the same', async () => {
    for (const { name, bytes } of SAMPLES) {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const whole = await read(bytes, { name });
      for (const source of [path, pathToFileURL(path)]) {
        const recording = await openRecording(source);
        const digest = eventDigest();
        for await (const packet of recording.events()) digest.add(packet);
        expect([recording.info.id, digest.hex(), recording.report]).toEqual([name, whole.digest, whole.report]);
      }
    }
  });

  it('headers without events: an empty packet with the end mark at the origin', async () => {
    for (const { name, bytes } of SAMPLES.filter((candidate) => /240|3\.1/.test(candidate.name))) {
      const text = new TextDecoder('latin1').decode(bytes);
      const end = text.includes('#!END-HEADER')
        ? text.indexOf('#!END-HEADER\r\n') + 14
        : text.indexOf('DAVIS240C\r\n') + 11;
      const outcome = await read(bytes.subarray(0, end), { name, label: 'four' });
      expect(outcome).toMatchObject({ events: 0, packets: 1, untils: [0], code: null });
      expect(outcome.marks).toEqual([{ kind: 'end', source: name, label: 'four' }]);
      expect(outcome.report).toEqual({ events: 0, on: 0, off: 0, t0: null, t1: null, violations: {}, side: {} });
    }
  });

  it('the end mark comes last, one after the latest time', async () => {
    const { untils, marks, report } = await read(sample('davis240.aedat'), { packetEvents: 100 });
    expect(untils.length).toBe(5);
    expect(marks).toEqual([{ kind: 'end', source: null, label: null }]);
    expect(untils.at(-1)).toBe((report?.t1 ?? 0) + 1);
  });

  it('a recording in memory may be read again, a stream of chunks once', async () => {
    const bytes = sample('dvs128.aedat');
    const again = await openRecording(bytes);
    for (let k = 0; k < 2; k++) {
      for await (const packet of again.events()) void packet;
      expect(again.report.events).toBe(300);
    }
    const once = await openRecording(chunked(bytes, [100]));
    for await (const packet of once.events()) void packet;
    expect(() => once.events()).toThrowError(expect.objectContaining({ code: 'ERR_ARGUMENT' }) as Error);
  });

  it('stops reading when its reader does', async () => {
    let pulled = 0;
    let closed = false;
    const endless = (async function* () {
      try {
        yield sample('dvs128.aedat').slice(0, 70);
        for (;;) {
          pulled++;
          yield new Uint8Array(800);
        }
      } finally {
        closed = true;
      }
    })();
    const recording = await openRecording(endless);
    for await (const packet of recording.events()) if (packet.t[0] === 0) break;
    expect(closed).toBe(true);
    expect(pulled).toBeLessThan(3);
  });

  it('seek leaves out what lies before', async () => {
    const recording = await openRecording(sample('dvs128-3.0.aedat'));
    const all: number[] = [];
    for await (const { t, length } of recording.events()) all.push(...t.subarray(0, length));
    const from = all[321];
    recording.seek(from);
    const rest: number[] = [];
    for await (const { t, length } of recording.events()) rest.push(...t.subarray(0, length));
    expect(rest).toEqual(all.slice(all.indexOf(from)));
    expect(recording.report).toMatchObject({ events: rest.length, t0: from });
    recording.seek(Infinity);
    for await (const packet of recording.events()) expect(packet.length).toBe(0);
    recording.seek(-Infinity);
    for await (const packet of recording.events()) void packet;
    expect(recording.report.events).toBe(all.length);
    expect(() => recording.seek(Number.NaN)).toThrow(/NaN/);
  });

  it('side streams have names', async () => {
    const recording = await openRecording(sample('zstd.aedat4'));
    expect(recording.info.side).toEqual(['frames', 'imu', 'triggers']);
    expect(() => recording.side('sound')).toThrow(/no side stream sound; there are: frames, imu, triggers/);
  });
});

async function keep(reuse: boolean | 'scribble'): Promise<EventPacket[]> {
  const kept: EventPacket[] = [];
  const recording = await openRecording(sample('dvs128-3.0.aedat'), { reuse, packetEvents: 64 });
  for await (const packet of recording.events()) if (packet.length > 0) kept.push(packet);
  return kept;
}

const used = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;

describe('packets and their memory', () => {
  it('a packet owns its memory', async () => {
    const kept = await keep(false);
    expect(kept.map((packet) => packet.length)).toEqual([64, 64, 64, 64, 64, 64, 64, 52]);
    const digest = eventDigest();
    for (const packet of kept) digest.add(packet);
    expect(digest.hex()).toBe((await read(sample('dvs128-3.0.aedat'), {})).digest);
  });

  it('reused packets carry the same events, and scribbling shows who keeps them', async () => {
    for (const reuse of [true, 'scribble'] as const) {
      const { digest, report } = await read(sample('dvs128-3.0.aedat'), { reuse, packetEvents: 64 });
      expect([digest, report?.events]).toEqual([(await read(sample('dvs128-3.0.aedat'), {})).digest, 500]);
      const kept = await keep(reuse);
      expect(new Set(kept.map((packet) => packet.t)).size).toBe(1);
      const spoilt = kept.every(({ t, x }) => Number.isNaN(t[0]) && x[0] === 0xffff);
      expect(spoilt).toBe(reuse === 'scribble');
    }
  });

  it('what a shorter packet leaves over of the one before is scribbled too', async () => {
    const left: number[] = [];
    const recording = await openRecording(sample('dvs128-3.0.aedat'), { reuse: 'scribble', packetEvents: 64 });
    for await (const { t, length } of recording.events()) if (length === 52) left.push(...t.subarray(length));
    expect(left).toEqual(Array.from({ length: 12 }, () => Number.NaN));
  });

  it('a packet is not kept in much more room than it needs', async () => {
    const recording = await openRecording(chunked(sample('dvs128-3.0.aedat'), [300]));
    let packets = 0;
    for await (const { t, length } of recording.events()) {
      packets++;
      expect(t.length).toBeLessThanOrEqual(2 * length);
    }
    expect(packets).toBeGreaterThan(10);
  });

  it('memory stays flat over a long stream', async () => {
    const words = 8192;
    const chunk = new Uint8Array(words * 8);
    const view = new DataView(chunk.buffer);
    const chunks = 1200;
    const long = (async function* () {
      yield ascii('#!AER-DAT2.0\r\n# AEChip: DAVIS346\r\n');
      for (let k = 0; k < chunks; k++) {
        for (let i = 0; i < words; i++) {
          view.setInt32(i * 8, ((i % 260) << 22) | ((i % 346) << 12) | ((i & 1) << 11));
          view.setInt32(i * 8 + 4, (k * words + i) | 0);
        }
        yield chunk;
      }
    })();
    const recording = await openRecording(long);
    let [most, least, packets] = [0, Infinity, 0];
    for await (const packet of recording.events()) {
      if (packet.length === 0 || packets++ < 100) continue;
      most = Math.max(most, used());
      least = Math.min(least, used());
    }
    expect(recording.report).toMatchObject({ events: chunks * words, violations: {} });
    // 79 MB went in and 128 MB of events came out.
    expect(most - least).toBeLessThan(64e6);
  });
});

describe('a text file', () => {
  it('may begin with a comment that looks like the header of another format', async () => {
    const text = ascii(`% recorded by hand\n% columns: t x y p\n${'0.000001 3 4 1\n0.000002 5 6 0\n'.repeat(20)}`);
    const { format } = await openRecording(text, { name: 'a.txt', columns: 't,x,y,p', timeUnit: 's' });
    expect(format).toBe('csv');
    await expect(openRecording(text, { name: 'a.raw' })).rejects.toMatchObject({ code: 'ERR_UNKNOWN_FORMAT' });
  });
});
