import { type FileHandle, open } from 'node:fs/promises';
import type { Patch } from './encoder.js';
import { writeError } from './output-file.node.js';

/**
 * A file that has its name from the beginning and is good at any moment: bytes are put together in memory and written
 * as a whole, so that the file ends where a record ends.
 */
export class GrowingFile {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Bytes in the file. */
  #bytes = 0;
  #held = new Uint8Array(1 << 16);
  #length = 0;
  #syncing: Promise<void> | null = null;
  #unsynced = false;
  #failure: unknown = null;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** @throws (rejects) `ERR_WRITE`, also where there is a file that is not to be replaced */
  static async create(path: string, replace: boolean): Promise<GrowingFile> {
    try {
      return new GrowingFile(path, await open(path, replace ? 'w' : 'wx'));
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes in memory. */
  get held(): number {
    return this.#length;
  }

  /** Takes whole records, copied. */
  hold(pieces: Iterable<Uint8Array>): void {
    for (const piece of pieces) {
      const length = this.#length + piece.length;
      if (length > this.#held.length) {
        const larger = new Uint8Array(Math.max(length, 2 * this.#held.length));
        larger.set(this.#held.subarray(0, this.#length));
        this.#held = larger;
      }
      this.#held.set(piece, this.#length);
      this.#length = length;
    }
  }

  /** Writes what is held. Where that fails the file ends where it ended before. @throws (rejects) `ERR_WRITE` */
  async write(): Promise<void> {
    if (this.#failure !== null) throw writeError(this.path, this.#failure);
    if (this.#length === 0) return;
    const bytes = this.#held.subarray(0, this.#length);
    this.#length = 0;
    await this.#put(bytes, this.#bytes);
    this.#bytes += bytes.length;
    this.#unsynced = true;
  }

  /** Begins to bring what is written to the disk, unless that is under way; a failure is thrown by the next `write`. */
  sync(): void {
    if (this.#syncing !== null || !this.#unsynced) return;
    this.#unsynced = false;
    this.#syncing = this.#handle
      .datasync()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => (this.#syncing = null));
  }

  /** Writes what is held, and patches, and lets go of the file when all is on the disk. @throws (rejects) `ERR_WRITE` */
  async end(patches: readonly Patch[]): Promise<void> {
    try {
      await this.write();
      let end = this.#bytes;
      for (const { at, bytes } of patches) {
        await this.#put(bytes, at);
        end = Math.max(end, at + bytes.length);
      }
      this.#bytes = end;
      await this.#syncing;
      await this.#handle.sync();
    } catch (cause) {
      throw writeError(this.path, cause);
    } finally {
      await this.let();
    }
  }

  /** Lets go of the file as it is. */
  async let(): Promise<void> {
    await this.#syncing;
    await this.#handle.close().catch(() => {});
  }

  async #put(bytes: Uint8Array, at: number): Promise<void> {
    try {
      for (let n = 0; n < bytes.length;) {
        n += (await this.#handle.write(bytes, n, bytes.length - n, at + n)).bytesWritten;
      }
    } catch (cause) {
      this.#failure = cause;
      // A record that was begun would be taken for damage.
      await this.#handle.truncate(this.#bytes).catch(() => {});
      throw writeError(this.path, cause);
    }
  }
}
