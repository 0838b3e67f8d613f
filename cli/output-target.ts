import { realpath, stat } from 'node:fs/promises';
import { RxSpikeError } from '../src/index.js';
import { type ByteOutput, deviceBytes, stdoutBytes } from './byte-output.js';
import { UsageError } from './failure.js';
import type { InputFile } from './input-file.js';

/** Where a recording or picture goes. */
export interface OutputTarget {
  /** Path of a file that gets its name when it is whole, or something that bytes are appended to. */
  readonly place: string | ByteOutput;
  /** Bytes that lie there, after the end. */
  bytes(): Promise<number>;
}

/**
 * What OUT on the command line means: a file, `-` for stdout, or a device. What would be lost without notice is refused
 * before the work begins.
 *
 * @throws `UsageError` where its name speaks of a wrapping, where it is IN, or exists, holds something and is not to be replaced; `ERR_WRITE` for a directory
 */
export async function outputTarget(
  text: string,
  { input, force }: { readonly input: InputFile; readonly force: boolean },
): Promise<OutputTarget> {
  if (text === '-') return appended(stdoutBytes());
  const [, packed] = /(\.(?:gz|zst|zstd|xz|bz2))$/i.exec(text) ?? [];
  if (packed !== undefined)
    throw new UsageError(`${text}: what is written is not compressed; leave ${packed} off the name`);
  const there = await stat(text).catch(() => null);
  if (there?.isDirectory()) throw new RxSpikeError('ERR_WRITE', `${text}: is a directory`);
  if (there !== null && !there.isFile()) return appended(deviceBytes(text));
  const from = input.path === null ? null : await stat(input.path).catch(() => null);
  if (there !== null && from !== null && there.ino === from.ino && there.dev === from.dev) {
    throw new UsageError(`${text} is the input itself: name another file`);
  }
  if (there !== null && there.size > 0 && !force) {
    throw new UsageError(`${text} exists and is left as it is; --force replaces it`);
  }
  // A link stays one: what it leads to is replaced.
  const path = there === null ? text : await realpath(text);
  return { place: path, bytes: async () => (await stat(path)).size };
}

function appended(place: ByteOutput): OutputTarget {
  return { place, bytes: async () => place.bytes };
}
