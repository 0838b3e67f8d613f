import { describe, expect, it } from 'vitest';
import {
  chainStep,
  countSlicesStep,
  denoiseStep,
  type EventPacket,
  filterLinks,
  filtersStep,
  link,
  monotonicStep,
  polarityStep,
  refractoryStep,
  restoreState,
  saveState,
} from '../../src/index.js';
import { listOf, NMNIST, packets, realEvents, run } from './camera.js';

describe('a chain of steps', () => {
  const list = realEvents();
  const input = packets(list, NMNIST, 250);

  it('does what its links do one after another, to the end', () => {
    const chain = chainStep<EventPacket, EventPacket>('three');
    const links = [
      link(denoiseStep, { dt: 4000 }),
      link(countSlicesStep, { count: 300 }),
      link(refractoryStep, { dt: 3000 }),
    ];
    const { out, state } = run(chain, links, input);
    const quiet = run(denoiseStep, { dt: 4000 }, input).out;
    const sliced = run(countSlicesStep, { count: 300 }, quiet).out;
    const expected = run(refractoryStep, { dt: 3000 }, sliced);
    expect(out).toEqual(expected.out);
    expect(state['2 refractory']).toEqual(expected.state);
    expect(Object.keys(state)).toEqual(['0 denoise', '1 countSlices', '2 refractory']);
  });

  it('hands on what it gets without links', () => {
    expect(run(filtersStep, [], input).out).toEqual(input);
  });

  it('saves and restores all of its links as one, and refuses the state of other links', () => {
    const links = filterLinks([
      { filter: 'denoise', dt: 4000 },
      { filter: 'refractory', dt: 2000 },
    ]);
    const whole = listOf(run(filtersStep, links, input).out);
    const half = filtersStep.init(links);
    const out: EventPacket[] = [];
    for (const packet of input.slice(0, 7)) filtersStep.advance(links, half, packet, (one) => out.push(one));
    const bytes = saveState(filtersStep, half);
    const restored = restoreState(filtersStep, links, bytes);
    for (const packet of input.slice(7)) filtersStep.advance(links, restored, packet, (one) => out.push(one));
    expect(listOf(out)).toEqual(whole);
    for (const others of [
      links.slice(1),
      links.slice(0, 1),
      filterLinks([
        { filter: 'refractory', dt: 1 },
        { filter: 'denoise', dt: 1 },
      ]),
    ]) {
      expect(() => restoreState(filtersStep, others, bytes)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    }
  });

  it('checks the sizes of what it restores', () => {
    const links = filterLinks([{ filter: 'denoise', dt: 4000 }]);
    const { state } = run(filtersStep, links, input);
    const pixels = (state['0 denoise'] as { pixels: { width: number } }).pixels;
    pixels.width = 12;
    const bytes = saveState(filtersStep, state);
    expect(() => restoreState(filtersStep, links, bytes)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });
});

describe('filters by name', () => {
  it('finds each filter and takes its parameters', () => {
    const links = filterLinks([
      { filter: 'monotonic', policy: 'drop' },
      { filter: 'polarity', keep: 'on' },
      { filter: 'hotPixels', period: 5, factor: 2, least: 3 },
      { filter: 'denoise', dt: 5, neighbours: 4 },
      { filter: 'refractory', dt: 5 },
    ]);
    expect(links.map(({ step }) => step.name)).toEqual(['monotonic', 'polarity', 'hotPixels', 'denoise', 'refractory']);
    expect(links[0].step).toBe(monotonicStep);
    expect(links[1].step).toBe(polarityStep);
    expect(links[3].params).toEqual({ dt: 5, neighbours: 4 });
  });

  it.each([
    [{ filter: 'blur', dt: 1 }, 'no filter "blur"; there are denoise, refractory, hotPixels, polarity, monotonic'],
    [{ filter: 'toString' }, 'no filter "toString"'],
    [{ filter: 'denoise', dt: 1, window: 3 }, 'denoise has no parameter "window"; it has dt, neighbours'],
    [{ filter: 'denoise' }, 'denoise: dt must be a finite number above 0, got undefined'],
    [{ filter: 'polarity', keep: 'both' }, 'polarity: keep must be one of "on", "off", "merge", got "both"'],
  ])('refuses %o', (spec, message) => {
    expect(() => filterLinks([spec as never])).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringContaining(message) as string }),
    );
  });
});
