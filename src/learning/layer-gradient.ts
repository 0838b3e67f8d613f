import type { LayerSpec } from '../network/network.js';
import type { LayerGradient, LayerTape, Tensors } from './layer-tape.js';
import { LifGradient } from './lif-gradient.js';
import { QlifGradient } from './qlif-gradient.js';
import { SqsCircuitGradient } from './sqs-circuit-gradient.js';
import { SqsClosedGradient } from './sqs-closed-gradient.js';

/** The neuron of a layer with its derivative; the default circuit by its closed form, all others by state vector. */
export function layerGradient(
  spec: LayerSpec,
  tape: LayerTape,
  parameters: Tensors,
  derivatives: Tensors,
): LayerGradient {
  if (spec.kind === 'lif') return new LifGradient(spec, tape, parameters, derivatives);
  if (spec.kind === 'qlif') return new QlifGradient(spec, tape, parameters, derivatives);
  const closed = spec.circuit.kind === 'default';
  return new (closed ? SqsClosedGradient : SqsCircuitGradient)(spec, tape, parameters, derivatives);
}
