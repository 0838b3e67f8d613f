import { RxSpikeError } from '../../src/index.js';
import { MAX_CONTROL_BYTES, MAX_FRAME_BYTES } from './frames.js';

/** What a server allows its clients; docs/security.md says what each limit defends against. */
export interface ServeLimits {
  /** Connections from one address (IPv6: one /64) at a time. Default: beyond loopback 16, else as many as there may be. */
  readonly connectionsPerAddress: number;
  /** New connections per second from one address, with a burst of ten seconds' worth. Default: no limit. */
  readonly newConnectionsPerSecond: number;
  /** Streams that one connection may receive at a time. Default 16. */
  readonly streams: number;
  /** Subscriptions per second of one connection, with a burst of ten seconds' worth. Default 10. */
  readonly subscriptionsPerSecond: number;
  /** Streams that one connection may send at a time, and all together. Default 8 and 64. */
  readonly published: number;
  readonly publishedInAll: number;
  /** Messages per second of one connection, with a burst of one second's worth; a ping counts as 100. Default 20000. */
  readonly messagesPerSecond: number;
  /** Events per second of one stream that a client sends; beyond it credit is withheld. Default 25 million. */
  readonly eventsPerSecond: number;
  /** Largest message of a client that may send streams, bytes. Default 1 MiB. */
  readonly messageBytes: number;
  /** Fragments of one message of such a client. Default 64. */
  readonly fragments: number;
  /** Pieces of a message that are held before it is whole. Default 1024. */
  readonly bufferedChunks: number;
  /** Bytes that may wait to be written to one client before its streams wait. Default 2 MiB. */
  readonly bufferedBytes: number;
  /** Packets sent to one receiver that it has not said to have taken, for sending again. Default 1024. */
  readonly unacknowledged: number;
  /** Places of clients without a connection; the oldest go first. Default: as many as there may be connections. */
  readonly keptPlaces: number;
  /** How long a request, a TLS handshake or an upgrade may take, ms. Default 10000. */
  readonly upgradeTimeout: number;
  /** How long a new connection may go without a stream, ms. Default 10000. */
  readonly subscribeTimeout: number;
  /** How long any connection may go without a stream, ms. Default 60000. */
  readonly idleTimeout: number;
  /** How often a client is asked whether it is there; one that has not answered by the next time is gone, ms. Default 30000. */
  readonly pingInterval: number;
  /** How often a client that asked for its streams hears from the server, ms; at most, and by default, 5000. */
  readonly beatInterval: number;
}

/** Messages of clients that only receive: subscriptions and credits. */
export const CONTROL_FRAGMENTS = 4;
export const CONTROL_BYTES: number = MAX_CONTROL_BYTES;

/** Connections that may be on their way to an upgrade besides those that stand: in all, and of one address. */
export const KNOCKING = { inAll: 64, perAddress: 16 } as const;

/** What a ping costs of the messages that a connection may send. */
export const PING_COST = 100;

/** Clients take a server that has not beaten three times for gone. */
const LONGEST_BEAT = 5000;

const DEFAULTS: Omit<ServeLimits, 'connectionsPerAddress' | 'keptPlaces'> = {
  newConnectionsPerSecond: Infinity,
  streams: 16,
  subscriptionsPerSecond: 10,
  published: 8,
  publishedInAll: 64,
  messagesPerSecond: 20_000,
  eventsPerSecond: 25_000_000,
  messageBytes: MAX_FRAME_BYTES,
  fragments: 64,
  bufferedChunks: 1024,
  bufferedBytes: 2 << 20,
  unacknowledged: 1024,
  upgradeTimeout: 10_000,
  subscribeTimeout: 10_000,
  idleTimeout: 60_000,
  pingInterval: 30_000,
  beatInterval: LONGEST_BEAT,
};

const PER_ADDRESS = 16;

/** Those that may be switched off with Infinity. */
const ENDLESS: readonly (keyof ServeLimits)[] = [
  'newConnectionsPerSecond',
  'subscriptionsPerSecond',
  'messagesPerSecond',
  'eventsPerSecond',
];

/** The limits of a server, with defaults. @throws `ERR_ARGUMENT` */
export function serveLimits(asked: Partial<ServeLimits>, maxConnections: number, isLocal: boolean): ServeLimits {
  const connectionsPerAddress = isLocal ? maxConnections : Math.min(PER_ADDRESS, maxConnections);
  const limits = { ...DEFAULTS, connectionsPerAddress, keptPlaces: maxConnections, ...asked };
  for (const name of Object.keys(limits)) requireLimit(name, limits[name as keyof ServeLimits], asked);
  need(limits.messageBytes <= MAX_FRAME_BYTES, 'messageBytes', `at most ${MAX_FRAME_BYTES}`, limits.messageBytes);
  need(limits.beatInterval <= LONGEST_BEAT, 'beatInterval', `at most ${LONGEST_BEAT}`, limits.beatInterval);
  need(limits.messageBytes >= CONTROL_BYTES, 'messageBytes', `at least ${CONTROL_BYTES}`, limits.messageBytes);
  return limits;
}

function requireLimit(name: string, value: number, asked: Partial<ServeLimits>): void {
  need(
    name in DEFAULTS || name === 'connectionsPerAddress' || name === 'keptPlaces',
    name,
    'a limit that there is',
    Object.keys(asked).join(),
  );
  if (ENDLESS.includes(name as keyof ServeLimits)) need(value > 0, name, 'above 0', value);
  else if (name === 'keptPlaces') need(isWhole(value), name, 'a whole number, 0 or more', value);
  else need(isWhole(value) && value >= 1, name, 'a whole number, 1 or more', value);
}

// Timers take no more than 2^31 ms.
const isWhole = (n: number): boolean => Number.isInteger(n) && n >= 0 && n < 2 ** 31;

function need(ok: boolean, name: string, what: string, got: unknown): void {
  if (!ok) throw new RxSpikeError('ERR_ARGUMENT', `serve: limits.${name} must be ${what}, got ${String(got)}`);
}
