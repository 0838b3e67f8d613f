import type { OperatorFunction } from 'rxjs';
import { type ChainState, type EventPacket, type FilterByName, filterLinks, filtersStep } from '../src/index.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * The filters of a model, in order, as one operator with one state.
 *
 * ```ts
 * events.pipe(preprocess(model.preprocessing)).subscribe((packet) => console.log(packet.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for a filter or parameter that there is none of, and for a wrong value; stream errors are the
 * filters' own
 */
export function preprocess(
  filters: readonly FilterByName[],
  options?: OperatorOptions<ChainState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(filtersStep, filterLinks(filters), options);
}
