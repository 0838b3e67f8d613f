import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import type { WriteOptions } from '../encoder.js';
import { ADDRESSES, type WordFormat } from './layout.js';

/** Formats of words that are written. */
export type WrittenWords = Exclude<WordFormat, 'evt4'>;

const NAMES: Readonly<Record<WrittenWords, readonly [format: string, evt: string]>> = {
  evt2: ['EVT2', '2.0'],
  'evt2.1': ['EVT21', '2.1'],
  evt3: ['EVT3', '3.0'],
};

/** Makes the header of a file once the time of its first event is known; `t0`: time of the clock's zero, µs. */
export type MakeHeader = (t0: number) => Uint8Array;

/**
 * The header of a RAW file.
 * @throws `ERR_GEOMETRY` for a sensor whose columns or rows 11 bits do not tell apart, `ERR_ARGUMENT` for a sensor's name
 * that would not stay in its line
 */
export function rawHeader(format: WrittenWords, info: StreamInfo, options: WriteOptions): MakeHeader {
  checkSize(format, info, ADDRESSES);
  const [name, evt] = NAMES[format];
  const { width, height } = info;
  const order = format === 'evt2.1' ? ['endianness little'] : [];
  const size = width === null || height === null ? '' : `;height=${height};width=${width}`;
  const lines = [
    `evt ${evt}`,
    `format ${name}${size}${order.length > 0 ? ';endianness=little' : ''}`,
    ...(size === '' ? [] : [`geometry ${width}x${height}`]),
    ...order,
    ...aboutStream(info, options),
  ];
  return (t0) => encode([...lines, ...startLine('t0', t0), 'end']);
}

/** The header of a DAT file, with the two bytes after it. @throws as {@link rawHeader} */
export function datHeader(info: StreamInfo, options: WriteOptions): MakeHeader {
  checkSize('dat', info, 1 << 14);
  const { width, height } = info;
  const lines = [
    'Data file containing CD events.',
    'Version 2',
    ...(width === null || height === null ? [] : [`Height ${height}`, `Width ${width}`]),
    ...aboutStream(info, options),
  ];
  return (t0) => {
    const text = encode([...lines, ...startLine('T0', t0), 'end']);
    const whole = new Uint8Array(text.length + 2);
    whole.set(text);
    whole.set([0x0c, 8], text.length);
    return whole;
  };
}

/** What a reader of these formats would not assume. */
function aboutStream(info: StreamInfo, { sensor }: WriteOptions): string[] {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  if (sensor !== undefined && sensor !== null && /[\u0000-\u001f\u007f]/.test(sensor)) {
    throw new RxSpikeError('ERR_ARGUMENT', `sensor: expected a name of one line, got ${JSON.stringify(sensor)}`);
  }
  return [
    ...(sensor ? [`sensor_name ${sensor}`] : []),
    ...(info.yUp ? ['y_axis up'] : []),
    ...(info.mirroredX ? ['x_axis mirrored'] : []),
    ...(info.epoch === 'unix' ? ['time_epoch unix'] : []),
  ];
}

function startLine(key: string, t0: number): string[] {
  return t0 === 0 ? [] : [`${key} ${t0}`];
}

function checkSize(format: string, { width, height }: StreamInfo, most: number): void {
  if ((width ?? 0) <= most && (height ?? 0) <= most) return;
  throw new RxSpikeError('ERR_GEOMETRY', `${format}: ${width}×${height} pixels; ${most}×${most} can be held`);
}

function encode(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.map((line) => `% ${line}\n`).join(''));
}
