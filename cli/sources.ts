import type { FormatName } from '../adapters/index.node.js';
import { UsageError } from './failure.js';

export type { FormatName } from '../adapters/index.node.js';

/** What a SOURCE on the command line means. */
export type Source =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'simulated'; readonly name: string }
  | { readonly kind: 'network'; readonly url: string };

/** How files are opened. */
export interface SourceOptions {
  readonly format?: FormatName;
}

/**
 * Reads a SOURCE: `-`, `sim:NAME`, `ws://…`, else a path. `C:\…` is a path, and so is a file whose name has a colon.
 * @throws `UsageError` for an address of a kind that is not read
 */
export function parseSource(text: string): Source {
  if (text === '-') return { kind: 'stdin' };
  if (text.startsWith('sim:')) return { kind: 'simulated', name: text.slice(4) };
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === 'ws' || scheme === 'wss') {
    if (!URL.canParse(text)) throw new UsageError(`${text} is not an address: ws://HOST:PORT is expected`);
    return { kind: 'network', url: text };
  }
  if (scheme !== undefined)
    throw new UsageError(`${scheme}:// is not a source: a file, -, sim:NAME or ws://HOST:PORT is`);
  return { kind: 'file', path: text };
}

/** What `openRecording` takes for a file or, for `-`, stdin. */
export function fileInput(text: string): string | AsyncIterable<Uint8Array> {
  return text === '-' ? process.stdin : text;
}
