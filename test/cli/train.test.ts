import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkReplaceable, isModel } from '../../cli/output-file.js';
import { decodeModel } from '../../src/index.js';
import { projectRoot } from '../shared-data.js';
import { type Finished, command, commandInside, failureComplaint, start } from './command-line.js';
import { temporaryFolder, writeModel } from './provisional-model.js';

const NMNIST = projectRoot('assets', 'nmnist');
const TABLE = readFileSync(join(NMNIST, 'labels.csv'), 'utf8').trim().split(/\r?\n/).slice(1);
let folder: string;
let data: string;

/** A folder with some of the bundled recordings and a table of one's own. */
function dataFolder(name: string, rows: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'labels.csv'), `file,label\n${rows.join('\n')}\n`);
  for (const row of rows) {
    const [file] = row.split(',');
    const known = file !== '' && existsSync(join(NMNIST, file));
    if (known) writeFileSync(join(path, file), readFileSync(join(NMNIST, file)));
  }
  return path;
}

beforeAll(() => {
  folder = temporaryFolder();
  data = dataFolder(
    'data',
    TABLE.filter((row) => /,[01]$/.test(row)),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const train = (out: string, ...args: string[]): Promise<Finished> =>
  command(['train', '--data', data, '--out', join(folder, out), '--hidden', '8', '--json', ...args], {
    timeout: 60_000,
  });
const bytes = (name: string): Buffer => readFileSync(join(folder, name));

describe('train', () => {
  it('makes a model that tells two digits apart, says how it goes, and is the same for the same seed', async () => {
    const done = await train('a.safetensors', '--epochs', '30');
    expect(done.status).toBe(0);
    expect(done.json).toMatchObject({ epochs: 30, samples: 6, classes: ['0', '1'], seed: 1, resumed: 0 });
    expect(done.json?.['accuracy']).toBeGreaterThan(0.8);
    const lines = done.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(31);
    expect(lines[30]).toMatch(/^epoch 30 of 30 {2}loss \d\.\d{4} {2}accuracy \d+\.\d % {2}00:00 left$/);
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(done.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(readdirSync(folder).filter((name) => /ckpt|new/.test(name))).toEqual([]);
    await train('b.safetensors', '--epochs', '30');
    const [a, b] = [decodeModel(bytes('a.safetensors')), decodeModel(bytes('b.safetensors'))];
    expect(a.network).toEqual(b.network);
    expect(a.name).toBe('a');
    expect(a.training?.files).toHaveLength(6);
    const first = a.training?.files[0];
    const sha256 = createHash('sha256')
      .update(readFileSync(join(data, first?.file ?? '')))
      .digest('hex');
    expect(first?.sha256).toBe(sha256);

    const evaluated = await command(['eval', '--data', data, '--model', join(folder, 'a.safetensors'), '--json']);
    expect(evaluated.json).toMatchObject({ n: 6, model: 'a', seed: 1, classes: ['0', '1'], undecided: 0 });
    expect(evaluated.json?.['accuracy']).toBeGreaterThan(0.8);
    const other = await train('c.safetensors', '--epochs', '1', '--seed', '2');
    expect(other.status).toBe(0);
    expect(decodeModel(bytes('c.safetensors')).network).not.toEqual(a.network);
  });

  it('goes on where it was interrupted, to the very same model', async () => {
    const args = [
      'train',
      '--data',
      data,
      '--out',
      join(folder, 'cut.safetensors'),
      '--hidden',
      '64',
      '--epochs',
      '80',
    ];
    const running = start(args, { timeout: 60_000 });
    await new Promise<void>((resolve) => {
      running.child.stderr?.on('data', (text: string) => text.includes('epoch 1 ') && resolve());
    });
    running.child.kill('SIGINT');
    const stopped = await running.finished;
    expect(stopped.status).toBe(130);
    expect(stopped.stdout).toMatch(
      /^stopped after epoch \d+: the same command goes on from .*cut\.safetensors\.ckpt\n$/,
    );
    expect(existsSync(join(folder, 'cut.safetensors'))).toBe(false);

    const wrong = await command([...args.slice(0, -1), '81']);
    expect(
      failureComplaint({ ...wrong, stderr: wrong.stderr.split('\n').slice(-2).join('\n') }, 1, 'ERR_STATE'),
    ).toBeNull();
    expect(wrong.stderr).toContain(
      'cut.safetensors.ckpt: that training was begun with --epochs 80, not 81 (the learning rate falls along all ' +
        'epochs, so their number is fixed); --no-resume starts anew',
    );
    const others = await command([...args, '--hidden', '8', '--lr', '0.01', '--seed', '3']);
    expect(others.stderr).toContain(
      'begun with --hidden 64, not 8; --lr 0.004, not 0.01; --seed 1, not 3; --no-resume',
    );
    const otherData = dataFolder('other-data', TABLE.slice(0, 3));
    const moved = await command(args.map((word) => (word === data ? otherData : word)));
    expect(moved.stderr).toContain('ERR_STATE');
    expect(moved.stderr).toContain('that training was on other recordings or labels; --no-resume starts anew');

    const resumed = await command([...args, '--json'], { timeout: 60_000 });
    expect(resumed.json).toMatchObject({ epochs: 80 });
    expect(resumed.json?.['resumed']).toBeGreaterThanOrEqual(1);
    expect(existsSync(join(folder, 'cut.safetensors.ckpt'))).toBe(false);
    await train('whole.safetensors', '--epochs', '80', '--hidden', '64');
    expect(decodeModel(bytes('cut.safetensors')).network).toEqual(decodeModel(bytes('whole.safetensors')).network);
  });
});

const argsFor = (out: string, ...more: string[]): string[] => ['train', '--data', data, '--out', out, ...more];

describe('what train would write over', () => {
  it('is looked at before the training: a file that is something else is left as it is', async () => {
    const notes = join(folder, 'notes.txt');
    writeFileSync(notes, 'not to be lost');
    const cases = [
      [argsFor(notes), `${notes} exists and is no model`],
      [argsFor(join(folder, 'new'), '--checkpoint', notes), `${notes} exists and is no checkpoint`],
      [argsFor(join(folder, 'one'), '--checkpoint', `${folder}/./one`), '--checkpoint and --out name the same file'],
    ] as const;
    for (const [args, message] of cases) {
      const done = await commandInside(args);
      expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
      expect(done.stderr).toContain(message);
    }
    expect(readFileSync(notes, 'utf8')).toBe('not to be lost');
  });

  it('may be a model or empty', async () => {
    await expect(checkReplaceable(writeModel(folder), 'model', isModel)).resolves.toBeUndefined();
    writeFileSync(join(folder, 'empty'), '');
    await expect(checkReplaceable(join(folder, 'empty'), 'model', isModel)).resolves.toBeUndefined();
  });

  it('must have a folder, and be a file', async () => {
    const nowhere = await commandInside(argsFor(join(folder, 'no', 'where')));
    expect(failureComplaint(nowhere, 1, 'ERR_WRITE')).toBeNull();
    expect(nowhere.stderr).toContain(`there is no folder ${join(folder, 'no')}`);
    expect(failureComplaint(await commandInside(argsFor('/dev/null')), 1, 'ERR_WRITE')).toBeNull();
  });

  it('says after an interruption of a training anew how that one goes on', async () => {
    const out = join(folder, 'anew.safetensors');
    const running = start([...argsFor(out, '--hidden', '64'), '--epochs', '500', '--no-resume']);
    await new Promise<void>((resolve) => {
      running.child.stderr?.on('data', (text: string) => text.includes('epoch 1 ') && resolve());
    });
    running.child.kill('SIGINT');
    const { stdout } = await running.finished;
    expect(stdout).toMatch(/: without --no-resume it goes on from .*anew\.safetensors\.ckpt\n$/);
  });
});

describe('data that is not in order: ERR_DATA with the row', () => {
  const [first, second] = TABLE;
  it.each([
    ['a recording that is missing', [first, 'nowhere.bin,1'], 'labels.csv line 3: nowhere.bin: ERR_NOT_FOUND'],
    ['a label that is missing', [first, `${second.split(',')[0]},`], 'labels.csv line 3: the label of'],
    ['a recording that is damaged', [first, second], `labels.csv line 3: ${second.split(',')[0]}: ERR_TRUNCATED`],
  ])('%s', async (what, rows, message) => {
    const path = dataFolder(what.replaceAll(' ', '-'), rows);
    const file = second.split(',')[0];
    if (what.endsWith('damaged')) writeFileSync(join(path, file), readFileSync(join(NMNIST, file)).subarray(0, 1001));
    const model = writeModel(folder);
    const [trained, evaluated] = await Promise.all([
      command(['train', '--data', path, '--out', join(path, 'm'), '--json']),
      commandInside(['eval', '--data', path, '--model', model, '--json']),
    ]);
    for (const done of [trained, evaluated]) {
      expect(failureComplaint(done, 1, 'ERR_DATA')).toBeNull();
      expect(done.stderr).toContain(message);
      expect(done.json).toMatchObject({ error: { code: 'ERR_DATA' } });
    }
    expect(existsSync(join(path, 'm'))).toBe(false);
  });

  it('recordings of differing size, one of which does not say its own', async () => {
    const path = dataFolder('sizes', [first, 'sizeless.aedat,1']);
    const event = Buffer.from([0, 0, 0x10, 0, 0, 0, 0, 1]);
    writeFileSync(join(path, 'sizeless.aedat'), Buffer.concat([Buffer.from('#!AER-DAT2.0\r\n'), event, event]));
    const done = await command(['train', '--data', path, '--out', join(path, 'm')]);
    expect(failureComplaint(done, 1, 'ERR_DATA')).toBeNull();
    expect(done.stderr).toContain(`sizeless.aedat: unknown size, ${first.split(',')[0]} has 34×34 pixels`);
  });

  it('a folder without labels.csv, one class only, a class that the model does not know, a place that is not there', async () => {
    mkdirSync(join(folder, 'nothing'));
    const one = dataFolder('one-class', [first]);
    const strange = dataFolder('strange', [`${first.split(',')[0]},ten`]);
    const out = join(folder, 'x');
    const model = writeModel(folder);
    const cases = [
      [['train', '--data', join(folder, 'nothing'), '--out', out], 'ERR_NOT_FOUND', 'labels.csv'],
      [['train', '--data', one, '--out', out], 'ERR_DATA', 'only one class'],
      [['eval', '--data', strange, '--model', model], 'ERR_DATA', 'line 2'],
      [['train', '--data', data, '--out', join(folder, 'no', 'where')], 'ERR_WRITE', 'where'],
      [['train', '--data', data, '--out', folder], 'ERR_WRITE', 'directory'],
    ] as const;
    for (const [args, code, message] of cases) {
      const done = await (code === 'ERR_WRITE' || args[0] === 'eval' ? commandInside : command)(args);
      expect(failureComplaint(done, 1, code)).toBeNull();
      expect(done.stderr).toContain(message);
    }
  });
});

describe('eval', () => {
  it('counts every row, the same for the same seed, whatever the order of the rows', async () => {
    const model = writeModel(folder);
    const again = dataFolder('reversed', TABLE.filter((row) => /,[01]$/.test(row)).toReversed());
    const evaluate = (path: string, seed: string): Promise<Finished> =>
      commandInside(['eval', '--data', path, '--model', model, '--json', '--seed', seed]);
    const [one, other, reversed] = await Promise.all([evaluate(data, '1'), evaluate(data, '2'), evaluate(again, '1')]);
    expect(one.json).toMatchObject({ n: 6, seed: 1, model: 'provisional' });
    const confusion = one.json?.['confusion'] as number[][];
    expect(confusion.flat().reduce((sum, n) => sum + n, 0)).toBe(6);
    expect(confusion[0].reduce((sum, n) => sum + n, 0)).toBe(3);
    expect(one.json?.['accuracy']).toBe((confusion[0][0] + confusion[1][1]) / 6);
    expect(reversed.json).toEqual(one.json);
    expect(other.json).toMatchObject({ n: 6, seed: 2 });
  });

  it('gives no accuracy where a recording could not be read, or does not fit', async () => {
    const model = writeModel(folder);
    const path = dataFolder('partly', [...TABLE.slice(0, 2), 'bad.bin,0']);
    writeFileSync(join(path, 'bad.bin'), readFileSync(join(NMNIST, TABLE[0].split(',')[0])).subarray(0, 1001));
    const [json, text] = await Promise.all([
      commandInside(['eval', '--data', path, '--model', model, '--json']),
      commandInside(['eval', '--data', path, '--model', model]),
    ]);
    expect(failureComplaint(json, 1, 'ERR_DATA')).toBeNull();
    expect(json.json).toMatchObject({ error: { code: 'ERR_DATA' }, n: 3, read: 2, accuracy: null });
    expect(text.stdout).toBe('2 of 3 recordings read; no accuracy\n');

    writeFileSync(join(path, 'large.aedat'), '#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n');
    writeFileSync(join(path, 'labels.csv'), 'file,label\nlarge.aedat,0\n');
    const large = await commandInside(['eval', '--data', path, '--model', model]);
    expect(failureComplaint(large, 1, 'ERR_DATA')).toBeNull();
    expect(large.stderr).toContain(
      'labels.csv line 2: large.aedat: ERR_GEOMETRY large.aedat is 240×180 pixels, model provisional takes 34×34',
    );
  });
});
