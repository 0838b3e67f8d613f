import { setImmediate } from 'node:timers/promises';
import { openRecording } from '../../adapters/index.node.js';
import { type Decision, type EventPacket, type Model, RxSpikeError } from '../../src/index.js';
import { Confusion, decideRecording } from '../evaluation.js';
import { EvaluationProgress } from '../evaluation-progress.js';
import { PartialFailure, UsageError, oneLine } from '../failure.js';
import { type LabelledRow, readLabels, rowError } from '../labels.js';
import { checkSize, modelSize, sizeError } from '../model-size.js';
import { loadModel } from '../models.js';
import type { Output } from '../output.js';
import type { CommandResult } from '../command.js';

export interface EvalOptions {
  readonly data?: string;
  readonly model?: string;
  readonly seed: number;
}

/** @throws what reading says, and `ERR_GEOMETRY` where the recording does not fit */
async function decideRow(row: LabelledRow, model: Model, seed: number): Promise<Decision | null> {
  const size = modelSize(model);
  const packets: EventPacket[] = [];
  const recording = await openRecording(row.path);
  checkSize(row.file, recording.info, size);
  for await (const packet of recording.events()) packets.push(packet);
  try {
    return decideRecording(model, packets, { seed, name: row.file });
  } catch (error) {
    throw sizeError(row.file, recording.info, error, size);
  }
}

/** @throws `ERR_DATA` for the first row whose label the model does not know */
function checkClasses(rows: readonly LabelledRow[], { readout, name }: Model): void {
  const stranger = rows.find(({ label }) => !readout.classes.includes(label));
  if (stranger) throw rowError(stranger, new Error(`model ${name} has no class ${stranger.label}`));
}

/** `rxspike eval`: decides every recording of a folder once, at full speed. */
export async function evaluate(options: EvalOptions, output: Output): Promise<CommandResult> {
  const { data, seed } = options;
  if (data === undefined) throw new UsageError('option --data is needed: the folder with labels.csv');
  const rows = await readLabels(data);
  const model = await loadModel(options.model);
  checkClasses(rows, model);
  const confusion = new Confusion(model.readout.classes);
  const whole = (): boolean => confusion.n === rows.length;
  const result = (): Record<string, unknown> => ({
    // A share of some of the rows is not the accuracy on the folder.
    accuracy: whole() ? confusion.correct / confusion.n : null,
    n: rows.length,
    read: confusion.n,
    correct: confusion.correct,
    undecided: confusion.undecided,
    classes: confusion.classes,
    confusion: confusion.matrix,
    seed,
    model: model.name,
  });
  const show = (): void => {
    if (!whole()) return output.line(`${confusion.n} of ${rows.length} recordings read; no accuracy`);
    const percent = ((100 * confusion.correct) / confusion.n).toFixed(2);
    output.line(
      `accuracy ${percent} % (${confusion.correct} of ${confusion.n}), model ${oneLine(model.name)}, seed ${seed}`,
    );
    output.line('confusion, rows: truth, columns: answer');
    confusion.lines().forEach(output.line);
  };
  const progress = new EvaluationProgress(output, rows.length);
  for (const row of rows) {
    if (output.interrupted.aborted) break;
    try {
      confusion.add(row.label, (await decideRow(row, model, seed))?.label ?? null);
    } catch (error) {
      progress.end();
      show();
      // What is wrong with one recording is told with its row; what is wrong in the program is not a row's fault.
      throw new PartialFailure(error instanceof RxSpikeError ? rowError(row, error) : error, result());
    }
    progress.show(confusion);
    await setImmediate();
  }
  progress.end();
  show();
  return { json: result(), status: output.interrupted.aborted ? 130 : 0 };
}
