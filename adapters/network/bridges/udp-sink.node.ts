import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type EventPacket, RxSpikeError } from '../../../src/index.js';
import type { Counts } from '../../files/decoder.js';
import { Fit } from '../../files/fit.js';
import { type UdpFormat, datagramEncoder } from './datagram.js';
import { hostPort, udpAddress } from './udp-address.js';

/** How datagrams are sent. What the address says too is decided here. */
export interface UdpSinkOptions {
  readonly format?: UdpFormat;
  /** SPIF: false sends words without times, which is what AEStream receives. Default true. */
  readonly times?: boolean;
  /**
   * Most events a second; what a receiver has no time for is lost without a word. Default 1 million; Infinity: no limit.
   */
  readonly rate?: number;
  /** What becomes of an event that the format cannot hold: `ERR_LOSS` (false, the default), or it is left out and counted. */
  readonly clip?: boolean;
}

/** Sends packets as datagrams; resolves when they have been handed to the kernel. Whether they arrive cannot be known. */
export interface UdpSink {
  /** @throws (rejects) `ERR_LOSS` for an event that the format cannot hold, `ERR_CONNECTION` where sending fails */
  (packet: EventPacket): Promise<void>;
  /** Sends an empty datagram, three times, by which RxSpike's receiver knows the end, and closes. */
  end(): Promise<void>;
  /** Closes at once. */
  close(): void;
  readonly counts: {
    readonly packets: number;
    readonly events: number;
    readonly datagrams: number;
    readonly bytes: number;
    /** Events left out by `clip`, by reason. */
    readonly clipped: Readonly<Counts>;
  };
}

/** Datagrams that are handed to the kernel together. */
const TOGETHER = 32;
/** How far sending may run ahead of the rate, ms; timers are no finer. */
const AHEAD = 2;
const ENDS = 3;
const RATE = 1_000_000;

/**
 * Sends to `udp://HOST:PORT?format=…` what AEStream or faery receive (docs/bridges.md).
 * @throws `ERR_ARGUMENT`
 */
export function udpSink(url: string, options: UdpSinkOptions = {}): UdpSink {
  const address = udpAddress(url);
  const { format = address.format, times = address.times, rate = address.rate ?? RATE, clip = false } = options;
  if (!(rate > 0)) throw new RxSpikeError('ERR_ARGUMENT', `udp: rate must be above 0 events a second, got ${rate}`);
  const { host, port } = address;
  const encoder = datagramEncoder(format, times);
  const fit = new Fit(`udp ${format}`, encoder.holds, clip);
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  let failure: Error | null = null;
  socket.on('error', (error) => (failure = error));
  const pace = new Pacer(rate);
  const counts = { packets: 0, events: 0, datagrams: 0, bytes: 0, clipped: fit.clipped };
  const send = (bytes: Uint8Array): Promise<void> => sent(socket, bytes, port, host);
  const write = async (packet: EventPacket): Promise<void> => {
    if (failure) throw lost(host, port, failure);
    const fitting = packet.length === 0 ? packet : fit.fit(packet);
    const datagrams = encoder.encode(fitting);
    for (let at = 0; at < datagrams.length; at += TOGETHER) {
      const group = datagrams.slice(at, at + TOGETHER);
      await pace.wait((fitting.length * group.length) / datagrams.length);
      await Promise.all(group.map(send));
      counts.datagrams += group.length;
      for (const { length } of group) counts.bytes += length;
    }
    counts.packets++;
    counts.events += fitting.length;
  };
  // One after another, also where the caller does not wait.
  let written: Promise<void> = Promise.resolve();
  const sink = (packet: EventPacket): Promise<void> => {
    const done = written.then(() => write(packet));
    written = done.catch(() => {});
    return done;
  };
  let isClosed = false;
  const close = (): void => {
    if (!isClosed) socket.close();
    isClosed = true;
  };
  return Object.assign(sink, {
    counts,
    end: async (): Promise<void> => {
      await written;
      if (isClosed) return;
      await Promise.all(Array.from({ length: ENDS }, () => send(new Uint8Array(0))));
      const closed = once(socket, 'close');
      close();
      await closed;
    },
    close,
  });
}

function sent(socket: Socket, bytes: Uint8Array, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    try {
      socket.send(bytes, port, host, (error) => (error ? reject(lost(host, port, error)) : resolve()));
    } catch (error) {
      reject(lost(host, port, error));
    }
  });
}

function lost(host: string, port: number, cause: unknown): RxSpikeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RxSpikeError('ERR_CONNECTION', `udp://${hostPort(host, port)}: sending failed: ${why}`, { cause });
}

/** Keeps to a rate: what comes early waits. */
class Pacer {
  readonly #rate: number;
  #due: number | null = null;

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Resolves when `events` more may be sent. */
  async wait(events: number): Promise<void> {
    if (this.#rate === Infinity) return;
    const now = performance.now();
    const due = Math.max(this.#due ?? now, now - AHEAD);
    this.#due = due + (1000 * events) / this.#rate;
    const early = due - now;
    if (early > AHEAD) await new Promise((resolve) => setTimeout(resolve, early));
  }
}
