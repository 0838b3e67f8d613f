import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Model, RxSpikeError, decodeModel } from '../src/index.js';

/** A recording on disk with what is known of it. */
export interface LabelledFile {
  /** Path that `openRecording` takes. */
  readonly path: string;
  /** Name of the file alone. */
  readonly file: string;
  readonly label: string;
}

/** The package's `assets` folder, found upwards from this module: the same from sources and from the built package. */
function assets(...parts: string[]): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'assets', 'nmnist'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new RxSpikeError('ERR_NOT_FOUND', 'the folder "assets" of the package is missing');
    folder = parent;
  }
  return join(folder, 'assets', ...parts);
}

/** The thirty bundled N-MNIST recordings in playing order (CC BY-SA 4.0, see `assets/nmnist/LICENSE.md`). */
export async function bundledRecordings(): Promise<[LabelledFile, ...LabelledFile[]]> {
  const table = await readFile(assets('nmnist', 'labels.csv'), 'utf8');
  const [, ...rows] = table.trim().split(/\r?\n/);
  const [first, ...others] = rows.map((row) => {
    const [file = '', label = ''] = row.split(',');
    return { path: assets('nmnist', file), file, label };
  });
  if (!first) throw new RxSpikeError('ERR_DATA', 'the table of bundled recordings is empty');
  return [first, ...others];
}

/** What the system says of a file that is there. */
const UNREADABLE: Readonly<Record<string, string>> = {
  EISDIR: 'is a directory',
  EACCES: 'no permission',
  EPERM: 'no permission',
};

/**
 * Reads a model file.
 * @throws `ERR_NOT_FOUND`, `ERR_NOT_READABLE`, or `ERR_MODEL` when the file is damaged or of another version.
 */
export async function readModel(path: string | URL): Promise<Model> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? '';
    const missing = reason === 'ENOENT' || reason === 'ENOTDIR';
    const what = missing ? 'no such file' : (UNREADABLE[reason] ?? (cause as Error).message);
    throw new RxSpikeError(missing ? 'ERR_NOT_FOUND' : 'ERR_NOT_READABLE', `model ${String(path)}: ${what}`, { cause });
  }
  try {
    return decodeModel(bytes);
  } catch (cause) {
    if (!(cause instanceof RxSpikeError)) throw cause;
    const { code, details } = cause;
    throw new RxSpikeError(code, `${String(path)}: ${cause.message}`, { details, cause });
  }
}

/** The bundled N-MNIST model: ten digits, 34×34 pixels (see `docs/bundled-model.md`). */
export function bundledModel(): Promise<Model> {
  return readModel(assets('models', 'nmnist.safetensors'));
}
