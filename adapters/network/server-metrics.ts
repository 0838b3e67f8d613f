import type { FrameTally } from '../../src/index.js';
import type { Journal } from './journal.js';
import type { MetricFamily, MetricSample } from './prometheus.js';
import type { PolicyTotals, StreamTotals } from './stream-totals.js';

/** What the numbers are taken from. */
export interface MetricSources {
  readonly streams: readonly StreamTotals[];
  readonly journal: Journal;
  /** Connections that stand. */
  readonly connections: number;
  readonly bytes: { readonly received: number; readonly sent: number };
  /** Bytes that wait to be written. */
  readonly buffered: number;
  readonly published: {
    readonly open: number;
    readonly streams: number;
    readonly events: number;
    readonly missing: number;
  };
  /** ms for which streams of clients were made to wait. */
  readonly throttled: number;
  readonly keptPlaces: number;
  readonly isDraining: boolean;
}

type Add = (name: string, type: 'counter' | 'gauge', help: string, samples: readonly MetricSample[]) => void;

/** Everything that a server counts. */
export function serverMetrics(from: MetricSources): MetricFamily[] {
  const families: MetricFamily[] = [];
  const add: Add = (name, type, help, samples) => families.push({ name: `rxspike_${name}`, type, help, samples });
  connectionMetrics(from, add);
  streamMetrics(from.streams, add);
  receiverMetrics(from.streams, add);
  const { published } = from;
  add('published_streams', 'gauge', 'Streams that clients are sending.', one(published.open));
  add('accepted_streams_total', 'counter', 'Streams that clients have begun to send.', one(published.streams));
  add('published_events_total', 'counter', 'Events received from clients.', one(published.events));
  add(
    'published_missing_events_total',
    'counter',
    'Events that clients told to be missing from their streams.',
    one(published.missing),
  );
  add(
    'published_throttled_seconds_total',
    'counter',
    'Time for which credit was withheld from clients that send more events per second than they may.',
    one(from.throttled / 1000),
  );
  return families;
}

function connectionMetrics(from: MetricSources, add: Add): void {
  const { journal, bytes } = from;
  add('draining', 'gauge', '1 while the server takes no new clients and finishes.', one(from.isDraining ? 1 : 0));
  add('connections', 'gauge', 'WebSocket connections that stand.', one(from.connections));
  add('opened_connections_total', 'counter', 'WebSocket connections so far.', one(journal.connections));
  add('closed_connections_total', 'counter', 'Connections that were closed, by code.', by('code', journal.closed));
  add('refused_total', 'counter', 'Requests and connections that were refused, by reason.', by('reason', journal.refused)); // prettier-ignore
  add('limits_met_total', 'counter', 'Connections that were closed for meeting a limit, by limit.', by('limit', journal.limited)); // prettier-ignore
  add('received_bytes_total', 'counter', 'Bytes read from clients.', one(bytes.received));
  add('sent_bytes_total', 'counter', 'Bytes written to clients.', one(bytes.sent));
  add('buffered_bytes', 'gauge', 'Bytes that wait to be written to clients.', one(from.buffered));
  add('kept_places', 'gauge', 'Places kept for clients that lost their connection.', one(from.keptPlaces));
}

function streamMetrics(streams: readonly StreamTotals[], add: Add): void {
  const each = (value: (stream: StreamTotals) => number): MetricSample[] =>
    streams.map((stream) => ({ labels: { stream: stream.stream, kind: stream.kind }, value: value(stream) }));
  add(
    'stream_packets_total',
    'counter',
    'Packet frames made of a stream.',
    each(({ packets }) => packets),
  );
  add(
    'stream_events_total',
    'counter',
    'Events in them.',
    each(({ events }) => events),
  );
  add(
    'stream_outside_events_total',
    'counter',
    'Events left out because they lie outside the sensor.',
    each(({ outside }) => outside),
  );
  add('reconnects_total', 'counter', 'Receivers that came back after their connection was lost.', each(({ returns }) => returns)); // prettier-ignore
}

/** What is told of receivers, in packets and in events. */
const TALLIES: readonly (readonly [keyof PolicyTotals, string, 'counter' | 'gauge', string])[] = [
  ['offered', 'offered_{}_total', 'counter', 'that receivers should get'],
  ['sent', 'sent_{}_total', 'counter', 'sent to receivers, those sent again included'],
  ['resent', 'resent_{}_total', 'counter', 'sent again after a connection was lost'],
  ['abandoned', 'abandoned_{}_total', 'counter', 'that waited for receivers that left'],
  ['waiting', 'waiting_{}', 'gauge', 'that wait to be sent'],
];

function receiverMetrics(streams: readonly StreamTotals[], add: Add): void {
  const rows = streams.flatMap(({ stream, policies }) =>
    Object.entries(policies).map(([policy, totals]) => ({ labels: { stream, policy }, totals })),
  );
  const each = (value: (totals: PolicyTotals) => number): MetricSample[] =>
    rows.map(({ labels, totals }) => ({ labels, value: value(totals) }));
  add(
    'receivers',
    'gauge',
    'Receivers that are connected.',
    each(({ present }) => present),
  );
  add('absent_receivers', 'gauge', 'Receivers that lost their connection and may come back.', each(({ absent }) => absent)); // prettier-ignore
  add('lag_seconds', 'gauge', 'Event time that waits for the receiver that is furthest behind.', each(({ lag }) => lag / 1e6)); // prettier-ignore
  for (const unit of ['packets', 'events'] as const) {
    const noun = unit === 'packets' ? 'Packets' : 'Events';
    for (const [field, name, type, words] of TALLIES) {
      const samples = each((totals) => (totals[field] as FrameTally)[unit]);
      add(name.replace('{}', unit), type, `${noun} ${words}.`, samples);
    }
    const dropped = rows.flatMap(({ labels, totals }) =>
      Object.entries(totals.dropped).map(([reason, lost]) => ({ labels: { ...labels, reason }, value: lost[unit] })),
    );
    add(`dropped_${unit}_total`, 'counter', `${noun} that receivers were told are missing, by reason.`, dropped);
  }
}

const one = (value: number): MetricSample[] => [{ labels: {}, value }];

function by(label: string, counts: ReadonlyMap<string, number>): MetricSample[] {
  return [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
}
