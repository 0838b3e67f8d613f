import { RxSpikeError } from '../errors.js';
import type { ChainState, Link } from '../events/chain.js';
import { filterLinks, filtersStep } from '../events/filters.js';
import type { EventPacket, SpikePacket } from '../events/packet.js';
import type { StepsState } from '../events/steps.js';
import { stepsStep } from '../events/steps.js';
import type { ToUnitsState } from '../events/to-units.js';
import { toUnitsStep } from '../events/to-units.js';
import type { Model } from '../network/model.js';
import type { TrainingSample } from './sample-input.js';

/** Which recording a sample is of. */
export interface SampleNames {
  readonly name: string;
  /** Name of the class. */
  readonly label: string;
}

/**
 * Training samples of a recording, made by the very steps of inference (preprocessing, unit map, steps): one for each
 * stretch between marks that has a step. What comes after the last mark is left out, as nothing would decide on it.
 *
 * @throws `ERR_DATA` when the model has no class of that name, and what the source and the steps throw
 */
export async function prepareSamples(
  model: Omit<Model, 'network'>,
  packets: Iterable<EventPacket> | AsyncIterable<EventPacket>,
  { name, label }: SampleNames,
): Promise<TrainingSample[]> {
  const index = model.readout.classes.indexOf(label);
  if (index < 0) {
    const known = model.readout.classes.join(', ');
    throw new RxSpikeError('ERR_DATA', `${name}: label "${label}" is none of the model's classes (${known})`);
  }
  const preparation = new SamplePreparation(model, name, index);
  for await (const packet of packets) preparation.take(packet);
  return preparation.samples;
}

/** Runs packets through the steps and keeps, beside the step of each event, where it was. */
class SamplePreparation {
  readonly samples: TrainingSample[] = [];
  readonly #model: Omit<Model, 'network'>;
  readonly #name: string;
  readonly #label: number;
  readonly #links: Link<EventPacket, EventPacket>[];
  readonly #filters: ChainState;
  readonly #units: ToUnitsState;
  readonly #steps: StepsState;
  /** Pixels that have passed the filters and are not yet in a sample, and the steps that are known of them. */
  #x: number[] = [];
  #y: number[] = [];
  #p: number[] = [];
  #step: number[] = [];
  #t: number[] = [];

  constructor(model: Omit<Model, 'network'>, name: string, label: number) {
    this.#model = model;
    this.#name = name;
    this.#label = label;
    this.#links = filterLinks(model.preprocessing);
    this.#filters = filtersStep.init(this.#links);
    this.#units = toUnitsStep.init(model.units);
    this.#steps = stepsStep.init(model.steps);
  }

  take(packet: EventPacket): void {
    filtersStep.advance(this.#links, this.#filters, packet, (filtered) => {
      for (let i = 0; i < filtered.length; i++) {
        this.#x.push(filtered.x[i]);
        this.#y.push(filtered.y[i]);
        this.#p.push(filtered.p[i]);
      }
      toUnitsStep.advance(this.#model.units, this.#units, filtered, (units) => {
        stepsStep.advance(this.#model.steps, this.#steps, units, (spikes) => this.#gather(spikes));
      });
    });
  }

  #gather({ length, t, step, untilStep, grid, mark }: SpikePacket): void {
    for (let i = 0; i < length; i++) {
      this.#step.push(step[i] - grid.step0);
      if (grid.dt === 0) this.#t.push(t[i]);
    }
    if (mark === null) return;
    const count = this.#step.length;
    const steps = untilStep - grid.step0;
    const x = Uint16Array.from(this.#x.splice(0, count));
    const y = Uint16Array.from(this.#y.splice(0, count));
    const p = Uint8Array.from(this.#p.splice(0, count));
    const own = Uint32Array.from(this.#step);
    const time = grid.dt === 0 ? { time: Float64Array.from(this.#t) } : {};
    this.#step = [];
    this.#t = [];
    if (steps > 0) {
      this.samples.push({ name: this.#name, label: this.#label, steps, length: count, x, y, p, step: own, ...time });
    }
  }
}
