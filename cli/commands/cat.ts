import { createRecording } from '../../adapters/files/index.node.js';
import type { EventPacket, StreamInfo } from '../../src/index.js';
import { stdoutBytes } from '../byte-output.js';
import type { CommandResult } from '../command.js';
import { type EventSink, copyEvents } from '../copy-events.js';
import { emptyRange } from '../empty-range.js';
import { filterSteps } from '../event-filters.js';
import { PartialFailure } from '../failure.js';
import { idleReading } from '../idle-options.js';
import { type InputOptions, formatOfBroken, inputFile, saysBadBytes } from '../input-file.js';
import { JsonLines } from '../json-lines.js';
import { namedError } from '../name-errors.js';
import type { Output } from '../output.js';

export interface CatOptions extends InputOptions {
  readonly as: 'csv' | 'json';
  readonly start?: number;
  readonly end?: number;
  readonly plain?: boolean;
}

/** `rxspike cat FILE`: events as text on stdout; of a damaged file what came before the break. */
export async function cat(file: string, options: CatOptions, output: Output): Promise<CommandResult> {
  const input = inputFile('cat', file, options);
  const facts: Record<string, unknown> = { file, format: null, events: 0, read: 0 };
  let printed = 0;
  const begin = async (info: StreamInfo): Promise<EventSink> => {
    const sink =
      options.as === 'json'
        ? new JsonLines(stdoutBytes())
        : await createRecording(stdoutBytes(), info, { format: 'csv', plain: options.plain ?? false });
    const write = async (packet: EventPacket): Promise<void> => {
      await sink.write(packet);
      printed += packet.length;
    };
    return { write, close: () => sink.close(), abort: () => sink.abort() };
  };
  try {
    const recording = await input.open();
    facts['format'] = recording.format;
    idleReading(options, recording.format).forEach(output.note);
    const { interrupted } = output;
    const { sink, broken, ...copied } = await copyEvents(recording, {
      links: filterSteps(options),
      begin,
      interrupted,
    });
    Object.assign(facts, { events: printed, read: recording.report.events });
    await sink?.close();
    if (broken !== null) throw broken.error;
    const empty = copied.interrupted ? null : emptyRange(options, recording, printed);
    if (empty !== null) output.note(empty);
    return { json: facts, status: copied.interrupted ? 130 : 0 };
  } catch (error) {
    facts['format'] ??= formatOfBroken(error);
    const named = namedError(input.name, error);
    throw saysBadBytes(error) ? new PartialFailure(named, facts) : named;
  }
}
