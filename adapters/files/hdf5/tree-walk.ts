import { RxSpikeError } from '../../../src/index.js';
import { readAttributes, type AttributeValue } from './attributes.js';
import { Dataset } from './dataset.js';
import type { FileBytes } from './file-bytes.js';
import { readLinks } from './group.js';
import { readObjectHeader, type HeaderMessage } from './object-header.js';

const MOST_DEPTH = 6;
const MOST_OBJECTS = 4096;
/** Groups with more members than this hold images or labels, one of each. */
const MOST_MEMBERS = 256;

/** A group and the datasets in it. */
export interface Group {
  /** Names from the root, without a slash at either end; empty for the root. */
  readonly path: string;
  readonly parent: Group | null;
  readonly messages: readonly HeaderMessage[];
  readonly datasets: ReadonlyMap<string, Dataset>;
  /** Names of all members. */
  readonly names: readonly string[];
}

/** What is in a file. */
export interface Walk {
  /** Those nearer to the root first, each once. */
  readonly groups: readonly Group[];
  /** What objects that could not be read were passed by for. */
  readonly problems: readonly RxSpikeError[];
}

/**
 * Finds the groups of a file. Objects that cannot be read are passed by.
 * @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, … where the root itself cannot be read; `ERR_LIMIT`
 */
export async function readGroups(file: FileBytes, root: number): Promise<Walk> {
  const problems: RxSpikeError[] = [];
  const messages = await readObjectHeader(file, root);
  const groups: Group[] = [];
  const seen = new Set([root]);
  let level: { path: string; parent: Group | null; messages: readonly HeaderMessage[] }[] = [
    { path: '', parent: null, messages },
  ];
  for (let depth = 0; depth < MOST_DEPTH && level.length > 0; depth++) {
    const below: typeof level = [];
    for (const { path, parent, messages: found } of level) {
      const datasets = new Map<string, Dataset>();
      const links =
        (await (depth === 0 ? readLinks(file, found) : passing(() => readLinks(file, found), problems))) ?? [];
      const group: Group = { path, parent, messages: found, datasets, names: links.map(({ name }) => name) };
      groups.push(group);
      for (const { name, address } of links.slice(0, MOST_MEMBERS)) {
        if (seen.has(address) || seen.size > MOST_OBJECTS) continue;
        seen.add(address);
        const memberPath = path === '' ? name : `${path}/${name}`;
        const member = await passing(() => readObjectHeader(file, address), problems);
        if (member === null) continue;
        const dataset = await passing(async () => Dataset.of(memberPath, member), problems);
        if (dataset !== null) datasets.set(name, dataset);
        else below.push({ path: memberPath, parent: group, messages: member });
      }
    }
    level = below;
  }
  return { groups, problems };
}

/** The attributes of an object; none where they cannot be read. */
export async function attributesOf(
  file: FileBytes,
  messages: readonly HeaderMessage[],
): Promise<ReadonlyMap<string, AttributeValue>> {
  return (await passing(() => readAttributes(file, messages))) ?? new Map<string, AttributeValue>();
}

/** What is read; null where it is damaged or not supported, which is put among the problems. */
export async function passing<T>(read: () => Promise<T>, problems: RxSpikeError[] = []): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof RxSpikeError) || ['ERR_NOT_READABLE', 'ERR_LIMIT'].includes(error.code)) throw error;
    problems.push(error);
    return null;
  }
}
