import { type Recording, type EventDigest, eventDigest } from '../../adapters/files/index.node.js';
import type { EventPacket } from '../../src/index.js';
import { PeakRate, PixelCounts } from '../../src/index.js';
import type { CommandResult } from '../command.js';
import { PartialFailure, oneLine } from '../failure.js';
import { idleReading } from '../idle-options.js';
import { type InputOptions, formatOfBroken, inputFile, saysBadBytes } from '../input-file.js';
import { unlessInterrupted } from '../interruption.js';
import { namedError } from '../name-errors.js';
import { countsInWords, thousands, timeSpan } from '../numbers.js';
import type { Output } from '../output.js';
import { ReadingProgress } from '../reading-progress.js';

export interface InfoOptions extends InputOptions {
  readonly digest?: boolean;
}

/** Window of the peak rate, µs, and number of hottest pixels. */
const PEAK_WINDOW = 10_000;
const HOTTEST = 5;
/** How many of them are shown to people. */
const SHOWN = 3;

/** A pixel with its number of events, and their share of all events. */
interface HotPixel {
  readonly x: number;
  readonly y: number;
  readonly count: number;
  readonly share: number;
}

/** What `info` says of a recording. */
interface Facts {
  readonly format: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly events: number;
  readonly on: number;
  readonly off: number;
  readonly t0: number | null;
  readonly t1: number | null;
  /** From the earliest to the latest event, µs. */
  readonly durationUs: number | null;
  /** Events per second: over the duration, and in the busiest window of `windowUs`. */
  readonly eventRate: { readonly mean: number | null; readonly peak: number | null; readonly windowUs: number };
  readonly epoch: string | null;
  readonly yUp: boolean | null;
  readonly mirroredX: boolean | null;
  readonly sensor: string | null;
  readonly chipAssumed: boolean | null;
  readonly sniffed: string | null;
  readonly violations: Readonly<Record<string, number>>;
  readonly side: Readonly<Record<string, number>>;
  /** Most events first; null where the events lie on too many different pixels to count each. */
  readonly hottest: readonly HotPixel[] | null;
  readonly digest?: string;
}

/** Of a file whose header could not be read. */
const NOTHING: Facts = {
  format: null,
  width: null,
  height: null,
  events: 0,
  on: 0,
  off: 0,
  t0: null,
  t1: null,
  durationUs: null,
  eventRate: { mean: null, peak: null, windowUs: PEAK_WINDOW },
  epoch: null,
  yUp: null,
  mirroredX: null,
  sensor: null,
  chipAssumed: null,
  sniffed: null,
  violations: {},
  side: {},
  hottest: [],
};

/** Events per second, without the digits that floating point adds. */
const rate = (events: number, us: number): number => Number(((events / us) * 1e6).toPrecision(9));

/** What is counted besides the recording's own report. */
class Survey {
  readonly #rate = new PeakRate(PEAK_WINDOW);
  readonly #pixels = new PixelCounts();
  readonly #digest: EventDigest | null;

  constructor(digest: EventDigest | null) {
    this.#digest = digest;
  }

  add(packet: EventPacket): void {
    this.#rate.add(packet);
    this.#pixels.add(packet);
    this.#digest?.add(packet);
  }

  facts(events: number): Pick<Facts, 'durationUs' | 'eventRate' | 'hottest' | 'digest'> {
    const { duration, most } = this.#rate;
    const share = (count: number): number => Number((count / events).toPrecision(6));
    const hottest = this.#pixels.hottest(HOTTEST).map((pixel) => ({ ...pixel, share: share(pixel.count) }));
    return {
      durationUs: duration,
      eventRate: {
        mean: duration === null || duration === 0 ? null : rate(events, duration),
        peak: duration === null || duration === 0 ? null : rate(most, Math.min(duration, PEAK_WINDOW)),
        windowUs: PEAK_WINDOW,
      },
      hottest: this.#pixels.missed > 0 ? null : hottest,
      ...(this.#digest === null ? {} : { digest: this.#digest.hex() }),
    };
  }
}

/** What a recording holds, as far as it was read. */
function facts(recording: Recording, survey: Survey): Facts {
  const { report, info: stream } = recording;
  return {
    format: recording.format,
    width: stream.width,
    height: stream.height,
    events: report.events,
    on: report.on,
    off: report.off,
    t0: report.t0,
    t1: report.t1,
    epoch: stream.epoch,
    yUp: stream.yUp,
    mirroredX: stream.mirroredX,
    sensor: recording.facts.sensor,
    chipAssumed: recording.facts.chipAssumed,
    sniffed: recording.facts.sniffed,
    violations: report.violations,
    side: report.side,
    ...survey.facts(report.events),
  };
}

const perSecond = (n: number | null): string => (n === null ? 'not known' : `${thousands(Math.round(n))}/s`);
const atTime = (t: number | null): string | null => (t === null ? null : `${thousands(t)} µs`);

const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;

function rates({ eventRate }: Facts): string {
  return `mean ${perSecond(eventRate.mean)}, peak ${perSecond(eventRate.peak)} over ${timeSpan(eventRate.windowUs)}`;
}

function orientation({ yUp, mirroredX }: Facts): string | null {
  if (yUp === null || mirroredX === null) return null;
  return `${yUp ? 'y grows upwards' : 'y grows downwards'}${mirroredX ? ', x is mirrored' : ''}`;
}

function hotPixels({ hottest }: Facts): string {
  if (hottest === null) return 'not counted: too many different pixels';
  const words = hottest
    .slice(0, SHOWN)
    .map(({ x, y, count, share }, i) => `(${x}, ${y}) ${thousands(count)}${i === 0 ? ` = ${percent(share)}` : ''}`);
  return words.length === 0 ? 'none' : words.join(', ');
}

/** The facts in lines for people. */
function table(found: Facts): string[] {
  const assumed = found.chipAssumed === true ? ' (address layout assumed: no chip is named)' : '';
  const rows: readonly (readonly [name: string, value: string | number | null])[] = [
    ['format', found.format === null || found.sniffed === null ? found.format : `${found.format}: ${found.sniffed}`],
    ['width', found.width],
    ['height', found.height],
    ['events', thousands(found.events)],
    ['on', thousands(found.on)],
    ['off', thousands(found.off)],
    ['t0', atTime(found.t0)],
    ['t1', atTime(found.t1)],
    ['duration', found.durationUs === null ? null : timeSpan(found.durationUs)],
    ['event rate', found.events === 0 ? null : rates(found)],
    ['epoch', found.epoch],
    ['orientation', orientation(found)],
    ['sensor', found.sensor === null ? `not known${assumed}` : `${found.sensor}${assumed}`],
    ['violations', countsInWords(found.violations)],
    ['side', countsInWords(found.side)],
    ['hottest', hotPixels(found)],
    ...(found.digest === undefined ? [] : [['digest', found.digest] as const]),
  ];
  return rows.map(([name, value]) => `${name.padEnd(12)} ${oneLine(value === null ? 'not known' : String(value))}`);
}

/** `rxspike info FILE`: reads a recording to its end and says what it holds; of a damaged one what came before the break. */
export async function info(file: string, options: InfoOptions, output: Output): Promise<CommandResult> {
  const input = inputFile('info', file, options);
  const survey = new Survey(options.digest ? eventDigest() : null);
  const progress = new ReadingProgress(output, input.name);
  let recording: Recording | null = null;
  let broken: string | null = null;
  const found = (): Facts => {
    if (recording !== null) return facts(recording, survey);
    return { ...NOTHING, ...survey.facts(0), format: broken };
  };
  const read = async (): Promise<true> => {
    recording = await input.open({ onRead: progress.onRead });
    for await (const packet of recording.events()) {
      survey.add(packet);
      progress.onEvents(recording.report.events);
    }
    return true;
  };
  let done: true | null;
  try {
    done = await unlessInterrupted(read(), output.interrupted);
  } catch (error) {
    progress.end();
    const named = namedError(input.name, error);
    broken = formatOfBroken(error);
    if (recording !== null) table(found()).forEach(output.line);
    else if (!saysBadBytes(error)) throw named;
    throw new PartialFailure(named, { ...found() });
  }
  progress.end();
  idleReading(options, found().format).forEach(output.note);
  table(found()).forEach(output.line);
  return { json: { ...found() }, status: done === null ? 130 : 0 };
}
