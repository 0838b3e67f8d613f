import { access, constants, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RxSpikeError } from '../src/index.js';
import { UsageError } from './failure.js';

/** Whether a file of `size` bytes with these first bytes is of a kind. */
export type FileTest = (head: Buffer, size: number) => boolean;

/** A safetensors file: length of its header (u64), then the header, which is JSON. */
export const isModel: FileTest = (head, size) =>
  head.length > 8 && head.readBigUInt64LE(0) <= BigInt(size - 8) && head[8] === 0x7b;

/** A saved state. */
export const isCheckpoint: FileTest = (head) => head.toString('latin1', 0, 4) === 'RxS1';

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Says before the work what would make it vain, or would destroy something else: a file may be replaced where it is
 * empty or of the kind that is about to be written.
 * @throws `ERR_WRITE` where it cannot be written, `UsageError` where another file has its name
 */
export async function checkReplaceable(path: string, kind: string, isKind: FileTest): Promise<void> {
  const folder = dirname(resolve(path));
  const writeError = (what: string, cause?: unknown): RxSpikeError =>
    new RxSpikeError('ERR_WRITE', `${path}: ${what}`, { cause });
  const there = await stat(folder).catch(() => null);
  if (!there?.isDirectory()) throw writeError(`there is no folder ${folder}`);
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw writeError(`the folder ${folder} may not be written`, cause);
  });
  const file = await stat(path).catch(() => null);
  if (file === null) return;
  if (!file.isFile()) throw writeError(file.isDirectory() ? 'is a directory' : 'is no file');
  const head = await headOf(path).catch((cause: unknown) => {
    throw writeError('may not be read to see what would be replaced', cause);
  });
  if (file.size > 0 && !isKind(head, file.size)) {
    throw new UsageError(`${path} exists and is no ${kind}: it is left as it is, name another file`);
  }
}
