import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untrainedModel } from '../../cli/training-plan.js';
import { type Model, encodeModel } from '../../src/index.js';

/** A folder of a test's own. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rxspike-cli-'));
}

/** A small model for N-MNIST recordings that knows nothing: random weights, one decision a recording. */
export function provisionalModel(name = 'provisional'): Model {
  const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
  const shape = { classes, width: 34, height: 34, sized: true, duration: 305_000 };
  return untrainedModel(name, shape, { hidden: 12, seed: 1 });
}

/** Writes a model file and returns its path. */
export function writeModel(folder: string, model: Model = provisionalModel()): string {
  const path = join(folder, `${model.name}.safetensors`);
  writeFileSync(path, encodeModel(model));
  return path;
}
