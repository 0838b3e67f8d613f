import fc from 'fast-check';
import { EMPTY, Subject, map, of, share } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type Mark, type SpikePacket, type StepGrid, streamInfo } from '../../src/index.js';
import { joinUnits, sqsLayer } from '../../streams/index.js';
import { breaches, contentOf } from './content.js';
import { CUT_EVERYWHERE, CUT_NOWHERE, cuts, packetsOf, script, spikesOf } from './scripts.js';

const GRID: StepGrid = { t0: 100, step0: 0, dt: 10 };
const END: Mark = { kind: 'end', source: 'l', label: '1' };
const info = (width: number | null): ReturnType<typeof streamInfo> => streamInfo({ id: `w${width}`, width, height: 1 });
const three = info(3);
const two = info(2);

/** Spikes as [step, unit]. */
function spikes(
  stream: SpikePacket['stream'],
  rows: readonly (readonly [number, number])[],
  untilStep: number,
  { mark = null, grid = GRID }: { mark?: Mark | null; grid?: StepGrid } = {},
): SpikePacket {
  return {
    stream,
    length: rows.length,
    step: Float64Array.from(rows, ([step]) => step),
    // Input spikes bear the time of their event, anywhere in the step.
    t: Float64Array.from(rows, ([step]) => grid.t0 + (step - grid.step0) * grid.dt + 3),
    unit: Uint32Array.from(rows, ([, unit]) => unit),
    until: grid.t0 + (untilStep - grid.step0) * grid.dt,
    untilStep,
    grid,
    mark,
    firing: null,
  };
}

/** The n-th packet of 1000 spikes, one a step. */
const long = (stream: SpikePacket['stream'], n: number): SpikePacket => {
  const rows = Array.from({ length: 1000 }, (_, i) => [1000 * n + i, 0] as const);
  return spikes(stream, rows, 1000 * (n + 1));
};

const brief = ({ step, unit, t, length, until, untilStep, mark }: SpikePacket): string => {
  const rows = [...step.subarray(0, length)].map((s, i) => `${s}:${unit[i]}@${t[i]} `);
  return `${rows.join('')}<${untilStep}@${until}${mark ? ` ${mark.kind}` : ''}`;
};

const testScheduler = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('joinUnits', () => {
  it('joins step by step, units of later sources behind those of earlier ones', () => {
    expect.hasAssertions();
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const a = hot('-a--b---c|', {
        a: spikes(three, [[0, 2], [1, 0], [2, 1]], 2), // prettier-ignore
        b: spikes(three, [[2, 0]], 5), // prettier-ignore
        c: spikes(three, [], 6, { mark: END }),
      });
      const b = hot('--d--e--f-|', {
        d: spikes(two, [[0, 1], [0, 0], [1, 1]], 3), // prettier-ignore
        e: spikes(two, [[4, 0]], 4), // prettier-ignore
        f: spikes(two, [[5, 1]], 6, { mark: END }), // prettier-ignore
      });
      expectObservable(joinUnits([a, b]).pipe(map(brief))).toBe('--v-wx--y-|', {
        v: '0:2@100 0:4@100 0:3@100 1:0@110 1:4@110 <2@120',
        w: '2:1@120 2:0@120 <3@130',
        x: '<4@140',
        y: '4:3@140 5:4@150 <6@160 end',
      });
      expectSubscriptions(a.subscriptions).toBe('^--------!');
      expectSubscriptions(b.subscriptions).toBe('^---------!');
    });
  });

  it('passes an error on, and is unsubscribed from, with all its sources', () => {
    expect.hasAssertions();
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const a = hot('-a-------', { a: spikes(three, [[0, 2]], 2) });
      const b = hot('--d--#', { d: spikes(two, [[0, 1]], 3) });
      const joined = joinUnits([a, b]).pipe(map(brief));
      expectObservable(joined).toBe('--v--#', { v: '0:2@100 0:4@100 <2@120' });
      expectObservable(joined, '---!').toBe('--v', { v: '0:2@100 0:4@100 <2@120' });
      expectSubscriptions(a.subscriptions).toBe(['^----!', '^--!']);
      expectSubscriptions(b.subscriptions).toBe(['^----!', '^--!']);
    });
  });

  it('keeps what comes behind a mark until every source has reached it', () => {
    const [a, b] = [new Subject<SpikePacket>(), new Subject<SpikePacket>()];
    const seen: string[] = [];
    joinUnits([a, b]).subscribe((packet) => seen.push(brief(packet)));
    const next: StepGrid = { t0: 160, step0: 6, dt: 10 };
    a.next(spikes(three, [[5, 0]], 6, { mark: END }));
    a.next(spikes(three, [[6, 1]], 8, { grid: next }));
    b.next(spikes(two, [], 3));
    b.next(spikes(two, [], 6, { mark: END }));
    b.next(spikes(two, [[6, 0]], 7, { grid: next }));
    expect(seen).toEqual(['<3@130', '5:0@150 <6@160 end', '6:1@160 6:3@160 <7@170']);
  });

  it('tells the number of units of all', () => {
    const seen: SpikePacket[] = [];
    joinUnits([of(spikes(three, [], 1)), of(spikes(two, [], 1))]).subscribe((packet) => seen.push(packet));
    expect(seen[0].stream).toMatchObject({ id: 'w3', width: 5, height: 1, polarities: 1 });
  });

  it.each([
    ['ERR_GEOMETRY', [of(spikes(info(null), [], 1)), of(spikes(two, [], 1))]],
    ['ERR_GEOMETRY', [of(spikes(three, [[0, 3]], 1)), of(spikes(two, [], 1))]],
    ['ERR_GEOMETRY', [of(spikes(three, [], 1), spikes(two, [], 2)), of(spikes(two, [], 1))]],
    ['ERR_GEOMETRY', [of(spikes(three, [], 1)), EMPTY]],
    ['ERR_ARGUMENT', [of(spikes(three, [], 1)), of(spikes(two, [], 1, { grid: { ...GRID, dt: 5 } }))]],
    [
      'ERR_ARGUMENT',
      [of(spikes(three, [], 1, { mark: END })), of(spikes(two, [], 1, { mark: { ...END, kind: 'reset' } }))],
    ],
    ['ERR_TIME_ORDER', [of(spikes(three, [[NaN, 0]], 1)), of(spikes(two, [], 1))]],
    ['ERR_TIME_ORDER', [of(spikes(three, [], NaN)), of(spikes(two, [], 1))]],
    ['ERR_TIME_ORDER', [of(spikes(three, [[1, 0]], 2), spikes(three, [[1, 0]], 3)), of(spikes(two, [], 1))]],
    ['ERR_TIME_ORDER', [of(spikes(three, [[4, 0]], 2), spikes(three, [[3, 0]], 5)), of(spikes(two, [], 1))]],
    ['ERR_TIME_ORDER', [of(spikes(three, [], 2), spikes(three, [], 1)), of(spikes(two, [], 1))]],
  ] as const)('fails with %s', (code, sources) => {
    const errors: unknown[] = [];
    joinUnits([...sources]).subscribe({ error: (error) => errors.push(error) });
    expect(errors).toEqual([expect.objectContaining({ code })]);
  });

  it('holds no more than it may of a source that is ahead', () => {
    const ahead = new Subject<SpikePacket>();
    const errors: unknown[] = [];
    joinUnits([ahead, new Subject<SpikePacket>()], { hold: 2 }).subscribe({ error: (error) => errors.push(error) });
    ahead.next(spikes(three, [[0, 0], [0, 1]], 1)); // prettier-ignore
    expect(errors).toEqual([]);
    ahead.next(spikes(three, [[1, 0]], 2));
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_OVERFLOW' })]);
    expect(() => joinUnits([])).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    expect(() => joinUnits([of()], { hold: 0 })).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it('waits for a source that is far behind in time that grows with what is held, not with its square', () => {
    const [ahead, behind] = [new Subject<SpikePacket>(), new Subject<SpikePacket>()];
    let joined = 0;
    joinUnits([ahead, behind]).subscribe(({ length }) => (joined += length));
    for (let n = 0; n < 1500; n++) ahead.next(long(three, n));
    for (let n = 0; n < 1500; n++) behind.next(long(two, n));
    expect(joined).toBe(3_000_000);
  });

  it('lets a layer see input and hidden layer in the same step', () => {
    const input = new Subject<SpikePacket>();
    const shared = input.pipe(share());
    const part = { encoder: { kind: 'clip' }, angles: Float64Array.of(0.1, 0.4, 0) } as const;
    const hidden = shared.pipe(
      sqsLayer({ name: 'hidden', inputs: 2, neurons: 1, weights: Float64Array.of(0.5, 0.5), ...part }, { seed: 1 }),
    );
    const seen: SpikePacket[] = [];
    joinUnits([shared, hidden]).subscribe((packet) => seen.push(packet));
    input.next(
      spikes(
        two,
        Array.from({ length: 40 }, (_, step) => [step, step % 2] as const),
        40,
      ),
    );
    const rows = seen.flatMap(({ step, unit, length }) => [...unit.subarray(0, length)].map((u, i) => [step[i], u]));
    expect(rows.filter(([, unit]) => unit < 2)).toHaveLength(40);
    const fired = rows.filter(([, unit]) => unit === 2);
    expect(fired.length).toBeGreaterThan(5);
    for (const [step] of fired) expect(rows.findIndex(([s, u]) => s === step && u === 2)).toBeGreaterThan(0);
    expect(rows.map(([step]) => step)).toEqual(rows.map(([step]) => step).toSorted((a, b) => a - b));
  });
});

describe('any join', () => {
  const grids = fc.constantFrom({ dt: 10 }, { dt: 10, resetEvery: 5 }, { dt: 0, resetEvery: 6 });

  it('says the same wherever and in whatever turn the packets come', () => {
    let said = 0;
    fc.assert(
      fc.property(script, cuts, cuts, grids, fc.infiniteStream(fc.boolean()), (one, first, second, grid, turns) => {
        const join = (wheres: readonly (typeof first)[]): ReturnType<typeof contentOf> => {
          const inputs = wheres.map((where) => spikesOf(packetsOf(one, where), grid));
          const [a, b] = [new Subject<SpikePacket>(), new Subject<SpikePacket>()];
          const out: SpikePacket[] = [];
          joinUnits([a, b]).subscribe((packet) => out.push(packet));
          while (inputs[0].length + inputs[1].length > 0) {
            const turn = turns.next().value ? 1 : 0;
            const packet = inputs[turn].shift();
            if (packet) [a, b][turn].next(packet);
          }
          a.complete();
          b.complete();
          expect(breaches(out)).toEqual([]);
          return contentOf(out);
        };
        const whole = join([CUT_NOWHERE, CUT_NOWHERE]);
        said += whole.rows.length;
        const events = one.tokens.filter(({ kind }) => kind === 'event').length;
        expect(whole.rows.filter(([kind]) => kind === 'spike')).toHaveLength(2 * events);
        expect(join([first, second])).toEqual(whole);
        expect(join([CUT_EVERYWHERE, second])).toEqual(whole);
      }),
      { numRuns: 50, seed: 20_506 },
    );
    expect(said).toBeGreaterThan(500);
  });
});
