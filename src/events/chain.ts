import { RxSpikeError } from '../errors.js';
import type { Emit, Step } from '../step.js';

/** A step with its parameters, as part of a chain. */
export interface Link<In, Out> {
  readonly step: Step<unknown, unknown, In, Out>;
  readonly params: unknown;
}

/** States of the links by position and name (`0 denoise`), so that a saved chain fits only its own kind. */
export type ChainState = Record<string, unknown>;

/** A step and its parameters in a form that a chain takes. */
export function link<P, S, In, Out>(step: Step<P, S, In, Out>, params: P): Link<In, Out> {
  return { step, params };
}

const keyOf = (links: readonly Link<unknown, unknown>[], i: number): string => `${i} ${links[i].step.name}`;

/**
 * Several steps as one: what one emits is what the next takes. Its parameters are the links; its state, saved and
 * restored as one, holds the state of each. With no links it hands on what it gets.
 *
 * @param name name in errors and saved states
 */
export function chainStep<In, Out>(name: string): Step<readonly Link<unknown, unknown>[], ChainState, In, Out> {
  return {
    name,
    version: 1,

    init(params) {
      return Object.fromEntries(params.map(({ step, params: own }, i) => [keyOf(params, i), step.init(own)]));
    },

    check(params, state) {
      if (Object.keys(state).length !== params.length) {
        throw new RxSpikeError(
          'ERR_STATE',
          `${name}: the saved state is of ${Object.keys(state).length} steps, not ${params.length}`,
        );
      }
      params.forEach(({ step, params: own }, i) => step.check?.(own, state[keyOf(params, i)]));
    },

    advance(params, state, input, emit) {
      push(params, state, 0, input, emit as Emit<unknown>);
    },

    finish(params, state, emit) {
      params.forEach(({ step, params: own }, i) => {
        step.finish?.(own, state[keyOf(params, i)], (output) =>
          push(params, state, i + 1, output, emit as Emit<unknown>),
        );
      });
    },
  };
}

/** Sends a packet through the links from number `i` on. */
function push(
  links: readonly Link<unknown, unknown>[],
  state: ChainState,
  i: number,
  input: unknown,
  emit: Emit<unknown>,
): void {
  if (i === links.length) return emit(input);
  const { step, params } = links[i];
  step.advance(params, state[keyOf(links, i)], input, (output) => push(links, state, i + 1, output, emit));
}
