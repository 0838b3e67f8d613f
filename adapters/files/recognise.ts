import { RxSpikeError } from '../../src/index.js';
import type { OpenedFormat } from './decoder.js';
import type { Prefix } from './prefix.js';
import type { FormatName, OpenOptions } from './recording.js';

const LOOK = 256;

type Opener = (prefix: Prefix, options: OpenOptions) => Promise<OpenedFormat>;

/** Loads a format's code; what is not met is not loaded. */
const OPENERS: Readonly<Record<FormatName, () => Promise<Opener>>> = {
  aedat1: async () => (await import('./aedat1/open-aedat1.js')).openAedat1,
  aedat2: async () => (await import('./aedat2/open-aedat2.js')).openAedat2,
  'aedat3.0': async () => (await import('./aedat3/open-aedat3.js')).openAedat30,
  'aedat3.1': async () => (await import('./aedat3/open-aedat3.js')).openAedat31,
  aedat4: async () => (await import('./aedat4/open-aedat4.js')).openAedat4,
  evt2: async () => (await import('./prophesee/open-prophesee.js')).openProphesee,
  'evt2.1': async () => (await import('./prophesee/open-prophesee.js')).openProphesee,
  evt3: async () => (await import('./prophesee/open-prophesee.js')).openProphesee,
  evt4: async () => (await import('./prophesee/open-prophesee.js')).openProphesee,
  dat: async () => (await import('./prophesee/open-prophesee.js')).openProphesee,
  es: async () => (await import('./es/open-es.js')).openEs,
  nmnist: async () => (await import('./nmnist/open-nmnist.js')).openNmnist,
  csv: async () => (await import('./text/open-text.js')).openText,
  npy: async () => (await import('./numpy/open-npy.js')).openNpy,
  npz: async () => (await import('./numpy/open-npz.js')).openNpz,
  hdf5: async () => (await import('./hdf5/open-hdf5.js')).openHdf5,
  rosbag: async () => (await import('./ros/open-rosbag.js')).openRosbag,
  mcap: async () => (await import('./ros/open-mcap.js')).openMcap,
};

/** Names of the formats that are read. */
export const FORMATS: readonly string[] = Object.keys(OPENERS);

/** Families of formats by their first bytes, as latin1; the family's opener reads the header and may say more precisely. */
const BEGINNINGS: readonly (readonly [beginning: RegExp | string, formats: readonly [FormatName, ...FormatName[]]])[] =
  [
    [/^#!AER-DAT1\.\d\r?\n/, ['aedat1']],
    [/^#!AER-DAT2\.0\r?\n/, ['aedat2']],
    [/^#!AER-DAT3\.0\r?\n/, ['aedat3.0']],
    [/^#!AER-DAT3\.1\r?\n/, ['aedat3.1']],
    [/^#!AER-DAT4\.0\r\n/, ['aedat4']],
    [/^% /, ['evt3', 'evt2', 'evt2.1', 'evt4', 'dat']],
    [/^Event Stream/, ['es']],
    ['\u0089HDF\r\n\u001a\n', ['hdf5']],
    ['PK\u0003\u0004', ['npz']],
    ['PK\u0005\u0006', ['npz']],
    ['\u0093NUMPY', ['npy']],
    [/^#ROSBAG V/, ['rosbag']],
    ['\u0089MCAP0\r\n', ['mcap']],
  ];

/** Formats without a header: read only where the extension agrees or the caller names them. */
const HEADERLESS: readonly (readonly [extension: RegExp, format: FormatName])[] = [
  [/\.bin$/i, 'nmnist'],
  [/\.(?:csv|txt|tsv)$/i, 'csv'],
  [/\.(?:aedat|dat)$/i, 'aedat1'],
];

/** Whole first lines and magic numbers, to tell an input that ends inside of them. */
const MAGIC = [
  '#!AER-DAT1.0\r\n',
  '#!AER-DAT2.0\r\n',
  '#!AER-DAT3.0\r\n',
  '#!AER-DAT3.1\r\n',
  '#!AER-DAT4.0\r\n',
  'Event Stream',
  '\u0089HDF\r\n\u001a\n',
  'PK\u0003\u0004',
  '\u0093NUMPY',
  '#ROSBAG V',
  '\u0089MCAP0\r\n',
];

/** What is known and not read. */
const REFUSED: readonly (readonly [beginning: string, message: string])[] = [
  ['#!AER-DAT', 'this version of AEDAT is not read'],
  ['SQLite format 3\u0000', 'a rosbag2 in SQLite (.db3) is not read: `ros2 bag convert` makes MCAP of it'],
];

/** Finds out the format of a source and reads its header. @throws as `openRecording` */
export async function recognise(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  await prefix.fill(LOOK);
  const bytes = prefix.bytes.subarray(0, LOOK);
  if (bytes.length === 0) throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'the input is empty');
  const { format, name = '' } = options;
  const headerless = HEADERLESS.find(([extension, id]) =>
    format === undefined ? extension.test(name) : id === format,
  );
  const beginning = String.fromCharCode(...bytes);
  const [, found] = BEGINNINGS.find(([pattern]) => begins(beginning, pattern)) ?? [];
  if (found !== undefined && (format === undefined || found.includes(format))) {
    return openFound(found[0], headerless?.[1] ?? null, prefix, options);
  }
  if (format === undefined && prefix.ended && MAGIC.some((magic) => magic.startsWith(beginning))) {
    throw new RxSpikeError('ERR_TRUNCATED', `the input ends in its header, after ${bytes.length} bytes`);
  }
  if (format === undefined) refuse(beginning);
  if (headerless !== undefined && (format !== undefined || found === undefined)) {
    return openFormat(headerless[1], prefix, options);
  }
  if (format !== undefined) {
    throw new RxSpikeError('ERR_UNKNOWN_FORMAT', `expected the header of ${format}, the input has none`);
  }
  throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'no known format begins like this input');
}

/** Opens what begins like a format of a family; a comment of a text file may look like the header of one. */
async function openFound(
  first: FormatName,
  headerless: FormatName | null,
  prefix: Prefix,
  options: OpenOptions,
): Promise<OpenedFormat> {
  const { format } = options;
  let opened: OpenedFormat;
  try {
    opened = await openFormat(first, prefix, options);
  } catch (error) {
    const unknown = error instanceof RxSpikeError && error.code === 'ERR_UNKNOWN_FORMAT';
    if (unknown && format === undefined && headerless === 'csv') return openFormat('csv', prefix, options);
    throw error;
  }
  if (format === undefined || opened.format === format) return opened;
  const message = `expected the header of ${format}, the input has that of ${opened.format}`;
  throw new RxSpikeError('ERR_UNKNOWN_FORMAT', message);
}

/** @throws `ERR_UNSUPPORTED` for what is known and not read */
function refuse(beginning: string): void {
  const [, message] = REFUSED.find(([magic]) => beginning.startsWith(magic)) ?? [];
  if (message !== undefined) throw new RxSpikeError('ERR_UNSUPPORTED', message);
}

function begins(text: string, pattern: RegExp | string): boolean {
  return typeof pattern === 'string' ? text.startsWith(pattern) : pattern.test(text);
}

/** What breaks in a header says in its details which format it was of. */
async function openFormat(format: FormatName, prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  try {
    const open = await OPENERS[format]();
    return await open(prefix, options);
  } catch (error) {
    if (!(error instanceof RxSpikeError)) throw error;
    const details = { format, ...error.details };
    throw new RxSpikeError(error.code, error.message, { details, cause: error });
  }
}
