import {
  type ChainState,
  type Decision,
  type EventPacket,
  type Link,
  type Model,
  type SpikePacket,
  type StreamInfo,
  chainStep,
  decideStep,
  filterLinks,
  link,
  monotonicStep,
  networkStep,
  silence,
  stepsStep,
  toUnitsStep,
} from '../src/index.js';

const spiking = chainStep<EventPacket, SpikePacket>('model');

/** What a model makes of a packet of events. */
export interface ModelOutput {
  readonly spikes: readonly SpikePacket[];
  readonly decisions: readonly Decision[];
}

/** Runs a model on the packets of one stream, packet by packet; decides as `rxspike run` does with the same seed. */
export class ModelRun {
  readonly #links: readonly Link<never, unknown>[];
  readonly #state: ChainState;
  readonly #readout: Model['readout'];
  readonly #decider: ReturnType<typeof decideStep.init>;

  /** @throws `ERR_ARGUMENT`, `ERR_NETWORK` for a model that is wrong */
  constructor(model: Model, seed: number) {
    this.#links = [
      link(monotonicStep, { policy: 'clamp' as const }),
      ...filterLinks(model.preprocessing),
      link(toUnitsStep, model.units),
      link(stepsStep, model.steps),
      link(networkStep, { network: model.network, seed, firing: true }),
    ];
    this.#state = spiking.init(this.#links);
    this.#readout = model.readout;
    this.#decider = decideStep.init(model.readout);
  }

  /** @throws what the model's steps throw */
  take(packet: EventPacket): ModelOutput {
    return this.#decide((emit) => spiking.advance(this.#links, this.#state, packet, emit));
  }

  /** What is left at the end of the stream. */
  finish(): ModelOutput {
    const out = this.#decide((emit) => spiking.finish?.(this.#links, this.#state, emit));
    const decisions = [...out.decisions];
    decideStep.finish?.(this.#readout, this.#decider, (decision) => decisions.push(decision));
    return { ...out, decisions };
  }

  #decide(run: (emit: (packet: SpikePacket) => void) => void): ModelOutput {
    const spikes: SpikePacket[] = [];
    const decisions: Decision[] = [];
    run((packet) => {
      spikes.push(packet);
      decideStep.advance(this.#readout, this.#decider, packet, (decision) => decisions.push(decision));
    });
    return { spikes, decisions };
  }
}

/** What a model's spikes are a stream of, for events of `info`; null where that shows only with the first event. */
export function spikeInfo(model: Model, info: StreamInfo): StreamInfo | null {
  const { spikes } = new ModelRun(model, 1).take(silence(info, info.origin));
  return spikes[0]?.stream ?? null;
}
