import type { Decision, EventPacket, SpikePacket, UnitPacket } from '../../src/index.js';

// What a stream says, whatever packets it says it in: two streams are the same if their contents are equal.

type Output = EventPacket | UnitPacket | SpikePacket | Decision;

/** Rows of everything delivered, in order, marks in their places; and the watermarks at the end. */
export interface Content {
  readonly rows: readonly (readonly (number | string | null)[])[];
  /** Firing probabilities with the marks between them. */
  readonly firing: readonly (readonly (number | string)[])[];
  /** Watermarks reached, µs and steps; null where there are none. */
  readonly until: number | null;
  readonly untilStep: number | null;
}

const isPacket = (output: Output): output is EventPacket | UnitPacket | SpikePacket => 'until' in output;

function rowOf(packet: EventPacket | UnitPacket | SpikePacket, i: number): (number | string | null)[] {
  const { width, height, polarities } = packet.stream;
  const where = [width, height, polarities];
  if ('x' in packet) return ['event', packet.t[i], packet.x[i], packet.y[i], packet.p[i], ...where];
  if (!('step' in packet)) return ['unit', packet.t[i], packet.unit[i], ...where];
  const { t0, step0, dt } = packet.grid;
  return ['spike', packet.t[i], packet.unit[i], packet.step[i], t0, step0, dt, ...where];
}

/** What outputs say together. */
export function contentOf(outputs: readonly Output[]): Content {
  const rows: (number | string | null)[][] = [];
  const firing: (number | string)[][] = [];
  let until: number | null = null;
  let untilStep: number | null = null;
  for (const output of outputs) {
    if (!isPacket(output)) {
      const { t0, t1, label, confidence, counts, truth, source } = output;
      rows.push(['decision', t0, t1, label, confidence, ...counts, truth, source]);
      continue;
    }
    for (let i = 0; i < output.length; i++) rows.push(rowOf(output, i));
    if ('firing' in output && output.firing) {
      const { step, p, units } = output.firing;
      step.forEach((s, i) => firing.push([s, ...p.subarray(i * units, (i + 1) * units)]));
    }
    if (output.mark) {
      const { kind, source, label } = output.mark;
      const steps = 'untilStep' in output ? [output.untilStep, output.grid.t0, output.grid.step0] : [];
      rows.push(['mark', output.until, kind, source, label, ...steps]);
      firing.push(['mark', output.until]);
    }
    until = output.until;
    if ('untilStep' in output) ({ untilStep } = output);
  }
  return { rows, firing, until, untilStep };
}

/** Breaches of what every stream of packets keeps to; none in a good one. */
export function breaches(outputs: readonly Output[]): string[] {
  const found: string[] = [];
  const say = (broken: boolean, what: string): void => {
    if (broken) found.push(what);
  };
  let before = -Infinity;
  let stepsBefore = -Infinity;
  let t = -Infinity;
  let step = -Infinity;
  for (const packet of outputs.filter(isPacket)) {
    say(packet.until < before, `until ${packet.until} after ${before}`);
    for (let i = 0; i < packet.length; i++) {
      const now = packet.t[i];
      say(now > packet.until, `event at ${now} beyond until ${packet.until}`);
      say(now < before, `event at ${now} after until ${before}`);
      say(now < t, `event at ${now} after one at ${t}`);
      t = now;
      if ('step' in packet) {
        say(packet.step[i] < step, `step ${packet.step[i]} after ${step}`);
        step = packet.step[i];
        say(offGrid(packet, i), `step ${step} at ${now} off the grid`);
      }
    }
    if ('untilStep' in packet) {
      say(packet.untilStep < stepsBefore, `untilStep ${packet.untilStep} after ${stepsBefore}`);
      say(packet.mark !== null && step >= packet.untilStep, `step ${step} not closed by a mark`);
      stepsBefore = packet.untilStep;
    }
    before = packet.until;
  }
  return found;
}

/** Times of whole µs lie exactly in their steps. */
function offGrid({ grid: { t0, step0, dt }, step, t }: SpikePacket, i: number): boolean {
  return dt > 0 && Number.isInteger(dt) && step[i] !== step0 + Math.floor((t[i] - t0) / dt);
}
