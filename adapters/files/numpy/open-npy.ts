import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';

/** Not read yet. @throws `ERR_UNSUPPORTED` */
export function openNpy(_prefix: Prefix, _options: OpenOptions): Promise<OpenedFormat> {
  return Promise.reject(new RxSpikeError('ERR_UNSUPPORTED', 'NPY is not read yet'));
}
