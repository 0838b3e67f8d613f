import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { chainStep, type ChainState, type Link } from './chain.js';
import { denoiseStep } from './denoise.js';
import { hotPixelsStep } from './hot-pixels.js';
import { monotonicStep } from './monotonic.js';
import type { EventPacket } from './packet.js';
import { polarityStep } from './polarity.js';
import { refractoryStep } from './refractory.js';

/** A filter by name and parameters, as a model names it: `{ filter: 'denoise', dt: 10000 }`. */
export interface FilterByName {
  readonly filter: string;
  readonly [parameter: string]: string | number | boolean;
}

type AnyFilter = Step<never, unknown, EventPacket, EventPacket>;

const FILTERS: Readonly<Record<string, { readonly step: AnyFilter; readonly parameters: readonly string[] }>> = {
  denoise: { step: denoiseStep, parameters: ['dt', 'neighbours'] },
  refractory: { step: refractoryStep, parameters: ['dt'] },
  hotPixels: { step: hotPixelsStep, parameters: ['period', 'factor', 'least'] },
  polarity: { step: polarityStep, parameters: ['keep'] },
  monotonic: { step: monotonicStep, parameters: ['policy'] },
};

/**
 * The steps of a model's preprocessing, in order: parameters of {@link filtersStep}.
 *
 * | filter | parameters |
 * | --- | --- |
 * | `denoise` | `dt` (µs), `neighbours` (4, 8) |
 * | `refractory` | `dt` (µs) |
 * | `hotPixels` | `period` (µs), `factor`, `least` |
 * | `polarity` | `keep` (`on`, `off`, `merge`) |
 * | `monotonic` | `policy` (`clamp`, `drop`) |
 *
 * @throws `ERR_ARGUMENT` for a filter or parameter that there is none of, and for a wrong value
 */
export function filterLinks(specs: readonly FilterByName[]): Link<EventPacket, EventPacket>[] {
  return specs.map(({ filter, ...params }) => {
    const known = Object.hasOwn(FILTERS, filter) ? FILTERS[filter] : undefined;
    if (!known) {
      throw new RxSpikeError('ERR_ARGUMENT', `no filter "${filter}"; there are ${Object.keys(FILTERS).join(', ')}`);
    }
    const stranger = Object.keys(params).find((name) => !known.parameters.includes(name));
    if (stranger !== undefined) {
      throw new RxSpikeError(
        'ERR_ARGUMENT',
        `${filter} has no parameter "${stranger}"; it has ${known.parameters.join(', ')}`,
      );
    }
    known.step.init(params as never);
    return { step: known.step, params };
  });
}

/** A model's preprocessing as one step; its parameters come from {@link filterLinks}. */
export const filtersStep: Step<readonly Link<EventPacket, EventPacket>[], ChainState, EventPacket, EventPacket> =
  chainStep<EventPacket, EventPacket>('filters');
