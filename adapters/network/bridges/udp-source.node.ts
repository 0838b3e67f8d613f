import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  type EventPacket,
  PacketChannel,
  type QueueParams,
  RxSpikeError,
  type StreamInfo,
  requireQueueParams,
  silence,
  streamInfo,
} from '../../../src/index.js';
import { Packer } from '../../files/packer.js';
import type { Report } from '../../files/recording.js';
import { type DatagramDecoder, type TimeSource, type UdpFormat, datagramDecoder } from './datagram.js';
import { listenError, requireReach } from './listening.js';
import { type UdpAddress, hostPort, udpAddress } from './udp-address.js';
import { kernelDrops } from './udp-drops.node.js';

/** How datagrams are received. What the address says too is decided here. */
export interface UdpOptions {
  readonly format?: UdpFormat;
  /** Sensor size, pixels; events outside are left out and counted. Default: not known. */
  readonly size?: { readonly width: number; readonly height: number };
  /** The stream is over after so long without a datagram, ms. Default: never. */
  readonly idle?: number;
  /** Start of the stream's time line, µs, which datagrams do not tell. Default: the time of the first event. */
  readonly origin?: number;
  /** True: listens also where others than this machine reach it. Default false. */
  readonly allowRemote?: boolean;
  /** Address that datagrams are taken from; others are counted as `foreign`. Default: anybody. */
  readonly from?: string;
  /**
   * Queue between the socket and the reader. Default: the oldest packets are dropped, above 1024 of them or 4 million
   * events.
   */
  readonly queue?: QueueParams;
  /** Room that the kernel is asked for, bytes; it may give less. Default 8 MiB. */
  readonly receiveBuffer?: number;
  /** Clock for times of arrival, µs. Default: µs since 1970. */
  readonly now?: () => number;
  /** Called when the socket listens, with its address: the stream opens with its first event. */
  readonly onListening?: (url: string) => void;
  /** Gives up waiting for the first event, or closes the stream. */
  readonly signal?: AbortSignal;
}

/** What has come in, beside the events of the report. */
export interface UdpCounts {
  readonly datagrams: number;
  readonly bytes: number;
  /** Datagrams from another address than the one asked for. */
  readonly foreign: number;
  /** Events that found the queue full. */
  readonly dropped: number;
  /** Datagrams that the kernel threw away for want of room; null where it does not tell. */
  readonly kernelDropped: number | null;
}

/** A stream that comes in datagrams; has the shape of a served stream, and can be read once. */
export interface UdpSource {
  /** Where it listens. */
  readonly url: string;
  readonly info: StreamInfo;
  /** `arrival`: the sender gives no times, so that they are those at which datagrams came. */
  readonly times: TimeSource;
  /**
   * Counted as it arrives; `violations` holds, besides those of the format, `leftOut` (events outside the sensor) and
   * `dropped` (events that found the queue full). What the network lost leaves no trace.
   */
  readonly report: Report;
  readonly counts: UdpCounts;
  /**
   * The packets. Ends with a mark `end` after an empty datagram, or after the time that `idle` says.
   * @throws (while iterating) `ERR_OVERFLOW` where the queue fails when it is full, `ERR_CONNECTION` where the socket
   * does; (at the second call) `ERR_ARGUMENT`
   */
  events(): AsyncIterableIterator<EventPacket, undefined>;
  /** Wants no more. */
  close(): void;
}

const QUEUE: QueueParams = { policy: 'dropOldest', packets: 1024, events: 4_000_000 };
const PACKET_EVENTS = 8192;

/**
 * Listens for datagrams as AEStream and faery send them, at `udp://HOST:PORT?format=…` (docs/bridges.md). Resolves with
 * the first event, whose time is the stream's origin, or when the stream is over without one.
 *
 * @throws `ERR_ARGUMENT`; `ERR_LISTEN` when the address is in use or may not be listened on; `ERR_CONNECTION` when nothing
 * came within `idle`, or the signal gave up waiting
 */
export async function openUdp(url: string, options: UdpOptions = {}): Promise<UdpSource> {
  const address = settled(udpAddress(url), options);
  requireReach(address.host, options.allowRemote ?? false);
  requireQueueParams(options.queue ?? QUEUE, 'udp');
  if (options.signal?.aborted) throw new RxSpikeError('ERR_CONNECTION', `${url}: given up before it was opened`);
  const socket = createSocket({
    type: address.host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: options.receiveBuffer ?? 1 << 23,
  });
  const reception = new UdpReception(socket, address, options);
  socket.bind(address.port, address.host);
  try {
    await once(socket, 'listening');
  } catch (cause) {
    socket.close();
    throw listenError(`udp://${hostPort(address.host, address.port)}`, cause);
  }
  reception.begin();
  return reception.opened;
}

function settled(address: UdpAddress, { format, size, idle, origin, receiveBuffer = 1 }: UdpOptions): UdpAddress {
  const { width, height } = size ?? address;
  if (!isSize(width) || !isSize(height)) throw bad(`size must be 1…65536, got ${width}×${height}`);
  if (origin !== undefined && !Number.isFinite(origin)) throw bad(`origin must be a time in µs, got ${origin}`);
  if (idle !== undefined && !(idle > 0 && idle < 2 ** 31)) throw bad(`idle must be above 0 ms, got ${idle}`);
  if (!(receiveBuffer >= 1 && receiveBuffer < 2 ** 31))
    throw bad(`receiveBuffer must be 1 or more, got ${receiveBuffer}`);
  return {
    ...address,
    width,
    height,
    format: format ?? address.format,
    idle: idle ?? address.idle,
    origin: origin ?? address.origin,
  };
}

const bad = (what: string): RxSpikeError => new RxSpikeError('ERR_ARGUMENT', `udp: ${what}`);

const isSize = (n: number | null): boolean => n === null || (Number.isInteger(n) && n >= 1 && n <= 65_536);

/** µs since 1970, from a clock that is not set while it runs. */
const wallClock = (): number => Math.floor(1000 * (performance.timeOrigin + performance.now()));

/** A socket being listened on, and the stream that comes out of it. */
class UdpReception implements UdpSource {
  readonly opened: Promise<UdpSource>;
  readonly report: Report = { events: 0, on: 0, off: 0, t0: null, t1: null, violations: {}, side: {} };
  url = '';
  info: StreamInfo = streamInfo();
  readonly #socket: Socket;
  readonly #address: UdpAddress;
  readonly #options: UdpOptions;
  readonly #decoder: DatagramDecoder;
  readonly #channel: PacketChannel<EventPacket>;
  readonly #counts = { datagrams: 0, bytes: 0, foreign: 0 };
  readonly #now: () => number;
  #family: 'IPv4' | 'IPv6' = 'IPv4';
  #port = 0;
  #kernelDropped: number | null = null;
  #packer: Packer | null = null;
  #flushing: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #open!: (source: UdpSource) => void;
  #refuse!: (error: unknown) => void;
  #isOver = false;
  #isTaken = false;

  constructor(socket: Socket, address: UdpAddress, options: UdpOptions) {
    this.#socket = socket;
    this.#address = address;
    this.#options = options;
    this.#now = options.now ?? wallClock;
    this.#decoder = datagramDecoder(address.format, address);
    this.report.violations = this.#decoder.violations;
    this.#channel = new PacketChannel(options.queue ?? QUEUE);
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.opened.catch(() => {});
  }

  get times(): TimeSource {
    return this.#decoder.times ?? 'device';
  }

  get counts(): UdpCounts {
    const dropped = this.#channel.counts.dropped.events;
    return { ...this.#counts, dropped, kernelDropped: this.#lost() };
  }

  /** The socket listens. */
  begin(): void {
    const { address, port, family } = this.#socket.address();
    this.#port = port;
    this.#family = family === 'IPv6' ? 'IPv6' : 'IPv4';
    this.url = `udp://${hostPort(address, port)}?format=${this.#address.format}`;
    this.#socket.on('message', (bytes, from) => this.#take(bytes, from));
    this.#socket.on('error', (cause) => {
      this.#over(new RxSpikeError('ERR_CONNECTION', `${this.url}: ${cause.message}`, { cause }));
    });
    this.#options.signal?.addEventListener('abort', this.#abort);
    const { idle } = this.#address;
    if (idle !== null) this.#timer = setTimeout(() => this.#end('nothing came'), idle);
    this.#options.onListening?.(this.url);
  }

  events(): AsyncIterableIterator<EventPacket, undefined> {
    if (this.#isTaken) throw new RxSpikeError('ERR_ARGUMENT', 'a stream of datagrams can be read only once');
    this.#isTaken = true;
    return {
      [Symbol.asyncIterator](): AsyncIterableIterator<EventPacket, undefined> {
        return this;
      },
      next: () => this.#channel.next(),
      return: () => {
        this.close();
        return this.#channel.return();
      },
    };
  }

  close(): void {
    this.#over(null);
  }

  readonly #abort = (): void => this.close();

  #take(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const { from } = this.#options;
    if (from !== undefined && address !== from) {
      this.#counts.foreign++;
      return;
    }
    this.#counts.datagrams++;
    this.#counts.bytes += bytes.length;
    this.#timer?.refresh();
    if (bytes.length === 0) {
      this.#end('it was empty');
      return;
    }
    const batch = this.#decoder.decode(bytes, this.#now(), `${address} ${port}`);
    if (batch.length === 0) return;
    const packer = this.#packer ?? this.#start(batch.t[0]);
    for (const packet of packer.add(batch)) this.#offer(packet);
    // What has come by now becomes one packet.
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  #start(first: number): Packer {
    const { width, height, format } = this.#address;
    const origin = this.#address.origin ?? first;
    const epoch = this.#decoder.times === 'arrival' && this.#options.now === undefined ? 'unix' : null;
    this.info = streamInfo({ id: `udp ${format}`, width, height, origin, epoch });
    this.#packer = new Packer(this.info, this.report, { packetEvents: PACKET_EVENTS, reuse: false, from: -Infinity });
    this.#open(this);
    return this.#packer;
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    for (const packet of this.#packer?.flush() ?? []) this.#offer(packet);
  }

  #offer(packet: EventPacket): void {
    if (this.#isOver) return;
    try {
      this.#channel.offer(packet);
    } catch (error) {
      this.#over(error);
    }
    const dropped = this.#channel.counts.dropped.events;
    if (dropped > 0) this.report.violations.dropped = dropped;
  }

  /** The stream is complete. */
  #end(why: string): void {
    if (this.#isOver) return;
    const isEmpty = this.#packer === null && why === 'nothing came';
    if (!isEmpty) {
      const packer = this.#packer ?? this.#start(0);
      this.#flush();
      const until = packer.latest === -Infinity ? this.info.origin : packer.latest + 1;
      this.#offer(silence(this.info, until, { kind: 'end', source: this.info.id, label: null }));
    }
    this.#over(null, `${why} within ${this.#address.idle} ms`);
  }

  /** Listens no more; `error`: what broke it. */
  #over(error: unknown, why = 'closed'): void {
    if (!this.#isOver) this.#flush();
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (error === null) this.#channel.complete();
    else this.#channel.fail(error);
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#kernelDropped = kernelDrops(this.#port, this.#family);
    this.#socket.close();
    this.#refuse(error ?? new RxSpikeError('ERR_CONNECTION', `${this.url}: ${why} before the first event`));
  }

  #lost(): number | null {
    return this.#isOver ? this.#kernelDropped : kernelDrops(this.#port, this.#family);
  }
}
