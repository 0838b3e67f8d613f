import { type EventPacket, RxSpikeError, type StreamInfo } from '../../../src/index.js';
import { type DvSinkCounts, type DvSinkOptions, dvSink } from './dv-sink.node.js';
import { hostPort } from './udp-address.js';

/** How a source is served to readers of dv-processing. */
export interface DvServeOptions extends DvSinkOptions {
  /** What is served: a recording, a replay in pull form, a stream that another side serves. Called once. */
  readonly source: () => DvServable | Promise<DvServable>;
  /** Address to listen on. Default 127.0.0.1; beyond loopback `allowRemote` is needed. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
}

/** Packets that are pulled. */
export interface DvServable {
  readonly info: StreamInfo;
  events(): AsyncIterable<EventPacket>;
}

/** A server that runs. */
export interface DvServer {
  /** Address for {@link openDvStream}. */
  readonly url: string;
  readonly port: number;
  /** So far. */
  readonly counts: DvSinkCounts;
  /** Resolves when everything is served or the server was closed. Rejects with the source's error, or as {@link DvSink}. */
  readonly done: Promise<DvSinkCounts>;
  /** Breaks off. */
  close(): Promise<DvSinkCounts>;
}

/**
 * Serves a source to readers of dv-processing, from when `clients` of them are there; the slowest sets the pace.
 * @throws `ERR_ARGUMENT`, `ERR_LISTEN`; what `source` throws
 */
export async function serveDvStream(options: DvServeOptions): Promise<DvServer> {
  const { source, host = '127.0.0.1', port = 0, ...others } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RxSpikeError('ERR_ARGUMENT', `dv: port must be 0…65535, got ${port}`);
  }
  const sink = await dvSink(`dv://${hostPort(host, port)}`, others);
  let isClosed = false;
  let reading: AsyncIterator<EventPacket> | null = null;
  const pump = async (): Promise<void> => {
    const events = (await source()).events()[Symbol.asyncIterator]();
    reading = events;
    // Once closed, the sink takes nothing more.
    for (let next = await events.next(); next.done !== true; next = await events.next()) await sink(next.value);
  };
  const run = async (): Promise<DvSinkCounts> => {
    try {
      await pump();
      await sink.end();
    } catch (error) {
      void reading?.return?.()?.catch(() => {});
      await sink.close();
      if (!isClosed) throw error;
    }
    return sink.counts;
  };
  const done = run();
  done.catch(() => {});
  return {
    url: sink.url,
    port: sink.port,
    get counts(): DvSinkCounts {
      return sink.counts;
    },
    done,
    close: async () => {
      isClosed = true;
      void reading?.return?.()?.catch(() => {});
      await sink.close();
      return sink.counts;
    },
  };
}
