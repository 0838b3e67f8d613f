import { afterEach, describe, expect, it } from 'vitest';
import { Subject } from 'rxjs';
import {
  type ServeOptions,
  type StreamServer,
  openLink,
  openStream,
  serveStream,
} from '../../../adapters/index.node.js';
import { Journal } from '../../../adapters/network/journal.js';
import { prometheusText } from '../../../adapters/network/prometheus.js';
import type { EventPacket } from '../../../src/index.js';
import { FaultProxy } from './fault-proxy.js';
import { collect, info, openHandles, packets, servable } from './peer.js';

const servers: StreamServer[] = [];
const idle = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function serve(options: Partial<ServeOptions> = {}): Promise<StreamServer> {
  const server = await serveStream({ source: () => servable(packets(20, 10)), metrics: true, ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (let i = 0; i < 50 && openHandles().length > 0; i++) await idle(10);
  if (openHandles().length > 0) throw new Error(`still open: ${openHandles().join(', ')}`);
});

/** Samples of a text by their name and labels. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** offered − (sent − resent + dropped + abandoned + waiting), summed by reason. */
function unaccounted(text: string, unit: 'events' | 'packets', labels: string): number {
  const all = samples(text);
  const of = (name: string): number => all.get(`rxspike_${name}{${labels}}`) ?? NaN;
  let dropped = 0;
  for (const [name, n] of all) if (name.startsWith(`rxspike_dropped_${unit}_total{${labels},`)) dropped += n;
  const went = of(`sent_${unit}_total`) - of(`resent_${unit}_total`) + dropped;
  return of(`offered_${unit}_total`) - went - of(`abandoned_${unit}_total`) - of(`waiting_${unit}`);
}

describe('the text of /metrics', () => {
  it('escapes what needs it', () => {
    const text = prometheusText([
      {
        name: 'a_total',
        type: 'counter',
        help: 'One\\two\nthree "four"',
        samples: [
          { labels: { name: 'quote " slash \\ line\nend' }, value: 0.1 },
          { labels: {}, value: Infinity },
          { labels: { b: '', c: 'ü' }, value: NaN },
        ],
      },
      { name: 'empty', type: 'gauge', help: '', samples: [] },
    ]);
    expect(text.split('\n')).toEqual([
      String.raw`# HELP a_total One\\two\nthree "four"`,
      '# TYPE a_total counter',
      String.raw`a_total{name="quote \" slash \\ line\nend"} 0.1`,
      'a_total +Inf',
      'a_total{b="",c="ü"} NaN',
      '# HELP empty ',
      '# TYPE empty gauge',
      '',
    ]);
  });

  it('is given to those who may connect, where it is asked for', async () => {
    const server = await serve({ token: 'sesame' });
    const url = `http://127.0.0.1:${server.port}/metrics`;
    expect((await fetch(url)).status).toBe(401);
    const answer = await fetch(url, { headers: { authorization: 'Bearer sesame' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toContain('# TYPE rxspike_connections gauge\nrxspike_connections 0\n');
    const view = await fetch(`${url}?token=${server.viewToken()}`);
    expect([view.status, (await view.text()).length > 1000]).toEqual([200, true]);
    const without = await serve({ metrics: false });
    const none = await fetch(`http://127.0.0.1:${without.port}/metrics`);
    expect([none.status, (await none.text()).includes('# TYPE')]).toEqual([426, false]);
  });
});

describe('what is counted', () => {
  it('every event of every receiver, by policy and reason, at any time', async () => {
    const pushed = new Subject<EventPacket>();
    const server = await serve({
      live: true,
      name: 'cam "1"',
      source: () => ({ info, events: () => pushed }),
      delivery: { events: 200 },
    });
    const quick = await openStream(server.url);
    const lossy = await openStream(server.url, { policy: 'dropOldest', limit: 50, window: 1 });
    const all = collect(quick.events());
    const slow = lossy.events();
    const [labels, others] = ['lossless', 'dropOldest'].map(
      (policy) => String.raw`stream="cam \"1\"",policy="${policy}"`,
    );
    for (const [i, packet] of packets(40, 10).entries()) {
      pushed.next(packet);
      if (i % 8 === 0) await idle(5);
      if (i === 20) await slow.next();
      for (const unit of ['events', 'packets'] as const) {
        expect([unaccounted(server.metrics, unit, labels), unaccounted(server.metrics, unit, others)]).toEqual([0, 0]);
      }
    }
    await idle(50);
    const counted = samples(server.metrics);
    expect(counted.get(String.raw`rxspike_stream_events_total{stream="cam \"1\"",kind="events"}`)).toBe(400);
    expect(counted.get(`rxspike_sent_events_total{${labels}}`)).toBe(400);
    const waiting = counted.get(`rxspike_waiting_events{${others}}`) ?? NaN;
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThanOrEqual(50);
    // One event a microsecond, ten a packet, and the mark behind them.
    expect(counted.get(`rxspike_lag_seconds{${others}}`)).toBeCloseTo((waiting - 9) / 1e6, 9);
    expect(counted.get(`rxspike_receivers{${others}}`)).toBe(1);
    expect(counted.get('rxspike_connections')).toBe(2);
    expect(counted.get('rxspike_sent_bytes_total')).toBeGreaterThan(400 * 9);

    lossy.close();
    await idle(50);
    expect(unaccounted(server.metrics, 'events', others)).toBe(0);
    const after = samples(server.metrics);
    expect(after.get(`rxspike_abandoned_events_total{${others}}`)).toBe(waiting);
    expect(after.get(`rxspike_receivers{${others}}`) ?? 0).toBe(0);
    expect(after.get(`rxspike_dropped_events_total{${others},reason="dropOldest"}`)).toBe(
      counted.get(`rxspike_dropped_events_total{${others},reason="dropOldest"}`),
    );
    pushed.complete();
    expect((await all).error).toBeNull();
    await idle(50);
    expect(samples(server.metrics).get('rxspike_closed_connections_total{code="1000"}')).toBe(2);
  });

  it('receivers that come back, and what is sent to them again; counters never step back', async () => {
    const server = await serve({ source: () => servable(packets(200, 20)), eventsPerFrame: 20 });
    const proxy = await FaultProxy.open(server.port, { cutAfter: (n) => (n < 5 ? 9000 : Infinity), piece: 700 });
    const labels = 'stream="events",policy="lossless"';
    const stream = await openStream(proxy.url, { reconnect: 10_000 });
    let before = samples(server.metrics);
    for await (const { length } of stream.events()) {
      if (length === 0) continue;
      const now = samples(server.metrics);
      const back = [...before].filter(([name, n]) => name.includes('_total') && (now.get(name) ?? 0) < n);
      expect(back).toEqual([]);
      before = now;
    }
    expect(stream.report.events).toBe(4000);
    await idle(50);
    const counted = samples(server.metrics);
    expect(unaccounted(server.metrics, 'events', labels)).toBe(0);
    expect(counted.get('rxspike_reconnects_total{stream="events",kind="events"}')).toBe(5);
    const resent = counted.get(`rxspike_resent_events_total{${labels}}`) ?? 0;
    expect(resent).toBeGreaterThan(0);
    expect(counted.get(`rxspike_sent_events_total{${labels}}`)).toBe(4000 + resent);
    await proxy.close();
  });

  it('refusals by reason; close codes of a client make no labels of their own', async () => {
    const server = await serve({ path: '/live' });
    const root = `http://127.0.0.1:${server.port}`;
    await fetch(root, { headers: { origin: 'http://evil.example' } });
    await fetch(root, { headers: { origin: 'null' } });
    const journal = new Journal(null);
    for (const code of [1000, 1001, 3000, 4002, 4999]) journal.close('c1', code, '', 5);
    expect([...journal.closed]).toEqual([
      ['1000', 1],
      ['1001', 1],
      ['other', 2],
      ['4002', 1],
    ]);
    expect(server.metrics).toContain('rxspike_refused_total{reason="origin"} 2\n');
  });
});

describe('the log', () => {
  it('says who came, what they got, why they left', async () => {
    const lines: Record<string, unknown>[] = [];
    const to =
      (level: string) =>
      (fields: object, message: string): void =>
        void lines.push({ level, ...fields, message });
    const log = { debug: to('debug'), info: to('info'), warn: to('warn') };
    const server = await serve({ log, accept: () => {} });
    await collect((await openStream(server.url)).events());
    await idle(50);
    const link = openLink(server.url);
    await link.offers();
    link.close();
    await idle(50);
    await fetch(`http://127.0.0.1:${server.port}/`, { headers: { origin: 'null' } });
    await idle(50);
    expect(await server.drain(100)).toEqual([]);
    expect(lines).toMatchObject([
      { level: 'info', message: 'listening', url: server.url },
      { level: 'info', message: 'connected', connection: 'c1', address: '127.0.0.1', scope: 'publish' },
      { level: 'debug', message: 'asks for a stream', connection: 'c1', policy: 'lossless', resumes: false },
      { level: 'info', message: 'a receiver is done', stream: 'events', events: 200, outcome: 'complete' },
      { level: 'info', message: 'closed', connection: 'c1', code: 1000 },
      { level: 'info', message: 'connected', connection: 'c2' },
      { level: 'info', message: 'closed', connection: 'c2', code: 1000 },
      { level: 'warn', message: 'refused: foreign Origin', status: 403, reason: 'origin', address: '127.0.0.1' },
      { level: 'info', message: 'draining', inFlight: [] },
      { level: 'info', message: 'drained' },
    ]);
  });

  it('is not filled by those who are refused', () => {
    const lines: object[] = [];
    const write = (fields: object): void => void lines.push(fields);
    const journal = new Journal({ debug: write, info: write, warn: write });
    for (let i = 0; i < 1000; i++)
      journal.refuse({ status: 401, reason: 'token', why: 'bad or missing token' }, '10.0.0.1');
    expect(lines.length).toBeLessThan(15);
    expect(journal.refused.get('token')).toBe(1000);
  });
});
