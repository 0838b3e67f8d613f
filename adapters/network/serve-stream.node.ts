import { Acceptors } from './acceptors.node.js';
import { type Endpoint, openEndpoint } from './http-endpoint.node.js';
import { Hub } from './hub.js';
import type { PublishedStream, ServeCounts } from './hub-stream.js';
import { Journal } from './journal.js';
import type { ServeLimits } from './limits.js';
import { CLOSE } from './link.js';
import { pacedReception } from './paced-reception.js';
import { prometheusText } from './prometheus.js';
import type { ReceiverFacts } from './receiver-facts.js';
import type { IncomingStream, ServeOptions } from './serve-options.js';
import { type ServeSettings, serveSettings } from './serve-settings.node.js';
import { ServedConnection, asks } from './served-connection.node.js';
import { openSources } from './served-sources.js';
import { serverMetrics } from './server-metrics.js';
import { isLoopback } from './upgrade-guard.js';

/** A server that runs. */
export interface StreamServer {
  /** Address for {@link openStream}, without the token. */
  readonly url: string;
  readonly port: number;
  /** So far. */
  readonly counts: ServeCounts;
  /**
   * Resolves when everything is served (with `clients`) or the server was closed. Rejects with the source's error, or
   * with `ERR_CONNECTION` when every receiver left before the end.
   */
  readonly done: Promise<ServeCounts>;
  /** Receivers whose stream goes on. */
  readonly receivers: readonly ReceiverFacts[];
  /** What `/metrics` says: text in Prometheus' format. */
  readonly metrics: string;
  /**
   * A token with which one may connect and receive streams, but not send any; for pages in browsers, whose addresses
   * are seen by others. Good for new connections for so many seconds, at most a day, of this run of the server.
   * @throws `ERR_ARGUMENT`
   */
  viewToken(options?: { readonly seconds?: number }): string;
  /**
   * Takes no new receivers, reads live streams no further and lets what is under way go on to its end, for at most
   * `within` ms; then as `close`. Meanwhile new connections and `/healthz` are answered with 503. Resolves with those
   * that it had to break off.
   */
  drain(within: number): Promise<readonly ReceiverFacts[]>;
  /** Breaks off what is running, closes all connections and stops listening. */
  close(): Promise<ServeCounts>;
}

/** How long a view token is good where nothing is said, s. */
const VIEW = 60;

/**
 * Serves a stream over WebSocket, subprotocol `rxspike.v1` (docs/protocol.md). Nothing is lost: a receiver that takes
 * its packets slowly slows the source down. Resolves when the server listens.
 *
 * @throws `ERR_ARGUMENT`; `ERR_LISTEN` when the address is in use or may not be listened on; what `source` throws
 */
export async function serveStream(options: ServeOptions): Promise<StreamServer> {
  const settings = serveSettings(options);
  const { guard, limits, maxConnections, port, tokens } = settings;
  const journal = new Journal(options.log ?? null);
  const waits = { dropped: 0, throttled: 0 };
  const hub = await openHub(options, settings, journal, waits);
  const counts = (): ServeCounts => ({ ...hub.counts, dropped: waits.dropped });
  const connections = new Set<ServedConnection>();
  const acceptors = new Acceptors(limits, options.accept !== undefined);
  const metrics = (): string => {
    const { totals: streams, received: published, keptPlaces, isDraining } = hub;
    const { bytes, buffered } = acceptors;
    const standing = connections.size;
    const { throttled } = waits;
    return prometheusText(
      serverMetrics({ streams, published, keptPlaces, isDraining, bytes, buffered, throttled, journal, connections: standing }), // prettier-ignore
    );
  };
  let endpoint: Endpoint;
  try {
    endpoint = await openEndpoint(
      {
        guard,
        port,
        maxConnections,
        limits,
        journal,
        tls: options.tls ?? null,
        admit: (url) =>
          asks(url) || hub.admits ? null : { status: 503, why: 'the stream has begun', reason: 'begun' },
        isDraining: () => hub.isDraining,
        metrics: options.metrics === true ? metrics : null,
        connected: (accepted) => {
          const maxBytes = acceptors.maxBytes(accepted.scope);
          const closed = (one: ServedConnection): void => void connections.delete(one);
          connections.add(new ServedConnection(accepted, { hub, journal, limits, maxBytes, closed }));
        },
      },
      acceptors,
    );
  } catch (error) {
    hub.stop();
    await acceptors.close(0);
    throw error;
  }
  const timers = watch(connections, limits);
  const shut = once(() => {
    for (const timer of timers) clearInterval(timer);
    for (const { link } of connections) if (!link.isBusy) void link.close(CLOSE.leaving, 'the server is going away');
    return endpoint.close();
  });
  const done = hub.done.finally(shut).then(counts);
  done.catch(() => {});
  const { host, path } = guard;
  const url = `${options.tls ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${endpoint.port}${path}`;
  journal.listening(url, !isLoopback(host), options.tls !== undefined);
  return {
    url,
    port: endpoint.port,
    get counts(): ServeCounts {
      return counts();
    },
    done,
    get receivers(): readonly ReceiverFacts[] {
      return hub.receivers;
    },
    get metrics(): string {
      return metrics();
    },
    viewToken: ({ seconds = VIEW } = {}) => tokens.view(seconds),
    drain: async (within) => {
      journal.drain(hub.receivers);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([hub.drain(), new Promise((resolve) => (timer = setTimeout(resolve, within)))]);
      clearTimeout(timer);
      const left = hub.receivers;
      hub.stop();
      await shut();
      journal.drained(left);
      return left;
    },
    close: async () => {
      hub.stop();
      await shut();
      return counts();
    },
  };
}

/** Lets clients hear from the server, and closes those that use nothing. */
function watch(
  connections: ReadonlySet<ServedConnection>,
  { subscribeTimeout, idleTimeout, beatInterval }: ServeLimits,
): NodeJS.Timeout[] {
  const beat = (): void => {
    for (const { link } of connections) link.beat(Date.now());
  };
  const sweep = (): void => {
    for (const connection of connections) connection.sweep(performance.now());
  };
  return [
    setInterval(beat, beatInterval).unref(),
    setInterval(sweep, Math.min(1000, subscribeTimeout, idleTimeout)).unref(),
  ];
}

async function openHub(
  options: ServeOptions,
  settings: ServeSettings,
  journal: Journal,
  waits: { dropped: number; throttled: number },
): Promise<Hub> {
  const { eventsPerSecond, keptPlaces, published, publishedInAll } = settings.limits;
  const { eventsPerFrame, delivery, history, grace } = settings;
  const sources = await openSources(settings.streams, settings.queue, (events) => (waits.dropped += events));
  const onReceiver = (facts: ReceiverFacts): void => {
    journal.depart(facts);
    options.onReceiver?.(facts);
  };
  const { accept } = options;
  const waited = (ms: number): void => void (waits.throttled += ms);
  return new Hub(
    sources,
    { eventsPerFrame, delivery, history, grace, keptPlaces, published, publishedInAll, reception: {}, onReceiver },
    accept ? (incoming) => accept(incomingStream(incoming, eventsPerSecond, waited)) : null,
  );
}

function incomingStream(
  { name, kind, info, reception }: PublishedStream,
  eventsPerSecond: number,
  waited: (ms: number) => void,
): IncomingStream {
  const paced = pacedReception(reception, eventsPerSecond, waited);
  const stream = {
    url: '',
    name,
    kind,
    info,
    report: reception.report,
    connection: reception,
    events: () => paced as unknown as AsyncIterableIterator<never, undefined>,
    close: () => void reception.return(),
  };
  return { name, kind, info, stream };
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= run());
}
