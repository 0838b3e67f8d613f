import { readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { RxSpikeError } from '../src/index.js';

/** One row of a label table. */
export interface LabelledRow {
  /** The row's line in `labels.csv`, from 1. */
  readonly line: number;
  /** File name as the table has it. */
  readonly file: string;
  readonly path: string;
  readonly label: string;
}

const dataError = (message: string, details: Record<string, unknown> = {}): RxSpikeError =>
  new RxSpikeError('ERR_DATA', message, { details });

/** An error of the recording in `row`, as an error of the table: it says which row. */
export function rowError(row: LabelledRow, cause: unknown): RxSpikeError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof RxSpikeError ? ` ${cause.code}` : '';
  return new RxSpikeError('ERR_DATA', `labels.csv line ${row.line}: ${row.file}:${code} ${message}`, {
    details: { file: row.file, line: row.line },
    cause,
  });
}

/** Fields of one line of CSV; a field in double quotes may hold commas, and quotes doubled. Null: a quote is left open. */
function fields(line: string): string[] | null {
  const out: string[] = [];
  let rest = line;
  for (;;) {
    rest = rest.trimStart();
    const match = /^(?:"((?:[^"]|"")*)"\s*|([^",]*))(,|$)/.exec(rest);
    if (match === null) return null;
    out.push(match[1] === undefined ? match[2].trimEnd() : match[1].replaceAll('""', '"'));
    if (match[3] === '') return out;
    rest = rest.slice(match[0].length);
  }
}

/**
 * Rows of a label table: a header that names the columns `file` and `label` (others are passed over), then a row for each
 * recording; empty lines are passed over. Paths are relative to `folder`, or absolute; they are only ever read.
 * @throws `ERR_DATA` that names the line
 */
export function parseLabels(text: string, folder: string): LabelledRow[] {
  const lines = text.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/);
  const header = fields(lines[0]) ?? [];
  const [fileColumn, labelColumn] = ['file', 'label'].map((name) => header.indexOf(name));
  if (fileColumn < 0 || labelColumn < 0) {
    throw dataError(`labels.csv line 1: expected a header with "file" and "label", got "${lines[0].slice(0, 80)}"`);
  }
  const rows: LabelledRow[] = [];
  const labelOf = new Map<string, LabelledRow>();
  lines.forEach((content, i) => {
    const line = i + 1;
    if (line === 1 || content.trim() === '') return;
    const cells = fields(content);
    if (cells === null) throw dataError(`labels.csv line ${line}: a quoted field does not end`, { line });
    const file = cells[fileColumn] ?? '';
    const label = cells[labelColumn] ?? '';
    if (file === '') throw dataError(`labels.csv line ${line}: the file is missing`, { line });
    if (label === '') throw dataError(`labels.csv line ${line}: the label of ${file} is missing`, { line, file });
    const row = { line, file, path: isAbsolute(file) ? file : join(folder, file), label };
    const earlier = labelOf.get(resolve(row.path));
    if (earlier && earlier.label !== label) {
      throw dataError(
        `labels.csv line ${line}: ${file} is ${label} here and ${earlier.label} in line ${earlier.line}`,
        {
          line,
          file,
        },
      );
    }
    labelOf.set(resolve(row.path), row);
    rows.push(row);
  });
  if (rows.length === 0) throw dataError('labels.csv has no rows');
  return rows;
}

/**
 * Rows of `labels.csv` in a folder of recordings.
 * @throws `ERR_NOT_FOUND` where the folder or the table is missing, `ERR_NOT_READABLE`, `ERR_DATA`
 */
export async function readLabels(folder: string): Promise<LabelledRow[]> {
  const path = join(folder, 'labels.csv');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    if (reason === 'ENOENT' || reason === 'ENOTDIR') {
      throw new RxSpikeError('ERR_NOT_FOUND', `${path}: no such file`, { cause });
    }
    throw new RxSpikeError('ERR_NOT_READABLE', `${path}: ${(cause as Error).message}`, { cause });
  }
  return parseLabels(text, folder);
}
