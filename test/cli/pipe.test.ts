import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventDigest, openRecording } from '../../adapters/files/index.node.js';
import { type IncomingStream, type StreamServer, serveStream } from '../../adapters/network/index.node.js';
import type { Decision, EventPacket, ItemPacket } from '../../src/index.js';
import { packets, peer, servable } from '../adapters/network/peer.js';
import { projectRoot } from '../shared-data.js';
import { type Finished, command, commandInside, failureComplaint, start } from './command-line.js';
import { temporaryFolder, writeModel } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
let folder: string;
let model: string;
const open: { close(): Promise<unknown> }[] = [];
beforeAll(() => {
  folder = temporaryFolder();
  model = writeModel(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const at = (name: string): string => join(folder, name);
const pipe = (...args: string[]): Promise<Finished> => commandInside(['pipe', ...args, '--json']);
type Facts = { readonly [name: string]: unknown; readonly dropped: Readonly<Record<string, number>> };
const sinks = ({ json }: Finished): readonly Facts[] => json?.['sinks'] as readonly Facts[];

async function digestOf(events: AsyncIterable<EventPacket>): Promise<string> {
  const digest = eventDigest();
  for await (const packet of events) digest.add(packet);
  return digest.hex();
}
const digest = async (file: string): Promise<string> => digestOf((await openRecording(file)).events());

/** A server that takes streams; `take` reads one. */
async function taking<T>(
  take: (stream: IncomingStream<'events'>) => Promise<T>,
): Promise<{ readonly server: StreamServer; readonly taken: Promise<T> }> {
  let settle: (value: Promise<T>) => void;
  const taken = new Promise<T>((resolve) => (settle = resolve));
  const server = await serveStream({
    source: () => servable([]),
    accept: (stream) => settle(take(stream as IncomingStream<'events'>)),
  });
  open.push(server);
  return { server, taken };
}

describe('pipe', () => {
  it('gives the same events to several files, a server and stdout', async () => {
    const { server, taken } = await taking(({ stream }) => digestOf(stream.events()));
    const args = ['--to', at('a.aedat4'), '--to', at('a.npz'), '--to', at('a.h5'), '--to', server.url, '--to', '-'];
    const done = await command(['pipe', RECORDING, ...args]);
    expect(done.status).toBe(0);
    writeFileSync(at('stdout.csv'), done.stdout);
    const expected = await digest(RECORDING);
    for (const file of ['a.aedat4', 'a.npz', 'a.h5', 'stdout.csv']) expect(await digest(at(file))).toBe(expected);
    expect(await taken).toBe(expected);
    expect(done.stderr.match(/2,989 events in, 2,989 out\n/g)).toHaveLength(5);
  });

  it('filters as convert does', async () => {
    const filters = ['--start', '50000', '--end', '250000', '--crop', '4,4,24,24', '--denoise', '5000', '--rebase'];
    expect((await commandInside(['convert', RECORDING, at('by-convert.es'), ...filters])).status).toBe(0);
    const done = await pipe(RECORDING, '--to', at('by-pipe.es'), ...filters);
    expect(readFileSync(at('by-pipe.es')).equals(readFileSync(at('by-convert.es')))).toBe(true);
    expect(done.json).toMatchObject({ read: 2989, events: sinks(done)[0]['in'] });
  });

  it('publishes what a model decides, as run decides it', async () => {
    const { server, taken } = await taking(async ({ kind, stream }) => {
      const made: Decision[] = [];
      const items = stream.events() as unknown as AsyncIterable<ItemPacket<Decision>>;
      for await (const packet of items) made.push(...packet.items);
      return { kind, made };
    });
    const done = await pipe(RECORDING, '--decisions', server.url, '--model', model, '--to', at('beside.csv'));
    expect(done).toMatchObject({ status: 0, stderr: expect.stringContaining('decisions 1') as string });
    const direct = await commandInside(['run', RECORDING, '--model', model, '--speed', 'max']);
    const { kind, made } = await taken;
    expect({ kind, n: made.length }).toEqual({ kind: 'decisions', n: 1 });
    const line = `${(made[0].t1 / 1e6).toFixed(3)} s  ${made[0].label}  confidence ${made[0].confidence.toFixed(2)}`;
    expect(direct.stdout).toContain(line);
    expect(sinks(done)[1]).toMatchObject({ kind: 'decisions', in: 2989, out: 2989, decisions: 1 });
  });

  it('a slow sink drops what its policy says, counted to the event, and holds nobody up', async () => {
    // Takes nothing until the others have everything.
    const gate = { open: (): void => {} };
    const held = new Promise<void>((resolve) => (gate.open = resolve));
    const { server, taken } = await taking(async ({ stream }) => {
      await held;
      let events = 0;
      for await (const packet of stream.events()) events += packet.length;
      return events;
    });
    const source = await serveStream({ source: () => servable(packets(400, 1000)), eventsPerFrame: 1000 });
    open.push(source);
    const to = ['--to', at('fast.es'), '--to', server.url];
    const policies = ['--policy', 'lossless', '--policy', 'dropOldest', '--queue', '20000'];
    const running = pipe(source.url, ...to, ...policies);
    await expect.poll(() => existsSync(at('fast.es')) && readFileSync(at('fast.es')).length, { timeout: 20_000 }).toBeGreaterThan(700_000); // prettier-ignore
    gate.open();
    const done = await running;
    const [fast, slow] = sinks(done);
    expect(done.status).toBe(0);
    expect(fast).toMatchObject({ policy: 'lossless', in: 400_000, out: 400_000, dropped: {} });
    expect(slow).toMatchObject({ policy: 'dropOldest', in: 400_000, out: await taken });
    expect(slow.dropped['dropOldest']).toBe(400_000 - Number(slow['out']));
    expect(slow.dropped['dropOldest']).toBeGreaterThan(100_000);
  });

  it('a sink that fails: the others go on, exit status 1, one line that names it; with --fail-fast all stop', async () => {
    const gone = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => void gone.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(gone.address() as AddressInfo).port}/`;
    const done = await pipe(RECORDING, '--to', url, '--to', at('goes-on.es'));
    expect(done.status).toBe(1);
    expect(done.json).toMatchObject({ error: { code: 'ERR_CONNECTION' } });
    expect(done.stderr.split('\n').filter((line) => line.startsWith('rxspike: '))).toEqual([
      expect.stringMatching(new RegExp(`^rxspike: ERR_CONNECTION: ${url}`)) as string,
    ]);
    expect(sinks(done)[0]).toMatchObject({
      in: 2989,
      out: 0,
      dropped: { failed: 2989 },
      error: { code: 'ERR_CONNECTION' },
    });
    expect(await digest(at('goes-on.es'))).toBe(await digest(RECORDING));
    const began = performance.now();
    const stopped = await pipe('sim:bar', '--loop', '--speed', '1', '--to', url, '--to', at('stops.es'), '--fail-fast');
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(stopped).toMatchObject({ status: 1, json: { error: { code: 'ERR_CONNECTION' } } });
    await expect(digest(at('stops.es'))).resolves.toBeDefined();
    gone.close();
  });

  it('a file that cannot hold the events fails alone, and says what helps', async () => {
    writeFileSync(at('back.csv'), 't,x,y,p\n500,1,1,1\n400,2,2,0\n600,3,3,1\n');
    const done = await pipe(at('back.csv'), '--to', at('back.es'), '--to', at('back.raw'));
    expect(done.stderr).toMatch(/^rxspike: ERR_(LOSS|GEOMETRY): \S*back\.es: /);
    expect(done.status).toBe(1);
    expect(sinks(done)[1]).toMatchObject({ in: 3, out: 3 });
  });

  it('sends datagrams', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve));
    let bytes = 0;
    const over = new Promise<void>((resolve) => {
      socket.on('message', (datagram) => {
        bytes += datagram.length;
        if (datagram.length === 0) resolve();
      });
    });
    const done = await pipe(RECORDING, '--to', `udp://127.0.0.1:${socket.address().port}?format=faery`);
    await over;
    expect(done.status).toBe(0);
    expect(sinks(done)[0]).toMatchObject({ kind: 'udp', in: 2989, out: 2989, bytes: 13 * 2989 });
    expect(bytes).toBe(13 * 2989);
    socket.close();
  });

  it('a source that breaks: files keep what came, receivers are told', async () => {
    writeFileSync(at('cut.bin'), readFileSync(RECORDING).subarray(0, 5001));
    const { server, taken } = await taking(async ({ stream }) => {
      try {
        await digestOf(stream.events());
      } catch (error) {
        return (error as { code: string }).code;
      }
      return null;
    });
    const done = await pipe(at('cut.bin'), '--to', at('cut.es'), '--to', server.url);
    expect(done).toMatchObject({ status: 1, json: { error: { code: 'ERR_TRUNCATED' }, read: 1000 } });
    expect(sinks(done).map(({ in: came, out }) => [came, out])).toEqual([[1000, 1000], [1000, 1000]]); // prettier-ignore
    expect(await taken).toBe('ERR_TRUNCATED');
    await expect(digest(at('cut.es'))).resolves.toBeDefined();
  });

  it('SIGTERM ends the sinks in order: exit status 130, counts that add up', async () => {
    const file = at('ended.aedat4');
    const running = start(['pipe', 'sim:digits', '--loop', '--speed', '1', '--to', file, '--json']);
    await expect.poll(() => existsSync(file) && readFileSync(file).length, { timeout: 20_000 }).toBeGreaterThan(2000);
    running.child.kill('SIGTERM');
    const done = await running.finished;
    expect(done.status).toBe(130);
    const [sink] = sinks(done);
    expect(sink).toMatchObject({ in: sink['out'], dropped: {} });
    const recording = await openRecording(file);
    let events = 0;
    for await (const packet of recording.events()) events += packet.length;
    expect({ events, violations: recording.report.violations }).toEqual({ events: sink['out'], violations: {} });
  });
});

describe('pipe, interrupted', () => {
  it('a sink that takes nothing is let go of after a time, and that is counted', async () => {
    const silent = await peer(() => {});
    open.push(silent);
    const file = at('beside.es');
    const running = start(['pipe', RECORDING, '--to', silent.url, '--to', file, '--json']);
    await expect.poll(() => existsSync(file) && readFileSync(file).length, { timeout: 20_000 }).toBeGreaterThan(15_000);
    running.child.kill('SIGTERM');
    const done = await running.finished;
    expect(done.status).toBe(130);
    expect(done.stderr).not.toContain('rxspike:');
    expect(sinks(done)).toMatchObject([
      { kind: 'websocket', in: 2989, out: 0, dropped: { interrupted: 2989 } },
      { kind: 'file', in: 2989, out: 2989, dropped: {} },
    ]);
  });
});

describe('pipe, wrong use: exit status 2, one line', () => {
  it.each<[readonly string[], string]>([
    [[RECORDING], '--to SINK is needed'],
    [[RECORDING, '--to', '-', '--json'], '--json and --to - both need stdout'],
    [[RECORDING, '--to', 'x.es', '--to', 'x.es'], 'is given twice'],
    [[RECORDING, '--to', 'x.unknown'], 'names no format'],
    [[RECORDING, '--to', 'http://127.0.0.1'], 'http:// is not a sink'],
    [[RECORDING, '--to', 'wss2://127.0.0.1'], 'the nearest is wss'],
    [[RECORDING, '--to', 'x.es', '--policy', 'lossless', '--policy', 'sample'], '2 times --policy for 1 sinks'],
    [[RECORDING, '--to', 'x.es', '--fail-fats'], 'the nearest is --fail-fast'],
    [[RECORDING, '--decisions', 'x.csv'], 'decisions go to a server'],
    [[RECORDING, '--to', '-', '--as', 'npy'], 'cannot go to stdout'],
    [['-', '--loop', '--to', 'x.es'], '- passes once'],
  ])('%j', async (args, words) => {
    const done = await commandInside(['pipe', ...args]);
    expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(done.stderr).toContain(words);
    expect(existsSync('x.es')).toBe(false);
  });
});
