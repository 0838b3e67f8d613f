import type { RxSpikeError } from '../src/index.js';

/** How a command ends: 0 done, 1 data or network error, 2 usage, 130 interrupted. */
export type ExitStatus = 0 | 1 | 2 | 130;

/** An error as the command line shows it: one line, a code, an exit status. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly status: ExitStatus;
}

/** Thrown by a command that fails after having read something: `read` goes into the JSON beside the error. */
export class PartialFailure extends Error {
  override readonly name = 'PartialFailure' as const;
  readonly read: Readonly<Record<string, unknown>>;

  constructor(cause: unknown, read: Readonly<Record<string, unknown>>) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.read = read;
  }
}

/** Wrong use of the command line: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError' as const;
}

const SYSTEM_CODES: Readonly<Record<string, string>> = {
  ENOENT: 'ERR_NOT_FOUND',
  ENOTDIR: 'ERR_NOT_FOUND',
  EISDIR: 'ERR_NOT_READABLE',
  EACCES: 'ERR_NOT_READABLE',
  EPERM: 'ERR_NOT_READABLE',
  EADDRINUSE: 'ERR_LISTEN',
  EADDRNOTAVAIL: 'ERR_LISTEN',
  ECONNREFUSED: 'ERR_CONNECTION',
  ECONNRESET: 'ERR_CONNECTION',
  ETIMEDOUT: 'ERR_CONNECTION',
  ENOTFOUND: 'ERR_CONNECTION',
  ENOSPC: 'ERR_WRITE',
  EROFS: 'ERR_WRITE',
};

/** Text on one line and without control characters: what an error quotes may come from a file or a path. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed
  return text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

/** Told by name, so that asking for help does not load the library. */
function isRxSpikeError(thrown: unknown): thrown is RxSpikeError {
  return thrown instanceof Error && thrown.name === 'RxSpikeError';
}

/** What the command line says of anything that was thrown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof PartialFailure) return failureOf(thrown.cause);
  if (thrown instanceof UsageError) return { code: 'ERR_ARGUMENT', message: oneLine(thrown.message), status: 2 };
  if (isRxSpikeError(thrown)) {
    // What a server complains of is no wrong use of this command line.
    const misused = thrown.code === 'ERR_ARGUMENT' && thrown.details['from'] === undefined;
    return { code: thrown.code, message: oneLine(thrown.message), status: misused ? 2 : 1 };
  }
  const system = (thrown as { code?: unknown } | null)?.code;
  const code = (typeof system === 'string' ? SYSTEM_CODES[system] : undefined) ?? 'ERR_INTERNAL';
  return { code, message: oneLine(thrown instanceof Error ? thrown.message : String(thrown)), status: 1 };
}

/** The stack behind a failure, for `RXSPIKE_DEBUG=1`. */
export function stackOf(thrown: unknown): string {
  if (thrown instanceof PartialFailure) return stackOf(thrown.cause);
  if (!(thrown instanceof Error)) return String(thrown);
  const behind = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${behind}`;
}
