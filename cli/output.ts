import { Writable } from 'node:stream';

/**
 * Where a command puts what it has to say: results on stdout, everything else on stderr.
 * With `json`, lines of results are left out: the one JSON object at the end holds them.
 */
export interface Output {
  readonly json: boolean;
  /** A line of results for people. */
  readonly line: (text: string) => void;
  /** A line of results that is needed while the command runs: also with `json`. */
  readonly announce: (text: string) => void;
  /** A line beside the results: progress, warnings. */
  readonly note: (text: string) => void;
  /** The terminal that results go to; null where there is none, or with `json`. */
  readonly terminal: TerminalStream | null;
  /** The terminal that notes go to; null where there is none. */
  readonly noteTerminal: TerminalStream | null;
  /** Aborted by Ctrl-C (and by SIGTERM; the signal's name is the reason): finish, sum up, return. */
  readonly interrupted: AbortSignal;
}

/** What words are written to: a process stream, or something that collects them. */
export interface TextStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The part of a terminal that views use. */
export interface TerminalStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** A stream as a terminal, or null where control characters would do harm. */
export function asTerminal(stream: TextStream, environment: NodeJS.ProcessEnv): TerminalStream | null {
  return stream.isTTY === true && environment['TERM'] !== 'dumb' ? (stream as TerminalStream) : null;
}

/** Resolves once what was written so far has left the process. */
export function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
