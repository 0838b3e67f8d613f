import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, decodeApng } from 'fast-png';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGif } from '../adapters/pictures/gif.js';
import { realEvents } from '../events/camera.js';
import { projectRoot } from '../shared-data.js';
import { command, commandInside, failureComplaint } from './command-line.js';
import { temporaryFolder } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
const EVENTS = realEvents('00936.bin');
const DAVIS = projectRoot('test', 'data', 'files', 'davis240.aedat');
const UNSIZED = projectRoot('test', 'data', 'files', 'dat2-expelliarmus.dat');

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const out = (name: string): string => join(folder, name);

/** Pixels of a PNG that are not the background. */
function drawn(path: string): Set<string> {
  const { data, width } = decode(readFileSync(path), { checkCrc: true });
  const found = new Set<string>();
  data.forEach((colour, at) => {
    if (colour !== 0) found.add(`${at % width},${Math.floor(at / width)}`);
  });
  return found;
}

describe('render to a PNG', () => {
  it('draws each pixel that had events, and no other', async () => {
    const done = await commandInside(['render', RECORDING, out('x.png'), '--json']);
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
    expect(done.json).toEqual({
      file: RECORDING,
      out: out('x.png'),
      view: 'events',
      format: 'nmnist',
      width: 34,
      height: 34,
      sensor: { width: 34, height: 34, boundingBox: false },
      pictures: 1,
      events: EVENTS.length,
      bytes: readFileSync(out('x.png')).length,
    });
    expect(drawn(out('x.png'))).toEqual(new Set(EVENTS.map(({ x, y }) => `${x},${y}`)));
  });

  it('draws a stretch, given by --start, --end, --from, --to or --window', async () => {
    const [from, to] = [EVENTS[500].t, EVENTS[900].t];
    const inside = new Set(EVENTS.filter(({ t }) => t >= from && t < to).map(({ x, y }) => `${x},${y}`));
    for (const range of [
      ['--start', `${from}`, '--end', `${to}`],
      ['--from', `${from}`, '--to', `${to}`],
      ['--start', `${from}`, '--window', `${to - from}`],
    ]) {
      await commandInside(['render', RECORDING, out('x.png'), '--force', ...range]);
      expect(drawn(out('x.png'))).toEqual(inside);
    }
  });

  it('stands upright where the recording is stored otherwise, and is scaled', async () => {
    await commandInside(['render', DAVIS, out('x.png'), '--scale', '2']);
    const { width, height } = decode(readFileSync(out('x.png')));
    expect([width, height]).toEqual([480, 360]);
    await commandInside(['convert', DAVIS, out('upright.es'), '--upright', '--clip']);
    await commandInside(['render', out('upright.es'), out('y.png'), '--scale', '2']);
    const [stored, turned] = [drawn(out('x.png')), drawn(out('y.png'))];
    expect(turned.size).toBeGreaterThan(0);
    expect([...turned].filter((at) => !stored.has(at))).toEqual([]);
  });

  it('draws the part that has events where nobody knows the size, and says so', async () => {
    const { json } = await commandInside(['info', UNSIZED, '--json']);
    expect(json).toMatchObject({ width: null });
    const done = await commandInside(['render', UNSIZED, out('x.png'), '--json']);
    expect(done.json).toMatchObject({ sensor: { boundingBox: true } });
    expect(done.stderr).toMatch(
      /^the input does not say how large the sensor is: drawn is the part that has events, \d+×\d+\n$/,
    );
    const sized = await commandInside(['render', UNSIZED, out('y.png'), '--size', '1280x720', '--json']);
    expect(sized.json).toMatchObject({ width: 1280, height: 720, sensor: { boundingBox: false } });
  });

  it('of stdin needs the size where nobody knows it', async () => {
    const input = readFileSync(UNSIZED);
    const done = await command(['render', '-', out('x.png'), '--json'], { input });
    expect(failureComplaint(done, 1, 'ERR_GEOMETRY')).toBeNull();
    expect(done.stderr).toContain('--size WxH does');
    expect((await command(['render', '-', out('x.png'), '--size', '1280x720'], { input })).status).toBe(0);
  });

  it('draws a time surface: recent events brighter', async () => {
    const done = await commandInside([
      'render',
      RECORDING,
      out('x.png'),
      '--view',
      'surface',
      '--tau',
      '20000',
      '--json',
    ]);
    expect(done.json).toMatchObject({ view: 'surface', pictures: 1 });
    const { data, palette = [] } = decode(readFileSync(out('x.png')));
    const bright = ({ x, y }: { x: number; y: number }): number => Math.max(...palette[data[34 * y + x]]);
    expect(bright(EVENTS.at(-1)!)).toBeGreaterThan(200);
    const newest = new Map(EVENTS.map((event) => [`${event.x},${event.y}`, event]));
    const oldest = [...newest.values()].reduce((a, b) => (a.t < b.t ? a : b));
    expect(bright(oldest)).toBeLessThan(60);
  });

  it('draws what came before the break of a damaged file, and fails', async () => {
    writeFileSync(out('cut.bin'), readFileSync(RECORDING).subarray(0, 5001));
    const done = await commandInside(['render', out('cut.bin'), out('x.png'), '--json']);
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(done.json).toMatchObject({ error: { code: 'ERR_TRUNCATED' }, events: 1000, pictures: 1 });
    expect(drawn(out('x.png'))).toEqual(new Set(EVENTS.slice(0, 1000).map(({ x, y }) => `${x},${y}`)));
  });

  it('draws a dark picture where there is nothing, and says so', async () => {
    writeFileSync(out('none.csv'), 't@us,x@34,y@34,on\n');
    const done = await commandInside(['render', out('none.csv'), out('x.png')]);
    expect(done.stderr).toBe('no events to draw\n');
    expect(drawn(out('x.png')).size).toBe(0);
  });

  it('draws nothing of a range without events, and says where the events are', async () => {
    const done = await commandInside(['render', RECORDING, out('x.png'), '--start', '1e9']);
    expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(done.stderr).toMatch(
      /nothing lies in the range: the recording has events from [\d,]+ to [\d,]+ µs, on 34×34/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves what lies at OUT', async () => {
    writeFileSync(out('x.png'), 'mine');
    expect(failureComplaint(await commandInside(['render', RECORDING, out('x.png')]), 2, 'ERR_ARGUMENT')).toBeNull();
    expect(readFileSync(out('x.png'), 'utf8')).toBe('mine');
  });
});

describe('render to a film', () => {
  const span = EVENTS.at(-1)!.t + 1 - EVENTS[0].t;

  it('runs in real time: a GIF of fps pictures a second', async () => {
    const done = await commandInside(['render', RECORDING, out('x.gif'), '--fps', '20', '--json']);
    const { frames, loops } = readGif(readFileSync(out('x.gif')));
    expect(frames).toHaveLength(Math.ceil(span / 50_000));
    expect(new Set(frames.map(({ delay }) => delay))).toEqual(new Set([5]));
    expect(loops).toBe(0);
    expect(done.json).toMatchObject({ pictures: frames.length, events: EVENTS.length });
    frames.forEach(({ pixels }, n) => {
      const inside = EVENTS.filter(({ t }) => Math.floor((t - EVENTS[0].t) / 50_000) === n);
      const lit = pixels.flatMap((colour, at) => (colour === 0 ? [] : [at]));
      expect(new Set(lit)).toEqual(new Set(inside.map(({ x, y }) => 34 * y + x)));
    });
  });

  it('is slowed down by a shorter window, and an animated PNG as well', async () => {
    await commandInside(['render', RECORDING, out('x.apng'), '--window', '10000', '--scale', '2']);
    const { frames, width } = decodeApng(readFileSync(out('x.apng')), { checkCrc: true });
    expect(frames).toHaveLength(Math.ceil(span / 10_000));
    expect(width).toBe(68);
    expect(frames[0].delayNumber / frames[0].delayDenominator).toBe(0.04);
  });

  it('of surfaces', async () => {
    const done = await commandInside(['render', RECORDING, out('x.gif'), '--view', 'surface', '--json']);
    expect(done.json).toMatchObject({ view: 'surface', pictures: Math.ceil(span / 40_000) });
  });

  it('is refused at once where it would be too large', async () => {
    const done = await commandInside(['render', RECORDING, out('x.gif'), '--window', '1', '--scale', '64', '--json']);
    expect(failureComplaint(done, 1, 'ERR_LIMIT')).toBeNull();
    expect(done.stderr).toMatch(/pictures of 2176×2176 pixels; at most 226 of that size are drawn: --window makes/);
    const wide = await commandInside(['render', UNSIZED, out('x.png'), '--size', '4096x4096', '--scale', '2']);
    expect(failureComplaint(wide, 1, 'ERR_LIMIT')).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });
});
