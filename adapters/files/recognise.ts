import { RxSpikeError } from '../../src/index.js';
import type { OpenedFormat } from './decoder.js';
import { openNmnist } from './nmnist/open-nmnist.js';
import type { Prefix } from './prefix.js';
import type { OpenOptions } from './recording.js';

/** Finds out the format of a source and reads its header. @throws as `openRecording` */
export async function recognise(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  await prefix.fill(64);
  if (prefix.bytes.length === 0) throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'the input is empty');
  if (options.format === 'nmnist') return openNmnist(prefix, 'named by the caller');
  if (options.name?.toLowerCase().endsWith('.bin')) return openNmnist(prefix, 'extension .bin and plausible events');
  throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'no known header');
}
