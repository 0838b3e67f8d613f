import {
  type DeliveryParams,
  type HistoryParams,
  type QueueParams,
  RxSpikeError,
  requireDeliveryParams,
  requireHistoryParams,
  requireQueueParams,
} from '../../src/index.js';
import { type ServeLimits, serveLimits } from './limits.js';
import type { ServeOptions, ServedSource } from './serve-options.js';
import { EVENTS_PER_FRAME, requireEventsPerFrame } from './stream-writer.js';
import { Tokens } from './tokens.node.js';
import { type GuardSettings, isLoopback } from './upgrade-guard.js';

const PUSH_QUEUE: QueueParams = { policy: 'error', packets: 1024, events: 4_000_000 };
const DELIVERY: DeliveryParams = { policy: 'lossless', packets: 8, events: 2_000_000, every: 10 };
const HISTORY: HistoryParams = { packets: 1024, events: 2_000_000 };

/** Options that have been looked at, with their defaults. */
export interface ServeSettings {
  readonly guard: GuardSettings;
  readonly tokens: Tokens;
  readonly port: number;
  readonly streams: readonly ServedSource[];
  readonly eventsPerFrame: number;
  readonly maxConnections: number;
  readonly limits: ServeLimits;
  readonly queue: QueueParams;
  readonly delivery: DeliveryParams;
  readonly history: HistoryParams;
  readonly grace: number;
}

/** @throws `ERR_ARGUMENT` */
export function serveSettings(options: ServeOptions): ServeSettings {
  const { host = '127.0.0.1', port = 0, token, publishToken, path = '/', eventsPerFrame = EVENTS_PER_FRAME } = options;
  const { origins = [], hosts = [], queue = PUSH_QUEUE, history = HISTORY, grace = 30_000 } = options;
  const delivery = { ...DELIVERY, ...options.delivery };
  const maxConnections = roomFor(options);
  const limits = serveLimits(options.limits ?? {}, maxConnections, isLoopback(host));
  need(Number.isInteger(port) && port >= 0 && port <= 65_535, `port must be 0…65535, got ${port}`);
  need(path.startsWith('/') && !/[?#\s]/.test(path), `path must begin with /, got ${path}`);
  const tokens = new Tokens({ token, publishToken });
  need(
    token !== undefined || isLoopback(host),
    `a token is needed to listen on ${host}, which others can reach: give one (--token, --token-file or RXSPIKE_TOKEN)`,
  );
  requireTrust(options);
  requireEventsPerFrame(eventsPerFrame);
  requireQueueParams(queue, 'serve');
  requireDeliveryParams(delivery, 'serve');
  requireHistoryParams(history, 'serve');
  need(grace >= 0 && grace < 2 ** 31, `grace must be 0 ms or more and below 2^31, got ${grace}`);
  need(queue.policy !== 'block', 'an Observable source cannot be blocked: give the source in pull form');
  const guard: GuardSettings = { host, path, origins, hosts, scopeOf: (shown) => tokens.scopeOf(shown) };
  const streams = streamsOf(options);
  return { guard, tokens, port, streams, eventsPerFrame, maxConnections, limits, queue, delivery, history, grace };
}

/** Pages that may connect, and what the server proves itself with. */
function requireTrust({ origins = [], tls }: ServeOptions): void {
  need(tls === undefined || (tls.cert !== '' && tls.key !== ''), 'tls: certificate and key are both needed');
  for (const origin of origins) need(isOrigin(origin), `an origin is as http://name:port, got ${origin}`);
}

function streamsOf({ source, name = 'events', live = false, clients, streams = [] }: ServeOptions): ServedSource[] {
  const sharing = live ? 'live' : clients === undefined ? 'each' : { clients };
  const all: ServedSource[] = [{ name, kind: 'events', source, sharing }, ...streams];
  const names = all.map((one) => one.name);
  for (const one of names) need(names.filter((other) => other === one).length === 1, `two streams are named ${one}`);
  return all;
}

/** Connections that there may be at a time. */
function roomFor({ clients, maxConnections = Math.max(64, clients ?? 0) }: ServeOptions): number {
  need(clients === undefined || isCount(clients), `clients must be 1 or more, got ${clients}`);
  need(isCount(maxConnections), `maxConnections must be 1 or more, got ${maxConnections}`);
  need((clients ?? 0) <= maxConnections, `${clients} clients do not fit in ${maxConnections} connections`);
  return maxConnections;
}

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1;

/** `null` is none: every page in a sandbox, and every file, says so. */
const isOrigin = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s*]+$/i.test(text) && URL.canParse(text);

function need(ok: boolean, what: string): void {
  if (!ok) throw new RxSpikeError('ERR_ARGUMENT', `serve: ${what}`);
}
