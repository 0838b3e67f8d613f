import type { OperatorFunction } from 'rxjs';
import { type EventPacket, type HotPixelsParams, type HotPixelsState, hotPixelsStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Drops the events of hot pixels: of ones given, of ones that fire far above the mean in a learning period, or both.
 *
 * All events of the learning period pass. The mask survives marks and is part of the saved state: learn once, restore on
 * every start. `checkpoint.state.dropped` counts, `checkpoint.state.mask` shows the pixels.
 *
 * ```ts
 * events.pipe(hotPixels({ period: 1_000_000, factor: 20 })).subscribe((packet) => console.log(packet.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_LIMIT`
 */
export function hotPixels(
  params: ParamsOrReference<HotPixelsParams>,
  options?: OperatorOptions<HotPixelsState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(hotPixelsStep, params, options);
}
