import { open, rm, type FileHandle } from 'node:fs/promises';
import { writeError } from '../output-file.node.js';

/** Bytes that are kept in memory before they go to the disk; a multiple of every element's size. */
const GATHERED = 1 << 18;

/** A file to keep bytes in for a while: appended to, then read once from the beginning, then removed. */
export class Spool {
  readonly #path: string;
  /** Path that it serves, for messages. */
  readonly #serves: string;
  readonly #handle: FileHandle;
  readonly #buffer = new Uint8Array(GATHERED);
  #gathered = 0;
  #size = 0;

  private constructor(path: string, serves: string, handle: FileHandle) {
    this.#path = path;
    this.#serves = serves;
    this.#handle = handle;
  }

  /** `serves`: path of the file that it is kept for. @throws (rejects) `ERR_WRITE`, which names that file */
  static async create(path: string, serves: string): Promise<Spool> {
    try {
      return new Spool(path, serves, await open(path, 'wx+'));
    } catch (cause) {
      throw writeError(serves, cause);
    }
  }

  /** Appends bytes, which are borrowed until the promise settles. @throws (rejects) `ERR_WRITE` */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + GATHERED - this.#gathered);
      this.#buffer.set(part, this.#gathered);
      this.#gathered += part.length;
      at += part.length;
      if (this.#gathered === GATHERED) await this.#flush();
    }
  }

  /** All bytes, in pieces that hold whole elements and are valid until the next one. @throws `ERR_WRITE` */
  async *chunks(): AsyncGenerator<Uint8Array> {
    await this.#flush();
    for (let at = 0; at < this.#size;) {
      const length = Math.min(GATHERED, this.#size - at);
      try {
        for (let there = 0; there < length;) {
          const { bytesRead } = await this.#handle.read(this.#buffer, there, length - there, at + there);
          if (bytesRead === 0) return;
          there += bytesRead;
        }
      } catch (cause) {
        throw writeError(this.#serves, cause);
      }
      yield this.#buffer.subarray(0, length);
      at += length;
    }
  }

  /** Leaves no file behind. */
  async remove(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#path, { force: true }).catch(() => {});
  }

  async #flush(): Promise<void> {
    const length = this.#gathered;
    this.#gathered = 0;
    try {
      for (let at = 0; at < length;) {
        at += (await this.#handle.write(this.#buffer, at, length - at, this.#size + at)).bytesWritten;
      }
    } catch (cause) {
      throw writeError(this.#serves, cause);
    }
    this.#size += length;
  }
}
