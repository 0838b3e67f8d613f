import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../shared-data.js';
import { held, write, type Event, type Written } from './prophesee-files.js';

/** What `scripts/oracles/prophesee_peers.py` says that a file holds. */
interface Expected {
  readonly format: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly events: number;
  readonly on: number;
  readonly t0: number | null;
  readonly t1: number | null;
  readonly digest: string;
  readonly side: Record<string, number>;
  readonly violations: Record<string, number>;
}

const folder = projectRoot('test', 'data', 'files');
const expected = JSON.parse(readFileSync(`${folder}/expected-prophesee.json`, 'utf8')) as Record<string, Expected>;

const WIDTH = 96;
const HEIGHT = 64;

/** The events of the script's function of the same name. */
function scene(t0: number, count: number, seed: number, gap: readonly [at: number, length: number] | null): Event[] {
  let state = seed;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  let [t, x, y, p] = [t0, 0, 0, 0];
  return Array.from({ length: count }, (_, k): Event => {
    const what = draw(10);
    if (what < 6) x = Math.min(WIDTH - 1, x + 1 + draw(3));
    else if (what < 8) [x, y, p] = [draw(WIDTH), draw(HEIGHT), draw(2)];
    else t += draw(3000);
    if (gap !== null && gap[0] === k) t += gap[1];
    return [t, x, y, p];
  });
}

const WRITES: readonly (readonly [file: string, format: Written, events: Event[]])[] = [
  ['evt2-rxspike.raw', 'evt2', scene(4e6, 300, 10, null)],
  ['evt2-wrap-rxspike.raw', 'evt2', scene(2 ** 34 - 40_000, 300, 11, null)],
  ['evt21-rxspike.raw', 'evt2.1', scene(3e6, 300, 12, null)],
  ['evt3-rxspike.raw', 'evt3', scene(60e6, 300, 13, [100, 20e6])],
  ['evt3-far-rxspike.raw', 'evt3', scene(1.7e15, 300, 14, null)],
  ['dat2-rxspike.dat', 'dat', scene(2 ** 32 - 40_000, 300, 15, null)],
];

describe('files of independent writers, and those that independent readers have read', () => {
  it.each(Object.keys(expected))('%s holds the events that the script says', async (name) => {
    const { format, width, height, events, on, t0, t1, digest, side, violations } = expected[name];
    const found = await held(new Uint8Array(readFileSync(`${folder}/${name}`)), { name });
    expect(found.format).toBe(format);
    expect(found.info).toMatchObject({ width, height });
    expect(found.report).toEqual({ events, on, off: events - on, t0, t1, side, violations });
    expect(found.digest).toBe(digest);
  });

  it.each(WRITES)('%s is what is written today', async (name, format, events) => {
    const bytes = await write(format, events, { info: { width: WIDTH, height: HEIGHT } });
    expect(Buffer.compare(bytes, readFileSync(`${folder}/${name}`))).toBe(0);
  });
});
