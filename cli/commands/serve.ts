import {
  type IncomingStream,
  type ReceiverFacts,
  type ServeOptions as ServerOptions,
  type StreamKind,
  type StreamServer,
  serveStream,
} from '../../adapters/index.node.js';
import { type DeliveryPolicy, type EventPacket, RxSpikeError } from '../../src/index.js';
import { ReplayControl } from '../../streams/index.js';
import type { CommandResult } from '../command.js';
import { PartialFailure, UsageError, oneLine } from '../failure.js';
import { unlessInterrupted } from '../interruption.js';
import { type PulledEvents, modelStreams } from '../model-streams.js';
import { loadModel } from '../models.js';
import { countsInWords, thousands } from '../numbers.js';
import type { Speed } from '../options.js';
import type { Output } from '../output.js';
import { type SecurityOptions, securityOf } from '../serve-security.js';
import { type OpenStream, type SourceOptions, openStreams } from '../sources.js';

export interface ServeOptions extends SourceOptions, SecurityOptions {
  readonly host: string;
  readonly port: number;
  readonly clients?: number;
  readonly live?: boolean;
  readonly speed: Speed;
  readonly loop?: boolean;
  readonly seed: number;
  /** How long the place of a receiver is kept that lost its connection, s. */
  readonly grace: number;
  /** Events of the past that are kept, of a live stream. */
  readonly history?: number;
  readonly policy?: DeliveryPolicy;
  /** True: the bundled model. */
  readonly model?: string | true;
  readonly accept?: readonly StreamKind[];
  /** How long what is under way may take after SIGTERM, s. */
  readonly drain: number;
}

/** Receivers that the JSON has, the last ones. */
const RECEIVERS = 1000;

/** The longest time that timers take, ms. */
const FOR_EVER = 2 ** 31 - 1;

/** A stream that a client has sent. */
interface Accepted {
  readonly name: string;
  readonly kind: string;
  packets: number;
  entries: number;
  /** Null while it goes on. */
  complete: boolean | null;
}

function receiverLine(receiver: ReceiverFacts): string {
  const { stream, from, events, packets, dropped, inFlight, outcome } = receiver;
  const missing = Object.keys(dropped).length === 0 ? '' : `; dropped: ${oneLine(countsInWords(dropped))}`;
  const ends = { complete: 'to the end', lost: 'left before the end', failed: 'broken off' } as const;
  const waiting = inFlight === 0 ? '' : `, ${thousands(inFlight)} in flight`;
  const how = outcome === null ? 'goes on' : ends[outcome];
  return `receiver ${oneLine(from)} ${oneLine(stream)}: ${thousands(events)} in ${thousands(packets)} packets${missing}; ${how}${waiting}`;
}

function acceptedLine({ name, kind, packets, entries, complete }: Accepted): string {
  const how = complete === null ? 'goes on' : complete ? 'complete' : 'broken off';
  return `received ${kind} "${oneLine(name)}": ${thousands(entries)} in ${thousands(packets)} packets; ${how}`;
}

/** Takes streams of some kinds from clients, and counts what comes. */
class Accepting {
  readonly streams: Accepted[] = [];
  readonly #kinds: readonly string[];
  readonly #output: Output;

  constructor(kinds: readonly string[], output: Output) {
    this.#kinds = kinds;
    this.#output = output;
  }

  /** @throws `ERR_ARGUMENT` for a stream of another kind */
  readonly accept = ({ name, kind, stream }: IncomingStream): void => {
    if (!this.#kinds.includes(kind)) {
      throw new RxSpikeError('ERR_ARGUMENT', `${kind} are not taken here: ${this.#kinds.join(', ')} are`);
    }
    const accepted: Accepted = { name, kind, packets: 0, entries: 0, complete: null };
    this.streams.push(accepted);
    void this.#take(stream.events(), accepted);
  };

  async #take(packets: AsyncIterable<{ readonly length: number }>, accepted: Accepted): Promise<void> {
    try {
      for await (const { length } of packets) {
        accepted.packets++;
        accepted.entries += length;
      }
      accepted.complete = true;
    } catch {
      accepted.complete = false;
    }
    this.#output.line(acceptedLine(accepted));
  }
}

/** How a reading came to its end. */
interface Ending {
  readonly broken: { readonly error: unknown } | null;
}

/** Lets it be known when the reading of a source is over, and how. */
class Reading {
  readonly over: Promise<Ending>;
  #settle!: (how: Ending) => void;

  constructor() {
    this.over = new Promise((resolve) => (this.#settle = resolve));
  }

  of(source: OpenStream): PulledEvents {
    const settle = (broken: Ending['broken']): void => this.#settle({ broken });
    async function* events(): AsyncGenerator<EventPacket> {
      try {
        yield* source.events();
        settle(null);
      } catch (error) {
        settle({ error });
        throw error;
      }
    }
    return { info: source.info, events, close: () => source.close() };
  }
}

/** Options of the library out of those of the command line. */
async function serverOptions(options: ServeOptions, output: Output): Promise<Omit<ServerOptions, 'source'>> {
  const { host, port, clients, grace, history, policy } = options;
  return {
    host,
    port,
    grace: 1000 * grace,
    ...(clients === undefined ? {} : { clients }),
    ...(history === undefined ? {} : { history: { packets: history === 0 ? 0 : 65_536, events: history } }),
    ...(policy === undefined ? {} : { delivery: { policy } }),
    ...(await securityOf(options, output.note)),
  };
}

/** What is served: events, and with a model what it makes of them. */
async function served(
  sources: string[],
  { speed, loop = false, seed, format, model, clients, ...rest }: ServeOptions,
  reading: Reading,
): Promise<Pick<ServerOptions, 'source' | 'streams' | 'live'>> {
  // The token is the one that subscribers show; a served stream that is passed on is asked for without one.
  const open = (): Promise<OpenStream> =>
    openStreams(sources, {
      control: new ReplayControl({ speed }),
      loop,
      seed,
      ...(format === undefined ? {} : { format }),
    });
  const shared = clients === undefined && (rest.live === true || model !== undefined);
  const live = shared ? { live: true } : {};
  if (model === undefined) return { ...live, source: shared ? async () => reading.of(await open()) : open };
  const run = await loadModel(model === true ? undefined : model);
  const { events, others } = modelStreams(reading.of(await open()), run, seed);
  return { ...live, source: () => events, streams: others };
}

/** A server, and how it comes to its end. */
class Serving {
  readonly #server: StreamServer;
  readonly #reading: Reading;
  readonly #output: Output;
  readonly #drain: number;
  readonly #isLive: boolean;
  /** Set once it was interrupted. */
  isInterrupted = false;
  /** What was in flight when it was told to end. */
  inFlight = 0;

  constructor(server: StreamServer, reading: Reading, output: Output, options: { drain: number; isLive: boolean }) {
    this.#server = server;
    this.#reading = reading;
    this.#output = output;
    this.#drain = 1000 * options.drain;
    this.#isLive = options.isLive;
  }

  /** Resolves when everything is served, or the interruption is seen to. @throws the source's error */
  async over(): Promise<void> {
    const { interrupted } = this.#output;
    const done = this.#server.done.then((): Ending => ({ broken: null }));
    // A stream that all share is over for the server too once whoever is there has it.
    const shared = this.#reading.over.then((ending) => this.#given(ending));
    const ending = await unlessInterrupted(this.#isLive ? Promise.race([done, shared]) : done, interrupted);
    if (ending?.broken) throw ending.broken.error;
    if (ending !== null) return;
    this.isInterrupted = true;
    if (interrupted.reason === 'SIGTERM') await this.#drained();
    else await this.#server.close();
  }

  async #given(ending: Ending): Promise<Ending> {
    // Its end goes to the receivers first.
    await new Promise(setImmediate);
    await this.#server.drain(FOR_EVER);
    return ending;
  }

  async #drained(): Promise<void> {
    const { receivers } = this.#server;
    this.inFlight = receivers.reduce((sum, { inFlight }) => sum + inFlight, 0);
    const { note } = this.#output;
    note(`draining: ${receivers.length} receivers, ${thousands(this.inFlight)} events in flight`);
    const left = await this.#server.drain(this.#drain);
    const lost = left.reduce((sum, { inFlight }) => sum + inFlight, 0);
    note(
      left.length === 0
        ? 'drained'
        : `${left.length} receivers were broken off, with ${thousands(lost)} events in flight`,
    );
  }
}

/**
 * `rxspike serve SOURCE…`: with `--clients N` one reading for N subscribers, then the end; with `--live` or `--model`
 * one reading from the start for whoever is there; else each subscriber gets a reading of its own, from the beginning.
 */
export async function serve(sources: string[], options: ServeOptions, output: Output): Promise<CommandResult> {
  const { live, clients, accept } = options;
  if (live === true && clients !== undefined) {
    throw new UsageError('--live and --clients contradict each other: a live stream begins at once');
  }
  const receivers: ReceiverFacts[] = [];
  const onReceiver = (receiver: ReceiverFacts): void => {
    receivers.push(receiver);
    if (receivers.length > RECEIVERS) receivers.shift();
    output.line(receiverLine(receiver));
  };
  const accepting = new Accepting(accept ?? [], output);
  const reading = new Reading();
  const open = async (): Promise<StreamServer> =>
    serveStream({
      ...(await serverOptions(options, output)),
      ...(await served(sources, options, reading)),
      onReceiver,
      ...(accept === undefined ? {} : { accept: accepting.accept }),
    });
  const server = await unlessInterrupted(open(), output.interrupted);
  if (server === null) return { json: { url: null, port: null }, status: 130 };
  const isLive = clients === undefined && (live === true || options.model !== undefined);
  const serving = new Serving(server, reading, output, { drain: options.drain, isLive });
  const facts = (): Record<string, unknown> => ({
    url: server.url,
    port: server.port,
    ...server.counts,
    receivers,
    ...(accept === undefined ? {} : { accepted: accepting.streams }),
    ...(serving.isInterrupted ? { inFlight: serving.inFlight } : {}),
  });
  output.announce(`serving ${server.url}`);
  try {
    await serving.over();
  } catch (error) {
    throw new PartialFailure(error, facts());
  }
  const { completed, lost, events } = server.counts;
  output.line(`served ${events} events; ${completed} subscribers to the end, ${lost} left before`);
  return { json: facts(), status: serving.isInterrupted ? 130 : 0 };
}
