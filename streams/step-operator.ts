import { Observable, type OperatorFunction, takeWhile } from 'rxjs';
import type { Step } from '../src/index.js';
import type { Checkpoint } from './checkpoint.js';
import { type ParamsOrReference, versioned } from './params-reference.js';

/** What every operator over a step takes besides its parameters. */
export interface OperatorOptions<State> {
  /** Saves, restores and shows the state; see {@link Checkpoint}. */
  readonly checkpoint?: Checkpoint<State>;
}

/**
 * The one shell around all steps: an RxJS operator that keeps a step's state for each subscriber.
 *
 * 1. `params` are checked at once, by making (and dropping) a state.
 * 2. At subscription the state is made, or restored from the checkpoint.
 * 3. A packet goes through the step; what the step handed out is emitted when it is done with the packet, so that the
 *    state is whole whenever a consumer runs. If the step throws, what it handed out before is emitted, then the error.
 * 4. On completion the step hands out what it held back.
 *
 * A source that emits from inside a consumer's handler is served in order.
 *
 * @throws what `step.init` throws for wrong parameters
 */
export function stepOperator<Params, State, In, Out>(
  step: Step<Params, State, In, Out>,
  params: ParamsOrReference<Params>,
  { checkpoint }: OperatorOptions<State> = {},
): OperatorFunction<In, Out> {
  const reference = versioned(params);
  step.init(reference.current);

  return (source) =>
    new Observable<Out>((subscriber) => {
      const state = checkpoint ? checkpoint.begin(step, reference.current) : step.init(reference.current);
      let holding = checkpoint !== undefined;
      const release = (): void => {
        if (holding) checkpoint?.end();
        holding = false;
      };
      subscriber.add(release);
      let { version } = reference;
      const pending: Out[] = [];
      let end: { readonly error?: unknown } | null = null;
      let draining = false;

      const run = (advance: (current: Params) => void): void => {
        if (end || subscriber.closed) return;
        try {
          if (reference.version !== version) {
            ({ version } = reference);
            step.init(reference.current);
            step.check?.(reference.current, state);
          }
          advance(reference.current);
        } catch (error) {
          end = { error };
        }
        drain();
      };
      const drain = (): void => {
        if (draining) return;
        draining = true;
        for (let out = pending.shift(); out !== undefined; out = pending.shift()) subscriber.next(out);
        draining = false;
        if (!end) return;
        // before the end is told, since whoever hears of it may subscribe anew
        release();
        if ('error' in end) subscriber.error(end.error);
        else subscriber.complete();
      };
      const emit = (out: Out): void => void pending.push(out);

      // a source that emits while it is being subscribed to can only be stopped from inside
      const open = source.pipe(takeWhile(() => !subscriber.closed));
      const upstream = open.subscribe({
        next: (input) => run((current) => step.advance(current, state, input, emit)),
        error: (error: unknown) => {
          end ??= { error };
          drain();
        },
        complete: () => {
          run((current) => step.finish?.(current, state, emit));
          end ??= {};
          drain();
        },
      });
      subscriber.add(upstream);
    });
}
