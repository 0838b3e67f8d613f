import { RxSpikeError } from '../../../src/index.js';
import { UDP_FORMATS, type UdpFormat } from './datagram.js';

/** What an address `udp://HOST:PORT?format=…` says. */
export interface UdpAddress {
  readonly host: string;
  readonly port: number;
  readonly format: UdpFormat;
  readonly width: number | null;
  readonly height: number | null;
  /** SPIF, when sending: with times. */
  readonly times: boolean;
  /** When receiving: the stream is over after so long without a datagram, ms; null: never. */
  readonly idle: number | null;
  /** When receiving: start of the stream's time line, µs; null: the time of the first event. */
  readonly origin: number | null;
  /** When sending: most events a second; null: not said. */
  readonly rate: number | null;
}

const KNOWN = ['format', 'width', 'height', 'times', 'idle', 'origin', 'rate'];

/**
 * Reads `udp://HOST:PORT?format=spif|faery|faery-t32&width=…&height=…&times=0|1&idle=MS&origin=US&rate=EVENTS`.
 * @throws `ERR_ARGUMENT`
 */
export function udpAddress(url: string): UdpAddress {
  const { host, port, parameters } = hostAndPort(url, 'udp:', KNOWN);
  const whole = (key: string, low: number, high: number): number | null =>
    wholeNumber(url, { key, text: parameters.get(key), low, high });
  const format = parameters.get('format') ?? 'faery';
  if (!isUdpFormat(format)) throw wrong(url, `format is none of ${UDP_FORMATS.join(', ')}`);
  const [width, height] = [whole('width', 1, 65_536), whole('height', 1, 65_536)];
  if ((width === null) !== (height === null)) throw wrong(url, 'width and height go together');
  const times = whole('times', 0, 1) !== 0;
  const idle = whole('idle', 1, 2 ** 31 - 1);
  const origin = whole('origin', 0, Number.MAX_SAFE_INTEGER);
  return { host, port, format, width, height, times, idle, origin, rate: whole('rate', 1, 10 ** 9) };
}

const isUdpFormat = (name: string): name is UdpFormat => (UDP_FORMATS as readonly string[]).includes(name);

interface Parameter {
  readonly key: string;
  readonly text: string | null;
  readonly low: number;
  readonly high: number;
}

/** A parameter that is a whole number; null where it is not there. @throws `ERR_ARGUMENT` */
export function wholeNumber(url: string, { key, text, low, high }: Parameter): number | null {
  if (text === null) return null;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw wrong(url, `${key} must be ${low}…${high}`);
}

/** Host, without brackets, port and parameters, which must be among the `known`. @throws `ERR_ARGUMENT` */
export function hostAndPort(
  url: string,
  protocol: 'udp:' | 'dv:',
  known: readonly string[],
): { readonly host: string; readonly port: number; readonly parameters: URLSearchParams } {
  let address: URL;
  try {
    address = new URL(url);
  } catch (cause) {
    throw new RxSpikeError('ERR_ARGUMENT', `not an address: ${url}`, { cause });
  }
  const { hostname, port, pathname, searchParams } = address;
  if (address.protocol !== protocol) throw wrong(url, `it must begin with ${protocol}//`);
  if (hostname === '' || port === '') throw wrong(url, `it needs a host and a port: ${protocol}//127.0.0.1:3333`);
  if (!['', '/'].includes(pathname) || address.username !== '' || address.hash !== '') {
    throw wrong(url, 'nothing but host, port and parameters may stand in it');
  }
  for (const key of searchParams.keys()) {
    if (!known.includes(key))
      throw wrong(url, `${key} is none of its parameters: ${known.join(', ') || 'it has none'}`);
  }
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port), parameters: searchParams };
}

/** Host and port as they stand in an address. */
export function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function wrong(url: string, what: string): RxSpikeError {
  return new RxSpikeError('ERR_ARGUMENT', `${url}: ${what}`);
}
