import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import type { OpenedArchive } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import type { Expansion } from './chunk-reader.js';
import { EventReader, type ReadPlan } from './event-reader.js';
import { eventSources, triggerRecords, type Arrangement, type EventSource } from './event-sources.js';
import { FileBytes } from './file-bytes.js';
import { settle } from './settle.js';
import { sourceFacts } from './source-facts.js';
import { readSuperblock } from './superblock.js';
import { readGroups, type Walk } from './tree-walk.js';

/** Content that is always allowed, however small the file. */
const FREE = 1 << 20;

const ARRANGEMENTS: Readonly<Record<Arrangement, string>> = {
  prophesee: 'Prophesee records',
  dsec: 'DSEC columns',
  m3ed: 'M3ED columns',
  rpg: 'columns xs, ys, ts, ps',
  records: 'records',
  columns: 'columns',
  table: 'a table of four columns',
};

/**
 * Reads what an HDF5 file says of itself and finds the events in it.
 * @throws `ERR_UNSUPPORTED` for a source that passes once, a part of the format that is not read, and a file without
 * events; `ERR_ARGUMENT` where the group asked for is not one; `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`
 */
export async function openHdf5(prefix: Prefix, options: OpenOptions): Promise<OpenedArchive> {
  const { parts } = prefix;
  if (parts === null) {
    throw new RxSpikeError(
      'ERR_UNSUPPORTED',
      'hdf5: the parts of a file lie anywhere in it, so that it cannot be read from a pipe or out of a compressed file',
    );
  }
  const file = new FileBytes(parts, options.maxHeaderBytes ?? 1 << 22);
  const { root, end } = await readSuperblock(file);
  const { groups, problems } = await readGroups(file, root);
  const sources = eventSources(groups);
  const source = chosen(sources, { groups, problems }, options.topic);
  const facts = await sourceFacts(file, source, groups);
  file.opened();
  const limit = options.maxPacketBytes ?? 1 << 26;
  const most = Math.max(FREE, (options.maxExpansion ?? 200) * file.size);
  const reading = { file, limit, expansion: () => expansionOf(most) };
  const { places, unit, columns } = await settle(source, reading, options);
  const triggers = source.arrangement === 'prophesee' ? triggerRecords(groups) : null;
  const plan: ReadPlan = {
    ...reading,
    places,
    unit,
    offset: facts.offset,
    triggers,
    end,
    problems: problems.filter(({ code }) => code !== 'ERR_UNSUPPORTED').length,
  };
  const side = triggers !== null && triggers.dataset.rows > 0 ? ['triggers'] : [];
  const stream: Partial<StreamInfo> = { ...facts.stream, side };
  return {
    format: 'hdf5',
    stream,
    facts: { sensor: facts.sensor, chipAssumed: false, sniffed: sniffed(source, sources, columns) },
    reader: (sink) => new EventReader(plan, sink ?? null),
  };
}

const shown = (path: string): string => `/${path}`;

function sniffed(source: EventSource, sources: readonly EventSource[], columns: string): string {
  const others = sources.filter((other) => other !== source).map(({ path }) => shown(path));
  const rest = others.length === 0 ? '' : `; events are in ${others.slice(0, 8).join(', ')} too`;
  return `HDF5 signature; ${ARRANGEMENTS[source.arrangement]}${columns} in ${shown(source.path)}${rest}`;
}

/** The events asked for, else the first ones. */
function chosen(sources: readonly EventSource[], { groups, problems }: Walk, topic: string | undefined): EventSource {
  const there = sources.map(({ path }) => shown(path)).slice(0, 8);
  if (topic !== undefined) {
    const wanted = topic.replace(/^\/+|\/+$/g, '');
    const found = sources.find(({ path }) => path === wanted || wanted === '' || path.startsWith(`${wanted}/`));
    if (found !== undefined) return found;
    if (problems.length > 0) throw problems[0];
    throw new RxSpikeError(
      'ERR_ARGUMENT',
      `topic: no events in ${shown(wanted)}; there are some in ${there.join(', ') || 'no group'}`,
      { details: { topic, there } },
    );
  }
  if (sources.length > 0) return sources[0];
  // What could not be read may have been the events.
  if (problems.length > 0) throw problems[0];
  const names = groups[0].names.slice(0, 8).join(', ');
  throw new RxSpikeError(
    'ERR_UNSUPPORTED',
    `hdf5: no columns x, y, t, p and no records of them were found in the file; it holds ${names || 'nothing'}`,
    { details: { names: groups[0].names.slice(0, 8) } },
  );
}

function expansionOf(most: number): Expansion {
  let made = 0;
  return {
    add(bytes: number): void {
      made += bytes;
      if (made <= most) return;
      throw new RxSpikeError('ERR_LIMIT', `hdf5: the file expands to more than ${most} bytes`, {
        details: { limit: most },
      });
    },
  };
}
