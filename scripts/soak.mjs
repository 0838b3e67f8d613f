// A stream that goes on and on: `node scripts/soak.mjs [--minutes 60] [--rate 1e6] [--slope 4] [--rss 768] [--cuts]`, after
// `npm run build`. A live source in one process makes `rate` events a second; a lossless receiver, one with `dropOldest` that
// stalls now and then, and, with --cuts, one whose connection is cut every ten seconds, take them in another. Every 2 s it
// samples the memory, the open descriptors and the lag of both; it ends with 1 where an event is unaccounted for, the heap
// or the array buffers of either process grow by more than `slope` MiB a minute (their floor, after the first third), its
// memory is above `rss` MiB, descriptors add up, or a process does not end by itself. In CI: `--minutes 2 --slope 20`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Subject } from 'rxjs';
import { openStream, serveStream } from '../dist/adapters/index.node.js';
import { eventPacket, streamInfo } from '../dist/src/index.js';

const HERE = fileURLToPath(import.meta.url);
const info = streamInfo({ id: 'soak', width: 640, height: 480 });
const SAMPLE = 2000;
/** Packets a second of the source. */
const PACKETS = 100;
const now = () => Number(process.hrtime.bigint()) / 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function sample() {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed, arrayBuffers, descriptors: readdirSync('/proc/self/fd').length };
}

/** Packets of `size` events whose times are those of this machine's clock. */
function maker(size) {
  const x = Uint16Array.from({ length: size }, (_, i) => (i * 7) % 640);
  const y = Uint16Array.from({ length: size }, (_, i) => (i * 11) % 480);
  const p = Uint8Array.from({ length: size }, (_, i) => i & 1);
  return () => {
    const until = Math.floor(now());
    const t = new Float64Array(size).fill(until);
    return eventPacket({ stream: info, t, x, y, p, until });
  };
}

async function serve(rate) {
  const camera = new Subject();
  const source = () => ({ info, events: () => camera.asObservable() });
  const server = await serveStream({ source, live: true, delivery: { events: 8 * rate } });
  const make = maker(Math.round(rate / PACKETS));
  let made = 0;
  let timer;
  const start = () => {
    const began = performance.now();
    timer = setInterval(() => {
      // What a busy machine has kept this timer from is made up for.
      for (const due = ((performance.now() - began) * PACKETS) / 1000; made < due; made++) camera.next(make());
    }, 1000 / PACKETS);
  };
  const acts = {
    start,
    sample: () => process.send(sample()),
    finish: () => {
      clearInterval(timer);
      camera.complete();
    },
    counts: async () => {
      process.send({ made, counts: server.counts });
      await server.close();
      process.disconnect();
    },
  };
  process.on('message', (what) => void acts[what]());
  process.send({ url: server.url, port: server.port });
}

/** A way to the server that is cut every ten seconds. */
async function cutWay(port) {
  const sockets = new Set();
  const way = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(way, 'listening');
  const timer = setInterval(() => {
    for (const socket of sockets) socket.resetAndDestroy();
  }, 10_000);
  const close = () => {
    clearInterval(timer);
    way.close();
  };
  return { url: `ws://127.0.0.1:${way.address().port}/`, close };
}

async function take(name, stream, stalls) {
  const got = { name, events: 0, lag: 0 };
  let next = performance.now() + 5000;
  const done = (async () => {
    for await (const { length, until } of stream.events()) {
      got.events += length;
      if (length > 0) got.lag = Math.max(got.lag, now() - until);
      if (!stalls || performance.now() < next) continue;
      await pause(1500);
      next = performance.now() + 5000;
    }
    const missing = Object.values(stream.report.violations).reduce((sum, count) => sum + count, 0);
    return { name, events: got.events, missing, absences: stream.connection.absences };
  })();
  return { got, done };
}

async function receive(url, port, cuts) {
  const way = cuts ? await cutWay(port) : null;
  const takers = [
    await take('lossless', await openStream(url, { window: 64 }), false),
    await take('dropOldest, stalls', await openStream(url, { policy: 'dropOldest', limit: 500_000 }), true),
    ...(way ? [await take('lossless, cut', await openStream(way.url, { window: 64, reconnect: 25_000 }), false)] : []),
  ];
  process.on('message', () => {
    const lags = takers.map(({ got }) => got.lag / 1000);
    for (const { got } of takers) got.lag = 0;
    process.send({ ...sample(), lags });
  });
  process.send({ ready: true });
  const results = await Promise.all(takers.map(({ done }) => done)).catch((error) => ({ failed: String(error) }));
  way?.close();
  process.send({ results });
  process.disconnect();
}

class Child {
  #messages = [];
  #asking = [];
  process;

  constructor(args) {
    this.process = fork(HERE, ['--child', ...args.map(String)], { execArgv: ['--expose-gc'] });
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

  /** Whether it ends by itself. */
  async ends() {
    if (this.process.exitCode !== null) return this.process.exitCode === 0;
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    const [code] = await once(this.process, 'exit');
    clearTimeout(timer);
    return code === 0;
  }
}

const floor = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 4)];

/**
 * How fast the floor rises, per minute: from the middle third of the samples to the last one, by the lower quartile of each.
 * What waits for a moment stands above the floor; what leaks raises it.
 */
function slopeOf(values) {
  const third = Math.floor(values.length / 3);
  const rise = floor(values.slice(-third)) - floor(values.slice(third, 2 * third));
  return (rise * 60_000) / (third * SAMPLE);
}

const mib = (bytes) => bytes / 2 ** 20;

function judge(name, samples, limit, most) {
  const slopes = ['rss', 'heapUsed', 'arrayBuffers'].map((what) => mib(slopeOf(samples.map((one) => one[what]))));
  const last = samples.at(-1);
  const open = samples.map(({ descriptors }) => descriptors);
  const growth = open.at(-1) - open[Math.floor(open.length / 2)];
  console.log(
    `${name}: rss ${mib(last.rss).toFixed(0)} MiB, growing by ${slopes.map((slope) => slope.toFixed(2)).join(', ')} MiB a ` +
      `minute (rss, heap, array buffers); ${open.at(-1)} descriptors (${growth >= 0 ? '+' : ''}${growth} in the second half)`,
  );
  // The heap and the array buffers are measured after a collection. The rss keeps what once waited: it has a bound.
  return slopes.slice(1).every((slope) => slope <= limit) && mib(last.rss) <= most && growth <= 4;
}

async function main() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      rate: { type: 'string', default: '1e6' },
      slope: { type: 'string', default: '4' },
      rss: { type: 'string', default: '768' },
      cuts: { type: 'boolean', default: false },
    },
  });
  const server = new Child(['serve', Number(values.rate)]);
  const { url, port } = await server.hear();
  const client = new Child(['receive', url, port, values.cuts]);
  await client.hear();
  server.process.send('start');
  const samples = { server: [], client: [] };
  const lags = [];
  const until = performance.now() + 60_000 * Number(values.minutes);
  let failed = null;
  while (performance.now() < until && failed === null) {
    await pause(SAMPLE);
    const [ours, theirs] = await Promise.all([server.ask('sample'), client.ask('sample')]);
    failed = ours.failed ?? theirs.failed ?? (theirs.results ? JSON.stringify(theirs.results) : null);
    if (failed !== null) break;
    samples.server.push(ours);
    samples.client.push(theirs);
    lags.push(theirs.lags);
  }
  if (failed !== null) {
    console.error(failed);
    server.process.kill('SIGKILL');
    client.process.kill('SIGKILL');
    return false;
  }
  server.process.send('finish');
  const { results } = await client.hear();
  const { made, counts } = await server.ask('counts');
  const ended = await Promise.all([client.ends(), server.ends()]);
  const steady = Object.entries(samples).map(([name, list]) =>
    judge(name, list, Number(values.slope), Number(values.rss)),
  );
  const lagOf = (i) => lags.map((each) => each[i]).toSorted((a, b) => a - b);
  let exact = Array.isArray(results);
  for (const [i, { name, events, missing, absences }] of (exact ? results : []).entries()) {
    const lag = lagOf(i);
    exact &&= events + missing === counts.events && (missing === 0 || absences > 0 || name.startsWith('drop'));
    console.log(
      `${name}: ${events} events, ${missing} told missing, ${absences} absences; longest lag in ` +
        `${SAMPLE / 1000} s: median ${lag[Math.floor(lag.length / 2)].toFixed(1)} ms, most ${lag.at(-1).toFixed(1)} ms`,
    );
  }
  if (!exact) console.error('events are unaccounted for', results);
  if (!ended.every(Boolean)) console.error('a process did not end by itself');
  const rate = counts.events / (60 * Number(values.minutes));
  console.log(`${made} packets, ${counts.events} events, ${(rate / 1e6).toFixed(2)} million a second`);
  return exact && steady.every(Boolean) && ended.every(Boolean);
}

const [flag, act, ...rest] = process.argv.slice(2);
// A child whose parent was killed must not stay behind.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 2000).unref();
if (flag !== '--child') process.exitCode = (await main()) ? 0 : 1;
else if (act === 'serve') await serve(Number(rest[0]));
else await receive(rest[0], Number(rest[1]), rest[2] === 'true');
