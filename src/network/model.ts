import type { FilterByName } from '../events/filters.js';
import type { StepsParams } from '../events/steps.js';
import type { ToUnitsParams } from '../events/to-units.js';
import type { Network } from './network.js';

/**
 * Everything that turns camera events into decisions, so that a model file alone is enough to run:
 * preprocessing → unit map → steps → network → decisions.
 */
export interface Model {
  readonly name: string;
  /** Filters applied to camera events, in order. */
  readonly preprocessing: readonly FilterByName[];
  readonly units: ToUnitsParams;
  readonly steps: Required<StepsParams>;
  readonly network: Network;
  readonly readout: ReadoutSpec;
  /** Where it comes from; null for a model that was not trained. */
  readonly training: TrainingRecord | null;
}

/** Which stretch of the stream a decision is made on. A mark closes an open window; the end of the stream does too. */
export type WindowSpec =
  /** From mark to mark, of either kind; a stretch without a complete step gives no decision. */
  | { readonly kind: 'mark' }
  /** From end mark to end mark: one decision a recording. */
  | { readonly kind: 'recording' }
  /** Every `steps` steps; a mark closes the window early. */
  | { readonly kind: 'tumbling'; readonly steps: number }
  /** The last `steps` steps, decided every `every` steps once there are so many; a mark begins anew. */
  | { readonly kind: 'sliding'; readonly steps: number; readonly every: number }
  /**
   * `steps` steps from the first step with an output spike after at least `silence` steps without one; the beginning of
   * the stream and a mark count as silence. A mark closes the window early.
   */
  | { readonly kind: 'activity'; readonly steps: number; readonly silence: number };

export interface ReadoutSpec {
  /** Class names, in the order of the output neurons: class c owns neurons c·perClass … (c+1)·perClass − 1. */
  readonly classes: readonly string[];
  readonly perClass: number;
  /** `count`: most output spikes, ties broken by summed firing probability. `prob`: mean firing probability alone. */
  readonly by: 'count' | 'prob';
  readonly window: WindowSpec;
  /**
   * Confidence is a softmax over scores / temperature. Default 1. Fitted on recordings that were not trained on, it makes
   * the confidence the rate at which such decisions are right; it never changes which class is decided.
   */
  readonly temperature?: number;
}

/** How a model was trained; `files` lets anyone check that a recording was not among them. */
export interface TrainingRecord {
  /** Training recordings with the SHA-256 of their bytes, lower-case hex. */
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
  /** SHA-256 of each image (its raw pixels) used for pre-training on simulated recordings. */
  readonly images: readonly string[];
  readonly seed: number;
  /** One paragraph for people: recipe, epochs, what was measured on what. */
  readonly note: string;
}
