import { type FormatName, type WritableFormat, formatOfName } from '../../adapters/files/index.node.js';
import { RxSpikeError } from '../../src/index.js';
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
import { type InputOptions, inputFile } from '../input-file.js';
import { namedError } from '../name-errors.js';
import { byteCount, countsInWords, thousands } from '../numbers.js';
import { orientationNote } from '../orientation.js';
import type { Output } from '../output.js';
import { outputTarget } from '../output-target.js';

export interface RepairOptions extends InputOptions, WritingOptions {}

/** Formats that are read and not written, and what comes nearest. */
const NEAREST: Readonly<Partial<Record<FormatName, WritableFormat>>> = {
  aedat1: 'aedat2',
  'aedat3.0': 'aedat3.1',
  evt4: 'evt3',
  rosbag: 'mcap',
};

/** What a repair could not keep. */
interface Lost {
  /** Bytes after the break, and those that were passed over to find whole packets again; null where not known. */
  readonly bytes: number | null;
  /** Packets that were damaged or cut. */
  readonly packets: number;
  /** Events in them: null where that cannot be known. */
  readonly events: number | null;
}

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

function lostBytes(skipped: number, broken: CopyOutcome['broken'], size: number | null): number | null {
  if (broken === null) return skipped;
  const offset = broken.error instanceof RxSpikeError ? broken.error.details['offset'] : undefined;
  return typeof offset === 'number' && size !== null ? skipped + Math.max(0, size - offset) : null;
}

function lostIn({ violations }: CopyFacts, broken: CopyOutcome['broken'], size: number | null): Lost {
  const count = (name: string): number => violations[name] ?? 0;
  const bytes = lostBytes(count('skippedByte'), broken, size);
  const packets = count('damagedPacket') + count('truncatedPacket');
  return { bytes, packets, events: bytes === 0 && packets === 0 ? 0 : null };
}

function inWords({ bytes, packets, events }: Lost): string {
  if (events === 0) return 'nothing was lost';
  const parts = [
    ...(bytes === null ? ['what follows the break'] : bytes > 0 ? [byteCount(bytes)] : []),
    ...(packets > 0 ? [`${thousands(packets)} ${packets === 1 ? 'packet' : 'packets'}`] : []),
  ];
  return `lost: ${parts.join(', ')}`;
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
  const outcome = await copyRecording({ input, target, format, options, links: [], salvage: true }, facts, output);
  const { broken, stream } = outcome;
  const say = out === '-' ? output.note : output.line;
  if (outcome.interrupted) {
    say(`interrupted: ${oneLine(out)} was not written`);
    return { json: { ...facts, damage: null, lost: null }, status: 130 };
  }
  const lost = lostIn(facts, broken, await input.bytes());
  const failure = broken === null ? null : failureOf(namedError(input.name, broken.error));
  const damage = failure === null ? null : { code: failure.code, message: failure.message };
  if (damage !== null) output.note(`the reading broke off: ${damage.message}`);
  if (Object.keys(facts.violations).length > 0) output.note(`read past: ${countsInWords(facts.violations)}`);
  copyRemarks(facts).forEach(output.note);
  const turned = stream === null || to === null ? null : orientationNote(stream, to);
  if (turned !== null) output.note(turned);
  say(
    `wrote ${out === '-' ? 'stdout' : oneLine(out)}: ${String(to)}, ${thousands(facts.written)} events; ${inWords(lost)}`,
  );
  return { json: { ...facts, damage, lost }, status: 0 };
}
