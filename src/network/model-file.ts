import { checkModel } from './check-model.js';
import { packDigests, unpackDigests } from './digest-text.js';
import type { Model, TrainingRecord } from './model.js';
import { crc32 } from '../crc32.js';
import { RxSpikeError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors, type FileTensor, modelError } from './safetensors.js';
import { networkShapes } from './shapes.js';

const FORMAT = 'rxspike-model';
/** Version of the model file's form; a reader takes no other. */
export const MODEL_VERSION: number = 1;

const PARTS = ['preprocessing', 'units', 'steps', 'network', 'readout', 'training'] as const;

/**
 * A model as one safetensors file: the network's tensors as f32, everything else as texts in `__metadata__`: `format`,
 * `version`, `name`, `checksum`, and as JSON `preprocessing`, `units`, `steps`, `network` (its description), `readout` and
 * `training` (digests packed as base64). Numbers that are not f32 already are rounded to it. `checksum` is the CRC-32, 8
 * lower-case hex digits, of the texts in this order, then the tensors' bytes in the order of the layout; another writer
 * may leave it out.
 * @throws `ERR_MODEL` when the model is inconsistent
 */
export function encodeModel(model: Model): Uint8Array<ArrayBuffer> {
  checkModel(model);
  const { name, preprocessing, units, steps, network, readout, training } = model;
  const tensors: Record<string, FileTensor> = {};
  for (const [tensor, { shape }] of Object.entries(networkShapes(network.spec))) {
    const data = network.tensors[tensor];
    if (data) tensors[tensor] = { shape, data };
  }
  const parts: Record<(typeof PARTS)[number], unknown> = {
    preprocessing,
    units,
    steps,
    network: network.spec,
    readout,
    training: training && packTraining(training),
  };
  const metadata: Record<string, string> = { format: FORMAT, version: String(MODEL_VERSION), name };
  for (const part of PARTS) metadata[part] = JSON.stringify(parts[part]);
  metadata['checksum'] = checksum(metadata, network);
  return encodeSafetensors({ tensors, metadata });
}

/**
 * The model in a file's bytes, checked whole; f32 tensors come out widened to f64.
 * @throws `ERR_MODEL` when the bytes are damaged, of another format or version, or inconsistent
 */
export function decodeModel(bytes: Uint8Array): Model {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { format, version, name } = metadata;
  if (format !== FORMAT) {
    throw modelError(`its format is ${JSON.stringify(format ?? null)}, expected "${FORMAT}"`);
  }
  if (version !== String(MODEL_VERSION)) {
    throw modelError(`its version is ${JSON.stringify(version ?? null)}, expected "${MODEL_VERSION}"`);
  }
  const parts = Object.fromEntries(PARTS.map((part) => [part, readPart(part, metadata[part])]));
  const model = {
    name,
    preprocessing: parts.preprocessing,
    units: parts.units,
    steps: parts.steps,
    network: {
      spec: parts.network,
      tensors: Object.fromEntries(Object.entries(tensors).map(([tensor, { data }]) => [tensor, data])),
    },
    readout: parts.readout,
    training: parts.training === null ? null : unpackTraining(parts.training),
  } as Model;
  try {
    checkModel(model);
    checkShapes(model, tensors);
  } catch (cause) {
    // A part of the wrong shape deep inside may fail in another way than by a check.
    throw cause instanceof RxSpikeError ? cause : modelError('a part is not of the form that it should have', cause);
  }
  if (metadata['checksum'] !== undefined && metadata['checksum'] !== checksum(metadata, model.network)) {
    throw modelError('it is damaged: its checksum is another');
  }
  return model;
}

/** CRC-32 of the texts and of the tensors as f32, as `encodeModel` describes it. */
function checksum(metadata: Readonly<Record<string, string>>, { spec, tensors }: Model['network']): string {
  const text = ['format', 'version', 'name', ...PARTS].map((key) => metadata[key]).join('\n');
  let crc = crc32(new TextEncoder().encode(text));
  for (const name of Object.keys(networkShapes(spec))) {
    if (!Object.hasOwn(tensors, name)) continue;
    const block = new DataView(new ArrayBuffer(4 * tensors[name].length));
    tensors[name].forEach((value, i) => block.setFloat32(4 * i, value, true));
    crc = crc32(new Uint8Array(block.buffer), crc);
  }
  return crc.toString(16).padStart(8, '0');
}

function readPart(part: string, text: string | undefined): unknown {
  if (text === undefined) throw modelError(`"${part}" is missing`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw modelError(`"${part}" is not JSON`, cause);
  }
}

function checkShapes({ network }: Model, tensors: Readonly<Record<string, FileTensor>>): void {
  for (const [name, { shape }] of Object.entries(networkShapes(network.spec))) {
    if (!Object.hasOwn(tensors, name)) continue;
    const came = tensors[name].shape;
    if (came.length !== shape.length || came.some((n, i) => n !== shape[i])) {
      throw modelError(`tensor "${name}" is of shape [${came.join(', ')}], expected [${shape.join(', ')}]`);
    }
  }
}

/** Form of a training record in the file. */
interface PackedTraining {
  readonly files: readonly string[];
  /** Digests of `files`, in their order. */
  readonly sha256: string;
  /** Digests of the images. */
  readonly images: string;
  readonly seed: number;
  readonly note: string;
}

function packTraining({ files, images, seed, note }: TrainingRecord): PackedTraining {
  return {
    files: files.map(({ file }) => file),
    sha256: packDigests(files.map(({ sha256 }) => sha256)),
    images: packDigests(images),
    seed,
    note,
  };
}

function unpackTraining(packed: unknown): TrainingRecord {
  const { files, sha256, images, seed, note } = (packed ?? {}) as Partial<PackedTraining>;
  const digests = typeof sha256 === 'string' ? unpackDigests(sha256) : null;
  const imageDigests = typeof images === 'string' ? unpackDigests(images) : null;
  if (!Array.isArray(files) || digests?.length !== files.length || !imageDigests) {
    throw modelError('training: files and digests do not fit');
  }
  return {
    files: files.map((file: string, i) => ({ file, sha256: digests[i] })),
    images: imageDigests,
    seed: seed as number,
    note: note as string,
  };
}
