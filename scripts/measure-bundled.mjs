// Measures the recipe of the bundled model by 3-fold cross-validation, and what becomes of it when parts are taken away:
//
//   npm run build && node scripts/measure-bundled.mjs --data N-MNIST-FOLDER --images MNIST-FOLDER --work DIR
//
// DIR keeps the networks trained on the way, so that a measurement that was stopped goes on where it was. The table
// goes to stdout. Every figure is of a single sampled pass. The seed is that of everything that is drawn: the network
// before training, pre-training, training, and the measured pass. Only simulated recordings are the same for all seeds.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allowedImages,
  elapsed,
  fineTuned,
  freshNetwork,
  library,
  listRecordings,
  MODEL,
  options,
  preTrained,
  readImages,
  recordingSamples,
  say,
  simulatedSamples,
  threeFolds,
} from './nmnist-recipe.mjs';

const given = options({ data: '', images: '', work: '', seeds: '1,2,3', dist: undefined });
const lib = await library(given.dist);
const seeds = given.seeds.split(',').map(Number);
const FOLDS = [0, 1, 2];
const WINDOW = 20;
mkdirSync(given.work, { recursive: true });

const recordings = listRecordings(given.data);
const samples = await recordingSamples(lib, recordings);
const foldOf = threeFolds(lib, recordings);
const inFold = (fold) => samples.filter((_, i) => foldOf[i] === fold);
const outside = (fold) => samples.filter((_, i) => foldOf[i] !== fold);
const { spec } = freshNetwork(lib, 1);

/** A network out of the work folder, or made and put there. */
async function kept(name, make) {
  const path = join(given.work, name);
  if (!existsSync(path)) {
    say(`${name}, after ${elapsed()}`);
    const network = await make();
    writeFileSync(path, lib.encodeState('network', 1, network.tensors));
    say(`${name} done after ${elapsed()}`);
  }
  return { spec, tensors: lib.decodeState('network', 1, readFileSync(path)) };
}

let simulated = null;
async function simulations() {
  const images = readImages(given.images);
  simulated ??= await simulatedSamples(lib, images, allowedImages(images));
  return simulated;
}

const modelOf = (network) => ({ ...MODEL, network, training: null });
const share = (model, fold, seed) => lib.evaluate(model, inFold(fold), { seed, stream: 'measure', pass: 1 }).correct;

/** Every weight of the network in another place of its own tensor. */
function shuffled(network, seed) {
  const random = new lib.RandomSequence(seed, 'shuffle');
  const tensors = Object.fromEntries(
    Object.entries(network.tensors).map(([name, tensor]) => [
      name,
      name.startsWith('w.') ? Float64Array.from(random.shuffle(Array.from(tensor))) : tensor,
    ]),
  );
  return { spec, tensors };
}

/** The network without entanglement and without the memory's own rotation: the memory stays |0⟩. */
function forgetful(network) {
  const tensors = { ...network.tensors };
  for (const name of ['theta.hidden', 'theta.output']) {
    tensors[name] = tensors[name].map((angle, i) => (i % 3 === 2 ? angle : 0));
  }
  return { spec, tensors };
}

/**
 * Recordings one after another on one time line without any mark, each from where the one before it ended. A decision
 * every step on the last 20 steps, memories never reset. A decision belongs to the recording that covers most of its
 * window (the earlier one, if both do). Counted are all decisions, and for each recording the one decision whose window
 * overlaps it most (the first such).
 */
async function slidingWindows(network, fold, seed) {
  const model = {
    ...modelOf(network),
    steps: { dt: MODEL.steps.dt, resetEvery: 0 },
    readout: { ...MODEL.readout, window: { kind: 'sliding', steps: WINDOW, every: 1 } },
  };
  const links = lib.filterLinks(model.preprocessing);
  const params = { network, seed, stream: 'sliding', firing: true };
  const states = {
    filters: lib.filtersStep.init(links),
    units: lib.toUnitsStep.init(model.units),
    steps: lib.stepsStep.init(model.steps),
    network: lib.networkStep.init(params),
    readout: lib.decideStep.init(model.readout),
  };
  const decisions = [];
  const stretches = [];
  let begin = 0;
  for (const { path, label } of recordings.filter((_, i) => foldOf[i] === fold)) {
    const recording = await lib.openRecording(path);
    let end = begin;
    for await (const packet of recording.events()) {
      end = begin + packet.until;
      const moved = { ...packet, t: packet.t.map((t) => t + begin), until: end, mark: null };
      lib.filtersStep.advance(links, states.filters, moved, (filtered) =>
        lib.toUnitsStep.advance(model.units, states.units, filtered, (units) =>
          lib.stepsStep.advance(model.steps, states.steps, units, (spikes) =>
            lib.networkStep.advance(params, states.network, spikes, (fired) =>
              lib.decideStep.advance(model.readout, states.readout, fired, (decision) => decisions.push(decision)),
            ),
          ),
        ),
      );
    }
    stretches.push({ begin, end, label, overlap: 0, answer: null });
    begin = end;
  }
  return attribute(decisions, stretches);
}

function attribute(decisions, stretches) {
  let right = 0;
  let first = 0;
  for (const { t0, t1, label } of decisions) {
    while (stretches[first].end <= t0) first++;
    let most = null;
    for (let i = first; i < stretches.length && stretches[i].begin < t1; i++) {
      const overlap = Math.min(t1, stretches[i].end) - Math.max(t0, stretches[i].begin);
      if (most === null || overlap > most.overlap) most = { i, overlap };
      if (overlap > stretches[i].overlap) Object.assign(stretches[i], { overlap, answer: label });
    }
    if (most && stretches[most.i].label === label) right++;
  }
  const recordingsRight = stretches.filter(({ label, answer }) => label === answer).length;
  return { decisions: decisions.length, right, recordingsRight };
}

const rows = {
  'as trained': [],
  'probability in place of counts': [],
  'event-driven in place of clocked': [],
  'θ_ent = θ_mem = 0': [],
  'weights shuffled': [],
  'sliding windows, no marks: one decision a recording': [],
  'sliding windows, no marks: every decision': [],
};
const byFold = [];
const held = { scores: [], labels: [] };
for (const seed of seeds) {
  const sums = Object.fromEntries(Object.keys(rows).map((name) => [name, { right: 0, n: 0 }]));
  const add = (name, right, n) => {
    sums[name].right += right;
    sums[name].n += n;
  };
  const start = await kept(`pre-trained-${seed}.bin`, async () => preTrained(lib, await simulations(), seed));
  for (const fold of FOLDS) {
    const network = await kept(`fold-${seed}-${fold}.bin`, () => fineTuned(lib, start, outside(fold), seed));
    const n = inFold(fold).length;
    const model = modelOf(network);
    const { correct: right, scores } = lib.evaluate(model, inFold(fold), { seed, stream: 'measure', pass: 1 });
    held.scores.push(...scores);
    held.labels.push(...inFold(fold).map(({ label }) => label));
    byFold.push({ seed, fold, accuracy: right / n });
    add('as trained', right, n);
    const byProbability = { ...model, readout: { ...model.readout, by: 'prob' } };
    add('probability in place of counts', share(byProbability, fold, seed), n);
    const eventDriven = modelOf({ ...network, spec: { ...spec, mode: 'event' } });
    add('event-driven in place of clocked', share(eventDriven, fold, seed), n);
    add('θ_ent = θ_mem = 0', share(modelOf(forgetful(network)), fold, seed), n);
    add('weights shuffled', share(modelOf(shuffled(network, seed)), fold, seed), n);
    const sliding = await slidingWindows(network, fold, seed);
    add('sliding windows, no marks: one decision a recording', sliding.recordingsRight, n);
    add('sliding windows, no marks: every decision', sliding.right, sliding.decisions);
    say(`seed ${seed}, fold ${fold}: ${(right / n).toFixed(4)}`);
  }
  for (const [name, { right, n }] of Object.entries(sums)) rows[name].push(right / n);
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (x) => `${(100 * x).toFixed(2)} %`;
const lines = [
  `| seed | ${FOLDS.map((fold) => `fold ${fold}`).join(' | ')} | all |`,
  `| --- | ${FOLDS.map(() => '---').join(' | ')} | --- |`,
  ...seeds.map((seed, i) => {
    const own = byFold.filter((row) => row.seed === seed).map(({ accuracy }) => percent(accuracy));
    return `| ${seed} | ${own.join(' | ')} | ${percent(rows['as trained'][i])} |`;
  }),
  '',
  `| variant | ${seeds.map((seed) => `seed ${seed}`).join(' | ')} | mean | standard error |`,
  `| --- | ${seeds.map(() => '---').join(' | ')} | --- | --- |`,
  ...Object.entries(rows).map(([name, values]) => {
    const p = mean(values);
    const error = Math.sqrt((p * (1 - p)) / recordings.length);
    return `| ${name} | ${values.map(percent).join(' | ')} | **${percent(p)}** | ${(100 * error).toFixed(2)} |`;
  }),
];

/** The readout's temperature, fitted on the held-out answers of all folds and seeds, and how true its confidences come. */
function calibration() {
  const classes = MODEL.readout.classes.length;
  const data = { scores: Float64Array.from(held.scores), labels: held.labels, classes };
  const temperature = lib.fitTemperature(data);
  const bins = Array.from({ length: 5 }, () => ({ n: 0, right: 0, confidence: 0 }));
  for (const [i, label] of held.labels.entries()) {
    const row = data.scores.subarray(i * classes, (i + 1) * classes);
    const best = Math.max(...row);
    const confidence = 1 / row.reduce((sum, score) => sum + Math.exp((score - best) / temperature), 0);
    const bin = bins[Math.min(4, Math.floor(confidence * 5))];
    bin.n++;
    bin.confidence += confidence;
    if (row.indexOf(best) === label) bin.right++;
  }
  return [
    '',
    `Temperature ${temperature.toFixed(2)}; loss ${lib.temperatureLoss(data, temperature).toFixed(4)}, at 1: ${lib.temperatureLoss(data, 1).toFixed(4)}`,
    '',
    '| confidence | decisions | mean confidence | right |',
    '| --- | --- | --- | --- |',
    ...bins.map(({ n, right, confidence }, k) =>
      n === 0
        ? `| ${k / 5}–${(k + 1) / 5} | 0 | | |`
        : `| ${k / 5}–${(k + 1) / 5} | ${n} | ${percent(confidence / n)} | ${percent(right / n)} |`,
    ),
  ];
}
process.stdout.write(`${[...lines, ...calibration()].join('\n')}\n`);
say(`measured after ${elapsed()}`);
