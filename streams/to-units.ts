import type { OperatorFunction } from 'rxjs';
import { type EventPacket, type ToUnitsParams, type ToUnitsState, type UnitPacket, toUnitsStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Maps camera events to numbered input units: cells of the sensor, OFF before ON.
 *
 * `unit = p·(rows·columns) + ⌊y·rows/height⌋·columns + ⌊x·columns/width⌋`; with `merge` without the first term.
 *
 * ```ts
 * events
 *   .pipe(toUnits({ width: 34, height: 34, columns: 17, rows: 17, polarity: 'split' }))
 *   .subscribe((packet) => console.log(packet.unit.subarray(0, packet.length)));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream error: `ERR_GEOMETRY` for a stream of another size or an event outside
 */
export function toUnits(
  params: ParamsOrReference<ToUnitsParams>,
  options?: OperatorOptions<ToUnitsState>,
): OperatorFunction<EventPacket, UnitPacket> {
  return stepOperator(toUnitsStep, params, options);
}
