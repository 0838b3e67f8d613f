import { type WritableFormat, formatOfName } from '../../adapters/files/index.node.js';
import { assumedSize } from '../assumed-size.js';
import type { CommandResult } from '../command.js';
import {
  type CopyFacts,
  type CopyOutcome,
  type WritingOptions,
  checkCompression,
  checkStdout,
  copyFacts,
  copyRecording,
  copyRemarks,
} from '../copy-recording.js';
import { emptyRange } from '../empty-range.js';
import { type FilterOptions, filterSteps, raisedTimes } from '../event-filters.js';
import { UsageError, oneLine } from '../failure.js';
import { idleReading, idleWriting } from '../idle-options.js';
import { type InputOptions, inputFile } from '../input-file.js';
import { byteCount, thousands } from '../numbers.js';
import { expectedOrientation, orientationNote } from '../orientation.js';
import type { Output } from '../output.js';
import { outputTarget } from '../output-target.js';
import { lossOf, readPast } from '../read-past.js';

export interface ConvertOptions extends InputOptions, WritingOptions, Omit<FilterOptions, 'orient'> {
  readonly upright?: boolean;
}

/** The format that OUT is written in. @throws `UsageError` */
function formatOfTarget(out: string, to: WritableFormat | undefined): WritableFormat {
  const format = to ?? formatOfName(out);
  if (format !== null) return format;
  const what = out === '-' ? 'stdout has no extension' : `${out}: the extension names no format that is written`;
  throw new UsageError(`${what}; --to says which it is to be`);
}

const idleOptions = ({ from, to }: CopyFacts, options: ConvertOptions): string[] => [
  ...idleReading(options, from),
  ...idleWriting(options, to),
];

/** What is said beside the result. */
function remarks(facts: CopyFacts, { stream }: CopyOutcome, to: WritableFormat, raised: number): string[] {
  const turned = stream === null ? null : orientationNote(stream, to);
  return [
    ...copyRemarks(facts),
    ...(raised > 0 ? [`times that stepped back before the filter were raised: ${thousands(raised)}`] : []),
    ...(turned === null ? [] : [`${turned}; --upright turns them`]),
  ];
}

/** `rxspike convert IN OUT`: writes a recording in another format, or a part of it. */
export async function convert(
  inText: string,
  out: string,
  options: ConvertOptions,
  output: Output,
): Promise<CommandResult> {
  const input = inputFile('convert', inText, options);
  const to = formatOfTarget(out, options.to);
  checkStdout(out, to, output.json);
  checkCompression(to, options);
  const links = filterSteps({ ...options, orient: options.upright ? expectedOrientation(to) : undefined });
  const target = await outputTarget(out, { input, force: options.force ?? false });
  const facts = copyFacts(inText, out);
  facts.to = to;
  const size = options.size || options.crop ? null : await assumedSize(input, to, output);
  const sized = size === null ? input : inputFile('convert', inText, { ...options, size });
  const outcome = await copyRecording(
    { input: sized, target, format: () => to, options, links: () => links, salvage: false },
    facts,
    output,
  );
  const say = out === '-' ? output.note : output.line;
  const raised = raisedTimes(outcome.states);
  if (outcome.interrupted) {
    say(`interrupted: ${oneLine(out)} was not written`);
    return { json: { ...facts, raised, sizeAssumed: size }, status: 130 };
  }
  idleOptions(facts, options).forEach(output.note);
  remarks(facts, outcome, to, raised).forEach(output.note);
  const empty = emptyRange({ ...options, to: undefined }, outcome.recording, facts.written);
  if (empty !== null) output.note(empty);
  const lossy = Object.keys(lossOf(facts.violations)).length > 0;
  const past = readPast(facts.violations);
  const error = past !== null && lossy ? { code: 'ERR_CORRUPT', message: oneLine(`${input.name}: ${past}`) } : null;
  if (past !== null) output.note(error === null ? past : `rxspike: ${error.code}: ${error.message}`);
  say(
    `wrote ${out === '-' ? 'stdout' : oneLine(out)}: ${to}, ${thousands(facts.written)} events, ${byteCount(facts.bytes)}`,
  );
  const json = { ...(error === null ? {} : { error }), ...facts, raised, sizeAssumed: size };
  return { json, status: error === null ? 0 : 1 };
}
