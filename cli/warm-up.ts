import { type EventPacket, type Model, RandomSequence, silence, streamInfo } from '../src/index.js';
import { decideRecording } from './evaluation.js';

/** Events of the made-up recording, and its length in steps. */
const EVENTS = 3000;
const STEPS = 20;
const PACKETS = 60;

/** A recording of nothing: events at random places and times. */
function madeUp({ units, steps }: Model): EventPacket[] {
  const random = new RandomSequence(1, 'warm-up');
  const { width, height } = units;
  const stream = streamInfo({ id: 'warm-up', width, height });
  const length = EVENTS / PACKETS;
  const slice = ((steps.dt || 1000) * STEPS) / PACKETS;
  const packets = Array.from({ length: PACKETS }, (_, k) => ({
    ...silence(stream, (k + 1) * slice),
    t: Float64Array.from({ length }, (__, i) => k * slice + (i * slice) / length),
    x: Uint16Array.from({ length }, () => random.integer(width)),
    y: Uint16Array.from({ length }, () => random.integer(height)),
    p: Uint8Array.from({ length }, () => random.integer(2)),
    length,
  }));
  return [...packets, silence(stream, PACKETS * slice, { kind: 'end', source: null, label: null })];
}

/**
 * Runs a model on a made-up recording before time counts, so that its code is compiled when the first window of a live
 * stream closes: the first decision is then as fast as the others.
 */
export function warmUp(model: Model): void {
  decideRecording(model, madeUp(model), { seed: 1, name: 'warm-up' });
}
