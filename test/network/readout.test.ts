import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision, FiringRows, Mark, SpikePacket, StepGrid } from '../../src/events/packet.js';
import type { ReadoutSpec, WindowSpec } from '../../src/network/model.js';
import { decideStep, type ReadoutState } from '../../src/network/readout.js';
import { RandomSequence } from '../../src/random.js';
import { restoreState, saveState } from '../../src/state.js';
import { runStep, type Spike, spikePacket } from './spike-packets.js';

const grid: StepGrid = { t0: 1000, step0: 0, dt: 10 };
const end: Mark = { kind: 'end', source: 'a.bin', label: 'two' };
const reset: Mark = { kind: 'reset', source: null, label: null };

const spec = (window: WindowSpec, rest: Partial<ReadoutSpec> = {}): ReadoutSpec => ({
  classes: ['zero', 'one', 'two'],
  perClass: 2,
  by: 'count',
  window,
  ...rest,
});

/** `[step, unit]` pairs as spikes of the grid. */
const spikes = (pairs: readonly (readonly [number, number])[], on = grid): Spike[] =>
  pairs.map(([step, unit]) => ({ step, unit, t: on.t0 + (step - on.step0) * on.dt }));

const rows = (entries: readonly (readonly [number, readonly number[]])[]): FiringRows => ({
  step: Float64Array.from(entries, ([step]) => step),
  p: Float64Array.from(entries.flatMap(([, p]) => p)),
  units: entries[0]?.[1].length ?? 6,
});

const decide = (readout: ReadoutSpec, packets: readonly SpikePacket[]): Decision[] =>
  runStep(decideStep, readout, packets);

const tied = (one: number, two: number): FiringRows =>
  rows([
    [0, [0.99, 0.99, one, 0, two, 0]],
    [1, [0, 0, 0, 0.1, 0, 0.1]],
  ]);

const at = (step: number, t: number, unit: number): Spike => ({ step, t, unit });

const short = ({ t0, t1, label, counts, truth }: Decision): unknown[] => [t0, t1, label, [...counts], truth];

describe('decideStep', () => {
  it('mark: decides from mark to mark of either kind, with the truth and source of the mark that closes', () => {
    const next: StepGrid = { t0: 1045, step0: 5, dt: 10 };
    const packets = [
      spikePacket(
        6,
        grid,
        spikes([
          [0, 2],
          [1, 3],
        ]),
        { untilStep: 2 },
      ),
      spikePacket(
        6,
        grid,
        spikes([
          [2, 5],
          [4, 3],
        ]),
        { untilStep: 5, until: 1045, mark: reset },
      ),
      spikePacket(
        6,
        next,
        spikes(
          [
            [5, 4],
            [6, 0],
            [6, 5],
          ],
          next,
        ),
        { untilStep: 7, until: 1060, mark: end },
      ),
    ];
    const decisions = decide(spec({ kind: 'mark' }), packets);
    expect(decisions.map(short)).toEqual([
      [1000, 1045, 'one', [0, 3, 1], null],
      [1045, 1060, 'two', [1, 0, 2], 'two'],
    ]);
    expect(decisions.map(({ source }) => source)).toEqual([null, 'a.bin']);
    expect(decisions[0].confidence).toBeCloseTo(Math.E ** 3 / (Math.E ** 3 + Math.E + 1), 14);
    const [milder] = decide({ ...spec({ kind: 'mark' }), temperature: 4 }, packets);
    expect(milder.label).toBe('one');
    expect(milder.confidence).toBeCloseTo(1 / (1 + Math.exp(-0.5) + Math.exp(-0.75)), 14);
    for (const temperature of [0, -1, NaN, Infinity]) {
      expect(() => decide({ ...spec({ kind: 'mark' }), temperature }, packets)).toThrow(/temperature must be above 0/);
    }
  });

  it('mark: a stretch without a complete step gives no decision, one without spikes does', () => {
    const packets = [
      spikePacket(6, grid, [], { untilStep: 0, mark: end }),
      spikePacket(6, grid, [], { untilStep: 4, mark: end }),
    ];
    const [only, ...more] = decide(spec({ kind: 'mark' }), packets);
    expect(more).toEqual([]);
    expect(short(only)).toEqual([1000, 1040, 'zero', [0, 0, 0], 'two']);
    expect(only.confidence).toBeCloseTo(1 / 3, 14);
  });

  it('recording: goes on over reset marks', () => {
    const next: StepGrid = { t0: 1045, step0: 5, dt: 10 };
    const packets = [
      spikePacket(
        6,
        grid,
        spikes([
          [2, 5],
          [4, 3],
        ]),
        { untilStep: 5, until: 1045, mark: reset },
      ),
      spikePacket(
        6,
        next,
        spikes(
          [
            [5, 4],
            [6, 0],
          ],
          next,
        ),
        { untilStep: 7, until: 1060, mark: end },
      ),
      spikePacket(6, { t0: 1060, step0: 7, dt: 10 }, [], { untilStep: 7, until: 1060, mark: end }),
    ];
    expect(decide(spec({ kind: 'recording' }), packets).map(short)).toEqual([[1000, 1060, 'two', [1, 1, 2], 'two']]);
  });

  it('tumbling: every so many steps, silent ones too; a mark closes early and alone brings the truth', () => {
    const next: StepGrid = { t0: 1125, step0: 13, dt: 10 };
    const packets = [
      spikePacket(
        6,
        grid,
        spikes([
          [0, 0],
          [3, 2],
          [4, 4],
          [11, 2],
        ]),
        { untilStep: 12 },
      ),
      spikePacket(6, grid, [], { untilStep: 13, until: 1125, mark: end }),
      spikePacket(6, next, [], { untilStep: 17, mark: end }),
    ];
    expect(decide(spec({ kind: 'tumbling', steps: 4 }), packets).map(short)).toEqual([
      [1000, 1040, 'zero', [1, 1, 0], null],
      [1040, 1080, 'two', [0, 0, 1], null],
      [1080, 1120, 'one', [0, 1, 0], null],
      [1120, 1125, 'zero', [0, 0, 0], 'two'],
      [1125, 1165, 'zero', [0, 0, 0], null],
    ]);
  });

  it('sliding: the last steps, every so many, full windows only; a mark begins anew', () => {
    const next: StepGrid = { t0: 1070, step0: 7, dt: 10 };
    const packets = [
      spikePacket(
        6,
        grid,
        spikes([
          [0, 0],
          [1, 2],
          [2, 2],
          [5, 4],
          [6, 4],
        ]),
        { untilStep: 7, mark: reset },
      ),
      spikePacket(6, next, spikes([[8, 0]], next), { untilStep: 12 }),
    ];
    expect(decide(spec({ kind: 'sliding', steps: 3, every: 2 }), packets).map(short)).toEqual([
      [1000, 1030, 'one', [1, 2, 0], null],
      [1020, 1050, 'one', [0, 1, 0], null],
      [1040, 1070, 'two', [0, 0, 2], null],
      [1070, 1100, 'zero', [1, 0, 0], null],
      [1090, 1120, 'zero', [0, 0, 0], null],
    ]);
    const apart = decide(spec({ kind: 'sliding', steps: 2, every: 3 }), packets.slice(0, 1));
    expect(apart.map(short)).toEqual([
      [1000, 1020, 'zero', [1, 1, 0], null],
      [1030, 1050, 'zero', [0, 0, 0], null],
    ]);
  });

  it('activity: from the first output spike after silence; a mark closes early and counts as silence', () => {
    const window = { kind: 'activity', steps: 4, silence: 3 } as const;
    const next: StepGrid = { t0: 1235, step0: 24, dt: 10 };
    const first = [
      [2, 2],
      [3, 2],
      [5, 4],
      [6, 0],
      [8, 0],
      [11, 0],
      [15, 4],
      [22, 0],
      [23, 0],
    ] as const;
    const packets = [
      spikePacket(6, grid, spikes(first), { untilStep: 24, until: 1235, mark: end }),
      spikePacket(6, next, spikes([[24, 5]], next), { untilStep: 28 }),
    ];
    // 6, 8 and 11 come too soon, with none, one and two silent steps before them; 15 has three.
    expect(decide(spec(window), packets).map(short)).toEqual([
      [1020, 1060, 'one', [0, 2, 1], null],
      [1150, 1190, 'two', [0, 0, 1], null],
      [1220, 1235, 'zero', [2, 0, 0], 'two'],
      [1235, 1275, 'two', [0, 0, 1], null],
    ]);
  });

  it('breaks ties by summed firing probability, then by order', () => {
    const window = { kind: 'mark' } as const;
    const pairs = [
      [0, 2],
      [0, 4],
    ] as const;
    const run = (rowsOrNull: FiringRows | null): string =>
      decide(spec(window), [
        { ...spikePacket(6, grid, spikes(pairs), { untilStep: 2, mark: end }), firing: rowsOrNull },
      ])[0].label;
    expect(run(tied(0.5, 0.6))).toBe('two');
    expect(run(tied(0.6, 0.5))).toBe('one');
    expect(run(tied(0.5, 0.5))).toBe('one');
    expect(run(null)).toBe('one');
  });

  it('prob: highest mean firing probability, confidence a softmax over ten times the means', () => {
    const packet = {
      ...spikePacket(
        6,
        grid,
        spikes([
          [0, 0],
          [0, 1],
        ]),
        { untilStep: 4, mark: end },
      ),
      firing: rows([
        [0, [0.1, 0.1, 0.4, 0.4, 0.2, 0.2]],
        [2, [0, 0, 0.4, 0.4, 0.2, 0.2]],
      ]),
    };
    const [decision] = decide(spec({ kind: 'mark' }, { by: 'prob' }), [packet]);
    expect(decision.label).toBe('one');
    expect([...decision.counts]).toEqual([2, 0, 0]);
    // Means over 4 steps and 2 neurons: 0.025, 0.2, 0.1.
    const total = Math.exp(0.25) + Math.exp(2) + Math.exp(1);
    expect(decision.confidence).toBeCloseTo(Math.exp(2) / total, 14);
  });

  it('sums all lines of a class', () => {
    const packet = spikePacket(
      12,
      grid,
      spikes([
        [0, 0],
        [1, 4],
        [1, 7],
        [1, 8],
      ]),
      { untilStep: 2, mark: end },
    );
    expect(decide(spec({ kind: 'mark' }), [packet]).map(short)).toEqual([[1000, 1020, 'one', [1, 2, 1], 'two']]);
  });

  it('on a grid of events, takes times from the spikes', () => {
    const events: StepGrid = { t0: 1000, step0: 0, dt: 0 };
    const packets = [
      spikePacket(6, events, [at(1, 1100, 2), at(2, 1150, 2), at(4, 1400, 4)], { untilStep: 7, until: 1600 }),
      spikePacket(6, events, [], { untilStep: 8, until: 1800, mark: end }),
    ];
    expect(decide(spec({ kind: 'tumbling', steps: 3 }), packets).map(short)).toEqual([
      [1000, 1150, 'one', [0, 2, 0], null],
      [1150, 1400, 'two', [0, 0, 1], null],
      [1400, 1800, 'zero', [0, 0, 0], 'two'],
    ]);
    expect(decide(spec({ kind: 'sliding', steps: 3, every: 2 }), packets).map(short)).toEqual([
      [1000, 1150, 'one', [0, 2, 0], null],
      [1100, 1400, 'one', [0, 1, 1], null],
      [1150, 1400, 'two', [0, 0, 1], null],
    ]);
    expect(decide(spec({ kind: 'activity', steps: 2, silence: 1 }), packets).map(short)).toEqual([
      [1100, 1150, 'one', [0, 2, 0], null],
      [1400, 1400, 'two', [0, 0, 1], null],
    ]);
  });

  it('decides what is open when the stream ends, except for sliding windows', () => {
    const packets = [
      spikePacket(
        6,
        grid,
        spikes([
          [1, 2],
          [3, 4],
        ]),
        { untilStep: 3 },
      ),
    ];
    const last = [1000, 1030, 'one', [0, 1, 0], null];
    expect(decide(spec({ kind: 'mark' }), packets).map(short)).toEqual([last]);
    expect(decide(spec({ kind: 'recording' }), packets).map(short)).toEqual([last]);
    expect(decide(spec({ kind: 'tumbling', steps: 9 }), packets).map(short)).toEqual([last]);
    expect(decide(spec({ kind: 'tumbling', steps: 3 }), packets).map(short)).toEqual([last]);
    expect(decide(spec({ kind: 'sliding', steps: 9, every: 1 }), packets)).toEqual([]);
    const active = decide(spec({ kind: 'activity', steps: 9, silence: 0 }), packets);
    expect(active.map(short)).toEqual([[1010, 1030, 'one', [0, 1, 0], null]]);
    expect(decide(spec({ kind: 'mark' }), [spikePacket(6, grid, [], { untilStep: 0 })])).toEqual([]);
    expect(decide(spec({ kind: 'mark' }), [])).toEqual([]);
  });

  it('does not care where packets are cut, nor whether it is saved and restored', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = new RandomSequence(seed, 'readout');
        const readout = randomReadout(random);
        const stream = randomStream(random);
        const whole = decide(readout, stream);
        const pieces = stream.flatMap((packet) => cut(packet, random));
        expect(decide(readout, pieces)).toEqual(whole);
        expect(runStep(decideStep, readout, pieces, () => readout)).toEqual(whole);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('takes a packet of very many steps in time that grows with them, not with their square', () => {
    const steps = 300_000;
    const every = Float64Array.from({ length: steps }, (_, step) => step);
    const second = every.filter((step) => step % 2 === 1);
    const packet: SpikePacket = {
      ...spikePacket(6, grid, [], { untilStep: steps }),
      step: second,
      t: second.map((step) => grid.t0 + step * grid.dt),
      unit: new Uint32Array(second.length).fill(3),
      length: second.length,
      firing: { step: every, p: new Float64Array(6 * steps).fill(0.25), units: 6 },
    };
    const [only] = decide(spec({ kind: 'mark' }), [packet]);
    expect([...only.counts]).toEqual([0, steps / 2, 0]);
    expect(decide(spec({ kind: 'tumbling', steps: 100 }), [packet])).toHaveLength(steps / 100);
  });

  it('keeps sliding windows in bounded memory', () => {
    const readout = spec({ kind: 'sliding', steps: 20, every: 5 });
    const state = decideStep.init(readout);
    let decisions = 0;
    for (let step = 0; step < 5000; step++) {
      const packet = spikePacket(6, grid, spikes([[step, step % 6]]), { untilStep: step + 1 });
      decideStep.advance(readout, state, packet, () => decisions++);
    }
    expect(decisions).toBe((5000 - 20) / 5 + 1);
    expect(state.records.step.length).toBeLessThanOrEqual(64);
  });

  it.each<[string, SpikePacket[], Partial<ReadoutSpec>]>([
    ['ERR_GEOMETRY', [spikePacket(7, grid, [], { untilStep: 1 })], {}],
    ['ERR_GEOMETRY', [spikePacket(null, grid, spikes([[0, 6]]), { untilStep: 1 })], {}],
    ['ERR_GEOMETRY', [{ ...spikePacket(6, grid, [], { untilStep: 1 }), firing: rows([[0, [1, 1, 1]]]) }], {}],
    ['ERR_ARGUMENT', [spikePacket(6, grid, [], { untilStep: 1 })], { by: 'prob' }],
    [
      'ERR_TIME_ORDER',
      [spikePacket(6, grid, [], { untilStep: 3 }), spikePacket(6, grid, spikes([[2, 0]]), { untilStep: 4 })],
      {},
    ],
    ['ERR_TIME_ORDER', [spikePacket(6, grid, [], { untilStep: 3 }), spikePacket(6, grid, [], { untilStep: 2 })], {}],
    [
      'ERR_ARGUMENT',
      [spikePacket(6, grid, [], { untilStep: 3 }), spikePacket(6, { ...grid, dt: 5 }, [], { untilStep: 4 })],
      {},
    ],
    ['ERR_ARGUMENT', [spikePacket(6, grid, spikes([[5, 0]]), { untilStep: 3, mark: end })], {}],
    ['ERR_LIMIT', [spikePacket(6, grid, [], { untilStep: 1e9 })], { window: { kind: 'tumbling', steps: 2 } }],
    ['ERR_LIMIT', [spikePacket(6, grid, [], { untilStep: 1e9 })], { window: { kind: 'sliding', steps: 2, every: 2 } }],
  ])('reports %s for packets that do not fit (case %#)', (code, packets, rest) => {
    expect(() => decide(spec({ kind: 'mark' }, rest), packets)).toThrow(expect.objectContaining({ code }));
  });

  it.each<Record<string, unknown>>([
    { classes: [] },
    { classes: ['a', 'a'] },
    { classes: ['a', 1] },
    { perClass: 0 },
    { by: 'most' },
    { window: null },
    { window: { kind: 'often' } },
    { window: { kind: 'tumbling' } },
    { window: { kind: 'tumbling', steps: 0 } },
    { window: { kind: 'sliding', steps: 5 } },
    { window: { kind: 'activity', steps: 5, silence: -1 } },
  ])('refuses %o', (wrong) => {
    const readout = { ...spec({ kind: 'mark' }), ...wrong } as ReadoutSpec;
    expect(() => decideStep.init(readout)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it('may be given another readout between two packets, of as many classes', () => {
    const state = decideStep.init(spec({ kind: 'mark' }));
    const labels: string[] = [];
    const advance = (classes: string[]): void =>
      decideStep.advance(
        spec({ kind: 'mark' }, { classes }),
        state,
        spikePacket(null, grid, spikes([[3, 2]]), { untilStep: 3 }),
        () => {},
      );
    advance(['x', 'y', 'z']);
    decideStep.finish?.(spec({ kind: 'mark' }), state, ({ label }) => void labels.push(label));
    expect(labels).toEqual(['zero']);
    expect(() => advance(['x', 'y'])).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it('refuses a saved state that does not fit', () => {
    const readout = spec({ kind: 'sliding', steps: 3, every: 1 });
    const damaged = expect.objectContaining({ code: 'ERR_STATE' });
    const spoilt = (change: (state: ReadoutState) => void): (() => unknown) => {
      const state = decideStep.init(readout);
      decideStep.advance(
        readout,
        state,
        spikePacket(
          6,
          grid,
          spikes([
            [0, 1],
            [1, 1],
          ]),
          { untilStep: 2 },
        ),
        () => {},
      );
      change(state);
      return () => restoreState(decideStep, readout, saveState(decideStep, state));
    };
    expect(spoilt(() => {})).not.toThrow();
    expect(spoilt((state) => (state.next = NaN))).toThrow(damaged);
    expect(spoilt((state) => (state.records.tail = 9))).toThrow(damaged);
    expect(spoilt((state) => (state.records.step[1] = 0))).toThrow(damaged);
    expect(spoilt((state) => (state.lines = 0))).toThrow(damaged);
    const bytes = saveState(decideStep, decideStep.init(readout));
    expect(() => restoreState(decideStep, { ...readout, classes: ['a', 'b'] }, bytes)).toThrow(damaged);
  });
});

function randomReadout(random: RandomSequence): ReadoutSpec {
  const windows: WindowSpec[] = [
    { kind: 'mark' },
    { kind: 'recording' },
    { kind: 'tumbling', steps: 1 + random.integer(8) },
    { kind: 'sliding', steps: 1 + random.integer(8), every: 1 + random.integer(8) },
    { kind: 'activity', steps: 1 + random.integer(8), silence: random.integer(4) },
  ];
  return spec(windows[random.integer(windows.length)], { by: random.integer(3) === 0 ? 'prob' : 'count' });
}

/** Up to three grids, whole, with firing probabilities. */
function randomStream(random: RandomSequence): SpikePacket[] {
  const dt = random.integer(4) === 0 ? 0 : 10;
  let on: StepGrid = { t0: random.integer(100), step0: 0, dt };
  const count = 1 + random.integer(3);
  return Array.from({ length: count }, (_, i) => {
    const steps = random.integer(30);
    const fired: Spike[] = [];
    const entries: [number, number[]][] = [];
    let t = on.t0;
    for (let k = 0; k < steps; k++) {
      t = dt === 0 ? t + random.integer(9) : on.t0 + k * dt;
      const quiet = random.integer(3) > 0;
      if (!quiet || random.integer(2) === 0)
        entries.push([on.step0 + k, Array.from({ length: 6 }, () => random.uniform())]);
      if (!quiet)
        for (let n = random.integer(4); n > 0; n--) fired.push({ step: on.step0 + k, t, unit: random.integer(6) });
    }
    const mark = i < count - 1 || random.integer(2) === 0 ? (random.integer(2) === 0 ? reset : end) : null;
    const untilStep = on.step0 + steps;
    const until = dt === 0 ? t + 1 : on.t0 + steps * dt - (mark && steps > 0 ? 3 : 0);
    const packet = { ...spikePacket(6, on, fired, { untilStep, until, mark }), firing: rows(entries) };
    on = { t0: until, step0: untilStep, dt };
    return packet;
  });
}

/** A packet in pieces; what a piece delivers may run ahead of its watermark, and its rows and spikes may part. */
function cut(packet: SpikePacket, random: RandomSequence): SpikePacket[] {
  const { grid: on, firing } = packet;
  const rowStep = firing?.step ?? new Float64Array(0);
  const pieces: SpikePacket[] = [];
  let [spike, row, passed] = [0, 0, on.step0];
  for (let n = random.integer(6); n > 0; n--) {
    passed += random.integer(packet.untilStep - passed + 1);
    const from = { spike, row };
    while (spike < packet.length && (packet.step[spike] < passed || random.integer(3) === 0)) spike++;
    while (row < rowStep.length && (rowStep[row] < passed || random.integer(3) === 0)) row++;
    pieces.push(
      piece(
        packet,
        from,
        { spike, row },
        { untilStep: passed, until: Math.min(packet.until, on.t0 + (passed - on.step0) * on.dt), mark: null },
      ),
    );
  }
  pieces.push(piece(packet, { spike, row }, { spike: packet.length, row: rowStep.length }, packet));
  return pieces;
}

interface Place {
  readonly spike: number;
  readonly row: number;
}

function piece(
  packet: SpikePacket,
  from: Place,
  to: Place,
  rest: Pick<SpikePacket, 'untilStep' | 'until' | 'mark'>,
): SpikePacket {
  const { firing } = packet;
  const units = firing?.units ?? 0;
  return {
    ...packet,
    step: packet.step.slice(from.spike, to.spike),
    t: packet.t.slice(from.spike, to.spike),
    unit: packet.unit.slice(from.spike, to.spike),
    length: to.spike - from.spike,
    firing: firing && {
      units,
      step: firing.step.slice(from.row, to.row),
      p: firing.p.slice(from.row * units, to.row * units),
    },
    untilStep: rest.untilStep,
    until: rest.until,
    mark: rest.mark,
  };
}
