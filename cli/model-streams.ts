import type { Servable, ServedSource } from '../adapters/index.node.js';
import {
  type Decision,
  type EventPacket,
  type ItemPacket,
  type Model,
  PacketChannel,
  type SpikePacket,
  type StreamInfo,
} from '../src/index.js';
import { ModelRun, type ModelOutput, spikeInfo } from './model-run.js';

/** What may wait between the model and the stream that it is served as. */
const WAITING = { policy: 'block', packets: 64, events: 1_000_000 } as const;

/** Events that are pulled. */
export interface PulledEvents {
  readonly info: StreamInfo;
  events(): AsyncIterable<EventPacket>;
  close(): void;
}

/** Events, and what a model makes of them, out of one reading. */
export interface ModelStreams {
  readonly events: Servable;
  /** `decisions`, and `spikes` where the model says of what before the first event. */
  readonly others: readonly ServedSource[];
}

/**
 * Runs a model on the events of a source as they are read, and makes streams of its output spikes and decisions. The
 * reading waits for whoever of the three is slow.
 */
export function modelStreams(source: PulledEvents, model: Model, seed: number): ModelStreams {
  const run = new ModelRun(model, seed);
  const decisions = new PacketChannel<ItemPacket<Decision>>(WAITING);
  const spikes = new PacketChannel<SpikePacket>(WAITING);
  const info = spikeInfo(model, source.info);
  const give = async (output: ModelOutput, { stream, until, mark }: EventPacket): Promise<void> => {
    if (info !== null) for (const packet of output.spikes) await offer(spikes, packet);
    const items = output.decisions;
    if (items.length > 0 || mark !== null) {
      await offer(decisions, { stream, items, length: items.length, until, mark });
    }
  };
  async function* events(): AsyncGenerator<EventPacket> {
    let last: EventPacket | null = null;
    try {
      for await (const packet of source.events()) {
        last = packet;
        await give(run.take(packet), packet);
        yield packet;
      }
      if (last !== null) await give(run.finish(), { ...last, mark: null });
    } catch (error) {
      for (const channel of [decisions, spikes]) channel.fail(error);
      throw error;
    } finally {
      for (const channel of [decisions, spikes]) channel.complete();
    }
  }
  const decided: ServedSource<'decisions'> = {
    name: 'decisions',
    kind: 'decisions',
    sharing: 'live',
    source: () => ({ info: source.info, events: () => decisions }),
  };
  const fired: ServedSource<'spikes'>[] =
    info === null
      ? []
      : [{ name: 'spikes', kind: 'spikes', sharing: 'live', source: () => ({ info, events: () => spikes }) }];
  return {
    events: { info: source.info, events, close: () => source.close() },
    others: [decided, ...fired],
  };
}

/** Offers a packet until it is taken, or nobody takes any. */
async function offer<P extends EventPacket | SpikePacket | ItemPacket<Decision>>(
  channel: PacketChannel<P>,
  packet: P,
): Promise<void> {
  while (!channel.returned && !channel.offer(packet)) await channel.room();
}
