import { RxSpikeError } from '../../src/index.js';
import { openAedat2 } from './aedat2/open-aedat2.js';
import { openAedat3 } from './aedat3/open-aedat3.js';
import { openAedat4 } from './aedat4/open-aedat4.js';
import { AEDAT4_VERSION_LINE } from './aedat4/layout.js';
import type { OpenedFormat } from './decoder.js';
import { openNmnist } from './nmnist/open-nmnist.js';
import type { Prefix } from './prefix.js';
import type { FormatName, OpenOptions } from './recording.js';

const LOOK = 256;

type Opener = (prefix: Prefix, options: OpenOptions) => Promise<OpenedFormat>;

const OPENERS: Readonly<Record<FormatName, Opener>> = {
  nmnist: (prefix, options) =>
    openNmnist(prefix, options.format === 'nmnist' ? 'named by the caller' : 'extension .bin and plausible events'),
  aedat2: openAedat2,
  'aedat3.0': (prefix, options) => openAedat3(prefix, '3.0', options),
  'aedat3.1': (prefix, options) => openAedat3(prefix, '3.1', options),
  aedat4: openAedat4,
};

/** Formats that are known by their beginning and not read. */
const NOT_READ: readonly (readonly [beginning: RegExp, name: string])[] = [
  [/^#!AER-DAT1\./, 'AEDAT 1.0'],
  [/^#!AER-DAT/, 'this version of AEDAT'],
  [/^Event Stream/, 'Event Stream (.es)'],
  [/^(?:%.*\n)*% evt /, 'Prophesee RAW'],
  [/^% Data file/, 'Prophesee DAT'],
  [/^% /, 'Prophesee RAW or DAT'],
  [/^.HDF\r\n/, 'HDF5'],
  [/^PK/, 'a ZIP or NPZ archive'],
  [/^.NUMPY/, 'NPY'],
  [/^#ROSBAG V/, 'ROS bag'],
  [/^.MCAP0\r\n/, 'MCAP'],
];

/** Finds out the format of a source and reads its header. @throws as `openRecording` */
export async function recognise(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  await prefix.fill(LOOK);
  const bytes = prefix.bytes.subarray(0, LOOK);
  if (bytes.length === 0) throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'the input is empty');
  if (options.format === 'nmnist') return OPENERS.nmnist(prefix, options);
  const beginning = new TextDecoder('latin1').decode(bytes);
  const found = versionOf(beginning);
  if (options.format !== undefined && found !== options.format) {
    throw new RxSpikeError('ERR_UNKNOWN_FORMAT', `expected the header of ${options.format}, the input has none`);
  }
  if (found !== null) return openFormat(found, prefix, options);
  if (isCutVersionLine(beginning)) {
    throw new RxSpikeError('ERR_TRUNCATED', `the input ends in its header, after ${bytes.length} bytes`);
  }
  const [, unread] = NOT_READ.find(([pattern]) => pattern.test(beginning)) ?? [];
  if (unread !== undefined) throw new RxSpikeError('ERR_UNSUPPORTED', `${unread} is not read yet`);
  if (options.name?.toLowerCase().endsWith('.bin') === true) return OPENERS.nmnist(prefix, options);
  throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'no known format begins like this input');
}

/** What breaks in a header says in its details which format it was of. */
async function openFormat(format: FormatName, prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  try {
    return await OPENERS[format](prefix, options);
  } catch (error) {
    if (!(error instanceof RxSpikeError)) throw error;
    throw new RxSpikeError(error.code, error.message, { details: { ...error.details, format }, cause: error });
  }
}

function versionOf(beginning: string): FormatName | null {
  const version = /^#!AER-DAT(\d\.\d)\r?\n/.exec(beginning)?.[1];
  if (version === '2.0') return 'aedat2';
  if (version === '3.0' || version === '3.1') return `aedat${version}`;
  return beginning.startsWith(AEDAT4_VERSION_LINE) ? 'aedat4' : null;
}

/** True for a whole input that is the beginning of a version line. */
function isCutVersionLine(beginning: string): boolean {
  return ['2.0', '3.0', '3.1', '4.0'].some((version) => `#!AER-DAT${version}\r\n`.startsWith(beginning));
}
