import { stat } from 'node:fs/promises';
import { type WritableFormat, formatOfName, isGrowing } from '../adapters/files/index.node.js';
import { RxSpikeError } from '../src/index.js';
import { UsageError } from './failure.js';
import { WRITABLE_NAMES } from './options.js';

/** A file that a stream is written to. */
export interface StreamFile {
  readonly path: string;
  readonly format: WritableFormat;
  /** True where a file is there and is to be replaced. */
  readonly replace: boolean;
}

/** The format that a stream is written to a file in. @throws `UsageError` */
export function formatOfFile(path: string, wanted: WritableFormat | undefined, option: string): WritableFormat {
  const format = wanted ?? formatOfName(path);
  if (format !== null) return format;
  const known = WRITABLE_NAMES.filter((name) => isGrowing(name as WritableFormat)).join(', ');
  throw new UsageError(`${path}: its extension names no format that is written; ${option} names one: ${known}`);
}

/**
 * A file that a stream is to be written to; what would be lost without notice is refused before the stream is opened.
 * @throws `UsageError` where a file that holds something is there; `ERR_WRITE` for what is no file
 */
export async function streamFile(path: string, format: WritableFormat, force: boolean): Promise<StreamFile> {
  const there = await stat(path).catch(() => null);
  if (there !== null && !there.isFile()) {
    throw new RxSpikeError('ERR_WRITE', `${path}: ${there.isDirectory() ? 'is a directory' : 'is no file'}`);
  }
  if (there !== null && there.size > 0 && !force) {
    throw new UsageError(`${path} exists and is left as it is; --force replaces it`);
  }
  return { path, format, replace: there !== null };
}
