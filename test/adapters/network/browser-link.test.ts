import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type IncomingStream, type StreamServer, serveStream } from '../../../adapters/network/index.node.js';
import * as browser from '../../../adapters/network/index.js';
import { type EventPacket, RandomSequence } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { FaultProxy } from './fault-proxy.js';
import { packets, servable } from './peer.js';

// Node 22 has a WebSocket of its own, as browsers do; before that the one of `ws` stands in for it.
const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
beforeAll(() => {
  if (!own) Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true });
});
afterAll(() => {
  if (!own) Reflect.deleteProperty(globalThis, 'WebSocket');
});
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function cut(server: StreamServer, seed: number): Promise<FaultProxy> {
  const random = new RandomSequence(seed, 'browser');
  const proxy = await FaultProxy.open(server.port, { cutAfter: () => 1500 + random.integer(9000) });
  open.push(server, proxy);
  return proxy;
}

const times = (list: readonly EventPacket[]): number[] => list.flatMap(({ t, length }) => [...t.subarray(0, length)]);

async function read(source: AsyncIterable<EventPacket>): Promise<EventPacket[]> {
  const got: EventPacket[] = [];
  for await (const packet of source) got.push(packet);
  return got;
}

/** What a file and those that it imports import from outside the project. */
function outside(path: string, seen: Set<string> = new Set(), found: Set<string> = new Set()): Set<string> {
  if (seen.has(path)) return found;
  seen.add(path);
  const text = readFileSync(path, 'utf8');
  for (const [, name] of text.matchAll(/^(?:import|export)(?! type)[^;]*? from '([^']+)';/gm)) {
    if (name.startsWith('.')) outside(new URL(name.replace(/\.js$/, '.ts'), `file://${path}`).pathname, seen, found);
    else found.add(name);
  }
  return found;
}

describe('in a browser', () => {
  it('a connection that is lost is made again, without gap or repeat: received', async () => {
    const sent = packets(150, 40);
    const proxy = await cut(await serveStream({ source: () => servable(sent), eventsPerFrame: 40 }), 51);
    const stream = await browser.openStream(proxy.url, { window: 4 });
    expect(times(await read(stream.events()))).toEqual(times(sent));
    expect(proxy.cuts).toBeGreaterThan(3);
  });

  it('a connection that is lost is made again, without gap or repeat: sent', async () => {
    const sent = packets(100, 40);
    const incoming: IncomingStream[] = [];
    const accept = (one: IncomingStream): unknown => incoming.push(one);
    const proxy = await cut(await serveStream({ source: () => servable([]), live: true, accept }), 52);
    const sink = browser.webSocketSink(proxy.url, { eventsPerFrame: 40 });
    const written = (async () => {
      for (const packet of sent) await sink(packet);
      await sink.end();
    })();
    await expect.poll(() => incoming.length).toBe(1);
    const got = await read(incoming[0].stream.events() as AsyncIterable<EventPacket>);
    await written;
    expect(times(got)).toEqual(times(sent));
    expect(incoming).toHaveLength(1);
    expect(proxy.cuts).toBeGreaterThan(1);
  });

  it('there is neither `ws` nor anything of Node', () => {
    const found = [...outside(projectRoot('adapters/network/index.ts'))];
    expect(found.toSorted()).toEqual(['msgpackr', 'rxjs']);
  });
});
