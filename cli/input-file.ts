import { stat } from 'node:fs/promises';
import { type FormatName, type OpenOptions, type Recording, openRecording } from '../adapters/files/index.node.js';
import type { TimeUnit } from '../adapters/files/index.node.js';
import { RxSpikeError } from '../src/index.js';
import { inCommandWords } from './command-words.js';
import { UsageError } from './failure.js';
import { openNamed } from './name-errors.js';
import { parseSource } from './sources.js';

/** Options of every command that reads a recording, as the command line gives them. */
export interface InputOptions {
  readonly format?: FormatName;
  readonly chip?: string;
  readonly stream?: number;
  readonly topic?: string;
  readonly timeUnit?: TimeUnit;
  readonly columns?: string;
  readonly size?: { readonly width: number; readonly height: number };
}

/** A recording that the command line names: a file, or stdin. */
export interface InputFile {
  /** As the command line names it. */
  readonly text: string;
  /** Name for messages. */
  readonly name: string;
  /** Null for stdin, which passes once. */
  readonly path: string | null;
  /** Opens it; `more` is added to the options of the command line. Errors name it. */
  open(more?: OpenOptions): Promise<Recording>;
  /** Size in bytes; null where it has none. */
  bytes(): Promise<number | null>;
}

/** Options of the library out of those of the command line. */
function openOptions({ format, chip, stream, topic, timeUnit, columns, size }: InputOptions): OpenOptions {
  const given = Object.entries({ format, chip, stream, topic, timeUnit, columns, size }).filter(
    ([, v]) => v !== undefined,
  );
  return Object.fromEntries(given) as OpenOptions;
}

/** What `opening` comes to; what is not recognised may be named by an option. */
async function hinted(opening: Promise<Recording>, { format }: InputOptions): Promise<Recording> {
  try {
    return await opening;
  } catch (error) {
    if (!(error instanceof RxSpikeError)) throw error;
    const nameless =
      error.code === 'ERR_UNKNOWN_FORMAT' && format === undefined && !error.message.endsWith(' is empty');
    if (!nameless) throw inCommandWords(error);
    const { code, message, details } = error;
    throw new RxSpikeError(code, `${message}; --format NAME says what it is`, { details, cause: error });
  }
}

/**
 * What FILE on the command line means to a command that reads a recording.
 * @throws `UsageError` for a source that is no file
 */
export function inputFile(command: string, text: string, options: InputOptions): InputFile {
  const { kind } = parseSource(text);
  if (kind === 'simulated' || kind === 'network') {
    throw new UsageError(`${text} is not a file: ${command} reads a recording, or - for stdin`);
  }
  const path = kind === 'stdin' ? null : text;
  const name = path ?? 'stdin';
  return {
    text,
    name,
    path,
    open: (more = {}) => {
      const known = { reuse: true, ...openOptions(options), ...more };
      const open = (): Promise<Recording> =>
        path === null ? openRecording(process.stdin, { name, ...known }) : openRecording(path, known);
      return openNamed(name, () => hinted(open(), options));
    },
    bytes: async () => {
      const stats = path === null ? null : await stat(path).catch(() => null);
      return stats?.isFile() ? stats.size : null;
    },
  };
}

/** Codes of a file that was read and found bad, as against one that could not be read at all. */
const BAD_BYTES: readonly string[] = [
  'ERR_UNKNOWN_FORMAT',
  'ERR_UNSUPPORTED',
  'ERR_TRUNCATED',
  'ERR_CORRUPT',
  'ERR_LIMIT',
];

/** Whether an error says that bytes were read and found bad. */
export function saysBadBytes(error: unknown): boolean {
  return error instanceof RxSpikeError && BAD_BYTES.includes(error.code);
}

/** Format of a file that broke in its header, where that much is known. */
export function formatOfBroken(error: unknown): string | null {
  const format = error instanceof RxSpikeError ? error.details['format'] : null;
  return typeof format === 'string' ? format : null;
}
