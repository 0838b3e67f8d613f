import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/crc32.js';
import { type ErrorCode, RxSpikeError } from '../src/errors.js';
import { decodeState, encodeState, restoreState, saveState } from '../src/state.js';
import type { Step } from '../src/step.js';

const arrays = fc.oneof(
  fc.float64Array({ noNaN: false }),
  fc.float32Array({ noNaN: false }),
  fc.uint32Array(),
  fc.int32Array(),
  fc.uint16Array(),
  fc.int16Array(),
  fc.uint8Array(),
);
const numbers = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(NaN, -0, 0, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 2 ** 53),
);
const keys = fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__');
const { value: plain } = fc.letrec((tie) => ({
  leaf: fc.oneof(numbers, fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null), arrays),
  value: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

const bytesOf = (v: ArrayBufferView): number[] => [...new Uint8Array(v.buffer, v.byteOffset, v.byteLength)];

/** Whether two plain values are the same, bit for bit where they are numbers. */
function same(a: unknown, b: unknown): boolean {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return a.constructor === b.constructor && bytesOf(a).join() === bytesOf(b).join();
  }
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => same(x, b[i]));
  if (a !== null && typeof a === 'object' && b !== null && typeof b === 'object') {
    const [own, other] = [Object.entries(a), new Map(Object.entries(b))];
    return own.length === other.size && own.every(([key, x]) => other.has(key) && same(x, other.get(key)));
  }
  return Object.is(a, b);
}

/** The code that `body` throws, or null; any error that is not ours goes through. */
function codeOf(body: () => unknown): ErrorCode | null {
  try {
    body();
    return null;
  } catch (error) {
    if (error instanceof RxSpikeError) return error.code;
    throw error;
  }
}

describe('saved state', () => {
  it('brings back any plain data, bit for bit', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(same(decodeState('step', 1, encodeState('step', 1, value)), value)).toBe(true);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('brings back what looks like its own notation', () => {
    for (const value of [
      { $array: 0 },
      { $number: 'NaN' },
      [{ $array: 'x' }],
      { $array: 1, more: Float64Array.of(1) },
      { $$array: 2 },
    ]) {
      expect(decodeState('step', 1, encodeState('step', 1, value))).toEqual(value);
    }
  });

  it('leaves out fields that are undefined', () => {
    expect(decodeState('step', 1, encodeState('step', 1, { a: 1, b: undefined }))).toEqual({ a: 1 });
  });

  it('saves views of a part of a buffer, and gives arrays of their own', () => {
    const whole = Float64Array.of(1, 2, 3, 4);
    const bytes = encodeState('step', 1, { part: whole.subarray(1, 3) });
    whole.fill(0);
    const { part } = decodeState('step', 1, bytes) as { part: Float64Array };
    bytes.fill(0);
    expect(part).toEqual(Float64Array.of(2, 3));
    expect(part.buffer.byteLength).toBe(16);
  });

  it('reads bytes that begin anywhere in a buffer', () => {
    const bytes = encodeState('step', 1, { a: Float64Array.of(1, 2), b: Uint16Array.of(3) });
    for (let shift = 0; shift < 9; shift++) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      expect(decodeState('step', 1, moved.subarray(shift))).toEqual({ a: Float64Array.of(1, 2), b: Uint16Array.of(3) });
    }
  });

  it('refuses what is not plain data when it is saved', () => {
    class Thing {
      readonly a = 1;
    }
    for (const value of [
      new Map(),
      new Date(0),
      new Thing(),
      () => 1,
      1n,
      Symbol('s'),
      new BigInt64Array(1),
      new DataView(new ArrayBuffer(1)),
    ]) {
      expect(codeOf(() => encodeState('step', 1, { value }))).toBe('ERR_STATE');
    }
  });

  it('refuses circles and a field __proto__ when they are saved', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = { circle };
    expect(codeOf(() => encodeState('step', 1, circle))).toBe('ERR_STATE');
    expect(codeOf(() => encodeState('step', 1, JSON.parse('{"__proto__": 1}')))).toBe('ERR_STATE');
  });

  it('refuses another name or version', () => {
    const bytes = encodeState('step', 1, 0);
    expect(codeOf(() => decodeState('other', 1, bytes))).toBe('ERR_STATE');
    expect(codeOf(() => decodeState('step', 2, bytes))).toBe('ERR_STATE');
    expect(decodeState('step', 1, bytes)).toBe(0);
  });
});

/** Saved bytes with a JSON part of one's own and room for arrays behind it. */
function withHeader(header: unknown): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + 64);
  out.set([0x52, 0x78, 0x53, 0x31]);
  new DataView(out.buffer).setUint32(4, json.length, true);
  out.set(json, 8);
  return out;
}

/** The bytes with the checksum that belongs to them, so that what is looked at behind it is reached. */
function sealed(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 4);
  out.set(bytes);
  new DataView(out.buffer).setUint32(bytes.length, crc32(bytes), true);
  return out;
}

describe('damaged bytes', () => {
  const value = {
    memory: Float64Array.of(0.5, -0, NaN),
    counts: Uint16Array.of(1, 2, 3),
    nested: [{ last: -Infinity, name: 'ß' }, null, true],
  };
  const bytes = encodeState('step', 1, value);
  it('gives ERR_STATE at every truncation', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(
        codeOf(() => decodeState('step', 1, bytes.subarray(0, length))),
        `${length} bytes`,
      ).toBe('ERR_STATE');
    }
  });

  it('gives ERR_STATE for any bytes changed', () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.uniqueArray(change, { minLength: 1, maxLength: 4, selector: ([at]) => at }), (changes) => {
        const damaged = bytes.slice();
        for (const [at, mask] of changes) damaged[at] ^= mask;
        expect(codeOf(() => decodeState('step', 1, damaged))).toBe('ERR_STATE');
      }),
      { seed: 4, numRuns: 5000 },
    );
  });

  it('gives ERR_STATE or plain data for any bytes changed under a checksum that fits, and never another error', () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    const outcomes = new Set<ErrorCode | null>();
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = bytes.slice();
        for (const [at, mask] of changes) damaged[at] ^= mask;
        const whole = sealed(damaged.subarray(0, -4));
        outcomes.add(codeOf(() => encodeState('step', 1, decodeState('step', 1, whole))));
      }),
      { seed: 2, numRuns: 20_000 },
    );
    expect(outcomes).toEqual(new Set(['ERR_STATE', null]));
  });

  it('gives ERR_STATE for noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(codeOf(() => decodeState('step', 1, noise))).toBe('ERR_STATE');
        const magic = Uint8Array.of(0x52, 0x78, 0x53, 0x31, ...noise);
        expect(codeOf(() => decodeState('step', 1, magic))).toBe('ERR_STATE');
        expect(codeOf(() => decodeState('step', 1, sealed(magic)))).toBe('ERR_STATE');
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  const head = { name: 'step', version: 1, value: 0, arrays: [] as unknown };
  it.each([
    ['null', null],
    ['a list', []],
    ['a number', 3],
    ['no array table', { ...head, arrays: undefined }],
    ['a table that is not a list', { ...head, arrays: {} }],
    ['a row that is not one', { ...head, arrays: [null] }],
    ['an array type that is not known', { ...head, arrays: [['BigInt64Array', 0, 1]] }],
    ['an array type by an inherited name', { ...head, arrays: [['constructor', 0, 1]] }],
    ['an array type that is no text', { ...head, arrays: [[{}, 0, 1]] }],
    ['a negative offset', { ...head, arrays: [['Uint8Array', -8, 1]] }],
    ['a length beyond the end', { ...head, arrays: [['Uint8Array', 0, 1e15]] }],
    ['half a length', { ...head, arrays: [['Uint8Array', 0, 0.5]] }],
    ['an array that is not in the table', { ...head, value: { $array: 0 } }],
    ['an array by an inherited name', { ...head, value: { $array: 'map' } }],
    ['a number that is not one', { ...head, value: { $number: 'many' } }],
    ['a number of no text', { ...head, value: { $number: { a: 1 } } }],
    ['a field by a name that is not its own', { ...head, value: { $what: 1 } }],
    ['no value', { ...head, value: undefined }],
  ])('gives ERR_STATE for a header with %s', (_what, header) => {
    expect(codeOf(() => decodeState('step', 1, sealed(withHeader(header))))).toBe('ERR_STATE');
  });

  it('gives ERR_STATE for a key that would reach a prototype', () => {
    const json = '{"name":"step","version":1,"value":{"__proto__":{"a":1}},"arrays":[]}';
    const out = new Uint8Array(8 + json.length);
    out.set([0x52, 0x78, 0x53, 0x31, json.length]);
    out.set(new TextEncoder().encode(json), 8);
    expect(codeOf(() => decodeState('step', 1, sealed(out)))).toBe('ERR_STATE');
  });

  it('gives ERR_STATE for nesting too deep to read', () => {
    const depth = 200_000;
    const json = `{"name":"step","version":1,"value":${'['.repeat(depth)}${']'.repeat(depth)},"arrays":[]}`;
    const out = new Uint8Array(8 + json.length);
    out.set([0x52, 0x78, 0x53, 0x31]);
    new DataView(out.buffer).setUint32(4, json.length, true);
    out.set(new TextEncoder().encode(json), 8);
    expect(codeOf(() => decodeState('step', 1, sealed(out)))).toBe('ERR_STATE');
  });
});

describe('the state of a step', () => {
  interface Params {
    readonly size: number;
  }
  interface State {
    readonly sums: Float64Array;
    count: number;
    last: { t: number } | null;
  }
  const step: Step<Params, State, number, number> = {
    name: 'sum',
    version: 3,
    init: ({ size }) => ({ sums: new Float64Array(size), count: 0, last: null }),
    check({ size }, { sums }) {
      if (sums.length !== size) throw new RxSpikeError('ERR_STATE', `expected ${size} sums`);
    },
    advance(_params, state, input, emit) {
      state.sums[state.count % state.sums.length] += input;
      state.count += 1;
      state.last = { t: input };
      emit(state.sums[0]);
    },
  };

  it('goes on after restoring as if it had never stopped', () => {
    const params = { size: 3 };
    const run = (state: State, inputs: readonly number[]): number[] => {
      const out: number[] = [];
      for (const input of inputs) step.advance(params, state, input, (value) => out.push(value));
      return out;
    };
    const inputs = [1, 2, 3, 0.1, 0.2, 0.3, -0];
    const straight = run(step.init(params), inputs);
    for (let cut = 0; cut <= inputs.length; cut++) {
      const state = step.init(params);
      const first = run(state, inputs.slice(0, cut));
      const bytes = saveState(step, state);
      run(state, [99]); // the one that goes on does not reach into the saved one
      expect([...first, ...run(restoreState(step, params, bytes), inputs.slice(cut))]).toEqual(straight);
    }
  });

  it('is refused where it does not fit', () => {
    const fits = (value: unknown): ErrorCode | null =>
      codeOf(() => restoreState(step, { size: 2 }, encodeState('sum', 3, value)));
    const sums = new Float64Array(2);
    expect(fits({ sums, count: 4, last: { t: 1 } })).toBe(null);
    expect(fits({ sums, count: 4, last: null })).toBe(null);
    expect(fits({ sums: new Float64Array(3), count: 4, last: null })).toBe('ERR_STATE');
    expect(fits({ sums: new Float32Array(2), count: 4, last: null })).toBe('ERR_STATE');
    expect(fits({ sums: null, count: 4, last: null })).toBe('ERR_STATE');
    expect(fits({ sums, last: null })).toBe('ERR_STATE');
    expect(fits({ sums, count: '4', last: null })).toBe('ERR_STATE');
    expect(fits([sums])).toBe('ERR_STATE');
    expect(fits(null)).toBe('ERR_STATE');
    expect(fits(7)).toBe('ERR_STATE');
    expect(codeOf(() => restoreState(step, { size: 2 }, encodeState('sum', 2, step.init({ size: 2 }))))).toBe(
      'ERR_STATE',
    );
  });
});
