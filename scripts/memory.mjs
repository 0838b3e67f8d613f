// Peak memory of writing and reading a large recording against that of a small one, each in a process of its own.
//
//   node scripts/memory.mjs [--formats a,b] [--megabytes 1000] [--small 10] [--folder F] [--json]
//
// Each format that is written is written at both sizes and read back from the file; what can be read as it streams by is
// read through a pipe too, and one format as gzip. More than 64 MB above the small one is an exit status of 1. Needs a build
// (`node scripts/setup.mjs`) and room for one large file at a time, and half as much for its gzip.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { createRecording, openRecording } from '../dist/adapters/index.node.js';
import { RandomSequence, eventPacket, streamInfo } from '../dist/src/index.js';

const MOST = 64;
const MB = 1e6;
/** Extension; what cannot come from a pipe; what is tried as gzip. */
const FORMATS = {
  aedat2: { extension: 'aedat' },
  'aedat3.1': { extension: 'aedat' },
  aedat4: { extension: 'aedat4' },
  evt2: { extension: 'raw', gzip: true },
  'evt2.1': { extension: 'raw' },
  evt3: { extension: 'raw' },
  dat: { extension: 'dat' },
  es: { extension: 'es' },
  nmnist: { extension: 'bin' },
  csv: { extension: 'csv' },
  npy: { extension: 'npy' },
  npz: { extension: 'npz', archive: true },
  hdf5: { extension: 'h5', archive: true },
  mcap: { extension: 'mcap' },
};

const SIZE = 1 << 16;

/** Packets of moving edges and noise, about 1 event a µs; the same arrays again and again. */
function* packets(stream) {
  const random = new RandomSequence(1, 'memory');
  const columns = {
    t: new Float64Array(SIZE),
    x: new Uint16Array(SIZE),
    y: new Uint16Array(SIZE),
    p: new Uint8Array(SIZE),
  };
  let t = 0;
  for (let i = 0; i < SIZE; i++) {
    columns.t[i] = t += random.integer(3);
    columns.x[i] = random.integer(34);
    columns.y[i] = random.integer(34);
    columns.p[i] = random.integer(2);
  }
  for (;;) {
    yield eventPacket({ stream, ...columns, until: columns.t[SIZE - 1] });
    for (let i = 0; i < SIZE; i++) columns.t[i] += t;
  }
}

async function write(format, path, events) {
  const stream = streamInfo({ id: 'memory', width: 34, height: 34 });
  const sink = await createRecording(path, stream, { format });
  for (const packet of packets(stream)) {
    await sink.write(packet);
    if (sink.report.events >= events) break;
  }
  await sink.close();
  return sink.report.events;
}

/** From a path, or from what stands before this process in a pipe. */
async function read(path, name) {
  const recording = await openRecording(path === '-' ? process.stdin : path, { name });
  for await (const packet of recording.events()) void packet;
  return recording.report.events;
}

/** Events and peak memory, MB, of a process of its own that writes or reads; `stdin`: path of what is piped into it. */
async function measured(args, stdin = null) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--child', ...args.map(String)], {
    stdio: [stdin === null ? 'ignore' : 'pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  const ended = new Promise((resolve) => child.on('close', resolve));
  if (stdin !== null) await pipeline(createReadStream(stdin), child.stdin);
  if ((await ended) !== 0) throw new Error(`${args.join(' ')} failed`);
  return JSON.parse(text);
}

async function act([what, ...args]) {
  const events = what === 'write' ? await write(args[0], args[1], Number(args[2])) : await read(args[0], args[1]);
  console.log(JSON.stringify({ events, peak: (process.resourceUsage().maxRSS * 1024) / MB }));
}

/** Peaks, MB, of everything that is done with a file of `events` events. */
async function peaks(folder, format, events) {
  const { extension, archive = false, gzip = false } = FORMATS[format];
  const path = join(folder, `large.${extension}`);
  const name = `large.${extension}`;
  const written = await measured(['write', format, path, events]);
  const found = { write: written, file: await measured(['read', path, name]) };
  if (!archive) found.pipe = await measured(['read', '-', name], path);
  if (gzip) {
    await pipeline(createReadStream(path), createGzip({ level: 1 }), createWriteStream(`${path}.gz`));
    found.gzip = await measured(['read', `${path}.gz`, name]);
    rmSync(`${path}.gz`);
  }
  for (const [way, { events: count }] of Object.entries(found)) {
    if (count !== written.events) throw new Error(`${format} by ${way}: ${count} events of ${written.events}`);
  }
  const bytes = statSync(path).size;
  rmSync(path);
  return {
    bytes,
    events: written.events,
    peaks: Object.fromEntries(Object.entries(found).map(([way, { peak }]) => [way, peak])),
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      formats: { type: 'string', default: Object.keys(FORMATS).join(',') },
      megabytes: { type: 'string', default: '1000' },
      small: { type: 'string', default: '10' },
      folder: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const folder = mkdtempSync(join(values.folder ?? tmpdir(), 'rxspike-memory-'));
  const [large, small] = [Number(values.megabytes), Number(values.small)];
  const rows = [];
  try {
    for (const format of values.formats.split(',')) {
      const probe = join(folder, `probe.${FORMATS[format].extension}`);
      const events = await write(format, probe, 4 * SIZE);
      const each = statSync(probe).size / events;
      rmSync(probe);
      const [low, high] = [
        await peaks(folder, format, (small * MB) / each),
        await peaks(folder, format, (large * MB) / each),
      ];
      for (const way of Object.keys(low.peaks)) {
        const row = {
          format,
          way,
          events: high.events,
          megabytes: high.bytes / MB,
          small: low.peaks[way],
          large: high.peaks[way],
        };
        rows.push({ ...row, more: row.large - row.small });
        if (!values.json) print(rows.at(-1));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.json)
    console.log(JSON.stringify({ node: process.version, date: new Date().toISOString().slice(0, 10), rows }));
  process.exitCode = rows.some(({ more }) => more > MOST) ? 1 : 0;
}

function print({ format, way, events, megabytes, small, large, more }) {
  const verdict = more > MOST ? 'TOO MUCH' : 'ok';
  console.log(
    `${verdict}: ${format} ${way}: ${Math.round(small)} MB at first, ${Math.round(large)} MB for ${Math.round(megabytes)} MB (${events} events), ${Math.round(more)} MB more`,
  );
}

if (process.argv[2] === '--child') await act(process.argv.slice(3));
else await main();
