import { RxSpikeError } from '../../../src/index.js';
import type { Decoder, OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { FormatName, OpenOptions } from '../recording.js';
import type { SideSink } from '../side.js';
import { mustSwap } from './byte-order.js';
import { DatDecoder, type DatRecords, type DatVersion } from './dat-decoder.js';
import { Evt2Decoder } from './evt2-decoder.js';
import { Evt21Decoder } from './evt21-decoder.js';
import { Evt3Decoder } from './evt3-decoder.js';
import { Evt4Decoder } from './evt4-decoder.js';
import { readPropheseeHeader, type PropheseeHeader } from './header.js';
import { DAT_RECORD_BYTES, type WordFormat } from './layout.js';
import type { RecordOptions } from './record-decoder.js';
import { wordOrder } from './word-order.js';

/** How much of the data is looked at to tell the order of EVT2.1's halves. */
const LOOK = 1 << 14;

type PropheseeFormat = WordFormat | 'dat';

/** What is found out of the data before they are decoded. */
interface Layout {
  readonly dataStart: number;
  /** Added to the reason for the format. */
  readonly reason: string;
  readonly make: (options: RecordOptions) => Decoder;
}

/**
 * Reads the header of a Prophesee RAW or DAT file.
 * @throws `ERR_UNKNOWN_FORMAT` where it names neither, `ERR_UNSUPPORTED` for a format or records that are not read,
 * `ERR_TRUNCATED`, `ERR_LIMIT`
 */
export async function openProphesee(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const { format, header } = await readFormat(prefix, options);
  const layout = await layoutOf(prefix, header, format);
  const { width, height, yUp, mirroredX, epoch, sensor, t0 } = header;
  const side = format === 'dat' ? ['triggers'] : ['triggers', 'others'];
  const named = header.line === '' ? 'named by the caller' : `header line ${header.line}`;
  const common = { format, offset: layout.dataStart, t0, swap: mustSwap(header.endianness === 'big') };
  return {
    format,
    dataStart: layout.dataStart,
    stream: { width, height, yUp, mirroredX, epoch, side },
    facts: { sensor, chipAssumed: false, sniffed: `${named}${layout.reason}` },
    decoder: (sink?: SideSink) => layout.make({ ...common, side: sink }),
  };
}

interface Read {
  readonly format: PropheseeFormat;
  readonly header: PropheseeHeader;
}

/** The header, and the format that it names, or the caller where it names none. */
async function readFormat(prefix: Prefix, { format, maxHeaderBytes = 1 << 22 }: OpenOptions): Promise<Read> {
  let header: PropheseeHeader;
  try {
    header = await readPropheseeHeader(prefix, maxHeaderBytes);
  } catch (error) {
    if (!(error instanceof RxSpikeError)) throw error;
    throw new RxSpikeError(error.code, error.message, { details: { format: null, ...error.details }, cause: error });
  }
  const asked = isProphesee(format) ? format : null;
  if (header.format === null && asked === null) {
    const message =
      'a header of `% ` lines that names neither a RAW format (`% format`, `% evt`) nor DAT (`% Version`)';
    throw new RxSpikeError('ERR_UNKNOWN_FORMAT', message, { details: { format: null } });
  }
  if (header.format !== null && typeof header.format === 'object') {
    throw new RxSpikeError('ERR_UNSUPPORTED', `Prophesee RAW of the format ${header.format.other} is not read`, {
      details: { format: null, named: header.format.other },
    });
  }
  return { format: header.format ?? (asked as PropheseeFormat), header };
}

function isProphesee(format: FormatName | undefined): format is PropheseeFormat {
  return format === 'evt2' || format === 'evt2.1' || format === 'evt3' || format === 'evt4' || format === 'dat';
}

async function layoutOf(prefix: Prefix, header: PropheseeHeader, format: PropheseeFormat): Promise<Layout> {
  const dataStart = header.end;
  const plain = { dataStart, reason: '' };
  if (format === 'evt2') return { ...plain, make: (options) => new Evt2Decoder(options) };
  if (format === 'evt3') return { ...plain, make: (options) => new Evt3Decoder(options) };
  if (format === 'evt4') return { ...plain, make: (options) => new Evt4Decoder(options) };
  if (format === 'dat') return datLayout(prefix, header);
  const { legacy, why } = await orderOf(prefix, header);
  const reason = `, ${legacy ? 'halves of 64-bit words swapped (legacy order)' : '64-bit words in one piece'}: ${why}`;
  return { dataStart, reason, make: (options) => new Evt21Decoder(options, legacy) };
}

/** Which half of a word of EVT2.1 comes first: what the header says, else what the words say, else who wrote them. */
async function orderOf(prefix: Prefix, header: PropheseeHeader): Promise<{ legacy: boolean; why: string }> {
  const { endianness, end } = header;
  if (endianness === 'legacy' || endianness === 'little' || endianness === 'big') {
    return { legacy: endianness === 'legacy', why: `by the header (${endianness})` };
  }
  await prefix.fill(end + LOOK);
  const order = wordOrder(prefix.bytes.subarray(end, end + LOOK));
  if (order !== null) return { legacy: order === 'legacy', why: 'by the words' };
  if (header.legacySystem) return { legacy: true, why: "by the header's system" };
  return { legacy: false, why: 'assumed' };
}

/** Reads the two bytes after a DAT header: type and size of the records. */
async function datLayout(prefix: Prefix, { end, version }: PropheseeHeader): Promise<Layout> {
  const fail = (code: 'ERR_TRUNCATED' | 'ERR_UNSUPPORTED', message: string): RxSpikeError =>
    new RxSpikeError(code, `dat: ${message}`, { details: { format: 'dat', offset: end } });
  if (!(await prefix.fill(end + 2))) {
    throw fail('ERR_TRUNCATED', `the input ends at byte ${prefix.bytes.length}, in the type and size of its records`);
  }
  const layout: DatVersion = version === '1' ? 1 : 2;
  if (version !== null && version !== String(layout)) throw fail('ERR_UNSUPPORTED', `version ${version} is not read`);
  const [type, size] = [prefix.bytes[end], prefix.bytes[end + 1]];
  const records: DatRecords | null = type === 0x00 || type === 0x0c ? 'events' : type === 0x0e ? 'triggers' : null;
  if (records === null) throw fail('ERR_UNSUPPORTED', `records of the type ${type} are not read`);
  if (size !== DAT_RECORD_BYTES) {
    throw fail('ERR_UNSUPPORTED', `expected records of ${DAT_RECORD_BYTES} bytes, the header says ${size}`);
  }
  return { dataStart: end + 2, reason: '', make: (options) => new DatDecoder(options, layout, records) };
}
