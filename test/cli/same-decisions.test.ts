import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventDigest,
  openDvStream,
  openRecording,
  openStream,
  openUdp,
  serveDvStream,
  serveStream,
  udpSink,
} from '../../adapters/index.node.js';
import { classify } from '../../cli/classify.js';
import { Statistics } from '../../cli/statistics.js';
import type { EventPacket } from '../../src/index.js';
import { fromPackets } from '../../streams/index.js';
import { projectRoot } from '../shared-data.js';
import { builtCli, command, failureComplaint, start } from './command-line.js';
import { provisionalModel, temporaryFolder, writeModel } from './provisional-model.js';

/** Something that is read. */
interface Stream {
  events(): AsyncIterable<EventPacket>;
}

const SIZE = { width: 34, height: 34 };
const NAMES = ['00980.bin', '00985.bin', '00991.bin'];
const at = (name: string): string => projectRoot('assets', 'nmnist', name);
const model = provisionalModel();

let folder: string;
let modelFile: string;
beforeAll(() => {
  folder = temporaryFolder();
  modelFile = writeModel(folder, model);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is decided of a stream: all but what only a file's name tells. */
async function decisions(stream: Stream, seed: number): Promise<{ decided: unknown[]; statistics: Statistics }> {
  const statistics = new Statistics();
  const packets = fromPackets(stream.events());
  const decided: unknown[] = [];
  await classify(packets, model, { seed, now: () => 0, wallTime: () => null, statistics }).forEach(
    ({ t0, t1, label, confidence, counts }) => decided.push([t0, t1, label, confidence, ...counts]),
  );
  return { decided, statistics };
}

const file = (name: string): ReturnType<typeof openRecording> => openRecording(at(name));

/** Each carries a recording to a reader; nothing on the way knows that it is a file. */
const carriers: Readonly<Record<string, (name: string) => Promise<Stream>>> = {
  'a WebSocket': async (name) => {
    const server = await serveStream({ source: () => file(name), clients: 1, eventsPerFrame: 777 });
    return openStream(server.url);
  },
  'UDP, words of SPIF': (name) => datagrams(name, 'spif'),
  'UDP, as faery': (name) => datagrams(name, 'faery'),
  'UDP, as faery with 32-bit times': (name) => datagrams(name, 'faery-t32'),
  'TCP, as dv-processing': async (name) => {
    const server = await serveDvStream({ source: () => file(name), linger: 0, compression: 'lz4' });
    return openDvStream(server.url, { origin: 0 });
  },
  'a pipe between processes': async (name) => {
    const child = spawn(process.execPath, [
      '-e',
      'fs.createReadStream(process.argv[1]).pipe(process.stdout)',
      at(name),
    ]);
    return openRecording(child.stdout, { format: 'nmnist' });
  },
};

async function datagrams(name: string, format: string): Promise<Stream> {
  const recording = await file(name);
  let sending: Promise<void> = Promise.resolve();
  const send = async (url: string): Promise<void> => {
    const sink = udpSink(url, { rate: 100_000 });
    for await (const packet of recording.events()) await sink(packet);
    await sink.end();
  };
  const source = await openUdp(`udp://127.0.0.1:0?format=${format}`, {
    size: SIZE,
    // Where the recording's time line begins is the one thing that datagrams do not tell.
    origin: 0,
    idle: 10_000,
    onListening: (url) => (sending = send(url)),
  });
  return {
    async *events() {
      yield* source.events();
      await sending;
      // Nothing was lost, or what follows would say nothing.
      expect(source.report.events).toBe(recording.report.events);
      expect(source.report.violations).toEqual({});
      expect(source.counts.dropped + (source.counts.kernelDropped ?? 0)).toBe(0);
    },
  };
}

describe('the same recording and seed decide the same', () => {
  it.each(Object.entries(carriers))('over %s', async (_, carry) => {
    for (const [i, name] of NAMES.entries()) {
      const here = await decisions(await file(name), i + 1);
      const there = await decisions(await carry(name), i + 1);
      expect(there.decided).toEqual(here.decided);
      expect(here.decided).toHaveLength(1);
      expect([there.statistics.events, there.statistics.spikes]).toEqual([
        here.statistics.events,
        here.statistics.spikes,
      ]);
      expect(here.statistics.spikes).toBeGreaterThan(0);
    }
  });

  it('and another seed another', async () => {
    const counts = await Promise.all(
      [1, 2].map(async (seed) => (await decisions(await file(NAMES[0]), seed)).statistics),
    );
    expect(counts[0].spikes).not.toBe(counts[1].spikes);
  });

  it('through the command line, from a file and from stdin', async () => {
    const args = ['--format', 'nmnist', '--once', '--json', '--speed', 'max', '--seed', '3', '--model', modelFile];
    const [fromFile, fromStdin] = await Promise.all([
      command(['run', at(NAMES[0]), ...args]),
      command(['run', '-', ...args], { input: readFileSync(at(NAMES[0])) }),
    ]);
    const timeless = ({ json, status }: typeof fromFile): unknown => ({ ...json, status, latencyMs: null });
    expect(timeless(fromStdin)).toEqual(timeless(fromFile));
    expect(fromFile).toMatchObject({ status: 0, json: { decisions: 1, dropped: 0, seed: 3 } });
    const { statistics } = await decisions(await file(NAMES[0]), 3);
    expect(fromFile.json).toMatchObject({ events: statistics.events, spikes: statistics.spikes });
  });
});

describe('formats through a pipe', () => {
  it.each(['aedat2', 'aedat3.1', 'aedat4', 'evt2', 'evt2.1', 'evt3', 'dat', 'es', 'nmnist', 'csv', 'mcap'])(
    '%s: written by a process and read by another, event for event',
    async (format) => {
      // What has no header must be named.
      const known = ['nmnist', 'csv'].includes(format) ? ['--format', format] : [];
      const writer = spawn(process.execPath, [builtCli(), 'convert', at(NAMES[1]), '-', '--to', format]);
      const reader = start(['info', '-', '--digest', '--json', ...known], { open: true });
      writer.stdout.pipe(reader.child.stdin as Writable);
      const { json, status } = await reader.finished;
      const here = eventDigest();
      for await (const packet of (await file(NAMES[1])).events()) here.add(packet);
      expect({ status, digest: json?.['digest'] }).toEqual({ status: 0, digest: here.hex() });
    },
  );

  it.each(['npy', 'npz', 'hdf5'])('%s, whose beginning is written last, is refused', async (format) => {
    const done = await command(['convert', at(NAMES[1]), '-', '--to', format]);
    expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(done.stderr).toContain('cannot go to a pipe');
    expect(done.stdout).toBe('');
  });
});
