import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision, SpikePacket, UnitPacket } from '../../src/events/packet.js';
import { stepsStep } from '../../src/events/steps.js';
import { streamInfo } from '../../src/events/stream-info.js';
import { networkStep } from '../../src/network/forward.js';
import { feedForward } from '../../src/network/feed-forward.js';
import { initialNetwork } from '../../src/network/initial.js';
import type { WindowSpec } from '../../src/network/model.js';
import { decideStep } from '../../src/network/readout.js';
import { RandomSequence } from '../../src/random.js';
import { contentOf, expectSame, runStep } from './spike-packets.js';

const stream = streamInfo({ id: 'units', width: 6, height: 1, polarities: 1, origin: 50 });

/** Recordings of random activations, one packet each, with silence and end marks. */
function recordings(random: RandomSequence): UnitPacket[] {
  let t = 50;
  const packet = (times: readonly number[], until: number, name: string | null): UnitPacket => ({
    stream,
    t: Float64Array.from(times),
    unit: Uint32Array.from(times, () => random.integer(6)),
    length: times.length,
    until,
    mark: name === null ? null : { kind: 'end', source: name, label: 'b' },
  });
  return Array.from({ length: 1 + random.integer(3) }, (_, i) => {
    const times = Array.from({ length: random.integer(25) }, () => (t += [0, 3, 11, 90][random.integer(4)]));
    t += random.integer(40);
    return packet(times, t, random.integer(4) === 0 && i > 0 ? null : `recording ${i}`);
  });
}

function cutUnits(packet: UnitPacket, random: RandomSequence): UnitPacket[] {
  const pieces: UnitPacket[] = [];
  let from = 0;
  for (let n = random.integer(5); n > 0 && packet.length > 0; n--) {
    const to = from + random.integer(packet.length - from + 1);
    const until = packet.t[Math.max(to - 1, 0)];
    if (to > 0)
      pieces.push({
        ...packet,
        t: packet.t.slice(from, to),
        unit: packet.unit.slice(from, to),
        length: to - from,
        until,
        mark: null,
      });
    from = to;
  }
  pieces.push({ ...packet, t: packet.t.slice(from), unit: packet.unit.slice(from), length: packet.length - from });
  return pieces;
}

describe('steps → network → decide', () => {
  it('gives the same spikes and decisions however the activations are cut', () => {
    const windows: WindowSpec[] = [
      { kind: 'mark' },
      { kind: 'recording' },
      { kind: 'tumbling', steps: 3 },
      { kind: 'sliding', steps: 4, every: 2 },
      { kind: 'activity', steps: 3, silence: 2 },
    ];
    let made = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = new RandomSequence(seed, 'pipeline');
        const spec = feedForward({
          inputs: 6,
          layers: [
            { kind: 'sqs', name: 'hidden', neurons: 4, circuit: { kind: 'default' }, encoder: { kind: 'clip' } },
            { kind: 'sqs', name: 'out', neurons: 4, circuit: { kind: 'write' }, encoder: { kind: 'clip' } },
          ],
          mode: random.integer(2) === 0 ? 'event' : 'clocked',
          loops: { hidden: 1 },
          skip: true,
        });
        const network = { network: initialNetwork(spec, random), seed, firing: true };
        const steps = { dt: [0, 10][random.integer(2)], resetEvery: [0, 0, 5][random.integer(3)] };
        const readout = { classes: ['a', 'b'], perClass: 2, by: 'count', window: windows[random.integer(5)] } as const;
        const run = (input: readonly UnitPacket[]): { spikes: SpikePacket[]; decisions: Decision[] } => {
          const spikes = runStep(networkStep, network, runStep(stepsStep, steps, input));
          return { spikes, decisions: runStep(decideStep, readout, spikes) };
        };
        const input = recordings(random);
        const whole = run(input);
        const cut = run(input.flatMap((packet) => cutUnits(packet, random)));
        expectSame(contentOf(cut.spikes), contentOf(whole.spikes));
        expect(cut.decisions).toEqual(whole.decisions);
        made += whole.decisions.length;
      }),
      { seed: 10, numRuns: 200 },
    );
    expect(made).toBeGreaterThan(300);
  });
});
