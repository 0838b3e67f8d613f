import type { DeliveryParams, HistoryParams } from '../../src/index.js';
import type { FeedSource } from './feed.js';
import type { OfferedStream, StreamKind } from './frames.js';
import type { ReceiverFacts } from './receiver-facts.js';
import type { Reception, ReceptionOptions } from './reception.js';

/** What a server has done. */
export interface ServeCounts {
  /** Receivers that were given a stream. */
  clients: number;
  /** Those of them that got it to the end, and those that went away before. */
  completed: number;
  lost: number;
  /** Packet frames and events that were written, once for each reading of a source. */
  packets: number;
  events: number;
  /** Events left out because they lie outside the sensor. */
  outside: number;
  /** Events that the queue behind an Observable source has dropped. */
  dropped: number;
}

/**
 * How a stream is given to its receivers: to `each` from its beginning; once to all, when so many (`clients`) are there;
 * or `live`: from the start on, to whoever is there.
 */
export type Sharing = 'each' | 'live' | { readonly clients: number };

/** A stream that a hub gives. */
export interface HubStream {
  readonly name: string;
  readonly kind: StreamKind;
  readonly sharing: Sharing;
  /** The first reading; opened before the hub is there, so that its facts can be told. */
  readonly first: FeedSource;
  /** Opens a further reading. */
  readonly again: () => Promise<FeedSource>;
  /** False: the source cannot wait for its receivers. */
  readonly waits: boolean;
}

/** Limits of a hub. */
export interface HubLimits {
  readonly eventsPerFrame: number;
  /** How a receiver's queue is bounded; its `policy` is the default one. A receiver may ask for less events. */
  readonly delivery: DeliveryParams;
  /** Kept of live streams for those who come late or come back. */
  readonly history: HistoryParams;
  /** How long a receiver's place is kept after its connection is lost, ms. */
  readonly grace: number;
  /** Places kept at most of those who lost their connection; the oldest go first. */
  readonly keptPlaces: number;
  /** Streams that one connection, and all together, may send at a time. */
  readonly published: number;
  readonly publishedInAll: number;
  readonly reception: ReceptionOptions;
  /** Called when a receiver has its stream, or is gone. */
  readonly onReceiver?: ((receiver: ReceiverFacts) => void) | undefined;
}

/** A stream that the other side sends. */
export interface PublishedStream extends OfferedStream {
  readonly reception: Reception;
}
