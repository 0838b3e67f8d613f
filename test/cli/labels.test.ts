import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLabels, readLabels, rowError } from '../../cli/labels.js';
import { RxSpikeError } from '../../src/errors.js';
import { projectRoot } from '../shared-data.js';

const codeAndMessage = (text: string): string => {
  try {
    parseLabels(text, 'd');
  } catch (error) {
    if (error instanceof RxSpikeError) return `${error.code}: ${error.message}`;
  }
  return 'no error';
};

describe('labels.csv', () => {
  it('is read with any line ends, column order, further columns, quotes and a byte order mark', () => {
    expect(parseLabels('file,label\na.bin,1\n\nb.bin,2\n', 'd')).toEqual([
      { line: 2, file: 'a.bin', path: join('d', 'a.bin'), label: '1' },
      { line: 4, file: 'b.bin', path: join('d', 'b.bin'), label: '2' },
    ]);
    expect(parseLabels('\u{feff}label, note ,file\r\n"a, ""b""",,"x,y.bin"\r\n', 'd')).toEqual([
      { line: 2, file: 'x,y.bin', path: join('d', 'x,y.bin'), label: 'a, "b"' },
    ]);
  });

  it('takes an absolute path as it stands', () => {
    const path = resolve('elsewhere', 'a.bin');
    expect(parseLabels(`file,label\n${path},1\n../b.bin,2`, 'd').map((row) => row.path)).toEqual([path, 'b.bin']);
  });

  it('takes linear time over a line that is not in order', () => {
    const started = process.cpuUsage();
    expect(codeAndMessage(`file,label\n${' '.repeat(100_000)}a${' '.repeat(100_000)}"b,c`)).toContain('does not end');
    expect(process.cpuUsage(started).user).toBeLessThan(2e6);
  });

  it('takes a row twice, as long as it says the same', () => {
    expect(parseLabels('file,label\na,1\na,1', 'd')).toHaveLength(2);
    expect(codeAndMessage('file,label\na,1\n./a,2')).toBe('ERR_DATA: labels.csv line 3: ./a is 2 here and 1 in line 2');
  });

  it.each([
    ['', 'ERR_DATA: labels.csv line 1: expected a header with "file" and "label", got ""'],
    ['a.bin,1', 'ERR_DATA: labels.csv line 1: expected a header with "file" and "label", got "a.bin,1"'],
    ['file,label\n', 'ERR_DATA: labels.csv has no rows'],
    ['file,label\na.bin', 'ERR_DATA: labels.csv line 2: the label of a.bin is missing'],
    ['file,label\n\n,3', 'ERR_DATA: labels.csv line 3: the file is missing'],
    ['file,label\n"a.bin,3', 'ERR_DATA: labels.csv line 2: a quoted field does not end'],
  ])('%j is refused', (text, message) => {
    expect(codeAndMessage(text)).toBe(message);
  });

  it('of the bundled recordings has every digit', async () => {
    const rows = await readLabels(projectRoot('assets', 'nmnist'));
    expect(new Set(rows.map((row) => row.label)).size).toBe(10);
  });

  it('that is missing is not found', async () => {
    await expect(readLabels(projectRoot('nowhere'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(readLabels(projectRoot('package.json'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('gives its line to the error of a recording', () => {
    const row = { line: 7, file: 'a.bin', path: 'd/a.bin', label: '1' };
    const error = rowError(row, new RxSpikeError('ERR_TRUNCATED', 'cut'));
    expect(error).toMatchObject({ code: 'ERR_DATA', message: 'labels.csv line 7: a.bin: ERR_TRUNCATED cut' });
  });
});
