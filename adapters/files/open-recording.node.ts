import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RxSpikeError } from '../../src/index.js';
import type { ByteParts, Bytes, ByteSource } from './byte-source.js';
import { checkOptions, openRecording as openBytes, openSource } from './open-recording.js';
import type { OpenOptions, Recording } from './recording.js';

const CHUNK = 1 << 18;

/**
 * Opens a recording as the browser's `openRecording` does, from a path or a file URL too.
 * Rejects also with `ERR_NOT_FOUND` and `ERR_NOT_READABLE` (a directory, no permission).
 */
export async function openRecording(source: Bytes | string | URL, options: OpenOptions = {}): Promise<Recording> {
  if (typeof source !== 'string' && !(source instanceof URL)) return openBytes(source, options);
  const path = source instanceof URL ? urlToPath(source) : source;
  const checked = checkOptions({ ...options, name: options.name ?? basename(path) });
  const stats = await stat(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (stats.isDirectory()) throw new RxSpikeError('ERR_NOT_READABLE', `${path}: is a directory`, { details: { path } });
  if (stats.isFile()) return openSource(pathSource(path, stats.size, checked.onRead), checked);
  // Pipes and devices pass once and cannot be read from the middle.
  return openSource({ rewindable: false, read: (from) => fileChunks(path, from), parts: null }, checked);
}

function urlToPath(url: URL): string {
  if (url.protocol === 'file:') return fileURLToPath(url);
  throw new RxSpikeError('ERR_ARGUMENT', `source: expected a file URL, got ${url.protocol}`);
}

function pathSource(path: string, size: number, onRead: OpenOptions['onRead']): ByteSource {
  const parts: ByteParts = {
    size,
    read: (from, to) => {
      onRead?.(to, size);
      return filePart(path, from, to);
    },
  };
  return { rewindable: true, read: (from) => noted(fileChunks(path, from), from, size, onRead), parts };
}

/** Chunks of a file, each told of when it has been read. */
async function* noted(
  chunks: AsyncIterable<Uint8Array>,
  from: number,
  size: number,
  onRead: OpenOptions['onRead'],
): AsyncGenerator<Uint8Array> {
  let reached = from;
  for await (const chunk of chunks) {
    reached += chunk.length;
    onRead?.(reached, size);
    yield chunk;
  }
}

async function filePart(path: string, from: number, to: number): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r');
    try {
      const bytes = new Uint8Array(to - from);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, from + length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function* fileChunks(path: string, from: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    const stats = await handle.stat();
    const seekable = stats.isFile();
    const buffer = new Uint8Array(seekable ? Math.min(CHUNK, Math.max(1, stats.size - from)) : CHUNK);
    for (let at = from; ;) {
      const { bytesRead } = await handle
        .read(buffer, 0, buffer.length, seekable ? at : null)
        .catch((cause: unknown) => {
          throw fileError(path, cause);
        });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

function fileError(path: string, cause: unknown): RxSpikeError {
  const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return new RxSpikeError('ERR_NOT_FOUND', `${path}: no such file`, { details: { path }, cause });
  }
  const what =
    reason === 'EISDIR'
      ? 'is a directory'
      : reason === 'EACCES' || reason === 'EPERM'
        ? 'no permission'
        : String(cause);
  return new RxSpikeError('ERR_NOT_READABLE', `${path}: ${what}`, { details: { path }, cause });
}
