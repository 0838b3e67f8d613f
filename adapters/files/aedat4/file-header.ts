import type { StreamInfo } from '../../../src/index.js';
import { AEDAT4_VERSION_LINE, COMPRESSIONS, UNKNOWN_SOURCE, type Compression } from './layout.js';

/** Where the position of the data table lies in a file that begins with {@link fileHeader}. */
export const TABLE_POSITION_AT: number = AEDAT4_VERSION_LINE.length + 40;

/** Offsets in the header's flatbuffer, from its size on: that of its root table, and of the string's length. */
const ROOT = 28;
const TEXT = 48;
/** Size of the vtable and of the table, and where in the table the compression, the position and the string lie. */
const VTABLE = [10, 20, 4, 12, 8];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character]);

/**
 * What a file with one event stream, of number 0, begins with: the version line and the flatbuffer `IOHE`, which says
 * that there is no data table (−1).
 */
export function fileHeader(info: StreamInfo, compression: Compression, source: string | null): Uint8Array {
  const text = new TextEncoder().encode(description(info, compression, source ?? UNKNOWN_SOURCE));
  // The string ends with a zero, the buffer at a multiple of eight, as flatbuffers do.
  const size = Math.ceil((TEXT + 4 + text.length + 1) / 8) * 8;
  const bytes = new Uint8Array(AEDAT4_VERSION_LINE.length + size);
  bytes.set(new TextEncoder().encode(AEDAT4_VERSION_LINE));
  const view = new DataView(bytes.buffer, AEDAT4_VERSION_LINE.length);
  const buffer = bytes.subarray(AEDAT4_VERSION_LINE.length);
  view.setUint32(0, size - 4, true);
  view.setUint32(4, ROOT - 4, true);
  buffer.set(new TextEncoder().encode('IOHE'), 8);
  VTABLE.forEach((value, i) => view.setUint16(ROOT - 2 * VTABLE.length + 2 * i, value, true));
  view.setInt32(ROOT, 2 * VTABLE.length, true);
  view.setInt32(ROOT + 4, COMPRESSIONS.indexOf(compression), true);
  view.setUint32(ROOT + 8, TEXT - (ROOT + 8), true);
  view.setBigInt64(ROOT + 12, -1n, true);
  view.setUint32(TEXT, text.length, true);
  buffer.set(text, TEXT + 4);
  return bytes;
}

function attr(indent: number, key: string, type: string, value: string | number): string {
  const text = typeof value === 'string' ? escape(value) : value;
  return `${' '.repeat(indent)}<attr key="${key}" type="${type}">${text}</attr>`;
}

/**
 * XML as DV writes it, with every attribute that its readers ask for: DV's player needs `typeDescription` and
 * `originalModuleName`, faery the sizes as `int` and no type but `string`, `int` and `long`, jAER and dv-processing the
 * source.
 */
function description(info: StreamInfo, compression: Compression, source: string): string {
  const path = '/mainloop/Recorder/outInfo/';
  return [
    '<dv version="2.0">',
    `    <node name="outInfo" path="${path}">`,
    `        <node name="0" path="${path}0/">`,
    attr(12, 'compression', 'string', compression.toUpperCase()),
    attr(12, 'originalModuleName', 'string', 'rxspike'),
    attr(12, 'originalOutputName', 'string', 'events'),
    attr(12, 'typeDescription', 'string', 'Array of events (polarity ON/OFF).'),
    attr(12, 'typeIdentifier', 'string', 'EVTS'),
    `            <node name="info" path="${path}0/info/">`,
    ...(info.epoch === 'unix' ? [] : [attr(16, 'epoch', 'string', 'none')]),
    ...(info.mirroredX ? [attr(16, 'mirroredX', 'string', 'true')] : []),
    attr(16, 'sizeX', 'int', info.width ?? 0),
    attr(16, 'sizeY', 'int', info.height ?? 0),
    attr(16, 'source', 'string', source),
    attr(16, 'tsOffset', 'long', info.epoch === 'unix' ? Math.floor(info.origin) : 0),
    ...(info.yUp ? [attr(16, 'yUp', 'string', 'true')] : []),
    '            </node>',
    '        </node>',
    '    </node>',
    '</dv>',
    '',
  ].join('\n');
}
