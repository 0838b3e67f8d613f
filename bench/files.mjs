// CPU time of reading and writing recordings, beside other people's libraries: `npm run bench:files`, or
// `PEERS=venv node bench/files.mjs [--events N] [--rounds N] [--formats a,b] [--json]`.
//
// One scene of moving edges and noise on 346 × 260 pixels (34 × 34 for N-MNIST) is written in every format by RxSpike, and
// those files are what all read. In each round every competitor reads or writes once, in turn, each in a process of its own
// that has read a small file before; its CPU seconds (all threads, user and system) count. The first round compares what
// was read event for event, and has what others wrote read back; a competitor that disagrees gets no time. The table gives
// the ratio of speeds first (ours / theirs, the median over rounds, above 1 we are faster), then million events per
// CPU second: median with minimum and maximum. PEERS names a Python with the libraries; without it only RxSpike runs.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRecording, openRecording } from '../dist/adapters/index.node.js';
import { RandomSequence, eventPacket, streamInfo } from '../dist/src/index.js';

const HERE = fileURLToPath(import.meta.url);
const PEER = fileURLToPath(new URL('peers/files.py', import.meta.url));
/** Of each format: its extension, who else reads it and who else writes it. */
const FORMATS = {
  evt2: { extension: 'raw', read: ['expelliarmus', 'faery', 'evlib'], write: ['expelliarmus', 'faery'] },
  evt3: { extension: 'raw', read: ['expelliarmus', 'faery', 'evlib'], write: ['expelliarmus', 'faery'] },
  'evt2.1': { extension: 'raw', read: [], write: [] },
  dat: { extension: 'dat', read: ['expelliarmus', 'faery'], write: ['expelliarmus', 'faery'] },
  es: { extension: 'es', read: ['faery', 'event_stream'], write: ['faery'] },
  nmnist: { extension: 'bin', read: ['tonic'], write: [], side: 34 },
  aedat2: { extension: 'aedat', read: [], write: [] },
  'aedat3.1': { extension: 'aedat', read: [], write: [] },
  aedat4: { extension: 'aedat4', read: ['dv_processing', 'faery', 'aedat'], write: ['dv_processing', 'faery'] },
  csv: { extension: 'csv', read: ['faery'], write: ['faery'] },
  npy: { extension: 'npy', read: [], write: [] },
  npz: { extension: 'npz', read: [], write: [] },
  hdf5: { extension: 'h5', read: [], write: [] },
  mcap: { extension: 'mcap', read: [], write: [] },
};
const NAMES = ['t', 'x', 'y', 'p'];
const PACKET = 8192;
const WARM = 50_000;

/** Edges that cross the sensor, a fifth noise, about 1 event a µs. */
function scene(events, side) {
  const [width, height] = side === undefined ? [346, 260] : [side, side];
  const random = new RandomSequence(1, 'bench');
  const columns = {
    t: new BigInt64Array(events),
    x: new Uint16Array(events),
    y: new Uint16Array(events),
    p: new Uint8Array(events),
  };
  for (let i = 0, t = 0; i < events; i++) {
    if (random.uniform() < 0.3) t += 1 + random.integer(6);
    const edge = ((t / 50_000) % 1) * width;
    columns.t[i] = BigInt(t);
    columns.x[i] = random.uniform() < 0.2 ? random.integer(width) : Math.floor((edge + 3 * random.uniform()) % width);
    columns.y[i] = random.integer(height);
    columns.p[i] = random.integer(2);
  }
  return { columns, width, height };
}

const load = (folder) => ({
  t: new BigInt64Array(new Uint8Array(readFileSync(join(folder, 't'))).buffer),
  x: new Uint16Array(new Uint8Array(readFileSync(join(folder, 'x'))).buffer),
  y: new Uint16Array(new Uint8Array(readFileSync(join(folder, 'y'))).buffer),
  p: new Uint8Array(readFileSync(join(folder, 'p'))),
});

function dump(columns, folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) writeFileSync(join(folder, name), new Uint8Array(columns[name].buffer));
}

/** The first event in which columns differ, in words; null where there is none. */
function difference(found, wanted) {
  if (found.t.length !== wanted.t.length) return `${found.t.length} events of ${wanted.t.length}`;
  for (let i = 0; i < wanted.t.length; i++) {
    const other = NAMES.find((name) => found[name][i] !== wanted[name][i]);
    if (other !== undefined) return `event ${i}: ${other} is ${found[other][i]}, not ${wanted[other][i]}`;
  }
  return null;
}

// ------------------------------------------------------------------------------------------- what is timed, in a child

const cpu = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

async function readAll(path, packets) {
  const format = path.endsWith('.bin') ? { format: 'nmnist' } : {};
  const recording = await openRecording(path, format);
  for await (const packet of recording.events()) packets?.push(packet);
}

function packetsOf(columns, stream) {
  const packets = [];
  const times = Float64Array.from(columns.t, Number);
  for (let at = 0; at < times.length; at += PACKET) {
    const to = Math.min(times.length, at + PACKET);
    const part = Object.fromEntries(NAMES.map((name) => [name, columns[name].slice(at, to)]));
    packets.push(eventPacket({ stream, ...part, t: times.slice(at, to), until: times[to - 1] }));
  }
  return packets;
}

async function writeAll(path, format, stream, packets) {
  const sink = await createRecording(path, stream, { format });
  for (const packet of packets) await sink.write(packet);
  await sink.close();
}

async function act([what, ...args]) {
  if (what === 'read') {
    const [warm, path, folder] = args;
    await readAll(warm);
    const packets = folder === '-' ? undefined : [];
    const begin = process.cpuUsage();
    await readAll(path, packets);
    const seconds = cpu(begin);
    if (packets) dump(joined(packets), folder);
    return { seconds };
  }
  const [format, folder, path, width, height] = args;
  const stream = streamInfo({ id: 'bench', width: Number(width), height: Number(height) });
  const packets = packetsOf(load(folder), stream);
  await writeAll(`${path}.warm`, format, stream, packetsOf(load(`${folder}-warm`), stream));
  rmSync(`${path}.warm`);
  const begin = process.cpuUsage();
  await writeAll(path, format, stream, packets);
  return { seconds: cpu(begin) };
}

function joined(packets) {
  const events = packets.reduce((sum, { length }) => sum + length, 0);
  const out = {
    t: new BigInt64Array(events),
    x: new Uint16Array(events),
    y: new Uint16Array(events),
    p: new Uint8Array(events),
  };
  let at = 0;
  for (const { t, x, y, p, length } of packets) {
    for (let i = 0; i < length; i++) out.t[at + i] = BigInt(t[i]);
    out.x.set(x.subarray(0, length), at);
    out.y.set(y.subarray(0, length), at);
    out.p.set(p.subarray(0, length), at);
    at += length;
  }
  return out;
}

// --------------------------------------------------------------------------------------------------------- the contest

/** What a process printed last; null where it failed, with its last words. */
function run(file, args) {
  const done = spawnSync(file, args.map(String), { encoding: 'utf8', maxBuffer: 1 << 26 });
  const line = done.stdout
    .trim()
    .split('\n')
    .findLast((text) => text.startsWith('{'));
  if (line !== undefined) return JSON.parse(line);
  const words =
    done.stderr.split('\n').find((text) => /error/i.test(text)) ?? `ended with ${done.signal ?? done.status}`;
  return { error: words.trim().slice(0, 120) };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Rounds of every competitor in turn; `first(who, result)` says what is wrong with a result, or null. */
function contest(rounds, names, events, turn, first) {
  const times = new Map(names.map((name) => [name, []]));
  const out = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      if (out.has(name)) continue;
      const result = turn(name, round);
      const complaint = result.error ?? (round === 0 ? first(name) : null);
      if (complaint === null) times.get(name).push(events / result.seconds / 1e6);
      else out.set(name, complaint);
    }
  }
  const ours = times.get('rxspike');
  return names.map((name) => {
    const list = times.get(name);
    if (out.has(name)) return { who: name, out: out.get(name) };
    return {
      who: name,
      ratio: name === 'rxspike' || ours.length === 0 ? null : median(list.map((speed, i) => ours[i] / speed)),
      million: { median: median(list), min: Math.min(...list), max: Math.max(...list) },
    };
  });
}

async function bench(format, folder, { events, rounds, python }) {
  const { extension, side, ...peers } = FORMATS[format];
  const { columns, width, height } = scene(events, side);
  const [wanted, warm, path] = [
    join(folder, 'wanted'),
    join(folder, `warm.${extension}`),
    join(folder, `all.${extension}`),
  ];
  dump(columns, wanted);
  const few = Object.fromEntries(NAMES.map((name) => [name, columns[name].slice(0, WARM)]));
  dump(few, `${wanted}-warm`);
  const stream = streamInfo({ id: 'bench', width, height });
  await writeAll(warm, format, stream, packetsOf(few, stream));
  await writeAll(path, format, stream, packetsOf(columns, stream));
  const [found, other] = [join(folder, 'found'), join(folder, `other.${extension}`)];
  mkdirSync(found, { recursive: true });
  const who = (list) => ['rxspike', ...(python === undefined ? [] : list)];
  const ours = [HERE, '--child'];
  const read = contest(
    rounds,
    who(peers.read),
    events,
    (name, round) =>
      name === 'rxspike'
        ? run(process.execPath, [...ours, 'read', warm, path, round === 0 ? found : '-'])
        : run(python, [PEER, 'read', name, format, warm, path, round === 0 ? found : '-']),
    () => difference(load(found), columns),
  );
  const write = contest(
    rounds,
    who(peers.write),
    events,
    (name) =>
      name === 'rxspike'
        ? run(process.execPath, [...ours, 'write', format, wanted, other, width, height])
        : run(python, [PEER, 'write', name, format, wanted, other]),
    () => {
      const back = run(process.execPath, [...ours, 'read', warm, other, found]);
      return back.error ?? difference(load(found), columns);
    },
  );
  return [
    ...read.map((row) => ({ format, what: 'read', ...row })),
    ...write.map((row) => ({ format, what: 'write', ...row })),
  ];
}

function print({ format, what, who, ratio, million, out }) {
  const name = `${format} ${what}`.padEnd(14);
  if (out !== undefined) {
    console.log(`     - |                             | ${name} | ${who}: ${out}`);
    return;
  }
  const { median: middle, min, max } = million;
  const speed = `${middle.toFixed(1)} (${min.toFixed(1)} … ${max.toFixed(1)})`;
  console.log(`${(ratio?.toFixed(2) ?? '').padStart(6)} | ${speed.padStart(27)} | ${name} | ${who}`);
}

async function main() {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '5000000' },
      rounds: { type: 'string', default: '5' },
      formats: { type: 'string', default: Object.keys(FORMATS).join(',') },
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
  if (!values.json) {
    console.log(
      `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}; ${options.rounds} rounds of ${options.events} events`,
    );
    console.log('ratio  | million events a CPU second  | what           | who');
  }
  const folder = mkdtempSync(join(tmpdir(), 'rxspike-bench-'));
  const rows = [];
  try {
    for (const format of values.formats.split(',')) {
      const found = await bench(format, folder, options);
      rows.push(...found);
      if (!values.json) found.forEach(print);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.json) console.log(JSON.stringify({ machine, ...options, python: undefined, rows }));
}

if (process.argv[2] === '--child') console.log(JSON.stringify(await act(process.argv.slice(3))));
else await main();
