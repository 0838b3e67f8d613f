import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { BagDecoder } from './bag-decoder.js';
import { openRos } from './open-ros.js';

const VERSION_LINE = '#ROSBAG V2.0\n';

/**
 * Reads the beginning of a ROS bag 2.0, up to its first message with events.
 * @throws `ERR_UNSUPPORTED` for other versions, `ERR_TRUNCATED`; `ERR_ARGUMENT` where the topic asked for is not there
 */
export async function openRosbag(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const whole = await prefix.fill(VERSION_LINE.length);
  const line = new TextDecoder('latin1').decode(prefix.bytes.subarray(0, VERSION_LINE.length));
  if (!VERSION_LINE.startsWith(line)) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `rosbag: version ${line.slice(9).trim()} is not read, only 2.0`);
  }
  if (!whole) throw new RxSpikeError('ERR_TRUNCATED', `rosbag: the input ends in its first line`);
  return openRos(prefix, options, {
    format: 'rosbag',
    dataStart: VERSION_LINE.length,
    sniffed: 'version line #ROSBAG V2.0',
    make: (parts) => new BagDecoder(parts),
  });
}
