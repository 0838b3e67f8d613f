import { byteSource, type ByteSource } from '../../../../adapters/files/byte-source.js';
import { openSource } from '../../../../adapters/files/open-recording.js';
import { Prefix } from '../../../../adapters/files/prefix.js';
import { recognise } from '../../../../adapters/files/recognise.js';
import type { OpenOptions } from '../../../../adapters/files/recording.js';
import { RxSpikeError } from '../../../../src/index.js';
import { plan, type Plan } from './mutate.js';

/** Most bytes that a damaged file may make a decoder hold in one packet. */
export const MOST_PACKET: number = 1 << 20;

/** Events one after another. */
export interface Columns {
  readonly t: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly p: readonly number[];
}

/** An undamaged file that damaged copies are made of, and what is known of reading it. */
export interface Subject {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly open: OpenOptions;
  readonly events: Columns;
  readonly plan: Plan;
  /**
   * Events that are delivered before any byte is looked at in which `other` differs; null where that cannot be said: the
   * opener looks at all bytes there, or another length moves what is looked up from the end.
   */
  deliveredBefore(other: Uint8Array): number | null;
  /** Most bytes after the header that go by without a delivery of events while there are any; null: not read in order. */
  readonly grain: number | null;
  /** Where the header ends, in a file that is read in order; else 0. */
  readonly dataStart: number;
}

interface Progress {
  /** How far the opener looked: what stands there may decide how everything is read. */
  readonly openedTo: number;
  /** For each read in order, the stretch of the file and the events delivered before it. */
  readonly reads: readonly (readonly [from: number, to: number, events: number])[];
  readonly random: boolean;
}

/** Reads a file byte by byte, or watches which parts are looked up. */
async function progress(bytes: Uint8Array, open: OpenOptions): Promise<Progress> {
  const reads: [number, number, number][] = [];
  let events = 0;
  let looked = 0;
  const parts = byteSource(bytes).parts;
  const source: ByteSource = {
    rewindable: true,
    async *read(from) {
      for (let at = from; at < bytes.length; at++) {
        looked = Math.max(looked, at + 1);
        yield bytes.slice(at, at + 1);
      }
    },
    parts: parts && {
      size: parts.size,
      read: (from, to) => {
        reads.push([from, Math.min(to, bytes.length), events]);
        return parts.read(from, to);
      },
    },
  };
  const opened = await recognise(new Prefix(source), open);
  const openedTo = looked;
  if ('reader' in opened) {
    for await (const part of opened.reader().parts()) for (const batch of part) events += batch.length;
    return { openedTo, reads, random: true };
  }
  const decoder = opened.decoder();
  for (let at = opened.dataStart; at < bytes.length; at++) {
    reads.push([at, at + 1, events]);
    for (const batch of decoder.push(bytes.slice(at, at + 1))) events += batch.length;
  }
  // What only the end makes whole is not due before it.
  reads.push([bytes.length, Infinity, events]);
  return { openedTo, reads, random: false };
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const both = Math.min(a.length, b.length);
  let at = 0;
  while (at < both && a[at] === b[at]) at++;
  return at;
}

/** Longest stretch of single bytes between two deliveries, the end among them where events come last. */
function longestSilence(reads: Progress['reads']): number {
  let [longest, since, last] = [0, reads[0][0], 0];
  for (const [at, , events] of reads) {
    if (events === last) continue;
    longest = Math.max(longest, at - since);
    [since, last] = [at, events];
  }
  return longest;
}

/** An undamaged file of a name and how it is opened. */
export interface Whole {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly open: OpenOptions;
  /** True where the opener looks at more than it lets decide how events are read. */
  readonly looksFar?: true;
}

/** Makes a {@link Subject}. */
export async function subject({ name, bytes, open: options, looksFar }: Whole): Promise<Subject> {
  const open = { maxPacketBytes: MOST_PACKET, ...options };
  const events = { t: [] as number[], x: [] as number[], y: [] as number[], p: [] as number[] };
  const recording = await openSource(byteSource(bytes), open);
  try {
    for await (const { t, x, y, p, length } of recording.events()) {
      for (let i = 0; i < length; i++) {
        events.t.push(t[i]);
        events.x.push(x[i]);
        events.y.push(y[i]);
        events.p.push(p[i]);
      }
    }
  } catch (error) {
    // The first bytes of a file may end inside of something.
    if (!(error instanceof RxSpikeError) || error.code !== 'ERR_TRUNCATED') throw error;
  }
  const { openedTo, reads, random } = await progress(bytes, open);
  const deliveredBefore = (other: Uint8Array): number | null => {
    const from = firstDifference(bytes, other);
    if (random) {
      if (bytes.length !== other.length || from < openedTo) return null;
      for (const [low, high, before] of reads) {
        for (let at = Math.max(low, from); at < high; at++) if (bytes[at] !== other[at]) return before;
      }
      return events.t.length;
    }
    if (from < (looksFar === true ? reads[0][0] : openedTo)) return null;
    // One read a byte, in order, after the header.
    return reads[Math.min(from - reads[0][0], reads.length - 1)][2];
  };
  const grain = random ? null : longestSilence(reads);
  return { name, bytes, open, events, plan: plan(bytes), deliveredBefore, grain, dataStart: random ? 0 : reads[0][0] };
}
