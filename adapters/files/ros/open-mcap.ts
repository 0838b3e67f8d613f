import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { McapDecoder } from './mcap-decoder.js';
import { MCAP_MAGIC } from './mcap-layout.js';
import { openRos } from './open-ros.js';

/**
 * Reads the beginning of an MCAP file, up to its first message with events.
 * @throws `ERR_TRUNCATED`; `ERR_ARGUMENT` where the topic asked for is not there
 */
export async function openMcap(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  if (!(await prefix.fill(MCAP_MAGIC.length))) {
    throw new RxSpikeError('ERR_TRUNCATED', 'mcap: the input ends in its first bytes');
  }
  return openRos(prefix, options, {
    format: 'mcap',
    dataStart: MCAP_MAGIC.length,
    sniffed: 'first bytes \\x89MCAP0',
    make: (parts) => new McapDecoder(parts),
    said: (decoder) => (decoder instanceof McapDecoder ? decoder : { notes: {}, sensor: null }),
  });
}
