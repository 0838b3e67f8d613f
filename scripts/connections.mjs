// Many connections on one server process: `node scripts/connections.mjs [--idle 10000] [--active 500] [--seconds 20]`, after
// `npm run build`. Idle ones hear the server's beat and get a packet of ten events every five seconds, of one of 20 streams;
// active ones get ten packets of 50 events a second, of one of ten streams. Clients are in processes of their own (a thousand connections each). Reports the memory of the
// server per connection, and the latency from a source's emission to a client's loop, of both kinds; ends with 1 where an
// event was lost.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Subject } from 'rxjs';
import { openStream, serveStream } from '../dist/adapters/index.node.js';
import { eventPacket, streamInfo } from '../dist/src/index.js';

const HERE = fileURLToPath(import.meta.url);
const info = streamInfo({ id: 'many', width: 64, height: 64 });
/** Of each kind: ms between packets of a stream, events in each, and streams, which take turns. */
const KINDS = { idle: { every: 5000, events: 10, streams: 20 }, active: { every: 100, events: 50, streams: 10 } };
const PER_PROCESS = 1000;
const now = () => Number(process.hrtime.bigint()) / 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function packet(events) {
  const until = now();
  const [t, x, y, p] = [Math.floor(until), 1, 2, 1].map((value) => Array.from({ length: events }, () => value));
  return eventPacket({ stream: info, t, x, y, p, until });
}

function memory() {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed, arrayBuffers };
}

async function serve(most) {
  const cameras = Object.entries(KINDS).flatMap(([kind, { streams }]) =>
    Array.from({ length: streams }, (_, i) => ({
      name: `${kind}-${i}`,
      kind,
      turn: i / streams,
      subject: new Subject(),
    })),
  );
  const [first, ...others] = cameras.map(({ name, subject }) => ({
    name,
    kind: 'events',
    source: () => ({ info, events: () => subject.asObservable() }),
  }));
  const server = await serveStream({
    source: first.source,
    name: first.name,
    live: true,
    streams: others,
    maxConnections: most,
    history: { packets: 0, events: 0 },
  });
  const timers = [];
  const emitted = {};
  process.on('message', async (what) => {
    if (what === 'start') {
      for (const { name, kind, turn, subject } of cameras) {
        const { every, events } = KINDS[kind];
        emitted[name] = 0;
        const emit = () => {
          subject.next(packet(events));
          emitted[name]++;
        };
        timers.push(setTimeout(() => timers.push(setInterval(emit, every)), turn * every));
      }
    } else if (what === 'finish') {
      for (const timer of timers) clearInterval(timer);
      for (const { subject } of cameras) subject.complete();
    } else if (what === 'close') {
      await server.close();
      process.disconnect();
      return;
    }
    process.send({ ...memory(), emitted, cpu: process.cpuUsage(), counts: server.counts });
  });
  process.send({ url: server.url });
}

async function connect(url, kind, count) {
  const streams = [];
  // A few at a time: a listening socket has only so much room for those that knock.
  for (let i = 0; i < count; i += 50) {
    const names = Array.from({ length: Math.min(50, count - i) }, (_, n) => `${kind}-${(i + n) % KINDS[kind].streams}`);
    const some = names.map((name) => openStream(url, { stream: name, timeout: 60_000 }));
    streams.push(...(await Promise.all(some)));
  }
  const late = [];
  const reading = streams.map(async (stream) => {
    let packets = 0;
    for await (const { until, length } of stream.events()) {
      if (length === 0) continue;
      packets++;
      late.push(now() - until);
    }
    return { name: stream.name, packets };
  });
  process.send({ ready: true });
  const got = await Promise.all(reading).catch((error) => [String(error)]);
  const sorted = late.toSorted((a, b) => a - b);
  const at = (share) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0) / 1000;
  process.send({ kind, got, late: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) });
  process.disconnect();
}

class Child {
  #messages = [];
  #asking = [];
  process;

  constructor(args, execArgv = []) {
    this.process = fork(HERE, ['--child', ...args.map(String)], { execArgv });
    this.process.on('message', (message) => {
      const asking = this.#asking.shift();
      if (asking) asking(message);
      else this.#messages.push(message);
    });
    this.process.on('exit', (code) => {
      for (const asking of this.#asking.splice(0)) asking({ failed: `a process ended with ${code}` });
    });
  }

  hear() {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
    if (!this.process.connected) return Promise.resolve({ failed: 'a process has ended' });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  ask(what) {
    if (this.process.connected) this.process.send(what);
    return this.hear();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      idle: { type: 'string', default: '10000' },
      active: { type: 'string', default: '500' },
      seconds: { type: 'string', default: '20' },
    },
  });
  const wanted = { idle: Number(values.idle), active: Number(values.active) };
  const server = new Child(['serve', wanted.idle + wanted.active + 16], ['--expose-gc']);
  const { url } = await server.hear();
  const before = await server.ask('measure');
  const began = performance.now();
  const clients = [];
  for (const [name, count] of Object.entries(wanted)) {
    for (let left = count; left > 0; left -= PER_PROCESS) {
      const client = new Child(['connect', url, name, Math.min(left, PER_PROCESS)]);
      clients.push(client);
      const { ready, failed } = await client.hear();
      if (!ready) throw new Error(`${name}: ${failed ?? 'not connected'}`);
    }
  }
  const count = wanted.idle + wanted.active;
  console.log(`${count} connections in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  // Everybody's credit is there, and what connecting needed is gone.
  await pause(2000);
  const idle = await server.ask('measure');
  for (const what of ['rss', 'heapUsed', 'arrayBuffers']) {
    console.log(`${what}: ${((idle[what] - before[what]) / count / 1024).toFixed(1)} KiB a connection`);
  }
  await server.ask('start');
  await pause(1000 * Number(values.seconds));
  const { rss } = await server.ask('measure');
  const { emitted, cpu } = await server.ask('finish');
  console.log(
    `while ${count} receive: rss ${(rss / 2 ** 20).toFixed(0)} MiB; CPU ${((cpu.user + cpu.system - before.cpu.user - before.cpu.system) / 1e6).toFixed(1)} s in all`,
  );
  let wrong = 0;
  const results = [];
  for (const client of clients) results.push(await client.hear());
  for (const name of Object.keys(wanted)) {
    const all = results.filter((one) => one.kind === name);
    if (all.length === 0) continue;
    const lost = all.flatMap(({ got }) => got).filter((one) => one.packets !== emitted[one.name]);
    const most = emitted[`${name}-0`];
    wrong += lost.length;
    const worst = (what) => Math.max(...all.map((one) => one[what])).toFixed(2);
    const middle = all.map(({ median }) => median).toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
    console.log(
      `${name}: ${most} packets to each of ${wanted[name]}, ${lost.length} receivers without all of them; latency ` +
        `median ${middle.toFixed(2)} ms, p99 ${worst('p99')} ms, longest ${worst('max')} ms (of the slowest client process)`,
    );
  }
  server.process.send('close');
  await once(server.process, 'exit');
  return wrong === 0 && results.every(({ failed }) => !failed);
}

const [flag, act, ...rest] = process.argv.slice(2);
// A child whose parent was killed must not stay behind.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 2000).unref();
if (flag !== '--child') process.exitCode = (await main()) ? 0 : 1;
else if (act === 'serve') await serve(Number(rest[0]));
else await connect(rest[0], rest[1], Number(rest[2]));
