import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStream } from '../../adapters/index.node.js';
import { projectRoot } from '../shared-data.js';
import { type Running, command, failureComplaint, start } from './command-line.js';
import { temporaryFolder } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
const SECRET = 'sesame-0123456789';
let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function address(server: Running): Promise<string> {
  const stdout = await server.seen(/serving wss?:\S+\n/);
  return /wss?:\S+/.exec(stdout)?.[0] ?? '';
}

async function events(url: string, options: object = {}): Promise<number> {
  let n = 0;
  for await (const { length } of (await openStream(url, options)).events()) n += length;
  return n;
}

describe('serve, safely', () => {
  it('beyond this machine is refused without a token, with the flag that allows it', async () => {
    const done = await command(['serve', RECORDING, '--host', '0.0.0.0']);
    expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(done.stderr).toMatch(/--token/);
  });

  it('a token is taken from a file, shown to nobody, and the log tells what happens', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${SECRET}\n`);
    const server = start(['serve', RECORDING, '--speed', 'max', '--token-file', file, '--log', 'info', '--metrics']);
    const url = await address(server);
    await expect(openStream(url)).rejects.toMatchObject({ message: /401/ });
    expect(await events(url, { token: SECRET })).toBeGreaterThan(1000);
    const metrics = await fetch(`${url.replace('ws:', 'http:')}metrics?token=${SECRET}`);
    expect(await metrics.text()).toMatch(/^rxspike_refused_total\{reason="token"\} 1$/m);
    expect((await fetch(`${url.replace('ws:', 'http:')}healthz`)).status).toBe(200);
    server.child.kill('SIGTERM');
    const { status, stdout, stderr } = await server.finished;
    expect(status).toBe(130);
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
    const log = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const said = log.map(({ msg }) => msg);
    for (const msg of [
      'listening',
      'refused: bad or missing token',
      'connected',
      'a receiver is done',
      'draining',
      'drained',
    ]) {
      // prettier-ignore
      expect(said).toContain(msg);
    }
    expect(log[0]).toMatchObject({ level: 30, time: expect.stringMatching(/^\d{4}-/) as string, url });
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it.runIf(process.platform === 'linux')('a token on the command line is not left where others see it', async () => {
    const server = start(['serve', RECORDING, '--token', SECRET]);
    await address(server);
    const title = readFileSync(`/proc/${server.child.pid}/cmdline`, 'utf8');
    server.child.kill('SIGINT');
    expect((await server.finished).status).toBe(130);
    expect(title).not.toContain(SECRET);
    expect(title).toMatch(/^rxspike/);
  });

  it('with a certificate, to those who trust it', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const made = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', ...made.split(' '), ...names], { stdio: 'ignore' });
    const server = start([
      'serve',
      RECORDING,
      '--clients',
      '1',
      '--speed',
      'max',
      '--tls-cert',
      cert,
      '--tls-key',
      key,
    ]);
    const url = await address(server);
    expect(url).toMatch(/^wss:/);
    const strange = await command(['record', url, join(folder, 'a.csv')]);
    expect(failureComplaint(strange, 1, 'ERR_CONNECTION')).toBeNull();
    const done = await command(['record', url, join(folder, 'b.csv'), '--tls-ca', cert, '--json']);
    expect(done).toMatchObject({ status: 0 });
    expect((await server.finished).status).toBe(0);
  });

  it.each([
    [['--tls-cert', 'x.pem'], 'ERR_ARGUMENT', 2],
    [['--tls-cert', 'none.pem', '--tls-key', 'none.pem'], 'ERR_NOT_FOUND', 1],
    [['--token', 'a', '--token-file', 'b'], 'ERR_ARGUMENT', 2],
    [['--token-file', 'none'], 'ERR_NOT_FOUND', 1],
    [['--origin', '*'], 'ERR_ARGUMENT', 2],
    [['--log', 'loud'], 'ERR_ARGUMENT', 2],
    [['--token', 'a b'], 'ERR_ARGUMENT', 2],
  ])('%j is refused', async (options, code, status) => {
    const done = await command(['serve', RECORDING, ...options]);
    expect(failureComplaint(done, status, code)).toBeNull();
  });
});
