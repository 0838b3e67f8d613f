import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { WriteOptions } from '../../../adapters/files/encoder.js';
import { ENCODERS } from '../../../adapters/files/encoders.js';
import { openRecording } from '../../../adapters/files/index.js';
import { streamInfo } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { read } from './reading.js';
import { concat } from './write-aedat4.js';

/** What `scripts/oracles/aedat_peers.py` says that a file holds. */
interface Expected {
  readonly width: number;
  readonly height: number;
  readonly events: number;
  readonly digest: string;
}

const folder = projectRoot('test', 'data', 'files');
const expected = JSON.parse(readFileSync(`${folder}/expected-aedat.json`, 'utf8')) as Record<string, Expected>;
const UNIX = 1_605_537_493_718_345;

interface Scene {
  readonly t0: number;
  readonly seed: number;
  /** Furthest step back in time, µs. */
  readonly back: number;
}

interface Columns {
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
}

/** The events of the script's function of the same name. */
function scene({ t0, seed, back }: Scene, { width, height, events: count }: Expected): Columns {
  let state = seed;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const columns = {
    t: new Float64Array(count),
    x: new Uint16Array(count),
    y: new Uint16Array(count),
    p: new Uint8Array(count),
  };
  let [t, x, y, p] = [t0, 0, 0, 0];
  for (let k = 0; k < count; k++) {
    const what = draw(10);
    if (what < 5) x = Math.min(width - 1, x + 1 + draw(3));
    else if (what < 7) [x, y, p] = [draw(width), draw(height), draw(2)];
    else t += draw(400) - back;
    columns.t[k] = Math.max(t, t0);
    columns.x[k] = x;
    columns.y[k] = y;
    columns.p[k] = p;
  }
  return columns;
}

interface Writing extends Scene {
  readonly name: string;
  readonly format: 'aedat2' | 'aedat3.1' | 'aedat4';
  readonly options?: WriteOptions;
}

const WRITES: readonly Writing[] = [
  { name: 'dvs128-2.0-rxspike.aedat', format: 'aedat2', t0: 2 ** 31 - 9_000, seed: 1, back: 20 },
  { name: 'davis346-2.0-rxspike.aedat', format: 'aedat2', t0: UNIX, seed: 2, back: 20 },
  { name: 'hd-2.0-rxspike.aedat', format: 'aedat2', t0: 5_000, seed: 3, back: 20 },
  { name: 'davis240-3.1-rxspike.aedat', format: 'aedat3.1', t0: 7_000, seed: 4, back: 20 },
  { name: 'wrap-3.1-rxspike.aedat', format: 'aedat3.1', t0: 2 ** 31 - 9_000, seed: 5, back: 20 },
  { name: 'none-rxspike.aedat4', format: 'aedat4', t0: UNIX, seed: 6, back: 0, options: { compression: 'none' } },
  { name: 'lz4-rxspike.aedat4', format: 'aedat4', t0: UNIX, seed: 7, back: 0, options: { compression: 'lz4' } },
];

describe('AEDAT files of independent writers, and those that independent readers have read', () => {
  it.each(Object.keys(expected))('%s holds the events that the script says', async (name) => {
    const { width, height, events, digest } = expected[name];
    const bytes = new Uint8Array(readFileSync(`${folder}/${name}`));
    expect((await openRecording(bytes)).info).toMatchObject({ width, height });
    expect(await read(bytes, {})).toMatchObject({ events, digest, code: null });
  });

  it.each(WRITES)('$name is written byte for byte', async (writing) => {
    const { name, format, t0, options = {} } = writing;
    const { width, height, events } = expected[name];
    const load = ENCODERS[format];
    if (load === undefined) throw new Error(`no encoder of ${format}`);
    const epoch = t0 === UNIX ? 'unix' : null;
    const stream = streamInfo({ width, height, epoch, origin: t0 });
    const encoder = (await load())(stream, options);
    const packet = { stream, ...scene(writing, expected[name]), length: events, until: 0, mark: null };
    const pieces = [...encoder.start()].map((piece) => piece.slice());
    for (const piece of encoder.encode(packet)) pieces.push(piece.slice());
    for (const piece of encoder.finish()) pieces.push(piece.slice());
    const plain = concat(...pieces);
    const patches = encoder.patches();
    const bytes = new Uint8Array(Math.max(plain.length, ...patches.map((patch) => patch.at + patch.bytes.length)));
    bytes.set(plain);
    for (const patch of patches) bytes.set(patch.bytes, patch.at);
    expect(bytes).toEqual(new Uint8Array(readFileSync(`${folder}/${name}`)));
  });
});
