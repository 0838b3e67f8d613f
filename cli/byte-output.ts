import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { ByteSink } from '../adapters/files/index.node.js';
import { writeFailure } from './write-error.js';

/** A {@link ByteSink} that counts. */
export interface ByteOutput extends ByteSink {
  readonly bytes: number;
}

/** Bytes into a stream, at its pace. */
class StreamOutput implements ByteOutput {
  readonly name: string;
  bytes = 0;
  readonly #stream: Writable;
  readonly #ends: boolean;

  constructor(name: string, stream: Writable, ends: boolean) {
    this.name = name;
    this.#stream = stream;
    this.#ends = ends;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error?: NodeJS.ErrnoException | null) => {
        if (!error) {
          this.bytes += bytes.length;
          resolve();
        } else if (error.code !== 'EPIPE' || this.#ends) {
          reject(writeFailure(this.name, error));
        }
        // A reader of stdout that went away wants no more: the process is about to end without an error.
      });
    });
  }

  async close(): Promise<void> {
    if (this.#ends) await new Promise<void>((resolve) => this.#stream.end(resolve));
  }

  async abort(): Promise<void> {
    if (this.#ends) this.#stream.destroy();
  }
}

/** Bytes to stdout. */
export function stdoutBytes(): ByteOutput {
  return new StreamOutput('stdout', process.stdout, false);
}

/** Bytes to a device or a named pipe. */
export function deviceBytes(path: string): ByteOutput {
  const stream = createWriteStream(path);
  stream.on('error', () => {}); // told by the write that fails
  return new StreamOutput(path, stream, true);
}
