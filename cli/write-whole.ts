import { open, rename, rm } from 'node:fs/promises';
import { writeFailure } from './write-error.js';

/**
 * Writes a file so that its name never stands for a part of it: under another name first, then renamed.
 * @throws `ERR_WRITE`
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const next = `${path}.${process.pid}.new`;
  try {
    const file = await open(next, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  } catch (cause) {
    await rm(next, { force: true }).catch(() => {});
    throw writeFailure(path, cause);
  }
}
