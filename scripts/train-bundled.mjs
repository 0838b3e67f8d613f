// Trains the bundled model:
//
//   npm run build && node scripts/train-bundled.mjs --data N-MNIST-FOLDER --images MNIST-FOLDER
//
// --data: recordings with labels.csv; those bundled in assets/nmnist are left out. --images: MNIST images for
// pre-training on simulated saccades (`none`: no pre-training). --out: the model file.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  allowedImages,
  bundledDigests,
  FINE_TUNING,
  fineTuned,
  freshNetwork,
  library,
  listRecordings,
  MODEL,
  options,
  elapsed,
  PRE_TRAINING,
  preTrained,
  readImages,
  recordingSamples,
  say,
  sha256,
  simulatedSamples,
} from './nmnist-recipe.mjs';

const given = options({
  data: '',
  images: 'none',
  out: fileURLToPath(new URL('../assets/models/nmnist.safetensors', import.meta.url)),
  seed: '1',
  dist: undefined,
});
const lib = await library(given.dist);
const seed = Number(given.seed);

const bundled = bundledDigests();
const recordings = listRecordings(given.data).filter((recording) => !bundled.has(recording.sha256));
const samples = await recordingSamples(lib, recordings);
say(`${recordings.length} recordings (the bundled ones left out)`);

let network = freshNetwork(lib, seed);
const digests = [];
if (given.images !== 'none') {
  const images = readImages(given.images);
  const rows = allowedImages(images);
  for (const row of rows) digests.push(sha256(images.image(row)));
  say(`simulating ${rows.length} images, ${PRE_TRAINING.versions} versions of each`);
  const simulated = await simulatedSamples(lib, images, rows);
  say(`pre-training, after ${elapsed()}`);
  network = preTrained(lib, simulated, seed);
}
say(`training on recordings, after ${elapsed()}`);
network = fineTuned(lib, network, samples, seed);

const pre = `pre-trained ${PRE_TRAINING.epochs} epochs on ${PRE_TRAINING.versions} simulated recordings of each of ${digests.length} MNIST images, then `;
const training = {
  files: recordings.map((recording) => ({ file: recording.file, sha256: recording.sha256 })),
  images: digests,
  seed,
  note: `Surrogate gradient and Adam: ${digests.length > 0 ? pre : ''}trained ${FINE_TUNING.epochs} epochs on ${recordings.length} N-MNIST recordings (G. Orchard et al. 2015, CC BY-SA 4.0). Recipe in scripts/nmnist-recipe.mjs, measured accuracy in docs/bundled-model.md.`,
};
const bytes = lib.encodeModel({ ...MODEL, network, training });
writeFileSync(given.out, bytes);
say(`${given.out}: ${bytes.length} bytes, after ${elapsed()}`);
