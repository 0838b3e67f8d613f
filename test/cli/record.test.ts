import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventDigest, openRecording } from '../../adapters/files/index.node.js';
import { type StreamServer, serveStream } from '../../adapters/network/index.node.js';
import { RandomSequence } from '../../src/index.js';
import { FaultProxy } from '../adapters/network/fault-proxy.js';
import { HELLO, frame, packets, peer, servable } from '../adapters/network/peer.js';
import { projectRoot } from '../shared-data.js';
import { type Finished, builtCli, command, commandInside, failureComplaint, start } from './command-line.js';
import { PacedCamera, cameraEvents } from './paced-camera.js';
import { temporaryFolder } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
let folder: string;
const open: { close(): Promise<unknown> }[] = [];
beforeAll(() => (folder = temporaryFolder()));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const record = (...args: string[]): Promise<Finished> => commandInside(['record', ...args, '--json']);

/** What a file holds; `error`: the code that its reading ended with. */
async function contents(
  path: string,
  format?: 'nmnist',
): Promise<{ readonly digest: string; readonly events: number; readonly error: string | null }> {
  const digest = eventDigest();
  let events = 0;
  try {
    const recording = await openRecording(path, format ? { format } : {});
    for await (const packet of recording.events()) {
      digest.add(packet);
      events += packet.length;
    }
  } catch (error) {
    return { digest: digest.hex(), events, error: (error as { code: string }).code };
  }
  return { digest: digest.hex(), events, error: null };
}

/** Digest of so many events of the camera. */
function cameraDigest(first: number, events: number): string {
  const digest = eventDigest();
  digest.add(cameraEvents(first, first + events));
  return digest.hex();
}

const numberAt = (t: number): number => (t - 1000) / 10;
const firstOf = ({ t0 }: Record<string, unknown>): number => numberAt(Number(t0));

async function camera(perMs = 100): Promise<{ readonly server: StreamServer; readonly paced: PacedCamera }> {
  const paced = new PacedCamera(perMs);
  // A live stream waits for whoever has lost its connection, as long as its place is kept.
  const server = await serveStream({ source: () => paced, live: true, grace: 20 });
  open.push({
    close: async () => {
      paced.stop();
      await server.close();
    },
  });
  return { server, paced };
}

describe('record', () => {
  it.each(['aedat4', 'es', 'raw', 'csv', 'mcap'])('writes to .%s what was served, to the event', async (extension) => {
    const server = await serveStream({ source: () => openRecording(RECORDING) });
    open.push(server);
    const file = join(folder, `served.${extension}`);
    const done = await record(server.url, file);
    expect(done).toMatchObject({ status: 0, stderr: '' });
    const direct = await contents(RECORDING, 'nmnist');
    expect(await contents(file)).toEqual(direct);
    expect(done.json).toMatchObject({
      url: server.url,
      file,
      events: direct.events,
      missing: {},
      clipped: {},
      bytes: statSync(file).size,
      reconnects: 0,
      inFlight: 0,
    });
  });

  it('writes several recordings of a stream as one, and says so', async () => {
    const server = start(['serve', '--clients', '1', '--speed', 'max']);
    const url = /ws:\S+/.exec(await server.seen(/serving ws:\S+\n/))?.[0] ?? '';
    const file = join(folder, 'bundled.aedat4');
    const done = await commandInside(['record', url, file]);
    expect(done.status).toBe(0);
    expect(done.stdout).toContain('30 recordings of the stream were written as one');
    expect((await server.finished).status).toBe(0);
    expect((await contents(file)).events).toBe(132_689);
  });

  it('goes on over lost connections without gap or repeat, and counts them', async () => {
    const sent = packets(200, 500);
    const server = await serveStream({ source: () => servable(sent), eventsPerFrame: 500 });
    const proxy = await FaultProxy.open(server.port, { cutAfter: (n) => (n < 3 ? 20_000 : Infinity) });
    open.push(server, proxy);
    const file = join(folder, 'cut.es');
    const done = await record(proxy.url, file);
    expect(done).toMatchObject({ status: 0, json: { events: 100_000, reconnects: 3, missing: {} } });
    const digest = eventDigest();
    sent.forEach((packet) => digest.add(packet));
    expect((await contents(file)).digest).toBe(digest.hex());
  });

  it('counts what the server tells to be missing, by reason', async () => {
    const other = await peer((socket, send) => {
      socket.once('message', () => {
        send({ ...HELLO, epoch: 'e', session: null });
      });
      socket.on('message', (data: Buffer) => {
        if (!data.toString('latin1').includes('upTo')) return;
        socket.removeAllListeners('message');
        send(frame(0));
        send({ type: 'gap', seq: 1, next: 3, packets: 2, events: 70, reason: 'dropOldest' });
        send(frame(3));
        send({ type: 'end', reason: 'complete', packets: 2, events: 4, dropped: { dropOldest: 70 } });
      });
    });
    open.push(other);
    const done = await record(other.url, join(folder, 'gap.csv'), '--policy', 'dropOldest');
    expect(done).toMatchObject({ status: 0, json: { packets: 2, events: 4, missing: { dropOldest: 70 } } });
  });

  it('ends after --duration of the stream, to the microsecond', async () => {
    const file = join(folder, 'short.csv');
    const done = await record('sim:bar', file, '--duration', '0.25');
    const times = readFileSync(file, 'utf8').trim().split('\n').slice(1).map(Number.parseFloat);
    const all = join(folder, 'long.csv');
    expect((await record('sim:bar', all)).status).toBe(0);
    const whole = readFileSync(all, 'utf8').trim().split('\n').slice(1).map(Number.parseFloat);
    expect(times).toEqual(whole.filter((t) => t < whole[0] + 250_000));
    expect(done).toMatchObject({ status: 0, json: { events: times.length, t0: whole[0], t1: times.at(-1) } });
  });
});

describe('record from a bridge', () => {
  it('writes what comes in datagrams, with the size that it is told', async () => {
    const file = join(folder, 'datagrams.aedat4');
    const running = start(['record', 'udp://127.0.0.1:0?format=spif', file, '--size', '34x34', '--json']);
    await expect.poll(() => running.complaints(), { timeout: 20_000 }).toMatch(/listening at udp:\S+\n/);
    const url = /udp:\S+/.exec(running.complaints())?.[0] ?? '';
    const sent = await commandInside(['pipe', RECORDING, '--to', url.includes('format') ? url : `${url}?format=spif`]);
    expect(sent.status).toBe(0);
    const done = await running.finished;
    expect(done).toMatchObject({ status: 0, json: { events: 2989, missing: {} } });
    expect((await contents(file)).digest).toBe((await contents(RECORDING, 'nmnist')).digest);
  });

  it('a size that nobody says is asked for where the format needs it', async () => {
    const file = join(folder, 'sizeless.csv');
    writeFileSync(file, 't,x,y,p\n500,1,1,1\n600,2,2,0\n');
    const done = await record(file, join(folder, 'sizeless.aedat4'));
    expect(failureComplaint(done, 1, 'ERR_GEOMETRY')).toBeNull();
    expect(done.stderr).toContain('--size WxH says how large the sensor is');
    expect(await record(file, join(folder, 'sizeless.aedat4'), '--size', '9x9')).toMatchObject({ status: 0 });
  });
});

describe('record, ended early', () => {
  it('SIGTERM: the file is whole, exit status 130, and what was in flight is said', async () => {
    const { server } = await camera();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const file = join(folder, `${signal}.aedat4`);
      const running = start(['record', server.url, file, '--json']);
      await expect.poll(() => existsSync(file) && statSync(file).size > 3000, { timeout: 20_000 }).toBe(true);
      running.child.kill(signal);
      const done = await running.finished;
      expect(done).toMatchObject({ status: 130, stderr: '', json: { inFlight: 0, bytes: statSync(file).size } });
      const recording = await openRecording(file);
      let events = 0;
      for await (const packet of recording.events()) events += packet.length;
      expect(recording.report.violations).toEqual({});
      expect(events).toBe(done.json?.['events']);
    }
  });

  it('a stream that breaks: what came is in the file, the error is told', async () => {
    const cut = join(folder, 'cut.bin');
    writeFileSync(cut, readFileSync(RECORDING).subarray(0, 5001));
    const file = join(folder, 'broken.aedat4');
    const done = await record(cut, file);
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(done.json).toMatchObject({ events: 1000, file });
    expect(await contents(file)).toMatchObject({ events: 1000, error: null });
  });

  it('no space: ERR_WRITE, and what was written stays readable', async () => {
    const { server } = await camera();
    const file = join(folder, 'full.aedat4');
    const child = spawn('sh', ['-c', `ulimit -f 2000; exec "$0" "$@"`, process.execPath, builtCli(), 'record', server.url, file, '--json']); // prettier-ignore
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^rxspike: ERR_WRITE: [^\n]+\n$/) as string,
    });
    const json = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(json).toMatchObject({ error: { code: 'ERR_WRITE' }, bytes: statSync(file).size });
    const { events, digest, error } = await contents(file);
    expect(error).toBeNull();
    expect(events).toBeGreaterThan(20_000);
    expect(events).toBeLessThanOrEqual(Number(json['events']));
    expect(digest).toBe(cameraDigest(firstOf(json), events));
  });
});

const formatOf = (name: string): string[] => (name === 'bin31' ? ['--format', 'aedat3.1'] : []);

describe('record, killed', () => {
  const FORMATS = ['aedat4', 'raw', 'csv', 'es', 'aedat', 'dat', 'mcap', 'bin31'] as const;

  // The slow one takes 2 s to fill a packet of some formats.
  it.each([100, 2])(
    'at any moment: all but the last second, in order (%d events/ms)',
    { timeout: 120_000 },
    async (perMs) => {
      const { server, paced } = await camera(perMs);
      const random = new RandomSequence(perMs, 'kills');
      const one = async (name: string, k: number): Promise<void> => {
        const file = join(folder, `killed-${perMs}-${k}.${name === 'bin31' ? 'aedat' : name}`);
        const running = start(['record', server.url, file, ...formatOf(name)]);
        await expect.poll(() => existsSync(file) && statSync(file).size > 2000, { timeout: 40_000 }).toBe(true);
        await new Promise((resolve) => setTimeout(resolve, random.integer(1800)));
        const last = server.receivers.length;
        const at = performance.now();
        running.child.kill('SIGKILL');
        await running.finished;
        expect(last).toBeGreaterThan(0);
        const digest = eventDigest();
        const recording = await openRecording(file);
        let [events, first] = [0, -1];
        let code: string | null = null;
        try {
          for await (const packet of recording.events()) {
            if (first < 0 && packet.length > 0) first = numberAt(packet.t[0]);
            events += packet.length;
            digest.add(packet);
          }
        } catch (error) {
          code = (error as { code: string }).code;
        }
        // Only what says that the end is missing.
        expect([null, 'ERR_TRUNCATED']).toContain(code);
        expect(digest.hex()).toBe(cameraDigest(first, events));
        expect(first + events).toBeGreaterThanOrEqual(paced.givenBy(at - 1000));
      };
      // Two at a time: what a killed one had not come to for want of time would not be its fault.
      for (let k = 0; k < FORMATS.length; k += 2) {
        await Promise.all([one(FORMATS[k], k), one(FORMATS[k + 1], k + 1)]);
      }
    },
  );
});

describe('record, refused before anything is written', () => {
  it.each<[readonly string[], number, string, string]>([
    [['ws://127.0.0.1:9', 'there.es'], 2, 'ERR_ARGUMENT', 'exists and is left as it is; --force replaces it'],
    [['ws://127.0.0.1:9', 'x.npz'], 2, 'ERR_ARGUMENT', 'could not be read after an interruption'],
    [['ws://127.0.0.1:9', 'x.h5'], 2, 'ERR_ARGUMENT', 'hdf5 could not be read'],
    [['ws://127.0.0.1:9', 'x.unknown'], 2, 'ERR_ARGUMENT', '--format names one'],
    [['ws://127.0.0.1:9', '-'], 2, 'ERR_ARGUMENT', 'rxspike pipe URL --to -'],
    [['http://127.0.0.1:9', 'x.es'], 2, 'ERR_ARGUMENT', 'http:// is not a source'],
    [['ws://127.0.0.1:9', 'x.es', '--polcy', 'sample'], 2, 'ERR_ARGUMENT', 'the nearest is --policy'],
    [['ws://127.0.0.1:9', 'x.es', '--policy', 'dropOlder'], 2, 'ERR_ARGUMENT', 'the nearest is dropOldest'],
    [['ws://127.0.0.1:9', 'x.es', '--duration', '0'], 2, 'ERR_ARGUMENT', 'above 0'],
    [['ws://127.0.0.1:9', '.'], 1, 'ERR_WRITE', 'is a directory'],
    [['ws://127.0.0.1:9', 'x.es'], 1, 'ERR_CONNECTION', 'no stream'],
  ])('%j', async (args, status, code, words) => {
    writeFileSync(join(folder, 'there.es'), 'precious');
    const [url, file, ...rest] = args;
    const where = file === '-' ? file : join(folder, file);
    const format = file === '.' ? ['--format', 'es'] : [];
    const done = await record(url, where, ...rest, ...format);
    expect(failureComplaint(done, status, code)).toBeNull();
    expect(done.stderr).toContain(words);
    expect(done.json).toMatchObject({ error: { code } });
    expect(existsSync(join(folder, 'x.es'))).toBe(false);
    expect(readFileSync(join(folder, 'there.es'), 'utf8')).toBe('precious');
  });

  it('a stream that carries no events', async () => {
    const server = start(['serve', RECORDING, '--model', '--speed', '1', '--loop']);
    const url = /ws:\S+/.exec(await server.seen(/serving ws:\S+\n/))?.[0] ?? '';
    const done = await record(url, join(folder, 'decided.csv'), '--stream', 'decisions');
    expect(failureComplaint(done, 1, 'ERR_UNSUPPORTED')).toBeNull();
    const missing = await command(['record', url, join(folder, 'decided.csv'), '--stream', 'nothing', '--json']);
    expect(failureComplaint(missing, 1, 'ERR_ARGUMENT')).toBeNull();
    server.child.kill('SIGINT');
    expect((await server.finished).status).toBe(130);
  });
});
