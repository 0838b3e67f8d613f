import type { OperatorFunction } from 'rxjs';
import { type CropParams, type CropState, type EventPacket, cropStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Keeps the events of a region and moves its corner to (0, 0); the stream behind it has the region's size.
 *
 * Also gives a size to a stream that does not say its own. `checkpoint.state.dropped` counts.
 *
 * ```ts
 * events.pipe(crop({ x: 80, y: 60, width: 64, height: 64 })).subscribe((packet) => console.log(packet.stream.width)); // 64
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream error: `ERR_GEOMETRY` when the region reaches beyond the sensor
 */
export function crop(
  params: ParamsOrReference<CropParams>,
  options?: OperatorOptions<CropState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(cropStep, params, options);
}
