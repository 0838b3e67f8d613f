import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHIP_NAMES, chipOf } from '../../../adapters/files/aedat2/layout.js';
import { Spool } from '../../../adapters/files/numpy/spool.node.js';
import {
  type FormatName,
  type WritableFormat,
  createRecording,
  openRecording,
} from '../../../adapters/files/index.node.js';
import { openRecording as openInBrowser } from '../../../adapters/files/index.js';
import { type StreamInfo, eventPacket, streamInfo } from '../../../src/index.js';
import { sample } from './reading.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxspike-arguments-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const ofChip = (chip: string): Uint8Array => ascii(`#!AER-DAT2.0\r\n# AEChip: ${chip}\r\n12345678`);
const info = (): StreamInfo => streamInfo({ id: 'written', width: 34, height: 34 });

describe('what is opened', () => {
  it('as a format that there is none of is refused with those that there are', async () => {
    const format = 'datt' as FormatName;
    await expect(openRecording(sample('nmnist.bin'), { format })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/^format: datt .*\baedat4\b.*\bdat\b/) as unknown,
    });
  });

  it('a file of a browser has a name', async () => {
    const file = new File([sample('nmnist.bin').slice()], 'digit.bin');
    for (const open of [openRecording, openInBrowser]) {
      const recording = await open(file);
      expect([recording.format, recording.info.id]).toEqual(['nmnist', 'digit.bin']);
      await expect(open(file, { name: 'digit.xyz' })).rejects.toMatchObject({ code: 'ERR_UNKNOWN_FORMAT' });
    }
  });

  it('a chip must not contradict the header that names one', async () => {
    const davis = ofChip('a.b.DAVIS240C');
    await expect(openRecording(davis, { chip: 'DVS128' })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: 'chip: DVS128 contradicts the header, which names DAVIS240C',
    });
    await expect(openRecording(davis, { chip: 'DAVIS346' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    expect((await openRecording(davis, { chip: 'DAVIS240A' })).info.width).toBe(240);
    expect((await openRecording(ofChip('a.b.Cochlea'), { chip: 'DVS128' })).info.width).toBe(128);
  });

  it('a chip that there is none of is refused with those that there are', async () => {
    expect(CHIP_NAMES.filter((name) => chipOf(name) === null)).toEqual([]);
    await expect(openRecording(ofChip('x.DVS128'), { chip: 'FOO' })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/FOO is not known; there are DVS128, .*DAVIS346/) as unknown,
    });
  });

  it('a stream that there is none of is refused with those that there are', async () => {
    const four = openRecording(sample('lz4.aedat4'), { stream: 77 });
    await expect(four).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/^stream: 77 is not an event stream of this file; there is 0$/) as unknown,
    });
    const header = '#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS240C\r\n#Source 2: DVS128\r\n#!END-HEADER\r\n';
    await expect(openRecording(ascii(header), { stream: 7 })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: 'stream: 7 is no source of this file; there are 1 (DAVIS240C), 2 (DVS128)',
    });
  });
});

describe('what is written', () => {
  it('needs to be known, and in a format that is written', async () => {
    const none = undefined as unknown as StreamInfo;
    for (const name of ['x.aedat4', 'x.npz', 'x.csv']) {
      await expect(createRecording(join(folder, name), none)).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining('info') as unknown,
      });
    }
    const format = 'datt' as WritableFormat;
    await expect(createRecording(join(folder, 'x'), info(), { format })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/datt .*\bnpz\b/) as unknown,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['bin', 'dat', 'npz', 'raw'])(
    'leaves no part of a .%s behind where a write fails and it is aborted',
    async (ending) => {
      const stream = info();
      const sink = await createRecording(join(folder, `x.${ending}`), stream);
      const half = eventPacket({ stream, t: [1e300], x: [1], y: [1], p: [1] });
      await expect(sink.write(half)).rejects.toMatchObject({ code: 'ERR_LOSS' });
      await sink.abort();
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('into a folder that there is none of says so, without names of its own', async () => {
    for (const name of ['x.npz', 'x.npy']) {
      const path = join(folder, 'none', name);
      const message = `${path}: there is no such folder`;
      await expect(createRecording(path, info())).rejects.toMatchObject({ code: 'ERR_WRITE', message });
    }
    await expect(Spool.create(join(folder, 'none', 'x.npz.part.x'), 'x.npz')).rejects.toMatchObject({
      message: 'x.npz: there is no such folder',
    });
  });
});
