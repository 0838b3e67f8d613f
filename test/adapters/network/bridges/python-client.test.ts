import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { serveStream } from '../../../../adapters/network/index.node.js';
import { eventPacket, silence, streamInfo } from '../../../../src/index.js';
import { projectRoot } from '../../../shared-data.js';
import { END, packets, servable } from '../peer.js';

const venv = process.env['PEERS'];
const python = venv === undefined ? 'python3' : `${venv}/bin/python`;
const hasPackages = spawnSync(python, ['-c', 'import websockets, msgpack, numpy']).status === 0;
if (!hasPackages) {
  console.warn(`skipped: the Python client needs ${python} with websockets, msgpack and numpy (set PEERS to a venv)`);
}

const dot = (column: ArrayLike<number>): number => Array.from(column).reduce((sum, v, i) => sum + v * i, 0);

/** Runs the client, and prints a sum over its columns that depends on their order. */
async function client(url: string): Promise<{ out: string; error: string; status: number | null }> {
  const code = [
    'import asyncio, numpy, sys',
    'sys.path.insert(0, sys.argv[1])',
    'import client',
    'async def main():',
    '    async for item in client.receive(sys.argv[2]):',
    '        if "t" in item:',
    '            print(*(numpy.dot(numpy.arange(len(item[k])), item[k].astype("f8")) for k in "txyp"), item["until"])',
    'asyncio.run(main())',
  ].join('\n');
  const child = spawn(python, ['-c', code, projectRoot('examples', 'python'), url], { timeout: 30_000 });
  let out = '';
  let error = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (error += text));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { out, error, status };
}

describe('the Python client', () => {
  it('has forty lines', () => {
    const lines = readFileSync(projectRoot('examples', 'python', 'client.py'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(120);
  });

  it.runIf(hasPackages)('receives every event, by credit, and checks the counts', async () => {
    const info = streamInfo({ id: 'net', width: 16, height: 16 });
    // Times beyond 32 bits from the first one of a packet are sent otherwise.
    const far = eventPacket({ stream: info, t: [7e9, 7e9 + 2 ** 33], x: [1, 2], y: [3, 4], p: [0, 1] });
    const list = [...packets(50, 400).slice(0, 50), far, silence(info, 7e9 + 2 ** 33 + 1, END)];
    const server = await serveStream({ source: () => servable(list), clients: 1 });
    const { out, error, status } = await client(server.url);
    expect({ error, status }).toEqual({ error: '', status: 0 });
    const expected = list.map(({ t, x, y, p, until }) => [...[t, x, y, p].map(dot), until]);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(' ').map(Number)),
    ).toEqual(expected);
    expect(await server.done).toMatchObject({ events: 20_002 });
  });

  it.runIf(hasPackages)('says what the server says when its source breaks', async () => {
    const server = await serveStream({ source: () => servable(packets(2, 10).slice(0, 2), new Error('broken')) });
    const { error, status } = await client(server.url);
    await server.close();
    expect(status).toBe(1);
    expect(error).toContain('ConnectionError: ERR_');
  });
});
