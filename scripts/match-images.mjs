// Which MNIST images could be behind the N-MNIST recordings? Writes scripts/nmnist-near-images.json: for each recording
// the rows of the three nearest images of its label. None of them is used for pre-training.
//
//   node scripts/match-images.mjs --data N-MNIST-FOLDER --images MNIST-FOLDER [--dist DIR]
//
// A recording and the simulated recording of an image (no noise, no jitter, equal thresholds) are compared by their
// maps of event counts: one map a saccade and polarity, blurred with (1 2 1)², mean taken off; nearness is their cosine.
import { writeFileSync } from 'node:fs';
import { library, listRecordings, options, readImages, say, simulateImage } from './nmnist-recipe.mjs';

const { data, images: folder, dist } = options({ data: '', images: '', dist: undefined });
const SIDE = 36;
const PLANE = SIDE * SIDE;
const SIZE = 6 * PLANE;
const KEPT = 3;

function addPacket(map, { length, t, x, y, p }) {
  for (let i = 0; i < length; i++) {
    const leg = t[i] < 93_000 ? 0 : t[i] < 205_000 ? 1 : 2;
    map[(2 * leg + p[i]) * PLANE + (y[i] + 1) * SIDE + x[i] + 1]++;
  }
}

function direction(map) {
  const soft = new Float32Array(SIZE);
  for (let plane = 0; plane < SIZE; plane += PLANE) {
    for (let y = 1; y < SIDE - 1; y++) {
      for (let x = 1; x < SIDE - 1; x++) {
        let sum = 0;
        for (let j = -1; j <= 1; j++) {
          for (let i = -1; i <= 1; i++) {
            sum += (2 - Math.abs(i)) * (2 - Math.abs(j)) * map[plane + (y + j) * SIDE + x + i];
          }
        }
        soft[plane + y * SIDE + x] = sum;
      }
    }
  }
  const mean = soft.reduce((a, b) => a + b, 0) / SIZE;
  const norm = Math.sqrt(soft.reduce((sum, v) => sum + (v - mean) ** 2, 0));
  return soft.map((v) => (v - mean) / norm);
}

function cosine(a, b) {
  let sum = 0;
  for (let i = 0; i < SIZE; i++) sum += a[i] * b[i];
  return sum;
}

const lib = await library(dist);
const images = readImages(folder);
say(`simulating ${images.count} images`);
const ofImages = Array.from({ length: images.count }, (_, row) => {
  const map = new Float32Array(SIZE);
  const packets = simulateImage(lib, images.image(row), { seed: 1, jitter: 0, spread: 0, gain: 0, noise: 0 });
  for (const packet of packets) addPacket(map, packet);
  return direction(map);
});

const near = {};
const best = [];
for (const { path, file, label } of listRecordings(data)) {
  const map = new Float32Array(SIZE);
  const recording = await lib.openRecording(path);
  for await (const packet of recording.events()) addPacket(map, packet);
  const own = direction(map);
  const rows = ofImages.map((_, row) => row).filter((row) => String(images.labels[row]) === label);
  const ranked = rows.map((row) => [cosine(own, ofImages[row]), row]).sort((a, b) => b[0] - a[0]);
  near[file] = ranked.slice(0, KEPT).map(([, row]) => row);
  best.push({ file, cosine: ranked[0][0], gap: ranked[0][0] - ranked[1][0] });
}
const rows = Object.entries(near).map(([file, list]) => `    "${file}": [${list.join(', ')}]`);
writeFileSync(
  new URL('nmnist-near-images.json', import.meta.url),
  `{\n  "images": "${images.digest}",\n  "near": {\n${rows.join(',\n')}\n  }\n}\n`,
);
function quantile(key, q) {
  const values = best.map((b) => b[key]).sort((a, b) => a - b);
  return values[Math.round(q * (values.length - 1))].toFixed(4);
}
for (const key of ['cosine', 'gap']) {
  say(`${key}: ${[0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1].map((q) => `${q * 100}% ${quantile(key, q)}`).join(', ')}`);
}
say(`${new Set(Object.values(near).flat()).size} different images are kept out`);
