import { bundledModel, readModel } from '../adapters/index.node.js';
import type { Model } from '../src/index.js';

/** The model file that is named, or the bundled model. */
export function loadModel(path: string | undefined): Promise<Model> {
  return path === undefined ? bundledModel() : readModel(path);
}
