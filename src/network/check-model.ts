import { RxSpikeError } from '../errors.js';
import { filterLinks } from '../events/filters.js';
import { stepsStep } from '../events/steps.js';
import { toUnitsStep, unitCount } from '../events/to-units.js';
import { networkGraph } from './graph.js';
import type { Model, TrainingRecord } from './model.js';
import { checkReadout } from './readout-spec.js';
import { modelError } from './safetensors.js';
import { checkNetwork } from './shapes.js';

/**
 * Checks that all parts of a model are sound and fit together: as many units as the network has inputs, as many output
 * neurons as the classes need.
 * @throws `ERR_MODEL` saying what is wrong; what a part reports is its `cause`
 */
export function checkModel(model: Model): void {
  const { name, preprocessing, units, steps, network, readout, training } = model;
  if (typeof name !== 'string' || name === '') throw modelError('the model has no name');
  sound('preprocessing', () => {
    if (!Array.isArray(preprocessing)) throw modelError('it is not a list');
    for (const [i, filter] of preprocessing.entries()) known(filter, null, `filter ${i}`);
    filterLinks(preprocessing);
  });
  sound('units', () => {
    known(units, ['width', 'height', 'columns', 'rows', 'polarity'], 'the unit map');
    toUnitsStep.init(units);
  });
  sound('steps', () => {
    known(steps, ['dt', 'resetEvery'], 'the step rule');
    if (typeof steps.resetEvery !== 'number') throw modelError('resetEvery is missing');
    stepsStep.init(steps);
  });
  sound('network', () => checkNetwork(network));
  sound('readout', () => {
    known(readout, ['classes', 'perClass', 'by', 'window', 'temperature'], 'the readout');
    checkReadout(readout);
    const { window } = readout;
    known(window, ['kind', ...(WINDOW_FIELDS[window.kind] ?? [])], 'the window');
  });
  if (training !== null) sound('training', () => checkTraining(training));
  const graph = networkGraph(network.spec);
  const count = unitCount(units);
  if (count !== graph.inputUnits)
    throw modelError(`the unit map makes ${count} units, the network takes ${graph.inputUnits}`);
  const outputs = graph.outputs.reduce((sum, node) => sum + node.neurons, 0);
  const needed = readout.classes.length * readout.perClass;
  if (outputs !== needed || graph.outputs.some((node) => node.lines !== graph.outputs[0].lines)) {
    throw modelError(
      `${readout.classes.length} classes of ${readout.perClass} neurons need ${needed} output neurons, the network has ${outputs}`,
    );
  }
}

const WINDOW_FIELDS: Readonly<Record<string, readonly string[]>> = {
  tumbling: ['steps'],
  sliding: ['steps', 'every'],
  activity: ['steps', 'silence'],
};

function sound(part: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!(cause instanceof RxSpikeError)) throw cause;
    throw modelError(`${part}: ${cause.message.replace(/^model file: /, '')}`, cause);
  }
}

/** A record whose fields are all among `fields` (null: any). */
function known(value: unknown, fields: readonly string[] | null, what: string): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw modelError(`${what} is not a record`);
  const stranger = fields && Object.keys(value).find((key) => !fields.includes(key));
  if (stranger) throw modelError(`${what} has an unknown field "${stranger}"`);
}

function checkTraining(training: TrainingRecord): void {
  known(training, ['files', 'images', 'seed', 'note'], 'the training record');
  const { files, images, seed, note } = training;
  if (!Array.isArray(files) || !Array.isArray(images)) throw modelError('files and images must be lists');
  for (const { file, sha256 } of files) {
    if (typeof file !== 'string') throw modelError('a file has no name');
    checkDigest(sha256, `file "${file}"`);
  }
  images.forEach((digest, i) => checkDigest(digest, `image ${i}`));
  if (!Number.isSafeInteger(seed)) throw modelError(`seed is ${JSON.stringify(seed)}, expected an integer`);
  if (typeof note !== 'string') throw modelError('note is not a text');
}

function checkDigest(digest: unknown, what: string): void {
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
    throw modelError(`${what}: SHA-256 is ${JSON.stringify(digest)}, expected 64 lower-case hex digits`);
  }
}
