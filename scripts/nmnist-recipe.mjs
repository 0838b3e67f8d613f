// The recipe of the bundled model: data, simulated saccades, network, training. Used by train-bundled, match-images
// and measure-bundled; everything is seeded.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Command line of these scripts: `--name value` pairs, each checked against the given defaults. */
export function options(defaults) {
  const found = { ...defaults };
  const words = process.argv.slice(2);
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i].replace(/^--/, '');
    if (!words[i].startsWith('--') || !Object.hasOwn(defaults, name) || words[i + 1] === undefined) {
      process.stderr.write(
        `options: ${Object.keys(defaults)
          .map((key) => `--${key} VALUE`)
          .join(' ')}\n`,
      );
      process.exit(2);
    }
    found[name] = words[i + 1];
  }
  return found;
}

/** The built library. */
export async function library(dist = join(ROOT, 'dist')) {
  const load = (path) => import(pathToFileURL(join(dist, path)).href);
  return { ...(await load('src/index.js')), ...(await load('adapters/index.node.js')) };
}

export const say = (text) => process.stderr.write(`${text}\n`);

/** Time since the script was started: on the wall, and of the processor. */
export function elapsed() {
  const { user, system } = process.cpuUsage();
  return `${process.uptime().toFixed(0)} s (${((user + system) / 1e6).toFixed(0)} s of CPU time)`;
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const HIDDEN = 256;
const OUTPUTS = 100;
export const PRE_TRAINING = {
  epochs: 8,
  versions: 2,
  rate: 5e-3,
  augmentation: { rotation: 8, scale: 0.08, shift: 2 },
};
export const FINE_TUNING = { epochs: 30, rate: 4e-3, augmentation: { rotation: 8, scale: 0.08, shift: 1 } };

/** Everything of the model except its tensors and its training record. */
export const MODEL = {
  name: 'nmnist',
  preprocessing: [{ filter: 'denoise', dt: 10_000 }],
  units: { width: 34, height: 34, columns: 17, rows: 17, polarity: 'split' },
  steps: { dt: 16_000, resetEvery: 20 },
  readout: {
    classes: Array.from('0123456789'),
    perClass: 10,
    by: 'count',
    window: { kind: 'mark' },
    temperature: 12.7,
  },
};

/** The network before training. */
export function freshNetwork({ feedForward, initialNetwork, RandomSequence }, seed) {
  const neuron = { kind: 'sqs', circuit: { kind: 'default' }, encoder: { kind: 'clip' } };
  const spec = feedForward({
    inputs: 2 * 17 * 17,
    mode: 'clocked',
    layers: [
      { ...neuron, name: 'hidden', neurons: HIDDEN },
      { ...neuron, name: 'output', neurons: OUTPUTS },
    ],
  });
  return initialNetwork(spec, new RandomSequence(seed, 'init'), {
    angles: { sd: 0.1 },
    tensors: {
      'w.in.hidden': { sd: Math.sqrt(1 / 117) },
      'w.hidden.output': { sd: Math.sqrt(1 / (0.2 * HIDDEN)) },
      'b.hidden': { mean: -0.5, sd: 0 },
      'b.output': { mean: -0.3, sd: 0 },
    },
  });
}

/** Names, labels and digests of the recordings in a folder, in the order of its `labels.csv`. */
export function listRecordings(folder) {
  const rows = readFileSync(join(folder, 'labels.csv'), 'utf8').trim().split(/\r?\n/).slice(1);
  return rows.map((row) => {
    const [file, label] = row.split(',');
    return { file, label: label.trim(), path: join(folder, file), sha256: sha256(readFileSync(join(folder, file))) };
  });
}

/** SHA-256 of the thirty bundled recordings, which nothing is trained on. */
export function bundledDigests() {
  return new Set(listRecordings(join(ROOT, 'assets', 'nmnist')).map((recording) => recording.sha256));
}

/** The training sample of each recording (its one stretch of 320 ms). */
export async function recordingSamples({ openRecording, prepareSamples }, recordings) {
  const samples = [];
  for (const { path, file, label } of recordings) {
    const recording = await openRecording(path);
    const own = await prepareSamples(MODEL, recording.events(), { name: file, label });
    if (own.length !== 1) throw new Error(`${file} makes ${own.length} samples`);
    samples.push(own[0]);
  }
  return samples;
}

/**
 * Three parts of equal label counts: recordings are shuffled with seed 2026, and the k-th of each label goes to part
 * k mod 3.
 */
export function threeFolds({ RandomSequence }, recordings) {
  const order = new RandomSequence(2026, 'folds').shuffle(recordings.map((_, i) => i));
  const seen = new Map();
  const fold = Array.from(recordings, () => 0);
  for (const i of order) {
    const { label } = recordings[i];
    fold[i] = (seen.get(label) ?? 0) % 3;
    seen.set(label, (seen.get(label) ?? 0) + 1);
  }
  return fold;
}

/** MNIST images (rows of 784 bytes), labels, and the digest of all pixels. */
export function readImages(folder) {
  const read = (name, header) => {
    const plain = join(folder, name);
    return (existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`))).subarray(header);
  };
  const pixels = read('mnist-images.idx3-ubyte', 16);
  const labels = read('mnist-labels.idx1-ubyte', 8);
  const keepOut = readFileSync(join(folder, 'keep-out-of-pretraining.txt'), 'utf8');
  return {
    count: labels.length,
    labels,
    digest: sha256(pixels),
    image: (i) => pixels.subarray(784 * i, 784 * (i + 1)),
    keepOut: keepOut
      .split(/\r?\n/)
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(Number),
  };
}

/** Packets of a simulated recording of an MNIST image. */
export function simulateImage({ saccades, simulateCamera }, image, { seed, jitter, ...pixels }) {
  const intensity = Float64Array.from(image, (value) => value / 255);
  const picture = { width: 28, height: 28, intensity };
  const scene = saccades({ picture, label: '', seed, ...(jitter === undefined ? {} : { jitter }) });
  return simulateCamera(scene, { inverted: true, seed, ...pixels });
}

/** Which images are the nearest to any recording (see match-images), as rows of the image file. */
export function nearImages(images) {
  const table = JSON.parse(readFileSync(new URL('nmnist-near-images.json', import.meta.url), 'utf8'));
  if (table.images !== images.digest) {
    throw new Error('these are other images than those compared with the recordings: run scripts/match-images.mjs');
  }
  return table.near;
}

/** Rows of the images that pre-training may use. */
export function allowedImages(images) {
  const out = new Set([...images.keepOut, ...Object.values(nearImages(images)).flat()]);
  return Array.from({ length: images.count }, (_, i) => i).filter((i) => !out.has(i));
}

/** Simulated recordings of the images, `versions` of each, as training samples. */
export async function simulatedSamples(lib, images, rows) {
  const samples = [];
  for (let version = 0; version < PRE_TRAINING.versions; version++) {
    for (const row of rows) {
      const packets = simulateImage(lib, images.image(row), { seed: row * 16 + version });
      const names = { name: `image ${row}`, label: String(images.labels[row]) };
      samples.push(...(await lib.prepareSamples(MODEL, packets, names)));
    }
  }
  return samples;
}

/** Trains a network on samples and says so epoch by epoch. */
export function train({ Trainer }, network, samples, settings) {
  const trainer = new Trainer({ ...MODEL, network, training: null }, samples, settings);
  while (!trainer.done) {
    const { epoch, loss, accuracy } = trainer.trainEpoch();
    say(`  epoch ${epoch}/${settings.epochs}: loss ${loss.toFixed(4)}, accuracy in training ${accuracy.toFixed(4)}`);
  }
  return trainer.network;
}

/** The network after pre-training on simulated recordings alone. */
export function preTrained(lib, samples, seed) {
  const { epochs, rate, augmentation } = PRE_TRAINING;
  return train(lib, freshNetwork(lib, seed), samples, { epochs, rate, augmentation, seed });
}

/** The network after training on recordings. */
export function fineTuned(lib, network, samples, seed) {
  return train(lib, network, samples, { ...FINE_TUNING, seed });
}
