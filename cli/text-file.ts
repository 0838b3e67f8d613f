import { readFile } from 'node:fs/promises';
import { RxSpikeError } from '../src/index.js';

/** What a text file holds. @throws `ERR_NOT_FOUND`, `ERR_NOT_READABLE` */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new RxSpikeError('ERR_NOT_FOUND', `${file}: no such file`, { cause });
    throw new RxSpikeError('ERR_NOT_READABLE', `${file}: cannot be read (${code ?? 'unknown'})`, { cause });
  }
}
