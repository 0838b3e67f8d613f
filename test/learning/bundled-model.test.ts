import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundledModel, bundledRecordings, openRecording, simulatedCamera } from '../../adapters/index.node.js';
import { evaluate, type Model, parameterCount, prepareSamples, type TrainingSample } from '../../src/index.js';
import { describeWithData } from '../shared-data.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const NEAR = JSON.parse(readFileSync(new URL('../../scripts/nmnist-near-images.json', import.meta.url), 'utf8')) as {
  readonly images: string;
  readonly near: Readonly<Record<string, readonly number[]>>;
};

let model: Model;
let files: ReadonlySet<string>;
let images: ReadonlySet<string>;
beforeAll(async () => {
  model = await bundledModel();
  files = new Set(model.training?.files.map((file) => file.sha256));
  images = new Set(model.training?.images);
});

describe('bundled model', () => {
  test('has SQS neurons in every layer, denoises, and decides at marks', () => {
    expect(model.network.spec.layers.map(({ kind }) => kind)).toEqual(['sqs', 'sqs']);
    expect(parameterCount(model.network)).toBe(174_992);
    expect(model.preprocessing.map(({ filter }) => filter)).toContain('denoise');
    expect(model.steps).toEqual({ dt: 16_000, resetEvery: 20 });
    expect(model.readout).toMatchObject({ perClass: 10, by: 'count', window: { kind: 'mark' } });
  });

  test('was trained on 870 files, none of them bundled', async () => {
    expect(model.training?.files.length).toBe(870);
    expect(files.size).toBe(870);
    const bundled = await bundledRecordings();
    expect(bundled.length).toBe(30);
    expect(bundled.filter(({ path }) => files.has(sha256(readFileSync(path))))).toEqual([]);
    const names = new Set(model.training?.files.map(({ file }) => file));
    expect(bundled.filter(({ file }) => names.has(file))).toEqual([]);
  });

  test('knows most of the bundled recordings', async () => {
    const samples: TrainingSample[] = [];
    for (const { path, file, label } of await bundledRecordings()) {
      const recording = await openRecording(path);
      samples.push(...(await prepareSamples(model, recording.events(), { name: file, label })));
    }
    expect(samples.length).toBe(30);
    const { correct } = evaluate(model, samples, { seed: 1, stream: '', pass: 0 });
    expect(correct).toBeGreaterThanOrEqual(25);
  });

  test('knows most of the drawn digits of the simulated camera', async () => {
    const samples: TrainingSample[] = [];
    for (let digit = 0; digit < 10; digit++) {
      const camera = simulatedCamera(`digit-${digit}`, { seed: 3 });
      samples.push(...(await prepareSamples(model, camera.simulate(), { name: 'sim', label: String(digit) })));
    }
    const { correct } = evaluate(model, samples, { seed: 1, stream: '', pass: 0 });
    expect(correct).toBeGreaterThanOrEqual(7);
  });
});

describeWithData('files of the bundled model', ['nmnist'], (folder) => {
  test('its files are those of the folder, except the bundled ones', async () => {
    const rows = readFileSync(join(folder, 'labels.csv'), 'utf8').trim().split(/\r?\n/).slice(1);
    const bundled = new Set((await bundledRecordings()).map(({ file }) => file));
    const expected = rows.map((row) => row.split(',')[0]).filter((file) => !bundled.has(file));
    const listed = new Map(model.training?.files.map(({ file, sha256: digest }) => [file, digest]));
    expect(Array.from(listed.keys())).toEqual(expected);
    for (const file of expected) expect(listed.get(file)).toBe(sha256(readFileSync(join(folder, file))));
  });
});

describeWithData('images of the bundled model', ['mnist'], (folder) => {
  test('no image that is kept out, or near to any recording, was used for pre-training', () => {
    const all = gunzipSync(readFileSync(join(folder, 'mnist-images.idx3-ubyte.gz'))).subarray(16);
    expect(sha256(all)).toBe(NEAR.images);
    const digest = (row: number): string => sha256(all.subarray(784 * row, 784 * (row + 1)));
    const known = new Set(Array.from({ length: all.length / 784 }, (_, row) => digest(row)));
    expect(images.size).toBeGreaterThan(5000);
    expect(Array.from(images).filter((image) => !known.has(image))).toEqual([]);
    const keepOut = readFileSync(join(folder, 'keep-out-of-pretraining.txt'), 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(Number);
    expect(keepOut.length).toBeGreaterThan(1000);
    expect(keepOut.filter((row) => images.has(digest(row)))).toEqual([]);
    expect(Object.keys(NEAR.near).length).toBe(900);
    expect(
      Object.values(NEAR.near)
        .flat()
        .filter((row) => images.has(digest(row))),
    ).toEqual([]);
  });
});
