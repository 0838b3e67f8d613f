import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import { type EventPacket, RxSpikeError, type StreamInfo, streamInfo } from '../../../src/index.js';
import { AEDAT4_VERSION_LINE } from '../../files/aedat4/layout.js';
import { openSource } from '../../files/open-recording.js';
import type { Recording, Report } from '../../files/recording.js';
import { checkGreeting, greetingLength } from './dv-greeting.js';
import { SocketChunks } from './socket-chunks.node.js';
import { hostAndPort, hostPort, wholeNumber } from './udp-address.js';

/** How a stream of dv-processing is opened. */
export interface DvOptions {
  /** How long the connection and the greeting may take, ms. Default 10000. */
  readonly timeout?: number;
  /** Largest packet, as it comes or expanded, bytes. Default 16 MiB. */
  readonly maxPacketBytes?: number;
  /** Start of the stream's time line, µs, which a server does not tell. Default: the time of the first event. */
  readonly origin?: number;
  /** Connects by TLS; options of `node:tls`: `cert` and `key` of this client, which dv-processing asks for, `ca`, … */
  readonly tls?: ConnectionOptions;
  /** Closes the connection. */
  readonly signal?: AbortSignal;
}

/** The events that a server of dv-processing sends; has the shape of a served stream, and can be read once. */
export interface DvStream {
  readonly url: string;
  readonly info: StreamInfo;
  /** Camera as the server names it, else null. */
  readonly sensor: string | null;
  /** What has been read so far. */
  readonly report: Report;
  /**
   * The packets. Ends with a mark `end` where the server closes the connection behind a whole packet. A slow reader makes
   * the server wait.
   * @throws (while iterating, after everything good before the break) `ERR_CONNECTION` where the connection is cut,
   * `ERR_PROTOCOL` where a packet is damaged, `ERR_LIMIT`; (at the second call) `ERR_ARGUMENT`
   */
  events(): AsyncIterableIterator<EventPacket, undefined>;
  /** Wants no more. */
  close(): void;
}

const TIMEOUT = 10_000;
const MAX_GREETING = 1 << 20;
const MAX_PACKET = 1 << 24;

/**
 * Connects to a `NetworkWriter` of dv-processing at `dv://HOST:PORT?origin=US` (docs/bridges.md). Resolves with the
 * first event, or with the end of a stream without one.
 *
 * @throws `ERR_ARGUMENT`; `ERR_CONNECTION` when nothing answers there or the connection is lost before the stream begins;
 * `ERR_PROTOCOL` when what answers is something else; `ERR_UNSUPPORTED` for a stream that is none of events; `ERR_LIMIT`
 */
export async function openDvStream(url: string, options: DvOptions = {}): Promise<DvStream> {
  const { host, port, parameters } = hostAndPort(url, 'dv:', ['origin']);
  const { timeout = TIMEOUT, maxPacketBytes = MAX_PACKET, tls, signal } = options;
  const text = parameters.get('origin');
  const origin = options.origin ?? wholeNumber(url, { key: 'origin', text, low: 0, high: Number.MAX_SAFE_INTEGER });
  if (!(timeout > 0 && timeout < 2 ** 31)) {
    throw new RxSpikeError('ERR_ARGUMENT', `timeout must be above 0 ms and below 2^31, got ${timeout}`);
  }
  const where = `dv://${hostPort(host, port)}`;
  const socket = tls === undefined ? connect({ host, port }) : connectSecurely({ host, port, ...tls });
  const close = (): void => void socket.destroy();
  const late = setTimeout(() => {
    socket.destroy(new Error(`no greeting within ${timeout} ms`));
  }, timeout);
  if (signal?.aborted) close();
  signal?.addEventListener('abort', close);
  socket.once('close', () => signal?.removeEventListener('abort', close));
  const chunks = new SocketChunks(socket, where);
  try {
    await connected(socket, where, tls !== undefined);
    const beginning = await readGreeting(chunks, where);
    clearTimeout(late);
    const source = { rewindable: false, read: () => withVersionLine(beginning, chunks), parts: null };
    const recording = await openSource(source, { format: 'aedat4', name: where, maxPacketBytes });
    return new OpenedDvStream(where, recording, { socket, origin: origin ?? recording.info.origin });
  } catch (error) {
    socket.destroy();
    throw named(error, where);
  } finally {
    clearTimeout(late);
  }
}

async function connected(socket: Socket, where: string, secure: boolean): Promise<void> {
  try {
    await once(socket, secure ? 'secureConnect' : 'connect');
  } catch (cause) {
    throw new RxSpikeError('ERR_CONNECTION', `${where}: no stream: ${reasonOf(cause)}`, {
      details: { url: where },
      cause,
    });
  }
}

/** In a line: OpenSSL's messages have several, and a reason of its own. */
function reasonOf(cause: unknown): string {
  const { reason, code, message } = cause as NodeJS.ErrnoException & { readonly reason?: string };
  return reason ?? (message || code || String(cause));
}

/** Reads until the greeting is whole; gives all that has come by then. */
async function readGreeting(chunks: SocketChunks, where: string): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  for await (const chunk of chunks) {
    const longer = new Uint8Array(bytes.length + chunk.length);
    longer.set(bytes);
    longer.set(chunk, bytes.length);
    bytes = longer;
    const length = greetingLength(bytes, MAX_GREETING, where);
    if (length === null || bytes.length < length) continue;
    checkGreeting(bytes.subarray(0, length), where);
    return bytes;
  }
  throw new RxSpikeError('ERR_CONNECTION', `${where}: no stream: closed before its greeting was whole`);
}

/** As a file begins; what is asked again after a break breaks again. */
function withVersionLine(beginning: Uint8Array, chunks: SocketChunks): AsyncIterable<Uint8Array> {
  const first = [new TextEncoder().encode(AEDAT4_VERSION_LINE), beginning];
  const rest = chunks[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const value = first.shift();
    return value ? { done: false, value } : rest.next();
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

class OpenedDvStream implements DvStream {
  readonly url: string;
  readonly info: StreamInfo;
  readonly sensor: string | null;
  readonly #recording: Recording;
  readonly #socket: Socket;
  #isTaken = false;
  #isClosed = false;

  constructor(
    url: string,
    recording: Recording,
    { socket, origin }: { readonly socket: Socket; readonly origin: number },
  ) {
    this.url = url;
    this.info = streamInfo({ ...recording.info, origin });
    this.sensor = recording.facts.sensor;
    this.#recording = recording;
    this.#socket = socket;
  }

  get report(): Report {
    // A stream has no data table: that it lacks one is no breach.
    const { interrupted: _, ...violations } = this.#recording.report.violations;
    return { ...this.#recording.report, violations };
  }

  events(): AsyncIterableIterator<EventPacket, undefined> {
    if (this.#isTaken) throw new RxSpikeError('ERR_ARGUMENT', 'a stream of dv can be read only once');
    this.#isTaken = true;
    const reading = this.#recording.events()[Symbol.asyncIterator]();
    return {
      [Symbol.asyncIterator](): AsyncIterableIterator<EventPacket, undefined> {
        return this;
      },
      next: () => this.#next(reading),
      // Not a generator's: that would wait for the packet that is being waited for.
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  async #next(reading: AsyncIterator<EventPacket>): Promise<IteratorResult<EventPacket, undefined>> {
    try {
      const next = this.#isClosed ? null : await reading.next();
      if (next && next.done !== true && !this.#isClosed)
        return { done: false, value: { ...next.value, stream: this.info } };
      this.close();
      return { done: true, value: undefined };
    } catch (error) {
      if (this.#isClosed) return { done: true, value: undefined };
      this.close();
      throw named(error, this.url);
    }
  }
}

/** What is damage in a file is a breach here, and what a file lacks at its end was cut off. */
function named(error: unknown, where: string): unknown {
  if (!(error instanceof RxSpikeError) || !['ERR_TRUNCATED', 'ERR_CORRUPT'].includes(error.code)) return error;
  const extras = { details: error.details, cause: error };
  return error.code === 'ERR_TRUNCATED'
    ? new RxSpikeError('ERR_CONNECTION', `${where}: the stream broke off: ${error.message}`, extras)
    : new RxSpikeError('ERR_PROTOCOL', `${where}: ${error.message}`, extras);
}
