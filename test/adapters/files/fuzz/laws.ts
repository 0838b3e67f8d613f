import { openRecording } from '../../../../adapters/files/index.js';
import type { Bytes } from '../../../../adapters/files/byte-source.js';
import type { OpenOptions, Recording, Report } from '../../../../adapters/files/recording.js';
import { RxSpikeError, type ErrorCode, type EventPacket, type RandomSequence } from '../../../../src/index.js';
import type { Allocations } from './allocations.js';
import { MOST_PACKET, type Columns, type Subject } from './subject.js';

/** What a broken file may end with. */
const CODES: readonly ErrorCode[] = [
  'ERR_UNKNOWN_FORMAT',
  'ERR_UNSUPPORTED',
  'ERR_TRUNCATED',
  'ERR_CORRUPT',
  'ERR_LIMIT',
  // A file may contradict the size that its reader is told.
  'ERR_GEOMETRY',
];

/** Longest that a file of up to 1 MB may take, s of this process. */
const LONGEST = 2;

/** Most events of a packet of the samples that can be salvaged. */
const LARGEST_PACKET = 600;

/** What came of reading a damaged file. */
export interface Verdict {
  /** Code that it ended with; null: cleanly. */
  readonly code: ErrorCode | null;
  readonly events: number;
  /** Which law was broken and how; null: none. */
  readonly breach: string | null;
  /** Largest array that was made and all together, bytes. */
  readonly largest: number;
  readonly total: number;
}

interface Outcome {
  readonly code: ErrorCode | null;
  readonly events: number;
  /** Of all events in order, and of the counts. */
  readonly hash: number;
  readonly counts: string;
  readonly breach: string | null;
}

/** Looks at what is delivered as it is delivered. */
class Observer {
  events = 0;
  hash = 0;
  breach: string | null = null;
  marks = 0;
  #until = -Infinity;
  readonly #expected: Columns;
  readonly #due: number;

  /** The first `due` events must be those expected. */
  constructor(expected: Columns, due: number) {
    this.#expected = expected;
    this.#due = due;
  }

  take({ t, x, y, p, length, until, mark }: EventPacket): void {
    const { t: t0, x: x0, y: y0, p: p0 } = this.#expected;
    for (let i = 0; i < length; i++) {
      const at = this.events + i;
      if (!Number.isFinite(t[i]) || p[i] > 1) this.#note(`event ${at} is (${t[i]}, ${x[i]}, ${y[i]}, ${p[i]})`);
      if (at < this.#due && (t[i] !== t0[at] || x[i] !== x0[at] || y[i] !== y0[at] || p[i] !== p0[at])) {
        this.#note(`event ${at}, before the damage, came out as (${t[i]}, ${x[i]}, ${y[i]}, ${p[i]})`);
      }
      this.hash =
        Math.imul(this.hash ^ (t[i] % 4294967296), 0x01000193) ^ Math.imul(x[i] * 65536 + y[i] * 2 + p[i], 0x21f0aaad);
    }
    this.events += length;
    if (until < this.#until || this.marks > 0) this.#note(`a packet until ${until} came after ${this.#until}`);
    this.#until = until;
    if (mark) this.marks++;
  }

  #note(breach: string): void {
    this.breach ??= breach;
  }
}

async function observe(source: Bytes, open: OpenOptions, expected: Columns, due: number): Promise<Outcome> {
  const observer = new Observer(expected, due);
  let recording: Recording | null = null;
  let code: ErrorCode | null = null;
  let breach: string | null = null;
  try {
    recording = await openRecording(source, open);
    for await (const packet of recording.events()) observer.take(packet);
  } catch (error) {
    if (!(error instanceof RxSpikeError)) {
      breach = `threw ${error instanceof Error ? error.stack : String(error)}`;
    } else {
      code = error.code;
      if (!CODES.includes(code)) breach = `ended in ${code}: ${error.message}`;
    }
  }
  const { events, hash, marks } = observer;
  breach ??= observer.breach;
  const report = recording?.report;
  if (report && (report.events !== events || report.on + report.off !== events)) {
    breach ??= `reported ${report.events} events, ${report.on} ON, ${report.off} OFF; delivered ${events}`;
  }
  if (breach === null && marks !== (code === null ? 1 : 0)) breach = `${marks} marks before the end in ${code}`;
  if (breach === null && events < due && recording !== null) {
    breach = `delivered ${events} events of the ${due} before the damage, then ended in ${code}`;
  }
  return { code, events, hash, counts: counted(report), breach };
}

const byName = (counts: Record<string, number> = {}): string =>
  JSON.stringify(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Counts in the order of their names. */
const counted = (report: Report | undefined): string => byName(report?.violations) + byName(report?.side);

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, k = 0; at < bytes.length; k++) {
    const chunk = bytes.slice(at, at + sizes[k % sizes.length]);
    yield chunk;
    at += chunk.length;
    chunk.fill(0xa5);
  }
}

/** Reads every side stream; says what is wrong with that. */
async function sideStreams(bytes: Uint8Array, open: OpenOptions): Promise<string | null> {
  try {
    const recording = await openRecording(bytes, open);
    for (const name of recording.info.side.slice(0, 8)) {
      try {
        for await (const item of recording.side(name)) {
          if (!Number.isFinite(item.t)) return `side stream ${name} gave the time ${item.t}`;
        }
      } catch (error) {
        if (!(error instanceof RxSpikeError)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof RxSpikeError)) return `a side stream threw ${error instanceof Error ? error.stack : ''}`;
  }
  return null;
}

/** How a damaged file is read besides. */
async function otherWays(
  bytes: Uint8Array,
  known: Subject,
  whole: Outcome,
  random: RandomSequence,
): Promise<string | null> {
  const { open, events } = known;
  const way = random.integer(8);
  if (way < 2) {
    const sizes = [1 + random.integer(way === 0 ? 4 : 700), 1 + random.integer(90), 7];
    const cut = await observe(inPieces(bytes, sizes), open, events, 0);
    // A pipe cannot be read from the middle.
    const refused = cut.code === 'ERR_UNSUPPORTED' && cut.events === 0;
    if (cut.breach !== null) return `in chunks: ${cut.breach}`;
    const same = cut.code === whole.code && cut.hash === whole.hash && cut.counts === whole.counts;
    if (!same && !refused) {
      return `in chunks of ${sizes.join(', ')}: ${cut.events} events, ${cut.code}, ${cut.counts}; at once ${whole.events}, ${whole.code}, ${whole.counts}`;
    }
  } else if (way === 2) {
    const salvaged = await observe(bytes, { ...open, salvage: true }, events, 0);
    if (salvaged.breach !== null) return `salvaged: ${salvaged.breach}`;
    // What is in doubt is left out, up to a packet.
    const due = (known.deliveredBefore(bytes) ?? 0) - LARGEST_PACKET;
    if (salvaged.events < due && salvaged.code !== 'ERR_UNSUPPORTED')
      return `salvaged ${salvaged.events} of ${due} events`;
  } else if (way === 3) {
    return sideStreams(bytes, open);
  }
  return null;
}

/**
 * Reads a damaged copy of a file and holds it against the laws: it ends in events and a clean end or a typed error; what
 * stands before the damage is delivered; a cut into chunks changes nothing; it ends soon; and no array is larger than
 * the limit for a packet and a multiple of the input.
 */
export async function judge(
  bytes: Uint8Array,
  known: Subject,
  random: RandomSequence,
  allocations: Allocations,
): Promise<Verdict> {
  allocations.reset();
  const begin = process.cpuUsage();
  const due = known.deliveredBefore(bytes) ?? 0;
  const outcome = await observe(bytes, known.open, known.events, due);
  let { breach } = outcome;
  const { largest, total } = allocations;
  const { user, system } = process.cpuUsage(begin);
  const seconds = (user + system) / 1e6;
  if (seconds > LONGEST) breach ??= `took ${seconds.toFixed(1)} s`;
  if (largest > 4 * MOST_PACKET + 64 * bytes.length) breach ??= `made an array of ${largest} bytes`;
  if (total > 64 * MOST_PACKET + 4_096 * bytes.length) breach ??= `made arrays of ${total} bytes in all`;
  breach ??= await otherWays(bytes, known, outcome, random);
  return { code: outcome.code, events: outcome.events, breach, largest, total };
}
