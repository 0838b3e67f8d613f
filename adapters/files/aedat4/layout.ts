import type { StreamInfo } from '../../../src/index.js';
import { parseXml, type XmlElement } from './xml.js';

/**
 * AEDAT 4.0: `#!AER-DAT4.0\r\n`, a size-prefixed flatbuffer `IOHE` (compression, position of the data table, XML
 * description of the streams), then packets, little-endian: stream (i32), size (i32), body. A body is a size-prefixed
 * flatbuffer, compressed as one LZ4 or Zstandard frame: `EVTS` holds a vector of events of 16 bytes (time i64 in µs
 * since 1970, x i16, y i16, polarity u8 (1 is ON), 3 bytes of padding). At the position of the data table lies `FTAB`,
 * compressed alike, to the end of the file; −1 stands in a recording that was interrupted before it was written.
 *
 * Sources: iniVation's page on AEDAT 4.0; the schemas in `aestream/faery` (`src/aedat/flatbuffers`).
 */
export const AEDAT4_VERSION_LINE = '#!AER-DAT4.0\r\n';
export const EVENT_BYTES = 16;
/** Coordinates are i16. */
export const LARGEST_SIZE = 32768;
/** What stands for a camera whose name is not known. */
export const UNKNOWN_SOURCE = 'RxSpike';

export const COMPRESSIONS = ['none', 'lz4', 'lz4-high', 'zstd', 'zstd-high'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** Names of side streams by type identifier. */
export const SIDE_NAMES: ReadonlyMap<string, string> = new Map([
  ['FRME', 'frames'],
  ['IMUS', 'imu'],
  ['TRIG', 'triggers'],
]);

/** A stream as the description declares it. */
export interface DeclaredStream {
  readonly id: number;
  /** Type identifier: `EVTS`, `FRME`, `IMUS`, `TRIG`, … */
  readonly type: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Camera that it came from. */
  readonly source: string | null;
  /** What a writer of ours noted where it is not what the format means. */
  readonly notes: Partial<Pick<StreamInfo, 'epoch' | 'yUp' | 'mirroredX'>>;
}

/** The streams of a description, in its order. @throws `ERR_CORRUPT` for XML that cannot be read */
export function declaredStreams(description: string): DeclaredStream[] {
  const info = findNode(parseXml(description), 'outInfo');
  if (info === null) return [];
  return info.children.flatMap((node) => {
    const id = Number(node.attributes.get('name') ?? Number.NaN);
    const type = attribute(node, 'typeIdentifier');
    if (!Number.isInteger(id) || type === null) return [];
    const details = findNode(node, 'info');
    return [
      {
        id,
        type,
        width: details && pixels(details, 'sizeX'),
        height: details && pixels(details, 'sizeY'),
        source: details && attribute(details, 'source'),
        notes: details === null ? {} : notesOf(details),
      },
    ];
  });
}

function notesOf(details: XmlElement): DeclaredStream['notes'] {
  return {
    ...(attribute(details, 'epoch') === 'none' ? { epoch: null } : {}),
    ...(attribute(details, 'yUp') === 'true' ? { yUp: true } : {}),
    ...(attribute(details, 'mirroredX') === 'true' ? { mirroredX: true } : {}),
  };
}

function findNode(element: XmlElement, name: string): XmlElement | null {
  for (const child of element.children) {
    const found = child.attributes.get('name') === name ? child : findNode(child, name);
    if (found) return found;
  }
  return null;
}

function attribute(node: XmlElement, key: string): string | null {
  const found = node.children.find((child) => child.tag === 'attr' && child.attributes.get('key') === key);
  return found && found.text !== '' ? found.text : null;
}

function pixels(node: XmlElement, key: string): number | null {
  const value = Number(attribute(node, key) ?? Number.NaN);
  return Number.isInteger(value) && value > 0 && value <= LARGEST_SIZE ? value : null;
}
