import { type FormatName, type Recording, type WritableFormat, formatOfName } from '../../adapters/files/index.node.js';
import { type EventPacket, type Link, RxSpikeError, cropStep, link } from '../../src/index.js';
import type { CommandResult } from '../command.js';
import {
  type CopyFacts,
  type CopyOutcome,
  type WritingOptions,
  checkStdout,
  copyFacts,
  copyRecording,
  copyRemarks,
} from '../copy-recording.js';
import { UsageError, failureOf, oneLine } from '../failure.js';
import { idleReading, idleWriting } from '../idle-options.js';
import { type InputOptions, inputFile } from '../input-file.js';
import { namedError } from '../name-errors.js';
import { byteCount, countsInWords, thousands } from '../numbers.js';
import { orientationNote } from '../orientation.js';
import type { Output } from '../output.js';
import { outputTarget } from '../output-target.js';
import { damageOf, lossOf } from '../read-past.js';

export interface RepairOptions extends InputOptions, WritingOptions {}

/** Formats that are read and not written, and what comes nearest. */
const NEAREST: Readonly<Partial<Record<FormatName, WritableFormat>>> = {
  aedat1: 'aedat2',
  'aedat3.0': 'aedat3.1',
  evt4: 'evt3',
  rosbag: 'mcap',
};

/** What a repair could not keep; null where that is not known. */
interface Lost {
  /** Bytes after the break, and those that were passed over to find whole packets again. */
  readonly bytes: number | null;
  /** Packets that were damaged or cut. */
  readonly packets: number;
  /** Events in them, and those that OUT cannot hold or that lie outside the sensor. */
  readonly events: number | null;
}

/** Violations that `Lost` counts by names of its own. */
const COUNTED: readonly string[] = ['skippedByte', 'damagedPacket', 'truncatedPacket'];

/** One extension may stand for several formats, which are told apart by their headers. */
function family(format: string): string {
  if (format.startsWith('evt')) return 'evt';
  return format === 'aedat2' || format === 'aedat3.1' ? 'aedat' : format;
}

/** The format of the repaired file. @throws `UsageError` where its name speaks of another */
function formatOfRepaired(from: FormatName, out: string, to: WritableFormat | undefined): WritableFormat {
  if (to !== undefined) return to;
  const format = NEAREST[from] ?? (from as WritableFormat);
  const named = formatOfName(out);
  if (named === null || family(named) === family(format)) return format;
  throw new UsageError(`${out}: the extension is of ${named}, the repaired recording is ${format}; --to decides`);
}

function lostBytes(skipped: number, { broken, wrapped }: CopyOutcome, size: number | null): number | null {
  if (broken === null) return skipped;
  const offset = broken.error instanceof RxSpikeError ? broken.error.details['offset'] : undefined;
  return typeof offset === 'number' && size !== null && !wrapped ? skipped + Math.max(0, size - offset) : null;
}

/** Violations besides those that are counted as bytes and packets, and the harmless one. */
function othersOf(violations: CopyFacts['violations']): Record<string, number> {
  return Object.fromEntries(Object.entries(damageOf(violations)).filter(([name]) => !COUNTED.includes(name)));
}

/** Events left out of OUT. */
function leftOutOf({ clipped }: CopyFacts): number {
  return Object.entries(clipped).reduce((sum, [name, n]) => (name === 'fraction' ? sum : sum + n), 0);
}

function lostIn(facts: CopyFacts, outcome: CopyOutcome, size: number | null): Lost {
  const count = (name: string): number => facts.violations[name] ?? 0;
  const whole = outcome.broken === null && Object.keys(lossOf(facts.violations)).length === 0;
  const uncounted = Object.keys(lossOf(othersOf(facts.violations))).length > 0;
  const packets = count('damagedPacket') + count('truncatedPacket');
  const bytes = uncounted ? null : lostBytes(count('skippedByte'), outcome, size);
  return { bytes, packets, events: whole ? leftOutOf(facts) : null };
}

function inWords(facts: CopyFacts, { bytes, packets }: Lost, broken: boolean): string {
  const { violations, clipped } = facts;
  const lost = [
    ...(broken && bytes === null ? ['what follows the break'] : []),
    ...(bytes !== null && bytes > 0 ? [byteCount(bytes)] : []),
    ...(packets > 0 ? [`${thousands(packets)} ${packets === 1 ? 'packet' : 'packets'}`] : []),
  ];
  const others = othersOf(violations);
  const parts = [
    ...(lost.length > 0 ? [`lost: ${lost.join(', ')}`] : []),
    ...(Object.keys(others).length > 0 ? [`read past: ${countsInWords(others)}`] : []),
    ...(Object.keys(clipped).length > 0 ? [`clipped: ${countsInWords(clipped)}`] : []),
  ];
  return parts.length === 0 && !broken
    ? 'nothing is known to be lost'
    : parts.join('; ') || 'lost: what followed the break';
}

/** Leaves out what lies outside the sensor: such events come of damage. */
function withinSensor({ info: { width, height } }: Recording): Link<EventPacket, EventPacket>[] {
  return width === null || height === null ? [] : [link(cropStep, { x: 0, y: 0, width, height })];
}

/** `clipped` with the events that {@link withinSensor} left out. */
function withOutside(clipped: CopyFacts['clipped'], states: CopyOutcome['states']): Record<string, number> {
  const [, state] = Object.entries(states).find(([key]) => key.endsWith(' crop')) ?? [];
  const outside = (state as { readonly dropped: number } | undefined)?.dropped ?? 0;
  return outside === 0 ? clipped : { ...clipped, coordinates: (clipped['coordinates'] ?? 0) + outside };
}

/** `rxspike repair IN OUT`: writes all that is whole in a damaged or interrupted recording, and says what was lost. */
export async function repair(
  inText: string,
  out: string,
  options: RepairOptions,
  output: Output,
): Promise<CommandResult> {
  const input = inputFile('repair', inText, options);
  checkStdout(out, options.to ?? null, output.json);
  const target = await outputTarget(out, { input, force: options.force ?? false });
  const facts = copyFacts(inText, out);
  let to: WritableFormat | null = null;
  const format = (recording: { readonly format: FormatName }): WritableFormat =>
    (to = formatOfRepaired(recording.format, out, options.to));
  const outcome = await copyRecording(
    { input, target, format, options: { ...options, clip: true }, links: withinSensor, salvage: true },
    facts,
    output,
  );
  facts.clipped = withOutside(facts.clipped, outcome.states);
  const { broken, stream } = outcome;
  const say = out === '-' ? output.note : output.line;
  if (outcome.interrupted) {
    say(`interrupted: ${oneLine(out)} was not written`);
    return { json: { ...facts, damage: null, lost: null }, status: 130 };
  }
  const lost = lostIn(facts, outcome, await input.bytes());
  const failure = broken === null ? null : failureOf(namedError(input.name, broken.error));
  const damage = failure === null ? null : { code: failure.code, message: failure.message };
  if (damage !== null) output.note(`the reading broke off: ${damage.message}`);
  if (Object.keys(facts.violations).length > 0) output.note(`read past: ${countsInWords(facts.violations)}`);
  [...idleReading(options, facts.from), ...idleWriting(options, facts.to)].forEach(output.note);
  copyRemarks(facts).forEach(output.note);
  const turned = stream === null || to === null ? null : orientationNote(stream, to);
  if (turned !== null) output.note(turned);
  say(
    `wrote ${out === '-' ? 'stdout' : oneLine(out)}: ${String(to)}, ${thousands(facts.written)} events; ${inWords(facts, lost, broken !== null)}`,
  );
  return { json: { ...facts, damage, lost }, status: 0 };
}
