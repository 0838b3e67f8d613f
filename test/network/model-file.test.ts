import { readFileSync } from 'node:fs';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RxSpikeError } from '../../src/errors.js';
import { packDigests, unpackDigests } from '../../src/network/digest-text.js';
import { feedForward } from '../../src/network/feed-forward.js';
import { networkStep } from '../../src/network/forward.js';
import { initialNetwork } from '../../src/network/initial.js';
import { decodeModel, encodeModel } from '../../src/network/model-file.js';
import type { Model } from '../../src/network/model.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/network/safetensors.js';
import { RandomSequence } from '../../src/random.js';
import { projectRoot } from '../shared-data.js';
import { randomSegments } from './random-network.js';
import { contentOf, runStep, wholePackets } from './spike-packets.js';

const digest = (n: number): string => n.toString(16).padStart(2, '0').repeat(32);

const spec = feedForward({
  inputs: 18,
  layers: [
    { kind: 'sqs', name: 'hidden', neurons: 5, circuit: { kind: 'write' }, encoder: { kind: 'clip', scale: 2 } },
    { kind: 'qlif', name: 'middle', neurons: 3, variant: 'two-weight', t1: 50 },
    { kind: 'lif', name: 'out', neurons: 4 },
  ],
  mode: 'clocked',
  skip: true,
  loops: { hidden: 2 },
});

const model: Model = {
  name: 'a small one',
  preprocessing: [
    { filter: 'denoise', dt: 5000 },
    { filter: 'polarity', keep: 'on' },
  ],
  units: { width: 34, height: 34, columns: 3, rows: 3, polarity: 'split' },
  steps: { dt: 15_000, resetEvery: 20 },
  network: initialNetwork(spec, new RandomSequence(5), { omega: { sd: 1 }, bias: { mean: 0.3, sd: 1 } }),
  readout: { classes: ['nought', 'one'], perClass: 2, by: 'count', window: { kind: 'sliding', steps: 20, every: 5 } },
  training: {
    files: [1, 2, 3].map((n) => ({ file: `folder/0000${n}.bin`, sha256: digest(n) })),
    images: [digest(0xab), digest(0xff)],
    seed: 7,
    note: 'Ünïcode, "quotes" and\nlines',
  },
};

const rounded = (tensors: Model['network']['tensors']): Model['network']['tensors'] =>
  Object.fromEntries(Object.entries(tensors).map(([name, data]) => [name, Float64Array.from(data, Math.fround)]));

const bytes = encodeModel(model);
const headerEnd = 8 + new DataView(bytes.buffer).getUint32(0, true);

function errorOf(run: () => unknown): RxSpikeError {
  try {
    run();
  } catch (error) {
    if (error instanceof RxSpikeError) return error;
    throw error;
  }
  throw new Error('no error');
}

/** `good` when the bytes are a model that runs, else the code of the error. */
function outcomeOf(file: Uint8Array): string {
  try {
    networkStep.init({ network: decodeModel(file).network, seed: 1 });
    return 'good';
  } catch (error) {
    if (error instanceof RxSpikeError) return error.code;
    throw error;
  }
}

/** The file with its header changed. */
function withHeader(change: (header: Record<string, Record<string, unknown>>) => unknown): Uint8Array {
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, headerEnd))) as Record<string, never>;
  const changed = change(header) ?? header;
  return joined(new TextEncoder().encode(typeof changed === 'string' ? changed : JSON.stringify(changed)));
}

function joined(json: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + json.length + bytes.length - headerEnd);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 8);
  out.set(bytes.subarray(headerEnd), 8 + json.length);
  return out;
}

describe('model file', () => {
  it('brings back the whole model, tensors exact to f32', () => {
    const back = decodeModel(bytes);
    expect(back).toEqual({ ...model, network: { spec, tensors: rounded(model.network.tensors) } });
    expect(encodeModel(back)).toEqual(bytes);
    expect(encodeModel({ ...back, training: null }).length).toBeLessThan(bytes.length);
    expect(decodeModel(encodeModel({ ...back, training: null })).training).toBeNull();
  });

  it('reads from a view into a larger buffer, at any alignment', () => {
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeModel(shifted.subarray(3))).toEqual(decodeModel(bytes));
  });

  it('runs as it ran before it was written', () => {
    const before = { spec, tensors: rounded(model.network.tensors) };
    const packets = wholePackets(18, randomSegments(11, 18));
    const run = (network: Model['network']): unknown => contentOf(runStep(networkStep, { network, seed: 3 }, packets));
    expect(run(decodeModel(bytes).network)).toEqual(run(before));
  });

  it('takes 43 bytes a digest and little more than its name a file', () => {
    const files = Array.from({ length: 900 }, (_, i) => ({ file: `${i}`.padStart(5, '0'), sha256: digest(i % 256) }));
    const training = { files, images: [], seed: 1, note: '' };
    const size =
      encodeModel({ ...model, training }).length -
      encodeModel({ ...model, training: { ...training, files: [] } }).length;
    // In the JSON within the JSON a name of 5 letters takes 10: its quotes are escaped.
    expect(size).toBeLessThanOrEqual(900 * (32 * (4 / 3) + 10) + 8);
  });

  it('never fails otherwise than by ERR_MODEL: cut anywhere', () => {
    for (let length = 0; length < bytes.length; length++) {
      if (length > headerEnd && length % 7 > 0) continue;
      expect(errorOf(() => decodeModel(bytes.subarray(0, length))).code).toBe('ERR_MODEL');
    }
    expect(errorOf(() => decodeModel(Uint8Array.of(...bytes, 0))).code).toBe('ERR_MODEL');
  });

  const change = fc.tuple(fc.integer({ min: 0, max: headerEnd + 100 }), fc.integer({ min: 0, max: 255 }));

  it('is refused with any of its bytes changed, unless it still says the same', () => {
    const whole = decodeModel(bytes);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const spoilt = bytes.slice();
        for (const [at, value] of changes) spoilt[at] = value;
        const outcome = outcomeOf(spoilt);
        expect(outcome === 'good' ? decodeModel(spoilt) : outcome).toEqual(outcome === 'good' ? whole : 'ERR_MODEL');
      }),
      { seed: 8, numRuns: 2000 },
    );
    const flipped = bytes.slice();
    flipped[bytes.length - 2] ^= 1;
    expect(errorOf(() => decodeModel(flipped)).message).toBe('model file: it is damaged: its checksum is another');
  });

  it('carries a checksum that any other program can make', () => {
    const { metadata } = decodeSafetensors(bytes);
    const keys = ['format', 'version', 'name', 'preprocessing', 'units', 'steps', 'network', 'readout', 'training'];
    const texts = new TextEncoder().encode(keys.map((key) => metadata[key]).join('\n'));
    const data = bytes.subarray(headerEnd);
    expect(metadata['checksum']).toBe(
      zlibCrc32(Buffer.concat([texts, data]))
        .toString(16)
        .padStart(8, '0'),
    );
  });

  it('never fails otherwise than by ERR_MODEL: bytes changed at random in a file without a checksum', () => {
    const bare = withHeader((header) => void delete header.__metadata__.checksum);
    let good = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const spoilt = bare.slice();
        for (const [at, value] of changes) if (at < spoilt.length) spoilt[at] = value;
        const outcome = outcomeOf(spoilt);
        if (outcome === 'good') good++;
        expect(outcome).toMatch(/^(good|ERR_MODEL)$/);
      }),
      { seed: 5, numRuns: 2000 },
    );
    expect(good).toBeGreaterThan(50);
  });

  it('never fails otherwise than by ERR_MODEL: any JSON in the place of any part', () => {
    const parts = ['name', 'preprocessing', 'units', 'steps', 'network', 'readout', 'training'];
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.json({ maxDepth: 3 }), (part, json) => {
        const spoilt = withHeader((header) => void (header.__metadata__[part] = json));
        expect(outcomeOf(spoilt)).toMatch(/^(good|ERR_MODEL)$/);
      }),
      { seed: 6, numRuns: 800 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...parts.slice(1)), fc.nat(), fc.jsonValue({ maxDepth: 2 }), (part, n, value) => {
        const spoilt = withHeader((header) => {
          const content: unknown = JSON.parse(header.__metadata__[part] as string);
          header.__metadata__[part] = JSON.stringify(replaceNth(content, n, value));
        });
        expect(outcomeOf(spoilt)).toMatch(/^(good|ERR_MODEL)$/);
      }),
      { seed: 7, numRuns: 1200 },
    );
  });

  it.each<[string, () => Uint8Array]>([
    ['0 bytes, expected 8', () => new Uint8Array(0)],
    ['says that its header has 18446744073709552000 bytes', () => new Uint8Array(16).fill(255)],
    ['header is not JSON', () => withHeader(() => '{"a":')],
    ['header is not a record', () => withHeader(() => '[]')],
    ['its format is null, expected "rxspike-model"', () => withHeader((header) => void delete header.__metadata__)],
    ['its version is "2", expected "1"', () => withHeader((header) => void (header.__metadata__.version = '2'))],
    ['__metadata__ is not a record of texts', () => withHeader((header) => void (header.__metadata__.version = 1))],
    ['"steps" is missing', () => withHeader((header) => void delete header.__metadata__.steps)],
    ['"steps" is not JSON', () => withHeader((header) => void (header.__metadata__.steps = 'often'))],
    [
      'steps: steps: dt must be',
      () => withHeader((header) => void (header.__metadata__.steps = '{"dt":-1,"resetEvery":0}')),
    ],
    ['tensor "b.out" is "F16"', () => withHeader((header) => void (header['b.out'].dtype = 'F16'))],
    [
      'tensor "b.out": 16 bytes, its shape [5] has 20',
      () => withHeader((header) => void (header['b.out'].shape = [5])),
    ],
    ['is of shape [2, 2], expected [4]', () => withHeader((header) => void (header['b.out'].shape = [2, 2]))],
    ['tensor "b.out" of shape [4] is missing', () => withoutTensor('b.out', 'b.aus')],
    [
      'begins at byte',
      () => withHeader((header) => void (header['b.out'].data_offsets = header['beta.out'].data_offsets)),
    ],
  ])('says what is wrong: %s', (message, make) => {
    const error = errorOf(() => decodeModel(make()));
    expect(error.code).toBe('ERR_MODEL');
    expect(error.message).toContain(
      message.startsWith('tensor "b.out" of') ? 'there is no place for a tensor "b.aus"' : message,
    );
  });

  it('does not take a weight that is not a number', () => {
    const spoilt = bytes.slice();
    new DataView(spoilt.buffer).setFloat32(headerEnd, NaN, true);
    expect(errorOf(() => decodeModel(spoilt)).message).toContain('tensor "w.in.hidden" holds NaN at index 0');
  });

  it.each<[string, Partial<Model>]>([
    ['takes 18', { units: { ...model.units, polarity: 'merge' } }],
    ['need 6 output neurons, the network has 4', { readout: { ...model.readout, perClass: 3 } }],
    ['has no parameter "often"', { preprocessing: [{ filter: 'denoise', often: 1 }] }],
    ['unknown field "size"', { units: { ...model.units, size: 1 } as never }],
    ['resetEvery is missing', { steps: { dt: 1 } as never }],
    ['expected 64 lower-case hex digits', { training: { files: [], images: ['AB'], seed: 1, note: '' } }],
    ['no name', { name: '' }],
  ])('is not written of a model whose parts do not fit: %s', (message, wrong) => {
    const error = errorOf(() => encodeModel({ ...model, ...wrong }));
    expect(error.code).toBe('ERR_MODEL');
    expect(error.message).toContain(message);
  });

  it('is not written with weights beyond f32', () => {
    const tensors = { ...model.network.tensors, 'b.out': Float64Array.of(1, 2, 3, 1e39) };
    const error = errorOf(() => encodeModel({ ...model, network: { spec, tensors } }));
    expect([error.code, error.message]).toEqual([
      'ERR_MODEL',
      'model file: tensor "b.out" holds 1e+39, which f32 cannot',
    ]);
  });
});

function withoutTensor(name: string, other: string): Uint8Array {
  return withHeader((header) => {
    header[other] = header[name];
    delete header[name];
  });
}

/** The JSON value with its n-th leaf or branch (counted round and round) replaced. */
function replaceNth(content: unknown, n: number, value: unknown): unknown {
  const paths: (string | number)[][] = [];
  const walk = (at: unknown, path: (string | number)[]): void => {
    paths.push(path);
    if (at === null || typeof at !== 'object') return;
    for (const [key, item] of Object.entries(at)) walk(item, [...path, key]);
  };
  walk(content, []);
  const path = paths[n % paths.length];
  if (path.length === 0) return value;
  let at = content as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path[path.length - 1]] = value;
  return content;
}

describe('safetensors', () => {
  it('reads what the Python package writes', () => {
    const file = readFileSync(projectRoot('test', 'data', 'network', 'peer.safetensors'));
    const { tensors, metadata } = decodeSafetensors(file);
    expect(metadata).toEqual({ who: 'python', grüße: 'ja' });
    expect(tensors['w.in.out'].shape).toEqual([4, 3]);
    expect([...tensors['w.in.out'].data]).toEqual(Array.from({ length: 12 }, (_, i) => i / 8 - 0.5));
    expect([...tensors.wide.data]).toEqual([1 / 3, -2e-300]);
    expect(tensors.empty).toEqual({ shape: [0, 2], data: new Float64Array(0) });
  });

  it('aligns the data to 8 bytes and brings any f32 back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.float32Array({ noNaN: true, noDefaultInfinity: true })),
        fc.dictionary(fc.string(), fc.string()),
        (drawn, metadata) => {
          const named = Object.entries(drawn).filter(([name]) => name !== '__metadata__' && name !== '__proto__');
          const tensors = Object.fromEntries(
            named.map(([name, data]) => [name, { shape: [data.length], data: Float64Array.from(data) }]),
          );
          const file = encodeSafetensors({ tensors, metadata });
          expect(new DataView(file.buffer).getUint32(0, true) % 8).toBe(0);
          expect(decodeSafetensors(file)).toEqual({ tensors, metadata });
        },
      ),
      { seed: 8, numRuns: 200 },
    );
  });
});

describe('digests as text', () => {
  it('come back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 7 }), (raw) => {
        const digests = raw.map((each) => Buffer.from(each).toString('hex'));
        const text = packDigests(digests);
        expect(text).toBe(Buffer.concat(raw).toString('base64'));
        expect(unpackDigests(text)).toEqual(digests);
      }),
      { seed: 9 },
    );
  });

  it.each(['A', 'AAAA', '====', 'AA-=', `${'A'.repeat(42)}=`, `${'A'.repeat(43)}!`])('are refused in %j', (text) => {
    expect(unpackDigests(text)).toBeNull();
  });
});
