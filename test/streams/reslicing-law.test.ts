import fc from 'fast-check';
import { type OperatorFunction, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EventPacket, StepsParams } from '../../src/index.js';
import * as streams from '../../streams/index.js';
import { breaches, type Content, contentOf } from './content.js';
import { NOT_UNDER_THE_LAW, type Trial, TRIALS } from './operators.js';
import {
  CUT_EVERYWHERE,
  CUT_NOWHERE,
  type Cuts,
  cuts,
  disorderly,
  outside,
  packetsOf,
  type Script,
  script,
  spikesOf,
  unitsOf,
} from './scripts.js';

// The law: cutting a stream at other places changes packet boundaries of the output at most, never its content.

interface Result extends Content {
  readonly error: string | null;
  readonly outputs: readonly never[];
}

/** Runs packets through an operator to the end of the stream. */
function run(operator: OperatorFunction<never, never>, packets: readonly unknown[], complete = true): Result {
  const outputs: never[] = [];
  let error: string | null = null;
  const source = new Subject<never>();
  const subscription = source.pipe(operator).subscribe({
    next: (output) => outputs.push(output),
    error: (failure: Error) =>
      (error = 'code' in failure ? `${String(failure.code)}: ${failure.message}` : String(failure)),
  });
  for (const packet of packets) source.next(packet as never);
  if (complete) source.complete();
  subscription.unsubscribe();
  return { ...contentOf(outputs), error, outputs };
}

const GRIDS: readonly StepsParams[] = [{ dt: 10 }, { dt: 10, resetEvery: 5 }, { dt: 0, resetEvery: 6 }];

/** Packets of the kind that a trial takes. */
function inputOf(trial: Trial, packets: readonly EventPacket[], grid: StepsParams): readonly unknown[] {
  if (trial.input === 'units') return unitsOf(packets);
  if (trial.input === 'spikes') return spikesOf(packets, grid);
  return packets;
}

const scriptOf = ({ input }: Trial): fc.Arbitrary<Script> => (input === 'disorderly' ? disorderly : script);
const gridsOf = ({ name, input }: Trial, operator: string): readonly StepsParams[] => {
  if (input !== 'spikes') return GRIDS.slice(0, 1);
  return operator === 'delaySteps' && name !== '0' ? GRIDS.slice(0, 2) : GRIDS;
};
const arbitraryFor = (
  operator: string,
  trial: Trial,
): fc.Arbitrary<{ script: Script; cuts: Cuts; grid: StepsParams }> =>
  fc.record({ script: scriptOf(trial), cuts, grid: fc.constantFrom(...gridsOf(trial, operator)) });
const facts = ({ rows, firing, until, untilStep }: Content): Content => ({ rows, firing, until, untilStep });
const settings = (numRuns: number): { numRuns: number; seed: number } => ({ numRuns, seed: 20_506 });

const all = Object.entries(TRIALS).flatMap(([operator, trials]) =>
  trials.map((trial) => ({ operator, trial, title: `${operator} ${trial.name}`.trim() })),
);

describe('every export of streams', () => {
  it('stands under the law, or is listed with the reason why it does not', () => {
    const listed = [...Object.keys(TRIALS), ...Object.keys(NOT_UNDER_THE_LAW)];
    expect(listed.toSorted()).toEqual(Object.keys(streams).toSorted());
    for (const trials of Object.values(TRIALS)) expect(trials.length).toBeGreaterThan(0);
  });
});

describe.each(all)('$title', ({ operator, trial }) => {
  const arbitrary = arbitraryFor(operator, trial);

  it('says the same wherever its input is cut', () => {
    let said = 0;
    fc.assert(
      fc.property(arbitrary, ({ script: one, cuts: where, grid }) => {
        const whole = run(trial.make({}), inputOf(trial, packetsOf(one, CUT_NOWHERE), grid));
        expect(whole.error).toBeNull();
        expect(breaches(whole.outputs)).toEqual([]);
        said += whole.rows.length;
        for (const cut of [where, CUT_EVERYWHERE]) {
          const input = inputOf(trial, packetsOf(one, cut), grid);
          const sliced = run(trial.make({}), input);
          expect(sliced.error).toBeNull();
          expect(breaches(sliced.outputs)).toEqual([]);
          expect(facts(sliced)).toEqual(facts(whole));
        }
      }),
      settings(40),
    );
    expect(said, 'the law is empty for an operator that says nothing').toBeGreaterThan(50);
  });

  it('keeps a state for each subscriber', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(20), ({ script: one, cuts: where, grid }, late) => {
        const input = inputOf(trial, packetsOf(one, where), grid) as never[];
        const source = new Subject<never>();
        const stream = source.pipe(trial.make({}));
        const outputs: never[][] = [[], []];
        stream.subscribe({ next: (output) => outputs[0].push(output) });
        input.forEach((packet, i) => {
          if (i === Math.min(late, input.length - 1)) {
            stream.subscribe({ next: (output) => outputs[1].push(output), error: () => undefined });
          }
          source.next(packet);
        });
        source.complete();
        const from = Math.min(late, input.length - 1);
        expect(facts(contentOf(outputs[0]))).toEqual(facts(run(trial.make({}), input)));
        expect(facts(contentOf(outputs[1]))).toEqual(facts(run(trial.make({}), input.slice(from))));
      }),
      settings(10),
    );
  });
});

type Fields = Readonly<Record<string, unknown>>;
const columnsOf = (packet: Fields): Float64Array[] => {
  const firing = Object.values((packet.firing ?? {}) as Fields);
  return [...Object.values(packet), ...firing].filter((column) => ArrayBuffer.isView(column)) as Float64Array[];
};
const copied = (packet: Fields): Fields =>
  Object.fromEntries(
    Object.entries(packet).map(([name, field]) => {
      if (ArrayBuffer.isView(field)) return [name, (field as Float64Array).slice()];
      return [name, name === 'firing' && field ? copied(field as Fields) : field];
    }),
  );

describe.each(all.filter(({ trial }) => trial.saved))('$title', ({ operator, trial }) => {
  const arbitrary = arbitraryFor(operator, trial);

  it('goes on from a saved state as if it had never stopped, at every point', () => {
    fc.assert(
      fc.property(arbitrary, ({ script: one, cuts: where, grid }) => {
        const input = inputOf(trial, packetsOf(one, where), grid);
        const whole = run(trial.make({}), input);
        for (let point = 0; point <= input.length; point++) {
          const before = new streams.Checkpoint<never>();
          const first = run(trial.make({ checkpoint: before }), input.slice(0, point), false);
          const after = new streams.Checkpoint<never>();
          after.restore(before.save());
          const second = run(trial.make({ checkpoint: after }), input.slice(point));
          expect(second.error).toBeNull();
          expect(facts(contentOf([...first.outputs, ...second.outputs]))).toEqual(facts(whole));
        }
      }),
      settings(6),
    );
  });

  it('keeps nothing of a packet whose memory is used again', () => {
    fc.assert(
      fc.property(arbitrary, ({ script: one, cuts: where, grid }) => {
        const input = inputOf(trial, packetsOf(one, where), grid) as readonly Fields[];
        const outputs: never[] = [];
        const source = new Subject<never>();
        source.pipe(trial.make({})).subscribe((output) => outputs.push(copied(output) as never));
        for (const packet of input.map(copied)) {
          source.next(packet as never);
          for (const column of columnsOf(packet)) column.fill(3);
        }
        source.complete();
        expect(facts(contentOf(outputs))).toEqual(facts(run(trial.make({}), input)));
      }),
      settings(10),
    );
  });
});

/** What reads coordinates in a way that one outside of the sensor breaks. */
const MINDS_THE_SENSOR = ['denoise', 'refractory', 'hotPixels', 'downsample', 'toUnits', 'preprocess', 'runModel'];

describe('a stream that breaks says the same before the break, wherever it is cut', () => {
  const onCameraEvents = all.filter(({ trial }) => trial.input === 'events' || trial.input === 'disorderly');
  const ordered = all.filter(({ operator }) => operator === 'steps' || operator === 'timeSlices');

  it.each(onCameraEvents)('$title, an event outside of the sensor', ({ operator, trial }) => {
    let broken = 0;
    fc.assert(
      fc.property(outside, cuts, (one, where) => {
        const whole = run(trial.make({}), packetsOf(one, CUT_NOWHERE));
        if (whole.error) broken++;
        for (const cut of [where, CUT_EVERYWHERE]) {
          const sliced = run(trial.make({}), packetsOf(one, cut));
          expect(sliced.error).toBe(whole.error);
          expect([sliced.rows, sliced.firing]).toEqual([whole.rows, whole.firing]);
        }
      }),
      settings(40),
    );
    expect(broken > 0).toBe(MINDS_THE_SENSOR.includes(operator));
  });

  it.each(ordered)('$title, an event that steps back in time', ({ trial }) => {
    let broken = 0;
    fc.assert(
      fc.property(disorderly, cuts, (one, where) => {
        const input = (packets: readonly EventPacket[]): readonly unknown[] => inputOf(trial, packets, { dt: 10 });
        const whole = run(trial.make({}), input(packetsOf(one, CUT_NOWHERE)));
        if (whole.error) broken++;
        for (const cut of [where, CUT_EVERYWHERE]) {
          const sliced = run(trial.make({}), input(packetsOf(one, cut)));
          expect(sliced.error).toBe(whole.error);
          expect([sliced.rows, sliced.firing]).toEqual([whole.rows, whole.firing]);
        }
      }),
      settings(40),
    );
    expect(broken).toBeGreaterThan(5);
  });
});
