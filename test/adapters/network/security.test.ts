import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ServeOptions, type StreamServer, openLink, openStream, serveStream } from '../../../adapters/index.node.js'; // prettier-ignore
import { partyOf } from '../../../adapters/network/address-book.js';
import { Budget } from '../../../adapters/network/budget.js';
import { Tokens } from '../../../adapters/network/tokens.node.js';
import {
  type GuardSettings,
  type UpgradeRequest,
  admission,
  foreignness,
  upgradeAdmission,
} from '../../../adapters/network/upgrade-guard.js';
import * as browser from '../../../adapters/network/web-socket.js';
import { HELLO, collect, openHandles, packets, servable } from './peer.js';
import { RawClient, upgradeRequest } from './raw-client.js';

const servers: StreamServer[] = [];
const clients: RawClient[] = [];
const SECRET = 'sesame-open-0123456789';

async function serve(options: Partial<ServeOptions> = {}): Promise<StreamServer> {
  const server = await serveStream({ source: () => servable(packets(20, 10)), ...options });
  servers.push(server);
  return server;
}

const idle = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (let i = 0; i < 50 && openHandles().length > 0; i++) await idle(10);
  if (openHandles().length > 0) throw new Error(`still open: ${openHandles().join(', ')}`);
});

/** Status that an upgrade gets. */
async function status(
  server: StreamServer,
  path = '/?auto=0',
  headers: Record<string, string | null> = {},
): Promise<number | null> {
  // prettier-ignore
  const client = await RawClient.open(server.port);
  clients.push(client);
  client.say(upgradeRequest(server.port, path, headers));
  await Promise.race([client.ended, new Promise((resolve) => client.socket.once('data', resolve))]);
  return client.status;
}

/** A request without an upgrade, and its answer. */
async function get(
  server: StreamServer,
  path: string,
  headers = '',
  method = 'GET',
): Promise<{ status: number; type: string | undefined; body: string }> {
  // prettier-ignore
  const client = await RawClient.open(server.port);
  clients.push(client);
  let text = '';
  client.socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
  client.say(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n${headers}\r\n`);
  await client.ended;
  const [head, ...body] = text.split('\r\n\r\n');
  const type = /^content-type: (.*)$/im.exec(head)?.[1].trim();
  return { status: Number(head.split(' ')[1]), type, body: body.join('\r\n\r\n') };
}

const guard = (changes: Partial<GuardSettings> = {}): GuardSettings => ({
  host: '127.0.0.1',
  path: '/',
  origins: [],
  hosts: [],
  scopeOf: () => 'publish',
  ...changes,
});
const asks = (changes: Partial<UpgradeRequest> = {}): UpgradeRequest => ({
  url: '/',
  host: '127.0.0.1:7001',
  origin: undefined,
  authorization: undefined,
  protocols: 'rxspike.v1',
  ...changes,
});

describe('names under which a server may be addressed', () => {
  const own = ['127.0.0.1', '127.0.0.1:1', '127.8.9.1:80', 'localhost', 'LOCALHOST:7001', 'LocalHost', '[::1]', '[::1]:7001']; // prettier-ignore
  it.each(own)('%s is its own', (host) => {
    expect(foreignness(asks({ host }), guard())).toBeNull();
  });

  // A name that can be made to point here by whoever owns it, or what is no name.
  const foreign = [
    undefined, '', ' ', 'evil.example', 'evil.example:7001', 'localhost.evil.example', '127.0.0.1.evil.example',
    'localhost.', '127.0.0.1.', '127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '127.0.0.1@evil.example',
    'evil.example@127.0.0.1', '127.0.0.1:7001:1', '127.0.0.1:', '127.0.0.1:port', '127.0.0.1:123456', '127.0.0.1/x',
    '127.0.0.1, evil.example', '192.168.1.7', '10.0.0.1', '0.0.0.0', '[::]', '[::ffff:127.0.0.1]', '::1', '[::1', '[::1]x',
    '[evil]', 'localhost\u0000', 'ⓛocalhost', 'xn--localhost', 'a b',
  ]; // prettier-ignore
  it.each(foreign.map((host) => [host]))('%j is foreign', (host) => {
    expect(foreignness(asks({ host }), guard())).toMatchObject({ status: 403, reason: 'host' });
  });

  it('where it listens beyond loopback, plain addresses and the names given are its own too', () => {
    const wide = guard({ host: '0.0.0.0', hosts: ['Camera.lan'] });
    for (const host of ['192.168.1.7', '8.8.8.8:80', '[fe80::1]:7001', 'camera.LAN:1', 'localhost']) {
      expect(foreignness(asks({ host }), wide)).toBeNull();
    }
    for (const host of ['evil.example', 'camera.lan.evil.example', 'xcamera.lan', undefined]) {
      expect(foreignness(asks({ host }), wide)).toMatchObject({ status: 403 });
    }
  });
});

describe('pages that may connect', () => {
  const host = 'localhost:7001';
  it.each(['http://localhost:7001', 'https://localhost:7001', 'HTTP://LocalHost:7001', 'https://friend.example'])(
    '%s',
    (origin) => {
      // prettier-ignore
      expect(foreignness(asks({ host, origin }), guard({ origins: ['https://Friend.example'] }))).toBeNull();
    },
  );
  const foreign = [
    'null', '', 'http://localhost', 'http://localhost:70010', 'http://localhost:7002', 'http://127.0.0.1:7001',
    'http://localhost:7001.evil.example', 'http://evil.example/localhost:7001', 'http://localhost:7001/', 'file://',
    'http://friend.example', 'https://friend.example.', 'https://friend.example:443', 'https://afriend.example',
    'chrome-extension://abc', 'http://localhost:7001, http://evil.example', 'http://[::1]:7001', '*',
  ]; // prettier-ignore
  it.each(foreign)('not %j', (origin) => {
    expect(foreignness(asks({ host, origin }), guard({ origins: ['https://friend.example'] }))).toMatchObject({
      status: 403,
      reason: 'origin',
    });
  });

  it('cannot be all of them, nor those that hide who they are', async () => {
    for (const origin of ['*', 'null', 'friend.example', 'https://friend.example/', 'https://*.example', '']) {
      await expect(serve({ origins: [origin] })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
  });

  it('a foreign name or page is told of before a token, and before what is there', () => {
    const closed = guard({ scopeOf: () => null });
    expect(upgradeAdmission(asks({ host: 'evil.example', url: '/x' }), closed)).toMatchObject({ status: 403 });
    expect(upgradeAdmission(asks({ url: '/x' }), closed)).toMatchObject({ status: 401 });
    expect(upgradeAdmission(asks({ url: '//' }), closed)).toMatchObject({ status: 400 });
    expect(admission(asks({ url: 'http://[/' }), guard())).toMatchObject({ status: 400 });
  });
});

describe('a request', () => {
  it('without Host, with two, of HTTP/1.0, or with another target, gets no further', async () => {
    const server = await serve();
    expect(await status(server, '/?auto=0', { host: null })).toBe(403);
    const client = await RawClient.open(server.port);
    clients.push(client);
    client.say(
      upgradeRequest(server.port, '/')
        .replace('HTTP/1.1', 'HTTP/1.0')
        .replace(/host: .*\r\n/, ''),
    );
    expect(await client.ended).toMatchObject({ status: 403 });
    const twice = upgradeRequest(server.port, '/?auto=0', { host: 'evil.example', Host: '127.0.0.1' });
    const second = await RawClient.open(server.port);
    clients.push(second);
    second.say(twice);
    expect((await second.ended).status).toBe(403);
  });
});

const scopes = (tokens: Tokens, ...shown: (string | null)[]): unknown[] => shown.map((one) => tokens.scopeOf(one));

describe('tokens', () => {
  it('say who may look on and who may send', () => {
    let now = 1000;
    const open = new Tokens({}, () => now);
    expect(scopes(open, null, 'any', open.view(5))).toEqual(['publish', 'publish', 'view']);
    const one = new Tokens({ token: SECRET }, () => now);
    expect(scopes(one, null, SECRET, 'other', '', `${SECRET}x`, SECRET.slice(1))).toEqual([null, 'publish', null, null, null, null]); // prettier-ignore
    const two = new Tokens({ token: SECRET, publishToken: 'pen' }, () => now);
    expect(scopes(two, null, SECRET, 'pen', 'other')).toEqual([null, 'view', 'publish', null]);
    const half = new Tokens({ publishToken: 'pen' }, () => now);
    expect(scopes(half, null, 'pen', 'wrong')).toEqual(['view', 'publish', null]);

    const view = one.view(2);
    expect(view).toMatch(/^[\w.-]+$/);
    expect(scopes(one, view)).toEqual(['view']);
    now += 1999;
    expect(scopes(one, view)).toEqual(['view']);
    now += 1;
    expect(scopes(one, view)).toEqual([null]);
    // Not of this server, or touched.
    now = 1000;
    expect(scopes(new Tokens({ token: SECRET }, () => now), view)).toEqual([null]);
    for (let i = 0; i < view.length; i++) {
      const other = view[i] === 'A' ? 'B' : view[i] === '.' ? '_' : 'A';
      expect(one.scopeOf(view.slice(0, i) + other + view.slice(i + 1))).toBeNull();
    }
    expect(scopes(one, view.replace(/\d+/, (n) => String(Number(n) + 1e6)), `${view}.`, view.slice(0, -1))).toEqual([null, null, null]); // prettier-ignore
    for (const seconds of [0, -1, NaN, 86_401, Infinity]) {
      expect(() => one.view(seconds)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    }
  });

  it('of viewers open the stream and send nothing', async () => {
    const taken: string[] = [];
    const server = await serve({ token: SECRET, accept: ({ name }) => void taken.push(name) });
    const view = server.viewToken({ seconds: 5 });
    const { packets: got } = await collect((await openStream(server.url, { token: view })).events());
    expect(got).toHaveLength(21);
    expect(await status(server, '/', { authorization: `Bearer ${view}` })).toBe(101);

    const viewer = await RawClient.upgraded(server.port, `?auto=0&token=${view}`);
    const sender = await RawClient.upgraded(server.port, `?auto=0&token=${SECRET}`);
    clients.push(viewer, sender);
    for (const client of [viewer, sender]) client.send({ ...HELLO, name: 'mine' });
    await idle();
    expect(taken).toEqual(['mine']);
    expect(viewer.frames.find(({ type }) => type === 'error')).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: 'this token does not allow to send streams',
    });
    // Whoever sends nothing needs no room for large messages.
    viewer.say(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0x20, 0, 1, 2, 3, 4]));
    expect(await viewer.ended).toMatchObject({ code: 1009 });
  });

  it('of their own for senders', async () => {
    const taken: string[] = [];
    const server = await serve({ token: SECRET, publishToken: 'pen', accept: ({ name }) => void taken.push(name) });
    let refused: unknown;
    for (const token of [SECRET, 'pen']) {
      const link = openLink(server.url, { token });
      await link.offers();
      const sink = link.publish('events', { name: token === 'pen' ? 'allowed' : 'refused' });
      const sent = sink(packets(1, 5)[0]).catch((error: Error) => error.message);
      if (token === 'pen') await idle();
      else refused = await sent;
      link.close();
    }
    expect(taken).toEqual(['allowed']);
    expect(refused).toMatch(/does not allow to send/);
  });

  it('are told nowhere', async () => {
    const lines: string[] = [];
    const write = (fields: object, message: string): void => void lines.push(JSON.stringify({ ...fields, message }));
    const server = await serve({ token: SECRET, metrics: true, log: { debug: write, info: write, warn: write } });
    const view = server.viewToken();
    await collect((await openStream(`${server.url}?token=wrong-${SECRET}`, { token: view })).events());
    const said = [
      await openStream(`${server.url}?token=x${SECRET}`).catch(String),
      await openStream(server.url, { token: `x${SECRET}` }).catch(String),
      await openStream(`http://user:${SECRET}@127.0.0.1/?token=${SECRET}`).catch(String),
      await openStream(`no address ${server.url}?token=${SECRET}`).catch(String),
      await serveStream({ source: () => servable([]), token: `${SECRET} ` }).catch(String),
      await serveStream({ source: () => servable([]), publishToken: `${SECRET}\n` }).catch(String),
      ...(await Promise.all(
        ['/', '/x', '/metrics'].map(async (path) => (await get(server, `${path}?token=x${SECRET}`)).body),
      )),
      (await get(server, `/metrics?token=${SECRET}`)).body,
      server.url,
      JSON.stringify(server.receivers),
    ].map(String);
    await idle();
    expect(lines.length).toBeGreaterThan(6);
    expect(lines.some((line) => line.includes('bad or missing token'))).toBe(true);
    for (const text of [...lines, ...said]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(view);
    }
  });

  it('are needed beyond loopback, and the refusal says how to give one', async () => {
    for (const host of ['0.0.0.0', '::', '', '192.168.1.7', 'camera.lan', '::ffff:127.0.0.1', '127.0.0.1.nip.io']) {
      await expect(serve({ host })).rejects.toMatchObject({ code: 'ERR_ARGUMENT', message: /--token/ });
      await expect(serve({ host, publishToken: 'pen' })).rejects.toMatchObject({ message: /--token/ });
    }
    const server = await serve({ host: '0.0.0.0', token: SECRET });
    const { packets: got } = await collect(
      (await openStream(`ws://127.0.0.1:${server.port}/`, { token: SECRET })).events(),
    );
    expect(got).toHaveLength(21);
  });
});

describe('health', () => {
  it('is told without a token, to those who know the name; while draining with 503', async () => {
    const source = servable(packets(500, 10));
    const server = await serve({ token: SECRET, source: () => source, delivery: { packets: 2 } });
    expect(await get(server, '/healthz')).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' });
    expect(await get(server, '/healthz?x', '', 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(await get(server, '/healthz', '', 'POST')).toMatchObject({ status: 405 });
    expect(await get(server, '/healthz', 'Origin: http://evil.example\r\n')).toMatchObject({ status: 403 });
    expect(await get(server, '/')).toMatchObject({ status: 401 });
    expect(await get(server, '/metrics', `Authorization: Bearer ${SECRET}\r\n`)).toMatchObject({ status: 426 });

    const stream = await openStream(server.url, { token: SECRET, window: 2 });
    const reader = stream.events();
    await reader.next();
    expect(server.receivers).toMatchObject([{ stream: 'events', outcome: null }]);
    const drained = server.drain(5000);
    await idle(50);
    expect(await get(server, '/healthz')).toMatchObject({ status: 503, body: 'draining\n' });
    expect(await status(server, `/?auto=0&token=${SECRET}`)).toBe(503);
    expect(await status(server, '/?auto=0')).toBe(401);
    expect(server.metrics).toMatch(/^rxspike_draining 1$/m);
    // What was under way goes on to its end.
    expect((await collect(reader)).packets).toHaveLength(500);
    expect(await drained).toEqual([]);
  });

  it('one who only looks on is told that the server goes', async () => {
    const server = await serve();
    const client = await RawClient.upgraded(server.port);
    clients.push(client);
    const before = performance.now();
    await server.close();
    expect(await client.ended).toMatchObject({ code: 1001, reason: 'the server is going away' });
    expect(performance.now() - before).toBeLessThan(900);
  });

  it('a receiver that does not take its stream in time is named with what was in flight', async () => {
    const server = await serve({ source: () => servable(packets(500, 10)), delivery: { packets: 3 } });
    const stream = await openStream(server.url, { window: 2 });
    const reader = stream.events();
    await reader.next();
    await idle(50);
    const left = await server.drain(200);
    expect(left).toMatchObject([{ stream: 'events', from: '127.0.0.1', policy: 'lossless', outcome: null }]);
    expect(left[0]?.inFlight).toBeGreaterThanOrEqual(30);
    expect((await collect(reader)).error).toMatchObject({ code: 'ERR_CONNECTION', message: 'the server was stopped' });
  });
});

describe('TLS', () => {
  let folder: string;
  let tls: { cert: string; key: string };
  const command = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rxspike-tls-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', ...command.split(' '), ...names], { stdio: 'ignore' });
    tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('serves and is checked', async () => {
    const server = await serve({ tls, token: SECRET });
    expect(server.url).toBe(`wss://127.0.0.1:${server.port}/`);
    const stream = await openStream(server.url, { token: SECRET, ca: tls.cert });
    expect((await collect(stream.events())).packets).toHaveLength(21);
    const local = server.url.replace('127.0.0.1', 'localhost');
    await collect((await openStream(local, { token: SECRET, ca: tls.cert })).events());
    // Not an authority that the system knows.
    await expect(openStream(server.url, { token: SECRET })).rejects.toMatchObject({
      code: 'ERR_CONNECTION',
      message: /self-signed/,
    });
    const health = await new Promise<number | undefined>((resolve, reject) => {
      secureRequest({ host: '127.0.0.1', port: server.port, path: '/healthz', ca: tls.cert, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject).end(); // prettier-ignore
    });
    expect(health).toBe(200);
    expect(() => browser.openLink(server.url, { ca: tls.cert })).toThrow(
      expect.objectContaining({ code: 'ERR_UNSUPPORTED' }),
    );
  });

  it('a client that speaks in clear, or says nothing, harms nobody', async () => {
    const server = await serve({ tls, limits: { upgradeTimeout: 300 } });
    const [clear, silent] = await Promise.all([RawClient.open(server.port), RawClient.open(server.port)]);
    clients.push(clear, silent);
    clear.say(upgradeRequest(server.port, '/?auto=0'));
    await Promise.all([clear.ended, silent.ended]);
    expect([clear.status, silent.status]).toEqual([null, null]);
    await collect((await openStream(server.url, { ca: tls.cert })).events());
    expect(server.metrics).toMatch(/^rxspike_refused_total\{reason="tls"\} 2$/m);
  });

  it('files that cannot be used are told of without showing them', async () => {
    for (const wrong of [
      { cert: 'x', key: SECRET },
      { cert: tls.cert, key: 'x' },
      { cert: tls.cert, key: '' },
    ]) {
      const error = await serve({ tls: wrong }).catch((one: Error) => one);
      expect(error).toMatchObject({ code: 'ERR_ARGUMENT', message: /^serve: tls: / });
      expect((error as Error).message).not.toContain(SECRET);
    }
  });
});

describe('parts', () => {
  it('an address belongs to one party: IPv4 whole, IPv6 by its /64', () => {
    expect(partyOf('::ffff:10.1.2.3')).toBe('10.1.2.3');
    const same = ['2001:db8:1:2:3:4:5:6', '2001:0DB8:1:2::9', '2001:db8:1:2::', '2001:db8:1:2:0:0:0:1%eth0'];
    expect(new Set(same.map(partyOf))).toEqual(new Set(['2001:db8:1:2']));
    expect(partyOf('2001:db8:1:3::9')).not.toBe(partyOf(same[0]));
    expect(partyOf('::1')).toBe('0:0:0:0');
    expect(partyOf('fe80::1')).toBe('fe80:0:0:0');
  });

  it('a budget is spent, and fills up again with time', () => {
    const budget = new Budget(10, 20, 0);
    expect([budget.spend(20, 0), budget.spend(1, 0), budget.spend(1, 99), budget.spend(1, 100)]).toEqual([true, false, false, true]); // prettier-ignore
    expect(budget.spend(21, 1e9)).toBe(false);
    expect(budget.isFull(1e9)).toBe(true);
    expect(budget.owe(30, 1e9)).toBe(1000);
    expect(budget.owe(10, 1e9 + 1000)).toBe(1000);
    const endless = new Budget(Infinity, Infinity, 0);
    expect([endless.spend(1e9, 0), endless.owe(1e9, 0)]).toEqual([true, 0]);
  });
});
