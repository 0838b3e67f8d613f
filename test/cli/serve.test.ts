import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peer } from '../adapters/network/peer.js';
import { projectRoot } from '../shared-data.js';
import { type Finished, type Running, command, commandInside, failureComplaint, start } from './command-line.js';
import { temporaryFolder, writeModel } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
let folder: string;
let model: string;
beforeAll(() => {
  folder = temporaryFolder();
  model = writeModel(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Address of a server as it is printed. */
async function address(server: Running): Promise<string> {
  const stdout = await server.seen(/serving ws:\S+\n/);
  return /ws:\S+/.exec(stdout)?.[0] ?? '';
}
const timeless = ({ json }: Finished): unknown => ({ ...json, latencyMs: null });
const run = (...args: string[]): Promise<Finished> => commandInside(['run', '--model', model, '--json', ...args]);

describe('serve and run ws://', () => {
  it('decide the same as reading the file, and end both with exit status 0', async () => {
    const server = start(['serve', RECORDING, '--clients', '1', '--speed', 'max', '--json']);
    const served = await command(['run', '--model', model, '--json', await address(server)]);
    const direct = await run(RECORDING, '--speed', 'max');
    expect(served).toMatchObject({ status: 0, stderr: '' });
    expect(served.json).toMatchObject({ decisions: 1, dropped: 0 });
    expect(timeless(served)).toEqual(timeless(direct));
    const { status, json, stderr } = await server.finished;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(json).toMatchObject({ clients: 1, completed: 1, lost: 0, events: direct.json?.['events'] });
  });

  it('tell the subscriber of events that lie outside the sensor and were left out', async () => {
    // The size is told by what is read first; one event far behind it does not fit.
    const inside = Buffer.alloc(5 * 60_000);
    for (let i = 0; i < 60_000; i++) inside.set([i % 34, (i >> 5) % 34, (5 * i) >> 16, (5 * i) >> 8, 5 * i], 5 * i);
    const file = join(folder, 'outside.bin');
    const late = Buffer.from([40, 0, 4, 160, 0]);
    writeFileSync(file, Buffer.concat([inside, late]));
    const server = start(['serve', file, '--clients', '1', '--speed', 'max', '--json']);
    const served = await run(await address(server));
    expect(served).toMatchObject({ status: 0, json: { decisions: 1, events: 60_000, dropped: 1 } });
    expect((await server.finished).json).toMatchObject({ events: 60_000, outside: 1 });
  });

  it('carry labels, and give every subscriber a reading of its own without --clients', async () => {
    const server = start(['serve', '--speed', 'max']);
    const url = await address(server);
    const [one, two] = await Promise.all([run(url), run(url)]);
    expect(timeless(one)).toEqual(timeless(two));
    expect(one.json).toMatchObject({ decisions: 30, correct: expect.any(Number) as number });
    expect(timeless(one)).toEqual(timeless(await run('--once', '--speed', 'max')));
    server.child.kill('SIGINT');
    expect((await server.finished).status).toBe(130);
  });

  it('start together when as many subscribers are there as --clients says', async () => {
    const server = start(['serve', RECORDING, '--clients', '2', '--speed', 'max']);
    const url = await address(server);
    const [one, two] = await Promise.all([run(url), run(url)]);
    expect(one.json).toMatchObject({ decisions: 1 });
    expect(timeless(two)).toEqual(timeless(one));
    expect((await server.finished).stdout).toContain('2 subscribers to the end, 0 left before');
  });

  it('ask for a token where one is set', async () => {
    const server = start(['serve', RECORDING, '--token', 'secret', '--speed', 'max']);
    const url = await address(server);
    expect(failureComplaint(await run(url), 1, 'ERR_CONNECTION')).toBeNull();
    expect((await run(url, '--token', 'secret')).json).toMatchObject({ decisions: 1 });
    server.child.kill('SIGTERM');
    await server.finished;
  });
});

describe('what goes wrong between two sides', () => {
  it('an interruption while the source keeps one waiting ends serve', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const connected = new Promise((resolve) => void silent.once('connection', resolve));
    const server = start(['serve', `ws://127.0.0.1:${port}`, '--json']);
    const socket = (await connected) as Socket;
    server.child.kill('SIGINT');
    const began = performance.now();
    const { status, json, stderr } = await server.finished;
    expect({ status, json, stderr }).toEqual({ status: 130, json: { url: null, port: null }, stderr: '' });
    expect(performance.now() - began).toBeLessThan(5000);
    socket.destroy();
    silent.close();
  });

  it('a server that goes away in the middle: what came before is counted, then one line', async () => {
    const server = start(['serve', '--clients', '1', '--speed', '2']);
    const running = start(['run', '--model', model, await address(server)]);
    await running.seen('00962.bin');
    server.child.kill('SIGKILL');
    const done = await running.finished;
    expect(failureComplaint(done, 1, 'ERR_CONNECTION')).toBeNull();
    expect(done.stdout).toMatch(/\ndecisions [1-9]/);
  });

  it('a recording that breaks on the server is an error on both sides', async () => {
    const cut = join(folder, 'cut.bin');
    writeFileSync(cut, readFileSync(RECORDING).subarray(0, 5001));
    const server = start(['serve', cut, '--clients', '1', '--speed', 'max']);
    const done = await run(await address(server));
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(done.json).toMatchObject({ events: 1000 });
    expect(failureComplaint(await server.finished, 1, 'ERR_TRUNCATED')).toBeNull();
  });

  it('a server that complains of an argument: exit status 1, the command line was right', async () => {
    const other = await peer((_, send) => send({ type: 'error', code: 'ERR_ARGUMENT', message: 'of its own' }));
    const done = await run(other.url);
    expect(failureComplaint(done, 1, 'ERR_ARGUMENT')).toBeNull();
    await other.close();
  });

  it('a port in use', async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const done = await commandInside(['serve', RECORDING, '--port', String(port), '--json']);
    expect(failureComplaint(done, 1, 'ERR_LISTEN')).toBeNull();
    expect(done.json).toMatchObject({ error: { code: 'ERR_LISTEN' } });
    other.close();
  });

  it('something else on the port', async () => {
    const other: Server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    expect(failureComplaint(await run(`ws://127.0.0.1:${port}`), 1, 'ERR_CONNECTION')).toBeNull();
    other.close();
  });

  it('wrong use: exit status 2; a missing file: 1', async () => {
    const open = await commandInside(['serve', RECORDING, '--host', '0.0.0.0']);
    expect(failureComplaint(open, 2, 'ERR_ARGUMENT')).toBeNull();
    const loop = await commandInside(['serve', '-', '--loop']);
    expect(failureComplaint(loop, 2, 'ERR_ARGUMENT')).toBeNull();
    const missing = await commandInside(['serve', join(folder, 'nowhere.bin'), '--json']);
    expect(failureComplaint(missing, 1, 'ERR_NOT_FOUND')).toBeNull();
    expect(missing.stdout).not.toContain('serving');
  });
});
