import { RxSpikeError, restoreState, saveState, type Step } from '../src/index.js';

/** The running subscription of an operator, as its checkpoint sees it. */
interface Running<State> {
  readonly state: State;
  readonly save: () => Uint8Array<ArrayBuffer>;
}

/**
 * Saves and restores the state of one operator, and lets it be looked at.
 *
 * One checkpoint belongs to one subscription at a time. Save between two packets of the source, when everything that the
 * first one brought forth has been handled: what is saved is the state after the packet.
 *
 * ```ts
 * const checkpoint = new Checkpoint<DenoiseState>();
 * events.pipe(denoise({ dt: 10_000 }, { checkpoint })).subscribe();
 * checkpoint.state?.dropped; // events dropped so far
 * const bytes = checkpoint.save(); // …and later, perhaps elsewhere:
 * checkpoint.restore(bytes);
 * more.pipe(denoise({ dt: 10_000 }, { checkpoint })).subscribe(); // goes on where the first stood
 * ```
 */
export class Checkpoint<State = unknown> {
  private latest: Running<State> | null = null;
  private running = false;
  private start: Uint8Array | null = null;

  /** State of the running subscription, else of the latest one; null before any. To be read only. */
  get state(): Readonly<State> | null {
    return this.latest?.state ?? null;
  }

  /**
   * Versioned bytes of the state of the running subscription, else of the latest one.
   *
   * @throws `ERR_STATE` when there was none
   */
  save(): Uint8Array<ArrayBuffer> {
    if (!this.latest) throw new RxSpikeError('ERR_STATE', 'checkpoint: there is no subscription to save the state of');
    return this.latest.save();
  }

  /**
   * Sets where the next subscription starts; the ones after it start afresh. Bytes that are damaged, of another operator
   * or of other parameters are `ERR_STATE`, an error of that subscription.
   */
  restore(bytes: Uint8Array): void {
    this.start = bytes.slice();
  }

  /**
   * Takes the checkpoint for a subscription and gives the state it starts with.
   *
   * @throws `ERR_STATE` when another subscription is running, or when the bytes to start from do not fit
   * @internal
   */
  begin<P, I, O>(step: Step<P, State, I, O>, params: P): State {
    if (this.running) {
      throw new RxSpikeError('ERR_STATE', `${step.name}: its checkpoint is in use by another subscription`);
    }
    const { start } = this;
    this.start = null;
    const state = start ? restoreState(step, params, start) : step.init(params);
    this.latest = { state, save: () => saveState(step, state) };
    this.running = true;
    return state;
  }

  /** The subscription has ended. @internal */
  end(): void {
    this.running = false;
  }
}
