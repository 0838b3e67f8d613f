import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import type { OpenedSequence } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { FormatName, OpenOptions } from '../recording.js';
import type { SideSink } from '../side.js';
import type { RosDecoder, RosParts } from './ros-decoder.js';
import { RosEvents, TRIGGERS } from './ros-events.js';

/** How far is looked for the first message with events, where what is looked at can be read again, and where not. */
const LOOK = 1 << 28;
const LOOK_KEPT = 1 << 24;
const STEP = 1 << 16;

/** What the families have of their own. */
export interface RosFormat {
  readonly format: FormatName;
  /** Offset of the first record. */
  readonly dataStart: number;
  /** What the format was recognised by. */
  readonly sniffed: string;
  make(parts: RosParts): RosDecoder;
  /** What the file says of its stream besides messages. */
  said?(decoder: RosDecoder): { readonly notes: Partial<StreamInfo>; readonly sensor: string | null };
}

/**
 * Opens a file of messages of ROS. Its size and the topic are those of the first message with events, which is looked
 * for from the beginning, so that a pipe and a file give the same.
 */
export async function openRos(prefix: Prefix, options: OpenOptions, own: RosFormat): Promise<OpenedSequence> {
  const topic = options.topic ?? null;
  const make = (sink: SideSink | null): RosDecoder =>
    own.make({
      offset: own.dataStart,
      maxPacketBytes: options.maxPacketBytes ?? 1 << 26,
      maxExpansion: options.maxExpansion ?? 200,
      events: new RosEvents(topic, sink),
    });
  const first = make(null);
  const ended = await lookAhead(prefix, own.dataStart, first, options.maxHeaderBytes ?? LOOK_KEPT);
  const { topics, eventTopics, hasPackets } = first.events;
  const found = first.events.found ?? first.events.seen;
  const said = own.said?.(first);
  if (ended && topic !== null && !topics.includes(topic)) first.events.end();
  const others = topics.filter((name) => name !== (topic ?? found?.topic));
  const of = found === null ? 'no events found' : `${found.type} on ${found.topic}`;
  const payload = found?.payload == null ? '' : `, encoding ${found.payload}`;
  const besides = eventTopics.filter((name) => others.includes(name));
  const more = besides.length === 0 ? '' : `; events also on ${besides.join(', ')}`;
  return {
    format: own.format,
    dataStart: own.dataStart,
    stream: { ...found?.stream, ...said?.notes, side: [...(hasPackets ? [TRIGGERS] : []), ...others] },
    facts: { sensor: said?.sensor ?? null, chipAssumed: false, sniffed: `${own.sniffed}; ${of}${payload}${more}` },
    decoder: (sink) => make(sink ?? null),
  };
}

/** Decodes up to the first events; true where the file has ended before. Damage is left for the reading to meet. */
async function lookAhead(prefix: Prefix, from: number, decoder: RosDecoder, kept: number): Promise<boolean> {
  try {
    if (prefix.parts !== null) {
      let at = from;
      for await (const chunk of prefix.read(from)) {
        at += chunk.length;
        if (finds(decoder, chunk)) return false;
        if (at > LOOK) return false;
      }
      return true;
    }
    for (let at = from; ;) {
      const bytes = prefix.bytes.subarray(at);
      if (bytes.length > 0 && finds(decoder, bytes)) return false;
      at += bytes.length;
      if (at > Math.max(kept, from)) return false;
      if (!(await prefix.fill(at + STEP)) && prefix.bytes.length === at) return true;
    }
  } catch (error) {
    if (!(error instanceof RxSpikeError) || error.code === 'ERR_NOT_READABLE') throw error;
    return false;
  }
}

function finds(decoder: RosDecoder, bytes: Uint8Array): boolean {
  for (const batch of decoder.push(bytes)) if (batch.length > 0) return true;
  return decoder.events.found !== null;
}
