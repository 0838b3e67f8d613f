import { RxSpikeError } from '../errors.js';
import { checkEncoder } from '../neurons/encoder.js';
import { buildCircuit } from '../quantum/circuit.js';
import type { LayerSpec, QlifLayerSpec, SqsLayerSpec } from './network.js';

/** An `ERR_NETWORK` with a plain sentence. */
export function networkError(message: string, details: Readonly<Record<string, unknown>> = {}): RxSpikeError {
  return new RxSpikeError('ERR_NETWORK', `network: ${message}`, { details });
}

/** The value as a record. @throws `ERR_NETWORK` when it is none. */
export function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw networkError(`${what} is not a record`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** @throws `ERR_NETWORK` when the record has a field that is not in `keys`: a misspelt name must not pass in silence. */
export function onlyKeys(value: Readonly<Record<string, unknown>>, keys: readonly string[], what: string): void {
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw networkError(`${what}: unknown field "${key}" (known: ${keys.join(', ')})`);
  }
}

/** The value, an integer ≥ `least`. @throws `ERR_NETWORK` */
export function wholeNumber(value: unknown, least: number, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > 2 ** 31) {
    throw networkError(`${what} is ${JSON.stringify(value)}, expected an integer of ${least} or more`);
  }
  return value as number;
}

/** The value, a node name: letters, digits, `-`, `_`. @throws `ERR_NETWORK` */
export function checkName(value: unknown, what: string): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]+$/.test(value) || value === '__proto__') {
    throw networkError(`name of ${what} is ${JSON.stringify(value)}, expected letters, digits, "-" and "_"`);
  }
  return value;
}

/** @throws `ERR_NETWORK` when the `index`-th layer description is wrong in itself. */
export function checkLayer(layer: LayerSpec, index: number): void {
  const fields = record(layer, `layer ${index}`);
  const name = checkName(layer.name, `layer ${index}`);
  const what = `layer "${name}"`;
  wholeNumber(layer.neurons, 1, `${what}: neurons`);
  switch (layer.kind) {
    case 'sqs':
      return checkSqs(layer, what);
    case 'qlif':
      return checkQlif(layer, what);
    case 'lif':
      return onlyKeys(fields, ['kind', 'name', 'neurons'], what);
    default:
      throw networkError(`${what}: kind is ${JSON.stringify(fields.kind)}, expected "sqs", "qlif" or "lif"`);
  }
}

function checkSqs(layer: SqsLayerSpec, what: string): void {
  onlyKeys(layer as unknown as Record<string, unknown>, ['kind', 'name', 'neurons', 'circuit', 'encoder'], what);
  const circuit = record(layer.circuit, `${what}: circuit`);
  onlyKeys(circuit, ['kind', 'lines', 'memory', 'depth', 'gates'], `${what}: circuit`);
  if (circuit.gates !== undefined) {
    if (!Array.isArray(circuit.gates)) throw networkError(`${what}: gates are not a list`);
    for (const [i, gate] of circuit.gates.entries()) record(gate, `${what}: gate ${i}`);
  }
  buildCircuit(layer.circuit);
  onlyKeys(record(layer.encoder, `${what}: encoder`), ['kind', 'scale', 'shift'], `${what}: encoder`);
  checkEncoder(layer.encoder);
}

function checkQlif(layer: QlifLayerSpec, what: string): void {
  const known = ['kind', 'name', 'neurons', 'variant', 'decay', 'threshold', 't1', 'tau'];
  onlyKeys(layer as unknown as Record<string, unknown>, known, what);
  if (layer.variant !== 'one-weight' && layer.variant !== 'two-weight') {
    throw networkError(`${what}: variant is ${JSON.stringify(layer.variant)}, expected "one-weight" or "two-weight"`);
  }
  if (layer.decay !== undefined && layer.decay !== 'published' && layer.decay !== 'exact') {
    throw networkError(`${what}: decay is ${JSON.stringify(layer.decay)}, expected "published" or "exact"`);
  }
  for (const key of ['threshold', 't1', 'tau'] as const) {
    const value: unknown = layer[key];
    const least = key === 'tau' ? 0 : Number.MIN_VALUE;
    if (value === undefined || (typeof value === 'number' && value >= least && value < Infinity)) continue;
    throw networkError(
      `${what}: ${key} is ${JSON.stringify(value)}, expected a number ${key === 'tau' ? 'of 0 or more' : 'above 0'}`,
    );
  }
}
