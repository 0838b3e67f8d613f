import type { WritableFormat } from '../../adapters/files/index.node.js';
import { type DeliveryPolicy, type EventPacket, RxSpikeError, type SensorSize } from '../../src/index.js';
import { ReplayControl } from '../../streams/index.js';
import type { CommandResult } from '../command.js';
import { type EventSink, copyEvents } from '../copy-events.js';
import { type FilterOptions, filterSteps, raisedTimes } from '../event-filters.js';
import { PartialFailure, UsageError, failureOf, oneLine } from '../failure.js';
import { unlessInterrupted } from '../interruption.js';
import { withHint } from '../loss-hints.js';
import { loadModel } from '../models.js';
import { namedError } from '../name-errors.js';
import type { NetworkOptions } from '../network-source.js';
import { countsInWords, thousands } from '../numbers.js';
import type { Speed } from '../options.js';
import type { Output } from '../output.js';
import { readUntil } from '../read-until.js';
import { SinkQueue } from '../sink-queue.js';
import type { PipeSink } from '../pipe-sink.js';
import { decisionsSink } from '../published-sink.js';
import { pipeSink } from '../sinks.js';
import { type OpenStream, type SourceOptions, openStreams } from '../sources.js';

export interface PipeOptions
  extends
    Pick<SourceOptions, 'format'>,
    Omit<FilterOptions, 'orient'>,
    Omit<NetworkOptions, 'policy' | 'signal' | 'onListening' | 'sensor'> {
  readonly size?: SensorSize;
  readonly to?: readonly string[];
  readonly decisions?: readonly string[];
  readonly model?: string;
  /** One for all sinks, or one for each of them in their order. */
  readonly policy?: readonly DeliveryPolicy[];
  /** Events that may wait for a sink. */
  readonly queue: number;
  readonly failFast?: boolean;
  readonly as?: WritableFormat | 'json';
  readonly name?: string;
  readonly sinkToken?: string;
  readonly force?: boolean;
  readonly clip?: boolean;
  readonly speed: Speed;
  readonly loop?: boolean;
  readonly seed: number;
}

/** Packets that may wait: for one that waits, and for one that does not, whose bound are its events. */
const PACKETS = { waiting: 8, dropping: 4096 };
/** `sample`: one packet in so many is kept. */
const EVERY = 10;
/** How long sinks may take, once interrupted, for what they have been given, ms. */
const PATIENCE = 2000;

/** Policies of `count` sinks. @throws `UsageError` */
function policiesOf(given: readonly DeliveryPolicy[], count: number): DeliveryPolicy[] {
  if (given.length > 1 && given.length !== count) {
    throw new UsageError(
      `${given.length} times --policy for ${count} sinks: once for all, or once for each in their order`,
    );
  }
  return Array.from({ length: count }, (_, i) => given[i] ?? given[0] ?? 'lossless');
}

async function sinksOf(options: PipeOptions, output: Output): Promise<PipeSink[]> {
  const { to = [], decisions = [], sinkToken, as, force, clip, name, allowRemote } = options;
  if (to.length + decisions.length === 0)
    throw new UsageError('--to SINK is needed: a file, -, ws://…, udp://… or dv://…');
  const twice = to.find((text, i) => to.indexOf(text) !== i);
  if (twice !== undefined) throw new UsageError(`--to ${twice} is given twice`);
  if (to.includes('-') && output.json) {
    throw new UsageError('--json and --to - both need stdout: name a file, or leave --json out');
  }
  const given = Object.entries({ token: sinkToken, as, force, clip, name, allowRemote }).filter(
    ([, v]) => v !== undefined,
  );
  const known = { ...Object.fromEntries(given), note: output.note };
  const sinks: PipeSink[] = [];
  for (const text of to) sinks.push(await pipeSink(text, known));
  if (decisions.length > 0) {
    const model = await loadModel(options.model);
    for (const url of decisions) sinks.push(decisionsSink(url, model, options.seed, known));
  }
  return sinks;
}

/** Whether an error says that the sensor's size is not known. */
function saysNoSize(error: unknown): boolean {
  return error instanceof RxSpikeError && error.code === 'ERR_GEOMETRY' && error.details['width'] === null;
}

/** What a sink failed with, naming it. */
function sinkFailure({ sink, failure }: SinkQueue): { readonly code: string; readonly message: string } {
  const { code, message } = failureOf(
    namedError(oneLine(sink.name), withHint(failure?.error, { sized: !saysNoSize(failure?.error) })),
  );
  return { code, message: message.startsWith(oneLine(sink.name)) ? message : `${oneLine(sink.name)}: ${message}` };
}

function sinkFacts(queue: SinkQueue): Record<string, unknown> {
  const { sink, params } = queue;
  const error = queue.failure === null ? {} : { error: sinkFailure(queue) };
  return { to: sink.name, kind: sink.kind, policy: params.policy, ...queue.counts, ...sink.facts(), ...error };
}

function sinkLine(queue: SinkQueue): string {
  const { in: offered, out, dropped } = queue.counts;
  const words = Object.keys(dropped).length === 0 ? '' : `; dropped: ${countsInWords(dropped)}`;
  const facts = Object.entries(queue.sink.facts()).filter(([name]) => name === 'decisions');
  const more = facts.map(([name, n]) => `; ${name} ${thousands(Number(n))}`).join('');
  return `${oneLine(queue.sink.name)}: ${thousands(offered)} events in, ${thousands(out)} out${words}${more}`;
}

/** Everything that runs. */
class Pipe {
  readonly queues: readonly SinkQueue[];
  /** Aborted where nothing more is to be read. */
  readonly stop: AbortSignal;
  events = 0;
  readonly #enough = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  readonly #interrupted: AbortSignal;

  constructor(sinks: readonly PipeSink[], policies: readonly DeliveryPolicy[], options: PipeOptions, output: Output) {
    const { interrupted } = output;
    this.#interrupted = interrupted;
    this.stop = AbortSignal.any([interrupted, this.#enough.signal]);
    this.queues = sinks.map((sink, i) => {
      const policy = policies[i];
      const packets = policy === 'lossless' ? PACKETS.waiting : PACKETS.dropping;
      const queue: SinkQueue = new SinkQueue(sink, { policy, packets, events: options.queue, every: EVERY }, () => {
        const { code, message } = sinkFailure(queue);
        output.note(`rxspike: ${code}: ${message}`);
        if (options.failFast === true || this.queues.every(({ failure }) => failure !== null)) this.#enough.abort();
      });
      return queue;
    });
    interrupted.addEventListener('abort', () => this.#hurry());
    if (interrupted.aborted) this.#hurry();
  }

  /** Gives a packet to all sinks; the slowest of those that must have everything sets the pace. */
  async give(packet: EventPacket): Promise<void> {
    this.events += packet.length;
    await Promise.all(this.queues.map((queue) => queue.offer(packet)));
  }

  /** Ends all sinks; `broken`: the source did. */
  async end(broken: { readonly error: unknown } | null): Promise<void> {
    const failed = this.queues.find(({ failure }) => failure !== null);
    const stopped =
      this.#enough.signal.aborted && failed ? new RxSpikeError('ERR_CONNECTION', 'another sink failed') : null;
    const error = broken?.error ?? stopped;
    await Promise.all(this.queues.map((queue) => (error === null ? queue.end() : queue.fail(error))));
    clearTimeout(this.#timer);
  }

  get wasInterrupted(): boolean {
    return this.#interrupted.aborted;
  }

  #hurry(): void {
    this.#timer = setTimeout(() => {
      for (const queue of this.queues) {
        queue.abandon('interrupted');
        queue.sink.abandon();
      }
    }, PATIENCE);
  }
}

/** Reads the stream through the filters to its end, and ends the sinks. */
async function pump(
  stream: OpenStream,
  running: Pipe,
  links: ReturnType<typeof filterSteps>,
): Promise<{ readonly read: number; readonly raised: number; readonly broken: { readonly error: unknown } | null }> {
  const { network } = stream;
  const report = { events: 0, on: 0, off: 0, t0: null, t1: null, violations: {}, side: {} };
  const counted = async function* (): AsyncGenerator<EventPacket> {
    for await (const packet of readUntil(stream.events(), running.stop, network && (() => network.arrived()))) {
      report.events += packet.length;
      yield packet;
    }
  };
  const sink: EventSink = { write: (packet) => running.give(packet), close: async () => {}, abort: async () => {} };
  const begin = (): Promise<EventSink> => Promise.resolve(sink);
  let broken: { readonly error: unknown } | null;
  let raised = 0;
  try {
    const copied = await copyEvents(
      { events: counted, report },
      {
        links,
        begin,
        interrupted: new AbortController().signal,
      },
    );
    broken = copied.broken;
    raised = raisedTimes(copied.states);
  } catch (error) {
    broken = { error };
  }
  await running.end(broken);
  return { read: report.events, raised, broken };
}

/** `rxspike pipe SOURCE --to SINK…`: a stream, or a part of it, to several sinks at once. */
export async function pipe(source: string, options: PipeOptions, output: Output): Promise<CommandResult> {
  const { interrupted } = output;
  const {
    start,
    end,
    crop,
    denoise,
    rebase,
    token,
    tlsCa,
    stream: wanted,
    reconnect,
    allowRemote,
    format,
    size,
  } = options;
  const filters = Object.entries({ start, end, crop, denoise, rebase }).filter(([, value]) => value !== undefined);
  const links = filterSteps(Object.fromEntries(filters));
  const sinks = await sinksOf(options, output);
  const policies = policiesOf(options.policy ?? [], sinks.length);
  const facts: Record<string, unknown> = { source, read: 0, events: 0, missing: {}, sinks: [] };
  const network = Object.entries({ token, tlsCa, stream: wanted, reconnect, allowRemote, format, sensor: size });
  const { speed, seed, loop = false } = options;
  const opening = openStreams([source], {
    ...Object.fromEntries(network.filter(([, value]) => value !== undefined)),
    control: new ReplayControl({ speed }),
    loop,
    seed,
    signal: interrupted,
    onListening: (where) => output.note(`listening at ${where}`),
  });
  const running = new Pipe(sinks, policies, options, output);
  const sumUp = (): void => void Object.assign(facts, { events: running.events, sinks: running.queues.map(sinkFacts) });
  let stream: OpenStream | null;
  try {
    stream = await unlessInterrupted(opening, interrupted);
  } catch (error) {
    await running.end({ error });
    sumUp();
    throw new PartialFailure(error, facts);
  }
  if (stream === null) {
    await running.end(null);
    sumUp();
    return { json: facts, status: 130 };
  }
  const { read, raised, broken } = await pump(stream, running, links);
  sumUp();
  Object.assign(facts, { read, missing: stream.network?.missing() ?? {} });
  running.queues.map(sinkLine).forEach(output.note);
  if (raised > 0) output.note(`times that stepped back before the filter were raised: ${thousands(raised)}`);
  if (broken !== null) throw new PartialFailure(broken.error, facts);
  const failed = running.queues.find(({ failure }) => failure !== null);
  if (failed !== undefined) return { json: { error: sinkFailure(failed), ...facts }, status: 1 };
  return { json: facts, status: running.wasInterrupted ? 130 : 0 };
}
