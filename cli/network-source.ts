import { type StreamConnection, openDvStream, openStream, openUdp } from '../adapters/index.node.js';
import { type DeliveryPolicy, type EventPacket, RxSpikeError, type SensorSize, type StreamInfo } from '../src/index.js';
import { UsageError } from './failure.js';
import { suggestion } from './nearest.js';
import { textOf } from './text-file.js';

/** Schemes of addresses that a stream is read from. */
const SCHEMES: readonly string[] = ['ws', 'wss', 'udp', 'dv'];

/** How a stream of another machine is opened. */
export interface NetworkOptions {
  /** `ws://`: token that the server asks for. */
  readonly token?: string;
  /** `wss://`: file (PEM) with the authorities that the server's certificate may come from. */
  readonly tlsCa?: string;
  /** `ws://`: name of the stream. */
  readonly stream?: string;
  /** `ws://`: what becomes of packets for which this side is too slow. */
  readonly policy?: DeliveryPolicy;
  /** `ws://`: how long a lost connection is tried to be made again, s. */
  readonly reconnect?: number;
  /** `udp://`: size of the sensor, which nothing there says. */
  readonly sensor?: SensorSize;
  /** `udp://`: listens also where others can send. */
  readonly allowRemote?: boolean;
  /** Gives up waiting for a stream that has not begun. */
  readonly signal?: AbortSignal;
  /** Told where datagrams are listened for. */
  readonly onListening?: (url: string) => void;
}

/** A stream of another machine. */
export interface NetworkSource {
  /** Without secrets. */
  readonly url: string;
  readonly info: StreamInfo;
  events(): AsyncIterable<EventPacket>;
  close(): void;
  /** Events that have arrived. */
  arrived(): number;
  /** Events that the other side had and that will not arrive, by reason, as far as that was told. */
  missing(): Readonly<Record<string, number>>;
  /** Null where there is none that could be made again. */
  readonly connection: StreamConnection | null;
}

/**
 * The scheme of an address that a stream is read from; null for what is no address. `C:\…` is none, and neither is a
 * file whose name has a colon.
 * @throws `UsageError` for an address of another kind
 */
export function networkScheme(text: string): string | null {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined) return null;
  if (!SCHEMES.includes(scheme)) {
    const near = suggestion(scheme, SCHEMES);
    const kinds = near.startsWith('the nearest') ? `${near}://; ` : '';
    throw new UsageError(
      `${scheme}:// is not a source: ${kinds}a file, -, sim:NAME, ws://HOST:PORT, udp://HOST:PORT or dv://HOST:PORT is`,
    );
  }
  if (!URL.canParse(text))
    throw new UsageError(`${text.replace(/\?.*$/s, '?…')} is not an address: ${scheme}://HOST:PORT is expected`);
  return scheme;
}

/** What a server's answer other than a stream means to who asked for it. */
function refusalInWords(url: string, status: string): string {
  if (status === '401') return `${url}: the server asks for a token: --token is missing or wrong (answer 401)`;
  if (status === '403') return `${url}: the server does not take connections from here or under this name (answer 403)`;
  return `${url}: there is no RxSpike stream at this address (answer ${status})`;
}

/** An error of connecting; a server that answered with an HTTP status is told in words. */
export function connectionError(url: string, error: unknown): unknown {
  const status = error instanceof Error ? /server response: (\d+)/.exec(error.message)?.[1] : undefined;
  if (status === undefined) return error;
  const { protocol, host, pathname } = new URL(url);
  return new RxSpikeError('ERR_CONNECTION', refusalInWords(`${protocol}//${host}${pathname}`, status), {
    cause: error,
  });
}

/** What is told of a report's counts, but for those that say nothing of events that are missing. */
function told(counts: Readonly<Record<string, number>>, ...names: string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([name, n]) => n > 0 && names.includes(name)));
}

/** Opens a stream of another machine. @throws (rejects) as `openStream`, `openUdp`, `openDvStream` */
export async function openNetwork(url: string, options: NetworkOptions): Promise<NetworkSource> {
  const scheme = networkScheme(url);
  if (scheme === 'udp') return openDatagrams(url, options);
  if (scheme === 'dv') return openDv(url, options);
  return openServed(url, options);
}

async function openServed(
  url: string,
  { token, stream, policy, reconnect, tlsCa }: NetworkOptions,
): Promise<NetworkSource> {
  const wishes = Object.entries({
    token,
    stream,
    policy,
    ca: tlsCa === undefined ? undefined : await textOf(tlsCa),
    reconnect: reconnect === undefined ? undefined : 1000 * reconnect,
  }).filter(([, value]) => value !== undefined);
  const served = await openStream(url, Object.fromEntries(wishes)).catch((error: unknown) => {
    throw connectionError(url, error);
  });
  if (served.kind !== 'events') {
    served.close();
    const what = `${served.url}: stream ${served.name} carries ${served.kind}, events are needed`;
    throw new RxSpikeError('ERR_UNSUPPORTED', what, { details: { kind: served.kind } });
  }
  const { report, info, connection } = served;
  return {
    url: served.url,
    info,
    connection,
    events: () => served.events(),
    close: () => served.close(),
    arrived: () => report.events,
    missing: () => told(report.violations, ...Object.keys(report.violations).filter((name) => name !== 'timeStepBack')),
  };
}

async function openDatagrams(url: string, options: NetworkOptions): Promise<NetworkSource> {
  const { signal, allowRemote = false, onListening, sensor } = options;
  const source = await openUdp(url, {
    allowRemote,
    ...(signal === undefined ? {} : { signal }),
    ...(onListening === undefined ? {} : { onListening }),
    ...(sensor === undefined ? {} : { size: sensor }),
  });
  const { report, info } = source;
  return {
    url: source.url,
    info,
    connection: null,
    events: () => source.events(),
    close: () => source.close(),
    arrived: () => report.events,
    missing: () => told(report.violations, 'leftOut', 'dropped'),
  };
}

async function openDv(url: string, { signal }: NetworkOptions): Promise<NetworkSource> {
  const source = await openDvStream(url, signal === undefined ? {} : { signal });
  return {
    url: source.url,
    info: source.info,
    connection: null,
    events: () => source.events(),
    close: () => source.close(),
    arrived: () => source.report.events,
    missing: () => ({}),
  };
}

/** Events that are missing in all. */
export function totalMissing(missing: Readonly<Record<string, number>>): number {
  return Object.values(missing).reduce((sum, n) => sum + n, 0);
}
