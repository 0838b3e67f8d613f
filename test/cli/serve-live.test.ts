import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRecording } from '../../adapters/files/index.node.js';
import { openLink, openStream, serveStream } from '../../adapters/network/index.node.js';
import type { Decision, ItemPacket, SpikePacket } from '../../src/index.js';
import { FaultProxy } from '../adapters/network/fault-proxy.js';
import { END, HELLO, frame, info, packets, peer, servable } from '../adapters/network/peer.js';
import { projectRoot } from '../shared-data.js';
import { type Finished, type Running, commandInside, failureComplaint, start } from './command-line.js';
import { writeModel } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
let folder: string;
let model: string;
const open: { close(): Promise<unknown> }[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxspike-live-'));
  model = writeModel(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function address(server: Running): Promise<string> {
  return /wss?:\S+/.exec(await server.seen(/serving wss?:\S+\n/))?.[0] ?? '';
}
const run = (...args: string[]): Promise<Finished> => commandInside(['run', '--model', model, '--json', ...args]);
type Receiver = Readonly<Record<string, unknown>>;
const receivers = ({ json }: Finished): readonly Receiver[] => json?.['receivers'] as readonly Receiver[];

describe('serve --live', () => {
  it('reads once from the start, lets in who comes late, and ends with its source', async () => {
    const server = start(['serve', RECORDING, '--live', '--json']);
    const url = await address(server);
    const stream = await openStream(url);
    let events = 0;
    for await (const packet of stream.events()) events += packet.length;
    const done = await server.finished;
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
    expect(events).toBeGreaterThan(0);
    expect(events).toBeLessThanOrEqual(2989);
    expect(done.json).toMatchObject({ clients: 1, completed: 1, lost: 0, events: 2989 });
    expect(receivers(done)).toMatchObject([{ stream: 'events', events, outcome: 'complete', inFlight: 0 }]);
  });

  it('a source that breaks: receivers and the exit status say so', async () => {
    const failing = await serveStream({ source: () => servable(packets(3, 10), new Error('boom')), clients: 1 });
    failing.done.catch(() => {});
    open.push(failing);
    const server = start(['serve', failing.url, '--live', '--json']);
    const done = await server.finished;
    expect(failureComplaint(done, 1, 'ERR_CONNECTION')).toBeNull();
    expect(done.json).toMatchObject({ error: { code: 'ERR_CONNECTION' }, events: 30 });
  });

  it('serves what a model makes of the events beside them, as run decides it', async () => {
    const server = start(['serve', '--model', model, '--clients', '1', '--speed', 'max', '--json']);
    const url = await address(server);
    const link = openLink(url);
    const names = (await link.offers()).map(({ name, kind }) => `${name}: ${kind}`);
    expect(names).toEqual(['events: events', 'decisions: decisions', 'spikes: spikes']);
    const [decisions, spikes] = [
      await link.subscribe<'decisions'>('decisions'),
      await link.subscribe<'spikes'>('spikes'),
    ];
    const made: Decision[] = [];
    let fired = 0;
    const readDecisions = async (): Promise<void> => {
      for await (const packet of decisions.events() as AsyncIterable<ItemPacket<Decision>>) made.push(...packet.items);
    };
    const readSpikes = async (): Promise<void> => {
      for await (const packet of spikes.events() as AsyncIterable<SpikePacket>) fired += packet.length;
    };
    const reading = Promise.all([readDecisions(), readSpikes()]);
    const served = await run(url);
    await reading;
    link.close();
    const done = await server.finished;
    expect(done.status).toBe(0);
    const direct = await run('--once', '--speed', 'max');
    expect({ ...served.json, latencyMs: 0 }).toEqual({ ...direct.json, latencyMs: 0 });
    expect(made.filter(({ label, truth }) => label === truth)).toHaveLength(Number(direct.json?.['correct']));
    expect({ decisions: made.length, spikes: fired }).toEqual({
      decisions: direct.json?.['decisions'],
      spikes: direct.json?.['spikes'],
    });
  });

  it('takes streams of the kinds that it accepts, counts them, and refuses others', async () => {
    const server = start(['serve', 'sim:bar', '--loop', '--live', '--accept', 'labels', '--json']);
    const url = await address(server);
    const link = openLink(url);
    const labels = link.publish('labels', { name: 'truth' });
    const stream = (await openRecording(RECORDING)).info;
    for (let n = 0; n < 3; n++) {
      const items = [{ t0: n, t1: n + 1, label: 'a' }, { t0: n, t1: n + 1, label: 'b' }]; // prettier-ignore
      await labels({ stream, items, length: 2, until: n + 1, mark: null });
    }
    await labels.end();
    link.close();
    const refused = await commandInside(['pipe', RECORDING, '--to', url, '--json']);
    expect(refused).toMatchObject({ status: 1, json: { error: { code: 'ERR_ARGUMENT' } } });
    expect(refused.stderr).toContain('events are not taken here: labels are');
    server.child.kill('SIGINT');
    const done = await server.finished;
    expect(done.status).toBe(130);
    expect(done.json).toMatchObject({
      accepted: [{ name: 'truth', kind: 'labels', packets: 3, entries: 6, complete: true }],
    });
  });
});

describe('serve, told to end', () => {
  it('SIGTERM drains: what is under way is finished, new receivers are refused, exit status 130', async () => {
    const server = start(['serve', RECORDING, '--speed', '0.5', '--json']);
    const url = await address(server);
    const stream = await openStream(url);
    const events = stream.events();
    await events.next();
    server.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 150));
    await expect(openStream(url)).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    for await (const _ of events);
    const done = await server.finished;
    expect(stream.report.events).toBe(2989);
    expect(done.status).toBe(130);
    expect(done.stderr).toMatch(/^draining: 1 receivers, [\d,]+ events in flight\ndrained\n$/);
    expect(receivers(done)).toMatchObject([{ events: 2989, outcome: 'complete' }]);
  });

  it('SIGTERM, and what is under way takes longer than --drain: broken off, and said', async () => {
    const server = start(['serve', 'sim:bar', '--loop', '--drain', '0.3', '--json']);
    const url = await address(server);
    const stream = await openStream(url);
    const events = stream.events();
    await events.next();
    server.child.kill('SIGTERM');
    const reading = (async () => {
      for await (const _ of events);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    const done = await server.finished;
    expect(done.status).toBe(130);
    expect(done.stderr).toMatch(/1 receivers were broken off, with [\d,]+ events in flight\n$/);
    expect(receivers(done)).toMatchObject([{ outcome: 'failed' }]);
  });

  it('SIGINT breaks off at once', async () => {
    const server = start(['serve', 'sim:bar', '--loop', '--json']);
    const stream = await openStream(await address(server));
    const events = stream.events();
    await events.next();
    const began = performance.now();
    server.child.kill('SIGINT');
    expect((await server.finished).status).toBe(130);
    expect(performance.now() - began).toBeLessThan(5000);
    await events.return?.();
  });
});

describe('serve with options of receivers', () => {
  it('--policy is what a receiver gets that asks for none, and lines tell what it missed', async () => {
    const server = start(['serve', 'sim:digits', '--speed', 'max', '--live', '--loop', '--policy', 'dropOldest']);
    const url = await address(server);
    // A receiver from before policies: takes its first packets and no more.
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(url, 'rxspike.v1.json');
    let seen = 0;
    socket.on('message', (data: Buffer) => {
      const { type, next } = JSON.parse(data.toString()) as { type: string; next: number };
      if ((type === 'hello' || type === 'gap') && seen < 2)
        socket.send(JSON.stringify({ type: 'credit', upTo: next + 2 - seen }));
      if (type === 'packet') seen++;
    });
    await expect.poll(() => seen, { timeout: 20_000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    socket.close();
    await server.seen(
      /receiver 127\.0\.0\.1 events: [\d,]+ in [12] packets; dropped: dropOldest [\d,]+; left before the end/,
    );
    server.child.kill('SIGINT');
    await server.finished;
  });

  it('wrong use: exit status 2', async () => {
    const cases = [
      ['--live', '--clients', '1'],
      ['--policy', 'dropAll'],
      ['--accept', 'frames'],
      ['--tls-cert', 'cert.pem'],
      ['--grace', '-1'],
    ];
    for (const args of cases) {
      expect(failureComplaint(await commandInside(['serve', RECORDING, ...args]), 2, 'ERR_ARGUMENT')).toBeNull();
    }
    const missing = await commandInside(['serve', RECORDING, '--tls-cert', 'no.pem', '--tls-key', 'no.pem']);
    expect(failureComplaint(missing, 1, 'ERR_NOT_FOUND')).toBeNull();
  });
});

describe('run ws://', () => {
  it('goes on over a lost connection, decides the same, and counts it', async () => {
    const server = await serveStream({ source: () => openRecording(RECORDING), eventsPerFrame: 200 });
    const proxy = await FaultProxy.open(server.port, { cutAfter: (n) => (n < 2 ? 9000 : Infinity) });
    open.push(server, proxy);
    const done = await run(proxy.url);
    const direct = await run(RECORDING, '--speed', 'max');
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect({ ...done.json, latencyMs: 0 }).toEqual({ ...direct.json, latencyMs: 0, reconnects: 2 });
    const said = await commandInside(['run', '--model', model, proxy.url]);
    expect(said.stdout).not.toContain('made again');
  });

  it('with --reconnect 0 a lost connection is an error', async () => {
    const server = await serveStream({ source: () => openRecording(RECORDING), eventsPerFrame: 200 });
    const proxy = await FaultProxy.open(server.port, { cutAfter: () => 9000 });
    open.push(server, proxy);
    const done = await run(proxy.url, '--reconnect', '0');
    expect(failureComplaint(done, 1, 'ERR_CONNECTION')).toBeNull();
    expect(done.json).toMatchObject({ reconnects: 0 });
  });

  it('counts what is told missing, by reason, and says it', async () => {
    const asked: string[] = [];
    const other = await peer((socket, send) => {
      socket.on('message', (data: Buffer) => {
        const text = data.toString('latin1');
        asked.push(text);
        const sized = { ...HELLO, info: { ...info, width: 34, height: 34 } };
        if (text.includes('subscribe')) send({ ...sized, name: 'camera', epoch: 'e', session: null, next: 0 });
        if (!text.includes('upTo')) return;
        socket.removeAllListeners('message');
        send(frame(0));
        send({ type: 'gap', seq: 1, next: 3, packets: 2, events: 70, reason: 'sample' });
        send(frame(3));
        send(frame(4, { mark: END, until: 500_000 }));
        send({ type: 'end', reason: 'complete', packets: 3, events: 6, dropped: { sample: 70 } });
      });
    });
    open.push(other);
    const args = ['run', '--model', model, other.url, '--policy', 'sample', '--stream', 'camera'];
    const done = await commandInside([...args, '--json']);
    expect(asked[0]).toMatch(/camera/);
    expect(asked[0]).toMatch(/sample/);
    expect(done).toMatchObject({ status: 0, json: { events: 6, dropped: 70, missing: { sample: 70 }, reconnects: 0 } });
    expect((await commandInside(args)).stdout).toContain('missing: sample 70\n');
  });
});
