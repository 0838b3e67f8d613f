import { RxSpikeError } from '../src/index.js';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  ENOSPC: 'no space is left',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'no permission',
  EISDIR: 'is a directory',
};

/** What a failed writing to `name` is told as: by what is wrong, not by the call that failed. */
export function writeFailure(name: string, cause: unknown): RxSpikeError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new RxSpikeError('ERR_WRITE', `${name}: ${WORDS[code ?? ''] ?? message}`, { cause });
}
