import type { Recording } from '../adapters/files/index.node.js';
import { type ChainState, type EventPacket, type Link, type StreamInfo, chainStep } from '../src/index.js';
import { unlessInterrupted } from './interruption.js';

/** Takes in what is copied; a `RecordingSink` is one. */
export interface EventSink {
  /** Takes a packet, which may be empty and is borrowed until the promise settles. */
  write(packet: EventPacket): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** How events are copied. */
export interface CopyOptions<Sink extends EventSink> {
  /** What they go through. */
  readonly links: readonly Link<EventPacket, EventPacket>[];
  /** Makes the sink once it is known what stream comes out. */
  readonly begin: (info: StreamInfo) => Promise<Sink>;
  readonly interrupted: AbortSignal;
  /** Called for each packet read, with the number of events read so far. */
  readonly onEvents?: (read: number) => void;
}

/** How a copy came out; the sink is still open. */
export interface Copied<Sink extends EventSink> {
  /** Null where nothing came out, not even an end. */
  readonly sink: Sink | null;
  readonly interrupted: boolean;
  /** The error that the reading ended with, after everything good before it was written. */
  readonly broken: { readonly error: unknown } | null;
  /** States of the links, by position and name. */
  readonly states: ChainState;
}

const chain = chainStep<EventPacket, EventPacket>('copy');

/**
 * Events of a recording, through steps, to a sink: packet by packet, so that neither side waits for more than one.
 * @throws what a step or the sink throws; the sink is aborted then
 */
export async function copyEvents<Sink extends EventSink>(
  recording: Pick<Recording, 'events' | 'report'>,
  { links, begin, interrupted, onEvents }: CopyOptions<Sink>,
): Promise<Copied<Sink>> {
  const states = chain.init(links);
  let sink: Sink | null = null;
  const put = async (packet: EventPacket): Promise<void> => {
    sink ??= await begin(packet.stream);
    await sink.write(packet);
  };
  const packets = recording.events()[Symbol.asyncIterator]();
  try {
    for (;;) {
      let next: IteratorResult<EventPacket> | null;
      try {
        next = await unlessInterrupted(packets.next(), interrupted);
      } catch (error) {
        return { sink, interrupted: false, broken: { error }, states };
      }
      if (next === null) return { sink, interrupted: true, broken: null, states };
      const out: EventPacket[] = [];
      if (next.done === true) chain.finish?.(links, states, (packet) => out.push(packet));
      else chain.advance(links, states, next.value, (packet) => out.push(packet));
      for (const packet of out) await put(packet);
      onEvents?.(recording.report.events);
      if (next.done === true) return { sink, interrupted: false, broken: null, states };
    }
  } catch (error) {
    await (sink as Sink | null)?.abort();
    throw error;
  }
}
