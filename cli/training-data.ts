import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openRecording } from '../adapters/index.node.js';
import { type EventPacket, type Model, RxSpikeError, type TrainingSample, prepareSamples } from '../src/index.js';
import { type LabelledRow, rowError } from './labels.js';
import { type DataShape, classOrder } from './training-plan.js';

/** A recording of a training folder, read whole. */
interface ReadRow {
  readonly row: LabelledRow;
  readonly packets: readonly EventPacket[];
  readonly sha256: string;
  /** From origin to end mark, µs. */
  readonly duration: number;
  /** Pixels as the recording says, else null. */
  readonly width: number | null;
  readonly height: number | null;
}

/** The recordings of a training folder. */
export interface TrainingData {
  readonly shape: DataShape;
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
  /** The recordings as samples for a model made from {@link shape}. */
  samples(model: Omit<Model, 'network'>): Promise<TrainingSample[]>;
}

async function readRow(row: LabelledRow): Promise<ReadRow> {
  const packets: EventPacket[] = [];
  try {
    // Opened by its path first: that says best what is wrong with a path.
    const recording = await openRecording(row.path);
    for await (const packet of recording.events()) packets.push(packet);
    const sha256 = createHash('sha256')
      .update(await readFile(row.path))
      .digest('hex');
    const { origin, width, height } = recording.info;
    return { row, packets, sha256, duration: (packets.at(-1)?.until ?? origin) - origin, width, height };
  } catch (error) {
    throw rowError(row, error);
  }
}

/** Largest coordinates of all events, plus one: the size of recordings that do not say theirs. */
function extent(rows: readonly ReadRow[]): { width: number; height: number } {
  const size = { width: 1, height: 1 };
  for (const { packets } of rows) {
    for (const { x, y, length } of packets) {
      for (let i = 0; i < length; i++) {
        if (x[i] >= size.width) size.width = x[i] + 1;
        if (y[i] >= size.height) size.height = y[i] + 1;
      }
    }
  }
  return size;
}

function shapeOf(rows: readonly ReadRow[]): DataShape {
  const [first] = rows;
  for (const one of rows) {
    if (one.width === first.width && one.height === first.height) continue;
    const text = ({ width, height }: ReadRow): string =>
      width === null || height === null ? 'unknown size' : `${width}×${height} pixels`;
    throw rowError(one.row, new Error(`${text(one)}, ${first.row.file} has ${text(first)}`));
  }
  const { width, height } = first;
  const size = width === null || height === null ? extent(rows) : { width, height };
  const durations = rows.map(({ duration }) => duration).sort((a, b) => a - b);
  return {
    classes: classOrder(rows.map(({ row }) => row.label)),
    ...size,
    sized: width !== null && height !== null,
    duration: durations[Math.floor(durations.length / 2)],
  };
}

/**
 * Reads all recordings of a label table; null when `going` says no between two of them.
 * @throws `ERR_DATA` that names the row: unreadable, damaged, of another size, without a step; or with one class only
 */
export async function readTrainingData(
  rows: readonly LabelledRow[],
  going: () => boolean = () => true,
): Promise<TrainingData | null> {
  const read: ReadRow[] = [];
  for (const row of rows) {
    if (!going()) return null;
    read.push(await readRow(row));
  }
  const shape = shapeOf(read);
  if (shape.classes.length < 2) {
    throw new RxSpikeError(
      'ERR_DATA',
      `labels.csv: there is only one class (${shape.classes[0]}), two are needed at least`,
    );
  }
  return {
    shape,
    files: read.map(({ row, sha256 }) => ({ file: row.file, sha256 })),
    async samples(model) {
      const all: TrainingSample[] = [];
      for (const { row, packets } of read) {
        try {
          const own = await prepareSamples(model, packets, { name: row.file, label: row.label });
          if (own.length === 0) throw new RxSpikeError('ERR_DATA', 'there is no complete step in it');
          all.push(...own);
        } catch (error) {
          throw rowError(row, error);
        }
      }
      return all;
    },
  };
}
