import type { OperatorFunction } from 'rxjs';
import { type DownsampleParams, type DownsampleState, type EventPacket, downsampleStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Coarser coordinates: by a whole `factor`, or to `columns` × `rows` cells; with a dead time for each cell if wanted.
 *
 * Expects a stream that says its size. `checkpoint.state.dropped` counts what the dead time held back.
 *
 * ```ts
 * events.pipe(downsample({ factor: 2, refractory: 1_000 })).subscribe((packet) => console.log(packet.stream.width));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_LIMIT`
 */
export function downsample(
  params: ParamsOrReference<DownsampleParams>,
  options?: OperatorOptions<DownsampleState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(downsampleStep, params, options);
}
