import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { RxSpikeError } from '../../src/index.js';
import type { Patch } from './encoder.js';

/** Small pieces are put together up to this size before they go to the disk. */
const GATHERED = 1 << 20;

/** A file that gets its name only when it is whole: until then it lies beside it under another one. */
export class OutputFile {
  readonly path: string;
  /** Where the bytes lie until `close`. */
  readonly workingPath: string;
  readonly #handle: FileHandle;
  readonly #buffer = new Uint8Array(GATHERED);
  #gathered = 0;

  private constructor(path: string, workingPath: string, handle: FileHandle) {
    this.path = path;
    this.workingPath = workingPath;
    this.#handle = handle;
  }

  /** @throws (rejects) `ERR_WRITE` */
  static async create(path: string): Promise<OutputFile> {
    const workingPath = `${path}.${randomBytes(4).toString('hex')}.part`;
    try {
      return new OutputFile(path, workingPath, await open(workingPath, 'wx+'));
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  /** Appends bytes where that needs no waiting; false where nothing was done. */
  hold(bytes: Uint8Array): boolean {
    if (this.#gathered + bytes.length > GATHERED) return false;
    this.#buffer.set(bytes, this.#gathered);
    this.#gathered += bytes.length;
    return true;
  }

  /** Appends bytes, which are borrowed until the promise settles. @throws (rejects) `ERR_WRITE` */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.hold(bytes)) return;
    await this.#flush();
    if (!this.hold(bytes)) await this.#all(bytes);
  }

  /** Writes patches, makes sure that all is on the disk and gives the file its name. @throws (rejects) `ERR_WRITE` */
  async close(patches: readonly Patch[] = []): Promise<void> {
    try {
      await this.#flush();
      for (const { at, bytes } of patches) await this.#all(bytes, at);
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.workingPath, this.path);
    } catch (cause) {
      await this.abort();
      throw writeError(this.path, cause);
    }
  }

  /** Leaves no file behind. */
  async abort(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.workingPath, { force: true }).catch(() => {});
  }

  async #flush(): Promise<void> {
    const length = this.#gathered;
    this.#gathered = 0;
    if (length > 0) await this.#all(this.#buffer.subarray(0, length));
  }

  /** Appends bytes, or writes them over what lies at `place`. */
  async #all(bytes: Uint8Array, place: number | null = null): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        const to = place === null ? null : place + at;
        at += (await this.#handle.write(bytes, at, bytes.length - at, to)).bytesWritten;
      }
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }
}

/** What a failed writing to `path` is reported as. */
export function writeError(path: string, cause: unknown): RxSpikeError {
  if (cause instanceof RxSpikeError) return cause;
  const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const what =
    reason === 'ENOENT' || reason === 'ENOTDIR'
      ? 'there is no such folder'
      : reason === 'ENOSPC'
        ? 'no space is left'
        : reason === 'EACCES' || reason === 'EPERM' || reason === 'EROFS'
          ? 'no permission'
          : reason === 'EISDIR'
            ? 'is a directory'
            : cause instanceof Error
              ? cause.message
              : String(cause);
  return new RxSpikeError('ERR_WRITE', `${path}: ${what}`, { details: { path }, cause });
}
