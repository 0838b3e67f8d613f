import { Observable } from 'rxjs';
import { type EventPacket, RxSpikeError, type StreamInfo } from '../../src/index.js';
import type { Report } from '../files/recording.js';
import { EVENTS_PER_FRAME, FrameWriter } from './frame-writer.js';
import { Inlet, type InletOptions, requireInletOptions } from './inlet.js';
import { Outlet } from './outlet.js';
import type { SocketLike } from './wire.js';

/** How a served stream is opened. */
export interface StreamOptions extends InletOptions {
  /** Token that the server asks for; sent in the address. */
  readonly token?: string;
}

/** A stream that another side serves; has the shape of a recording that can be read once. */
export interface ServedStream {
  readonly url: string;
  readonly info: StreamInfo;
  /**
   * What has come so far, counted as it arrives; at the end, `violations.leftOut` counts events that the sender left out as
   * outside the sensor.
   */
  readonly report: Report;
  /**
   * The packets as the sender made them, cut into frames. Credit is given as they are taken, so a slow reader slows the
   * sender down. May be called once.
   * @throws (while iterating, after everything good before the break) `ERR_CONNECTION` when the sender goes away,
   * `ERR_PROTOCOL` when it breaks the rules, and the code that the sender reports; (at the second call) `ERR_ARGUMENT`
   */
  events(): AsyncIterableIterator<EventPacket, undefined>;
  /** Closes the connection. */
  close(): void;
}

/** How packets are sent. */
export interface SinkOptions {
  /** Most events in a frame, 1…65536. Default 10000. */
  readonly eventsPerFrame?: number;
  readonly token?: string;
}

/**
 * Sends packets to a socket: resolves when the receiver has allowed the packet and there is room for the next, so
 * awaiting it before pulling on bounds memory.
 */
export interface WebSocketSink {
  (packet: EventPacket): Promise<void>;
  /** Says that the stream is complete, and closes; resolves when the receiver has answered. */
  end(): Promise<void>;
  /** Tells the receiver that the stream broke, and closes. */
  fail(error: unknown): Promise<void>;
  readonly counts: {
    readonly packets: number;
    readonly events: number;
    /** Events left out because they lie outside the sensor. */
    readonly outside: number;
  };
}

/** A socket that is being opened. */
export interface Connection {
  readonly socket: SocketLike;
  /** Address for messages, without secrets. */
  readonly where: string;
  /** True where the socket calls back when bytes are written. */
  readonly tells: boolean;
}

/**
 * Takes the stream that the other end of `socket` sends; for sockets that a server of one's own has accepted.
 * @throws `ERR_ARGUMENT`, `ERR_CONNECTION`, `ERR_PROTOCOL`
 */
export async function receiveStream(socket: SocketLike, options: InletOptions = {}): Promise<ServedStream> {
  requireInletOptions(options);
  return receive({ socket, where: 'socket', tells: false }, options);
}

/** As {@link receiveStream}, of a connection. */
export async function receive({ socket, where, tells }: Connection, options: InletOptions): Promise<ServedStream> {
  const inlet = new Inlet(socket, where, tells, options);
  const info = await inlet.info;
  let taken = false;
  return {
    url: where,
    info,
    report: inlet.report,
    events: () => {
      if (taken) throw new RxSpikeError('ERR_ARGUMENT', 'a served stream can be read only once');
      taken = true;
      return inlet;
    },
    close: () => void inlet.return(),
  };
}

/** The packets of a served stream; each subscription is a connection of its own. */
export function observe(open: () => Promise<ServedStream>): Observable<EventPacket> {
  return new Observable((subscriber) => {
    let stream: ServedStream | null = null;
    void (async () => {
      try {
        stream = await open();
        if (subscriber.closed) {
          stream.close();
          return;
        }
        for await (const packet of stream.events()) subscriber.next(packet);
        subscriber.complete();
      } catch (error) {
        subscriber.error(error);
      }
    })();
    return () => stream?.close();
  });
}

/** A sink over a connection. */
export function sinkOver(
  { socket, tells }: Connection,
  { eventsPerFrame = EVENTS_PER_FRAME }: SinkOptions,
): WebSocketSink {
  const outlet = new Outlet(socket, tells);
  let writer: FrameWriter | null = null;
  const counts = { packets: 0, events: 0, outside: 0 };
  const begin = async (info: StreamInfo): Promise<FrameWriter> => {
    const made = new FrameWriter(info, eventsPerFrame);
    writer = made;
    await outlet.opened;
    await outlet.post(made.hello());
    return made;
  };
  const write = async (packet: EventPacket): Promise<void> => {
    const frames = writer ?? (await begin(packet.stream));
    for (const frame of frames.frames(packet)) await outlet.send(frame.bytes);
    Object.assign(counts, { packets: frames.packets, events: frames.events, outside: frames.outside });
  };
  // One after another, also where the caller does not wait.
  let written: Promise<void> = Promise.resolve();
  const sink = (packet: EventPacket): Promise<void> => {
    const done = written.then(() => write(packet));
    written = done.catch(() => {});
    return done;
  };
  return Object.assign(sink, {
    counts,
    end: async (): Promise<void> => {
      await outlet.opened;
      await written;
      if (writer) await outlet.end(writer.end());
      else outlet.fail(new RxSpikeError('ERR_CONNECTION', 'the stream ended before it began'));
      await outlet.closed;
    },
    fail: async (error: unknown): Promise<void> => {
      await outlet.opened;
      outlet.fail(error);
      await outlet.closed;
    },
  });
}

/** The address to connect to and how to call it. @throws `ERR_ARGUMENT` when it is not a WebSocket address */
export function addressOf(url: string, token: string | undefined): { readonly url: string; readonly where: string } {
  let address: URL;
  try {
    address = new URL(url);
  } catch (cause) {
    throw new RxSpikeError('ERR_ARGUMENT', `not an address: ${url}`, { cause });
  }
  if (!['ws:', 'wss:'].includes(address.protocol)) {
    throw new RxSpikeError('ERR_ARGUMENT', `expected an address that begins with ws:// or wss://, got ${url}`);
  }
  address.hash = '';
  if (token !== undefined) address.searchParams.set('token', token);
  return { url: address.href, where: `${address.protocol}//${address.host}${address.pathname}` };
}
