// Streams between two processes on this machine: `npm run bench:network`, or
// `PEERS=venv node bench/network.mjs [--events N] [--rounds N] [--seconds N] [--json]`.
//
// One scene of moving edges and noise on 346 × 260 pixels, in packets of 10,000 events, goes over the loopback interface
// from one process to another: by RxSpike's WebSocket (served, and sent by a client), with validation, sequence check and
// credit on, and by dv-processing's TCP (NetworkWriter to NetworkReader, no compression, no TLS). Competitors take turns in
// each round, each in new processes. The receiver keeps every event; the clock runs in it from the millionth event to the
// last, and what it kept is compared with what was sent, event for event, after the clock has stopped; a competitor that
// lost or changed one gets no time. The table gives the ratio to dv-processing in the same round first (median), then
// million events per second: median with minimum and maximum, and the receiver's CPU time for an event, all threads (on a
// machine that is busy with other things, that says more). Then: latency of packets of 10 events at 1 kHz from the
// source's emission to the receiver's loop, and one stream to ten receivers. PEERS names a Python with dv_processing.
import { fork, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Subject } from 'rxjs';
import { openStream, serveStream, webSocketSink } from '../dist/adapters/index.node.js';
import { RandomSequence, eventPacket, streamInfo } from '../dist/src/index.js';

const HERE = fileURLToPath(import.meta.url);
const PEER = fileURLToPath(new URL('peers/dv_tcp.py', import.meta.url));
const PACKET = 10_000;
/** Events that are received before the clock starts. */
const WARM = 1_000_000;
const [WIDTH, HEIGHT] = [346, 260];
const info = streamInfo({ id: 'bench', width: WIDTH, height: HEIGHT });
const RECEIVERS = 10;

/** Edges that cross the sensor, a fifth noise, about 1 event a µs. */
function scene(events) {
  const random = new RandomSequence(1, 'bench');
  const columns = columnsOf(events);
  for (let i = 0, t = 0; i < events; i++) {
    if (random.uniform() < 0.3) t += 1 + random.integer(6);
    const edge = ((t / 50_000) % 1) * WIDTH;
    columns.t[i] = t;
    columns.x[i] = random.uniform() < 0.2 ? random.integer(WIDTH) : Math.floor((edge + 3 * random.uniform()) % WIDTH);
    columns.y[i] = random.integer(HEIGHT);
    columns.p[i] = random.integer(2);
  }
  return columns;
}

function columnsOf(events) {
  return {
    t: new Float64Array(events),
    x: new Uint16Array(events),
    y: new Uint16Array(events),
    p: new Uint8Array(events),
  };
}

function packetsOf({ t, x, y, p }) {
  const packets = [];
  for (let from = 0; from < t.length; from += PACKET) {
    const to = Math.min(from + PACKET, t.length);
    const [ts, xs, ys, ps] = [t, x, y, p].map((column) => column.subarray(from, to));
    packets.push({ stream: info, length: to - from, until: ts.at(-1), mark: null, t: ts, x: xs, y: ys, p: ps });
  }
  return packets;
}

async function* oneByOne(packets) {
  yield* packets;
}

const nothing = () => ({ info, events: () => oneByOne([]) });

/** The first difference, or null. */
function difference(got, sent) {
  for (const name of ['t', 'x', 'y', 'p']) {
    if (got[name].length !== sent[name].length) return `${got[name].length} events arrived`;
    for (let i = 0; i < sent[name].length; i++) {
      if (Number(got[name][i]) !== sent[name][i]) return `${name} of event ${i}: ${got[name][i]}, not ${sent[name][i]}`;
    }
  }
  return null;
}

/** Keeps every event of a stream, and the time from its first packet to its last. */
async function keep(stream, events) {
  const packets = [];
  let head = 0;
  let begin = null;
  for await (const packet of stream.events()) {
    packets.push(packet);
    if (begin) continue;
    head += packet.length;
    if (head >= WARM) begin = { at: performance.now(), cpu: process.cpuUsage() };
  }
  const seconds = (performance.now() - begin.at) / 1000;
  const { user, system } = process.cpuUsage(begin.cpu);
  const timed = events - head;
  const kept = columnsOf(events);
  let at = 0;
  for (const { t, x, y, p, length } of packets) {
    for (const [name, column] of Object.entries({ t, x, y, p })) kept[name].set(column, at);
    at += length;
  }
  return { kept, rate: timed / seconds / 1e6, cpu: (1000 * (user + system)) / timed };
}

const now = () => Number(process.hrtime.bigint()) / 1000;
const tell = (message) => new Promise((resolve) => process.send(message, resolve));

/** What the child processes do; each is told its task by the first arguments, and what it needs by messages. */
const ACTS = {
  async serve(events, clients) {
    const packets = packetsOf(scene(events));
    const source = () => ({ info, events: () => oneByOne(packets) });
    const server = await serveStream({ source, clients, eventsPerFrame: PACKET });
    await tell({ url: server.url });
    const before = process.cpuUsage();
    const counts = await server.done;
    const { user, system } = process.cpuUsage(before);
    await tell({ written: counts.packets, completed: counts.completed, cpu: (user + system) / 1e6 });
  },
  async receive(events, url) {
    const sent = scene(events);
    const { kept, rate, cpu } = await keep(await openStream(url), events);
    await tell({ rate, cpu, wrong: difference(kept, sent) });
  },
  async receiveAll(events, url) {
    const streams = await Promise.all(Array.from({ length: RECEIVERS }, () => openStream(url)));
    const begin = performance.now();
    const all = await Promise.all(streams.map((stream) => count(stream)));
    await tell({ seconds: (performance.now() - begin) / 1000, all });
  },
  async accept(events) {
    const sent = scene(events);
    let arrived;
    const incoming = new Promise((resolve) => (arrived = resolve));
    const server = await serveStream({
      source: nothing,
      live: true,
      accept: arrived,
      limits: { eventsPerSecond: Infinity },
    });
    await tell({ url: server.url });
    const { stream } = await incoming;
    const { kept, rate, cpu } = await keep(stream, events);
    await tell({ rate, cpu, wrong: difference(kept, sent) });
    await server.close();
  },
  async send(events, url) {
    const packets = packetsOf(scene(events));
    const sink = webSocketSink(url, { eventsPerFrame: PACKET });
    for (const packet of packets) await sink(packet);
    await sink.end();
  },
  async beat(seconds) {
    const camera = new Subject();
    const server = await serveStream({ source: () => ({ info, events: () => camera.asObservable() }), live: true });
    await tell({ url: server.url });
    await once(process, 'message');
    const [x, y, p] = [7, 9, 1].map((value) => Array.from({ length: 10 }, () => value));
    let left = seconds * 1000;
    const timer = setInterval(() => {
      const until = now();
      const t = x.map(() => Math.floor(until));
      camera.next(eventPacket({ stream: info, t, x, y, p, until }));
      if (--left > 0) return;
      clearInterval(timer);
      camera.complete();
    }, 1);
    await once(process, 'disconnect');
    await server.close();
  },
  async listen(seconds, url) {
    const stream = await openStream(url);
    const late = [];
    await tell({ ready: true });
    for await (const { until, length } of stream.events()) if (length > 0) late.push(now() - until);
    // The first ones find code that has not run before.
    const sorted = late.slice(Math.min(500, late.length / 2)).sort((a, b) => a - b);
    const at = (share) => sorted[Math.floor(share * (sorted.length - 1))] / 1000;
    await tell({ packets: late.length, median: at(0.5), p99: at(0.99), max: at(1) });
  },
};

async function count(stream) {
  let events = 0;
  for await (const { length } of stream.events()) events += length;
  return events;
}

class Child {
  #messages = [];
  #asking = [];
  #process;
  exited;

  constructor(...args) {
    this.#process = fork(HERE, ['--child', ...args.map(String)]);
    this.exited = once(this.#process, 'exit');
    this.#process.on('message', (message) => {
      const asking = this.#asking.shift();
      if (asking) asking(message);
      else this.#messages.push(message);
    });
    this.#process.on('exit', (code) => {
      for (const asking of this.#asking.splice(0)) asking({ wrong: `a process ended with ${code}` });
    });
  }

  say(message) {
    this.#process.send(message);
  }

  hear() {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  async end() {
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await this.exited;
    clearTimeout(timer);
  }
}

async function served(events) {
  const server = new Child('serve', events, 1);
  const { url } = await server.hear();
  const client = new Child('receive', events, url);
  const result = await client.hear();
  await Promise.all([client.end(), server.end()]);
  return result;
}

async function published(events) {
  const server = new Child('accept', events);
  const { url } = await server.hear();
  const client = new Child('send', events, url);
  const result = await server.hear();
  await Promise.all([client.end(), server.end()]);
  return result;
}

/** One line at a time of what a process says. */
async function* lines(stream) {
  let rest = '';
  for await (const text of stream.setEncoding('utf8')) {
    rest += text;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      yield rest.slice(0, at);
      rest = rest.slice(at + 1);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function dv(python, folder, columns) {
  const port = await freePort();
  const found = join(folder, 'found');
  mkdirSync(found, { recursive: true });
  const stdio = ['ignore', 'pipe', 'inherit'];
  const writer = spawn(python, [PEER, 'write', port, folder, columns.t.length, PACKET], { stdio });
  const says = lines(writer.stdout);
  await says.next();
  const reader = spawn(python, [PEER, 'read', port, found, columns.t.length, WARM], { stdio });
  const timer = setTimeout(() => reader.kill('SIGKILL'), 120_000);
  const { value } = await lines(reader.stdout).next();
  clearTimeout(timer);
  writer.kill('SIGKILL');
  if (value === undefined) return { wrong: 'it lost events, or failed' };
  return { ...JSON.parse(value), wrong: difference(load(found), columns) };
}

function save(folder, { t, x, y, p }) {
  writeFileSync(join(folder, 't'), BigInt64Array.from(t, BigInt));
  for (const [name, column] of Object.entries({ x, y, p })) writeFileSync(join(folder, name), column);
}

function load(folder) {
  const bytes = (name) => new Uint8Array(readFileSync(join(folder, name))).buffer;
  const [t, x, y, p] = [
    new BigInt64Array(bytes('t')),
    new Uint16Array(bytes('x')),
    new Uint16Array(bytes('y')),
    new Uint8Array(bytes('p')),
  ];
  return { t, x, y, p };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Million events per second of each competitor, and the ratio to the first one in the same round. */
async function rates({ events, rounds, python }) {
  const folder = mkdtempSync(join(tmpdir(), 'rxspike-bench-'));
  try {
    const columns = scene(events);
    save(folder, columns);
    const competitors = [
      ...(python ? [['dv-processing TCP', () => dv(python, folder, columns)]] : []),
      ['RxSpike WebSocket, served', () => served(events)],
      ['RxSpike WebSocket, sent', () => published(events)],
    ];
    const all = competitors.map(([who]) => ({ who, rates: [], cpus: [], out: null }));
    for (let round = 0; round < rounds; round++) {
      for (const [i, [, run]] of competitors.entries()) {
        const { rate, cpu, wrong } = await run();
        all[i].out ??= wrong ?? null;
        all[i].rates.push(rate);
        all[i].cpus.push(cpu);
      }
    }
    const [first] = all;
    return all.map(({ who, rates: each, cpus: used, out }) => {
      if (out !== null) return { who, out };
      const sorted = each.toSorted((a, b) => a - b);
      const ratio = python && first.out === null ? median(each.map((rate, round) => rate / first.rates[round])) : null;
      return { who, ratio, median: median(each), min: sorted[0], max: sorted.at(-1), cpu: median(used) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function latency(seconds) {
  const server = new Child('beat', seconds);
  const { url } = await server.hear();
  const client = new Child('listen', seconds, url);
  await client.hear();
  server.say('go');
  const result = await client.hear();
  await Promise.all([client.end(), server.end()]);
  return result;
}

/** One stream to several receivers: frames written once, whoever gets them. */
async function fanOut(events) {
  const run = async (clients, act) => {
    const server = new Child('serve', events, clients);
    const { url } = await server.hear();
    const client = new Child(act, events, url);
    const result = await client.hear();
    const { written, completed, cpu } = await server.hear();
    await Promise.all([client.end(), server.end()]);
    return { ...result, written, completed, cpu };
  };
  const one = await run(1, 'receive');
  const ten = await run(RECEIVERS, 'receiveAll');
  const wrong = ten.all.some((got) => got !== events) || ten.completed !== RECEIVERS ? 'events were lost' : null;
  return {
    receivers: RECEIVERS,
    framesWritten: ten.written,
    framesWrittenForOne: one.written,
    framesSent: ten.written * RECEIVERS,
    millionPerSecond: (events * RECEIVERS) / ten.seconds / 1e6,
    serverSecondsForOne: one.cpu,
    serverSeconds: ten.cpu,
    wrong,
  };
}

function print({ who, ratio, out, median: middle, min, max, cpu }) {
  if (out) console.log(`     - |                             |         | ${who}: ${out}`);
  else {
    const speed = `${middle.toFixed(1)} (${min.toFixed(1)} … ${max.toFixed(1)})`;
    console.log(
      `${(ratio?.toFixed(2) ?? '').padStart(6)} | ${speed.padStart(27)} | ${cpu.toFixed(1).padStart(7)} | ${who}`,
    );
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '5000000' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  });
  const python = process.env.PEERS && join(process.env.PEERS, 'bin', 'python');
  const options = { events: Number(values.events), rounds: Number(values.rounds), python };
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  const rows = await rates(options);
  const late = await latency(Number(values.seconds));
  const fan = await fanOut(options.events);
  if (values.json) {
    console.log(JSON.stringify({ machine, ...options, python: undefined, rows, latency: late, fanOut: fan }));
    return;
  }
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}; ${options.rounds} rounds of ${options.events} events`,
  );
  console.log('ratio  | million events a second     | CPU ns  | who');
  for (const row of rows) print(row);
  console.log(
    `latency at 1 kHz, 10 events a packet: median ${late.median?.toFixed(3)} ms, p99 ${late.p99?.toFixed(3)} ms, ` +
      `longest ${late.max?.toFixed(1)} ms, of ${late.packets} packets`,
  );
  console.log(
    `to ${fan.receivers} receivers: ${fan.framesWritten} frames written (to one: ${fan.framesWrittenForOne}), ` +
      `${fan.framesSent} sent, ${fan.millionPerSecond.toFixed(1)} million events a second in all, server CPU ` +
      `${fan.serverSeconds.toFixed(2)} s (to one: ${fan.serverSecondsForOne.toFixed(2)} s)${fan.wrong ? `; ${fan.wrong}` : ''}`,
  );
}

if (process.argv[2] === '--child') {
  const [act, ...rest] = process.argv.slice(3);
  await ACTS[act](...rest.map((value) => (/^\d+$/.test(value) ? Number(value) : value)));
  if (process.connected) process.disconnect();
} else await main();
