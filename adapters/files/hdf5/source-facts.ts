import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import { readValues } from '../columns/read-values.js';
import type { AttributeValue } from './attributes.js';
import type { Expansion } from './chunk-reader.js';
import { RowStream } from './event-reader.js';
import type { EventSource } from './event-sources.js';
import type { FileBytes } from './file-bytes.js';
import { attributesOf, passing, type Group } from './tree-walk.js';

/** What a file says of its events besides them. */
export interface SourceFacts {
  readonly stream: Partial<StreamInfo>;
  readonly sensor: string | null;
  /** Added to every time, µs. */
  readonly offset: number;
}

const MOST_PIXELS = 65536;
const SMALL = 1 << 16;
const UNBOUNDED: Expansion = { add: () => undefined };

/**
 * Reads size, sensor, orientation and time offset from the attributes and small datasets about the events, those nearest
 * to them first. @throws (rejects) `ERR_NOT_READABLE`, `ERR_LIMIT`; what is damaged there is passed by, but not `t_offset`
 */
export async function sourceFacts(
  file: FileBytes,
  { group, places, arrangement }: EventSource,
  groups: readonly Group[],
): Promise<SourceFacts> {
  const [first] = places.values();
  const found = new Map<string, AttributeValue>();
  const levels = [first.dataset.messages];
  for (let level: Group | null = group; level !== null; level = level.parent) levels.push(level.messages);
  for (const messages of levels) {
    for (const [name, value] of await attributesOf(file, messages)) if (!found.has(name)) found.set(name, value);
  }
  const size = sizeOf(found) ?? (await calibratedSize(file, group, groups));
  const text = (name: string): string | null => {
    const value = found.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const flag = (name: string): boolean => numbers(found.get(name))[0] === 1;
  return {
    stream: {
      width: size?.width ?? null,
      height: size?.height ?? null,
      yUp: flag('y_up'),
      mirroredX: flag('mirrored_x'),
      epoch: text('epoch') === 'unix' ? 'unix' : null,
    },
    sensor:
      text('sensor') ?? text('sensor_name') ?? (arrangement === 'prophesee' ? generation(text('generation')) : null),
    offset: arrangement === 'dsec' ? await timeOffset(file, group) : 0,
  };
}

const generation = (value: string | null): string | null => (value === null ? null : `Gen${value}`);
const numbers = (value: AttributeValue | undefined): readonly number[] => (Array.isArray(value) ? value : []);

interface Size {
  readonly width: number;
  readonly height: number;
}

function checkedSize(width: number, height: number): Size | null {
  const good = [width, height].every((n) => Number.isInteger(n) && n >= 1 && n <= MOST_PIXELS);
  return good ? { width, height } : null;
}

/** `width` and `height`; `geometry` as Prophesee writes it, `1280x720`; `sensor_resolution`, height first. */
function sizeOf(found: ReadonlyMap<string, AttributeValue>): Size | null {
  const [width] = numbers(found.get('width'));
  const [height] = numbers(found.get('height'));
  if (width !== undefined && height !== undefined) return checkedSize(width, height);
  const geometry = found.get('geometry');
  const [, across, down] = typeof geometry === 'string' ? (/^(\d{1,5})x(\d{1,5})$/.exec(geometry) ?? []) : [];
  if (down !== undefined) return checkedSize(Number(across), Number(down));
  const resolution = numbers(found.get('sensor_resolution'));
  return resolution.length >= 2 ? checkedSize(resolution[1], resolution[0]) : null;
}

/** M3ED: `calib/resolution`, width first. */
async function calibratedSize(file: FileBytes, group: Group, groups: readonly Group[]): Promise<Size | null> {
  const calib = groups.find(({ parent, path }) => parent === group && path.endsWith('calib'));
  const values = await smallValues(file, calib, 'resolution', 2);
  return values === null ? null : checkedSize(values[0], values[1]);
}

/**
 * `t_offset`, beside the columns or one group up; 0 where there is none.
 * @throws `ERR_CORRUPT` where there is one that cannot be read: without it every time would be wrong
 */
async function timeOffset(file: FileBytes, group: Group): Promise<number> {
  for (const holder of [group, group.parent]) {
    if (holder === null || !holder.names.includes('t_offset')) continue;
    const values = await firstValues(file, holder, 't_offset', 1);
    if (values === null) {
      throw new RxSpikeError('ERR_CORRUPT', `hdf5: t_offset in /${holder.path} cannot be read, so no time is known`);
    }
    return values[0];
  }
  return 0;
}

async function smallValues(
  file: FileBytes,
  group: Group | undefined,
  name: string,
  count: number,
): Promise<Float64Array | null> {
  return group === undefined ? null : passing(() => firstValues(file, group, name, count));
}

/** The first values of a small dataset of numbers; null where it is none or has fewer. */
async function firstValues(file: FileBytes, group: Group, name: string, count: number): Promise<Float64Array | null> {
  const dataset = group.datasets.get(name);
  if (dataset === undefined || dataset.type.kind !== 'number' || dataset.columns !== 1) return null;
  const stream = new RowStream(dataset, { file, limit: SMALL }, UNBOUNDED);
  try {
    if ((await stream.ready()) < count) return null;
    const values = new Float64Array(count);
    readValues(values, dataset.type.scalar, stream.slice(0), count);
    return values;
  } finally {
    await stream.close();
  }
}
