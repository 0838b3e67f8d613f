import {
  type CropParams,
  type EventPacket,
  type Link,
  type OrientParams,
  cropStep,
  denoiseStep,
  link,
  monotonicStep,
  orientStep,
  rebaseStep,
  timeRangeStep,
} from '../src/index.js';
import { inCommandWords } from './command-words.js';

/** Options that choose and change events. */
export interface FilterOptions {
  readonly start?: number;
  readonly end?: number;
  readonly crop?: CropParams;
  /** Correlation time, µs. */
  readonly denoise?: number;
  readonly rebase?: boolean;
  /** How coordinates are to lie; undefined: as they do. */
  readonly orient?: OrientParams | undefined;
}

/**
 * The steps that options ask for, in this order: time range (times of the file), crop (coordinates of the file), denoise
 * (with times in order before it), orientation, rebasing.
 * @throws `ERR_ARGUMENT`
 */
export function filterSteps({
  start,
  end,
  crop,
  denoise,
  rebase,
  orient,
}: FilterOptions): Link<EventPacket, EventPacket>[] {
  const links: Link<EventPacket, EventPacket>[] = [];
  if (start !== undefined || end !== undefined) {
    links.push(
      link(timeRangeStep, { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) }),
    );
  }
  if (crop !== undefined) links.push(link(cropStep, crop));
  if (denoise !== undefined) {
    links.push(link(monotonicStep, { policy: 'clamp' as const }), link(denoiseStep, { dt: denoise }));
  }
  if (orient !== undefined) links.push(link(orientStep, orient));
  if (rebase === true) links.push(link(rebaseStep, {}));
  // Wrong values are told before the work begins.
  try {
    for (const { step, params } of links) step.init(params);
  } catch (error) {
    throw inCommandWords(error);
  }
  return links;
}

/** Times that `monotonic` raised, out of the states of {@link filterSteps}. */
export function raisedTimes(states: Readonly<Record<string, unknown>>): number {
  const [, state] = Object.entries(states).find(([key]) => key.endsWith(' monotonic')) ?? [];
  return (state as { readonly clamped: number } | undefined)?.clamped ?? 0;
}
