import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import type { Decoder, OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import type { SideSink } from '../side.js';
import { AtisDecoder } from './atis-decoder.js';
import { DvsDecoder } from './dvs-decoder.js';
import { GenericDecoder } from './generic-decoder.js';
import { SIDE_OF_TYPE, SIZE_BYTES, TYPES_1, TYPES_2, TYPE_AT_1, TYPE_AT_2, type EsType } from './layout.js';
import { PackedDecoder } from './packed-decoder.js';
import { PointDecoder } from './point-decoder.js';

const TITLES: Readonly<Record<EsType, string>> = {
  generic: 'generic events',
  dvs: 'DVS events',
  atis: 'ATIS events',
  display: 'display events (no polarity)',
  colour: 'colour events (no polarity)',
};

/** What the header says. */
interface Header {
  readonly version: 1 | 2;
  readonly title: string;
  readonly type: EsType;
  readonly width: number | null;
  readonly height: number | null;
  /** Bytes of the header. */
  readonly end: number;
}

/**
 * Reads an Event Stream header.
 * @throws `ERR_TRUNCATED`; `ERR_UNSUPPORTED` for a version or a type that is not known
 */
export async function openEs(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const header = await readHeader(prefix);
  const { type, title, width, height, end: dataStart } = header;
  const pixels = hasPixels(header);
  // y can be turned only where the height is known; of displays the specification does not say where y begins.
  const turned = height !== null && type !== 'colour';
  const name = SIDE_OF_TYPE[type] ?? (pixels ? null : type);
  const stream: Partial<StreamInfo> = {
    width,
    height,
    polarities: type === 'dvs' || type === 'atis' ? 2 : 1,
    yUp: pixels && !turned && type !== 'display',
    side: name === null ? [] : [name],
    // Where there are no events none has to be looked for.
    ...(pixels ? {} : { origin: 0 }),
  };
  return {
    format: 'es',
    dataStart,
    stream,
    facts: { sensor: type === 'atis' ? 'ATIS' : null, chipAssumed: false, sniffed: `${title}, ${TITLES[type]}` },
    decoder: (side?: SideSink) => {
      if (side !== undefined) throw new RxSpikeError('ERR_UNSUPPORTED', `es: ${side.name} are counted only`);
      return decoderFor(header, turned ? height : null, options.maxPacketBytes ?? 1 << 26);
    },
  };
}

/** Whether events have places on a sensor; those of a display of 1.0 name a module and a place in it. */
const hasPixels = ({ version, type }: Header): boolean => type !== 'generic' && !(version === 1 && type === 'display');

function decoderFor({ version, type, end }: Header, height: number | null, limit: number): Decoder {
  if (version === 1) return new PackedDecoder(type, end);
  if (type === 'dvs') return new DvsDecoder(height, end);
  if (type === 'atis') return new AtisDecoder(height, end);
  return type === 'generic' ? new GenericDecoder(end, limit) : new PointDecoder(type, end);
}

async function readHeader(prefix: Prefix): Promise<Header> {
  await need(prefix, TYPE_AT_1 + 1);
  const [major, minor] = [prefix.bytes[TYPE_AT_1 - 2], prefix.bytes[TYPE_AT_1 - 1]];
  const title = `Event Stream ${major}.${minor}`;
  if (major === 1 && minor === 0) {
    const type = typeOf(TYPES_1, prefix.bytes[TYPE_AT_1], title);
    return { version: 1, title, type, width: null, height: null, end: TYPE_AT_1 + 1 };
  }
  if (major !== 2) throw new RxSpikeError('ERR_UNSUPPORTED', `es: ${title} is not read`);
  await need(prefix, TYPE_AT_2 + 1);
  const type = typeOf(TYPES_2, prefix.bytes[TYPE_AT_2], title);
  const start = TYPE_AT_2 + 1;
  if (type === 'generic' || type === 'display')
    return { version: 2, title, type, width: null, height: null, end: start };
  await need(prefix, start + SIZE_BYTES);
  const { bytes } = prefix;
  const width = bytes[start] | (bytes[start + 1] << 8);
  const height = bytes[start + 2] | (bytes[start + 3] << 8);
  // A sensor without pixels says that the size was not known.
  const known = width > 0 && height > 0;
  return {
    version: 2,
    title,
    type,
    width: known ? width : null,
    height: known ? height : null,
    end: start + SIZE_BYTES,
  };
}

function typeOf(types: readonly EsType[], byte: number, title: string): EsType {
  if (byte < types.length) return types[byte];
  throw new RxSpikeError('ERR_UNSUPPORTED', `es: ${title} of type ${byte} is not read`, { details: { type: byte } });
}

async function need(prefix: Prefix, size: number): Promise<void> {
  if (await prefix.fill(size)) return;
  throw new RxSpikeError('ERR_TRUNCATED', `es: the input ends in its header, after ${prefix.bytes.length} bytes`);
}
