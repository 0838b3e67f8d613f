import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import {
  createRecording,
  openRecording,
  type Recording,
  type WritableFormat,
} from '../../../adapters/files/index.node.js';
import { RxSpikeError, streamInfo, type EventPacket } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { SAMPLES } from './reading.js';

const work = mkdtempSync(join(tmpdir(), 'letting-go-'));
afterAll(() => rmSync(work, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

const onLinux = process.platform === 'linux';

/** Paths of open files that begin so. */
function openFiles(beginning: string): string[] {
  const found: string[] = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      if (path.startsWith(beginning)) found.push(path);
    } catch {
      // The descriptor by which the folder was read.
    }
  }
  return found;
}

async function firstPacket(path: string): Promise<unknown> {
  for await (const packet of (await openRecording(path, { packetEvents: 1 })).events()) return packet;
  return null;
}

async function firstItem(recording: Recording, side: string): Promise<void> {
  for await (const _ of recording.side(side)) return;
}

describe.runIf(onLinux)('a reading that is given up closes its file', () => {
  it.each(SAMPLES.filter(({ variant }) => variant !== true).map((sample) => [sample.name, sample] as const))(
    '%s',
    async (_, { file, open: options }) => {
      const path = projectRoot(file);
      const recording = await openRecording(path, { ...options, packetEvents: 1 });
      expect(openFiles(path)).toEqual([]);
      for await (const { length } of recording.events()) if (length > 0) break;
      expect(openFiles(path)).toEqual([]);
      const events = recording.events()[Symbol.asyncIterator]();
      await events.next();
      await events.return?.();
      expect(openFiles(path)).toEqual([]);
      for (const name of recording.info.side) {
        const items = firstItem(recording, name);
        await items.catch((error: unknown) => {
          if (!(error instanceof RxSpikeError) || error.code !== 'ERR_UNSUPPORTED') throw error;
        });
        expect(openFiles(path)).toEqual([]);
      }
    },
  );

  it('of a pipe, whether it is recognised or not', async () => {
    const pipe = join(work, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const file = projectRoot('test/data/files/evt3-rxspike.raw');
    for (const [content, known] of [
      [file, true],
      ['/dev/zero', false],
    ] as const) {
      const writer = spawn('sh', ['-c', `head -c 200000 ${content} > ${pipe}`]);
      const done = new Promise((resolve) => writer.on('exit', resolve));
      const reading = firstPacket(pipe).catch((error: unknown) => error);
      expect(await reading).toMatchObject(known ? { length: 1 } : { code: 'ERR_UNKNOWN_FORMAT' });
      expect(openFiles(pipe)).toEqual([]);
      await done;
    }
  });
});

const path = (name: string): string => join(work, name);

describe('what is no recording', () => {
  it('an empty file, one byte, a directory, a file of nothing beyond 4 GiB', async () => {
    writeFileSync(path('empty.raw'), '');
    writeFileSync(path('empty.h5'), '');
    writeFileSync(path('one.npz'), 'P');
    writeFileSync(path('one.txt'), '1');
    mkdirSync(path('folder.aedat4'));
    writeFileSync(path('large.npz'), 'PK\u0003\u0004');
    truncateSync(path('large.npz'), 5 * 2 ** 30);
    for (const [name, code] of [
      ['empty.raw', 'ERR_UNKNOWN_FORMAT'],
      ['empty.h5', 'ERR_UNKNOWN_FORMAT'],
      ['one.npz', 'ERR_TRUNCATED'],
      ['one.txt', 'ERR_TRUNCATED'],
      ['folder.aedat4', 'ERR_NOT_READABLE'],
      ['large.npz', 'ERR_TRUNCATED'],
    ]) {
      await expect(openRecording(path(name))).rejects.toMatchObject({ code });
    }
  });
});

const FORMATS: readonly WritableFormat[] = ['aedat2', 'aedat3.1', 'aedat4', 'evt2', 'evt2.1', 'evt3', 'dat'];
const MORE: readonly WritableFormat[] = ['es', 'nmnist', 'csv', 'npy', 'npz', 'hdf5', 'mcap'];
const INFO = streamInfo({ id: 'made', width: 128, height: 128 });

/** 14 bits that do not compress. */
function mixed(n: number): number {
  const m = Math.imul(n ^ (n >>> 7), 0x9e3779b1);
  return Math.imul(m ^ (m >>> 15), 0x85ebca6b) >>> 18;
}

function packetOf(length: number, from = 0): EventPacket {
  return {
    stream: INFO,
    t: Float64Array.from({ length }, (_, i) => from + i),
    x: Uint16Array.from({ length }, (_, i) => mixed(from + i) & 127),
    y: Uint16Array.from({ length }, (_, i) => mixed(from + i) >> 7),
    p: Uint8Array.from({ length }, (_, i) => mixed(from + i) & 1),
    length,
    until: from + length,
    mark: null,
  };
}

describe('a writing that fails leaves nothing behind', () => {
  it.each([...FORMATS, ...MORE])('%s on a disk that is full', async (format) => {
    const folder = mkdtempSync(join(work, 'full-'));
    const sink = await createRecording(join(folder, 'events'), INFO, { format });
    const handle = await open(join(work, 'any'), 'w');
    const kind = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    vi.spyOn(kind, 'write').mockRejectedValue(full);
    // Until the disk is written to, and once more: what was lost is not forgotten.
    const failures: unknown[] = [];
    for (let k = 0; k < 60 && failures.length < 2; k++) {
      await sink.write(packetOf(20_000, 20_000 * k)).catch((error: unknown) => failures.push(error));
    }
    vi.restoreAllMocks();
    const lost: unknown = expect.objectContaining({ code: 'ERR_WRITE' });
    expect(failures).toEqual([lost, lost]);
    await expect(sink.close()).rejects.toMatchObject({ code: 'ERR_WRITE' });
    expect(readdirSync(folder)).toEqual([]);
    expect(onLinux ? openFiles(folder) : []).toEqual([]);
  });

  it.each([...FORMATS, ...MORE])('%s that is given up', async (format) => {
    const folder = mkdtempSync(join(work, 'abort-'));
    const sink = await createRecording(join(folder, 'events'), INFO, { format });
    await sink.write(packetOf(1_000));
    await sink.abort();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([...FORMATS, ...MORE])('%s whose end cannot be written', async (format) => {
    const folder = mkdtempSync(join(work, 'end-'));
    const sink = await createRecording(join(folder, 'events'), INFO, { format });
    await sink.write(packetOf(1_000));
    const handle = await open(join(work, 'any'), 'w');
    const kind = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    vi.spyOn(kind, 'sync').mockRejectedValue(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await expect(sink.close()).rejects.toMatchObject({ code: 'ERR_WRITE' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.runIf(onLinux)('an open descriptor, as /dev/stdin is one', () => {
  it('is read from its beginning', async () => {
    const file = projectRoot('test/data/files/evt3-rxspike.raw');
    const fd = openSync(file, 'r');
    try {
      const [recording, named] = [await openRecording(`/dev/fd/${fd}`), await openRecording(file)];
      for (const events of [recording.events(), named.events()]) for await (const _ of events);
      expect(recording.report).toEqual(named.report);
    } finally {
      closeSync(fd);
    }
  });
});
