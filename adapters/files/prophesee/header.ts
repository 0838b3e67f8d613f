import type { Prefix } from '../prefix.js';
import { readTextHeader } from '../text-header.js';
import type { WordFormat } from './layout.js';

/** What the `% key value` lines of a RAW or DAT file say. */
export interface PropheseeHeader {
  /** Offset of the first byte after the lines. */
  readonly end: number;
  /** Format that is named: of words, DAT, another one in the header's own word, or none. */
  readonly format: WordFormat | 'dat' | { readonly other: string } | null;
  /** The line that names it. */
  readonly line: string;
  /** Version of DAT as named; null where none is. */
  readonly version: string | null;
  /** Pixels; null where the header does not say, or contradicts itself. */
  readonly width: number | null;
  readonly height: number | null;
  readonly sensor: string | null;
  /** Order of the bytes in the header's own word, lower case; null where it does not say. */
  readonly endianness: string | null;
  /** True for a camera of the vendor's that sends the halves of a 64-bit word separately. */
  readonly legacySystem: boolean;
  /** Added to all times by readers that know of it, µs; 0 where the header has none. */
  readonly t0: number;
  readonly yUp: boolean;
  readonly mirroredX: boolean;
  readonly epoch: 'unix' | null;
}

/** From this system on the vendor's cameras send 64-bit words in one piece. */
const FIRST_NEW_SYSTEM = 0x37;

const FORMATS: Readonly<Record<string, WordFormat>> = {
  evt2: 'evt2',
  'evt2.0': 'evt2',
  evt21: 'evt2.1',
  'evt2.1': 'evt2.1',
  evt3: 'evt3',
  'evt3.0': 'evt3',
  evt4: 'evt4',
  'evt4.0': 'evt4',
};

/** Keys and values of a header; of a key that comes twice the last. */
type Fields = ReadonlyMap<string, string>;

/** Reads the lines at the beginning. @throws as `readTextHeader` */
export async function readPropheseeHeader(prefix: Prefix, limit: number): Promise<PropheseeHeader> {
  const { lines, end } = await readTextHeader(prefix, {
    format: 'prophesee',
    limit,
    last: null,
    marker: '% ',
    closing: '% end',
  });
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, key, value] = /^% +(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) fields.set(key.toLowerCase(), value);
  }
  const [name, ...options] = (fields.get('format') ?? '').split(';').map((part) => part.trim());
  const chosen = new Map(options.map((part) => splitAt(part.toLowerCase(), '=')));
  const { format, line } = formatOf(fields, name);
  const size = sizeOf(fields, chosen);
  const system = fields.get('system_id');
  return {
    end,
    format,
    line,
    version: fields.get('version') ?? null,
    ...size,
    sensor: fields.get('sensor_name') || fields.get('plugin_name') || (system ? `system ${system}` : null),
    endianness: chosen.get('endianness') ?? fields.get('endianness')?.toLowerCase() ?? null,
    legacySystem: isLegacy(fields),
    t0: whole(fields.get('t0')) ?? 0,
    yUp: fields.get('y_axis') === 'up',
    mirroredX: fields.get('x_axis') === 'mirrored',
    epoch: fields.get('time_epoch') === 'unix' ? 'unix' : null,
  };
}

function formatOf(fields: Fields, name: string): Pick<PropheseeHeader, 'format' | 'line'> {
  const evt = fields.get('evt');
  if (name !== '') {
    return { format: FORMATS[name.toLowerCase()] ?? { other: name }, line: `% format ${fields.get('format')}` };
  }
  if (evt !== undefined) {
    return { format: FORMATS[`evt${evt}`] ?? { other: `evt ${evt}` }, line: `% evt ${evt}` };
  }
  const data = fields.get('data');
  if (data?.startsWith('file containing')) return { format: 'dat', line: `% Data ${data}` };
  const version = fields.get('version');
  return version === undefined ? { format: null, line: '' } : { format: 'dat', line: `% Version ${version}` };
}

/** The size where the header gives one, and does not give another one too. */
function sizeOf(fields: Fields, chosen: Fields): { width: number | null; height: number | null } {
  const [across, down] = splitAt(fields.get('geometry') ?? '', 'x');
  const widths = [across, chosen.get('width'), fields.get('width')].map(pixels).filter((side) => side !== null);
  const heights = [down, chosen.get('height'), fields.get('height')].map(pixels).filter((side) => side !== null);
  if (new Set(widths).size !== 1 || new Set(heights).size !== 1) return { width: null, height: null };
  return { width: widths[0], height: heights[0] };
}

/** The vendor's rule for cameras whose files do not name the order. */
function isLegacy(fields: Fields): boolean {
  const integrator = fields.get('integrator_name') ?? 'Prophesee';
  const camera = fields.get('camera_integrator_name') ?? integrator;
  const plugin = fields.get('plugin_integrator_name') ?? integrator;
  const system = whole(fields.get('system_id'));
  return camera === 'Prophesee' && plugin === 'Prophesee' && system !== null && system > 0 && system < FIRST_NEW_SYSTEM;
}

function splitAt(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function whole(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

function pixels(text: string | undefined): number | null {
  const value = whole(text);
  return value !== null && value >= 1 && value <= 65536 ? value : null;
}
