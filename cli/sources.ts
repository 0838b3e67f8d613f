import {
  type FormatName,
  bundledRecordings,
  openRecording,
  SIMULATED_SCENES,
  simulatedCamera,
} from '../adapters/index.node.js';
import type { EventPacket, SensorSize, StreamInfo } from '../src/index.js';
import { type Playable, type ReplayControl, type ReplayItem, openReplay } from '../streams/index.js';
import { realTime } from './clock.js';
import { UsageError } from './failure.js';
import { eventsNamed, openNamed } from './name-errors.js';
import { type ModelSize, checkSize, packetsInside } from './model-size.js';
import { suggestion } from './nearest.js';
import { type NetworkOptions, type NetworkSource, networkScheme, openNetwork, totalMissing } from './network-source.js';

/** What a SOURCE on the command line means. */
export type Source =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'simulated'; readonly name: string }
  | { readonly kind: 'network'; readonly url: string };

/** How files are opened. */
export interface SourceOptions {
  readonly format?: FormatName;
  /** Size of the sensor, where the source does not say it. */
  readonly sensor?: SensorSize;
}

/**
 * Reads a SOURCE: `-`, `sim:NAME`, `ws://…`, `udp://…`, `dv://…`, else a path.
 * @throws `UsageError` for an address of a kind that is not read
 */
export function parseSource(text: string): Source {
  if (text === '-') return { kind: 'stdin' };
  if (text.startsWith('sim:')) return { kind: 'simulated', name: text.slice(4) };
  return networkScheme(text) === null ? { kind: 'file', path: text } : { kind: 'network', url: text };
}

/** How sources are opened as one stream. */
export interface StreamOptions extends SourceOptions, NetworkOptions {
  readonly control: ReplayControl;
  readonly loop: boolean;
  /** Of what is simulated. */
  readonly seed: number;
  /** What the recordings must fit, where it is known. */
  readonly size?: ModelSize | null;
}

/** A stream that is open for reading. */
export interface OpenStream {
  readonly info: StreamInfo;
  events(): AsyncIterable<EventPacket>;
  /** Where it comes from, if it is a stream of another machine. */
  readonly network: NetworkSource | null;
  /** Called where it was opened and is not read after all. */
  close(): void;
  /**
   * Events that the sources had and that are not among the `arrived` ones. To be asked once the stream has ended: until
   * then some are still on their way.
   */
  lost(arrived: number): number;
}

/** Counts what recordings deliver, before anything is done with it. */
class Offered {
  events = 0;

  async *count(packets: AsyncIterable<EventPacket>): AsyncGenerator<EventPacket> {
    for await (const packet of packets) {
      this.events += packet.length;
      yield packet;
    }
  }
}

/** The bundled recordings with their labels. */
async function bundledItems(size: ModelSize | null, offered: Offered): Promise<ReplayItem[]> {
  const files = await bundledRecordings();
  return files.map(({ path, file, label }) => ({
    ...fittingItem(file, { open: () => openRecording(path) }, size, offered),
    name: file,
    label,
  }));
}

/** An item whose recording is refused before it plays if it says another size, and whose events are counted. */
function fittingItem(name: string, item: ReplayItem, size: ModelSize | null, offered: Offered): ReplayItem {
  return {
    ...item,
    open: async () => {
      const recording = await item.open();
      const { info } = recording;
      checkSize(name, info, size);
      const inside = (): AsyncIterable<EventPacket> =>
        size === null || info.width !== null ? recording.events() : packetsInside(name, recording.events(), size);
      return { info, events: () => offered.count(inside()) };
    },
  };
}

type Input = Parameters<typeof openRecording>[0];

/** A recording whose errors name its file: several may be played one after another. */
async function openFile(
  name: string,
  input: Input,
  options: Pick<SourceOptions, 'format'> & { readonly size?: SensorSize; readonly name?: string },
): Promise<Playable> {
  const recording = await openNamed(name, () => openRecording(input, options));
  return { info: recording.info, events: () => eventsNamed(name, recording.events()) };
}

function strangeScene(name: string): UsageError {
  return new UsageError(`sim:${name} is not known; ${suggestion(name, SIMULATED_SCENES)}`);
}

function itemOf(source: Source, { format, sensor, seed }: StreamOptions): ReplayItem {
  const known = {
    ...(format === undefined ? {} : { format }),
    ...(sensor === undefined ? {} : { size: sensor }),
  };
  switch (source.kind) {
    case 'file':
      return { open: () => openFile(source.path, source.path, known) };
    case 'stdin':
      return { open: () => openFile('stdin', process.stdin, { name: 'stdin', ...known }) };
    case 'simulated':
      if (!SIMULATED_SCENES.includes(source.name)) throw strangeScene(source.name);
      return { open: () => simulatedCamera(source.name, { seed }) };
    default:
      throw new UsageError(`${source.url} is a stream of its own: give it alone`);
  }
}

/**
 * Opens what the command line names: files, stdin and simulated cameras one after another on one time line, at the
 * control's speed; a served stream at the speed at which it comes; with nothing named, the bundled recordings.
 */
export async function openStreams(texts: readonly string[], options: StreamOptions): Promise<OpenStream> {
  const { control, loop, size = null } = options;
  const sources = texts.map(parseSource);
  if (loop && sources.some(({ kind }) => kind === 'stdin'))
    throw new UsageError('- passes once: --loop cannot go with it');
  const [first] = sources;
  if (sources.length === 1 && first.kind === 'network') {
    if (loop) throw new UsageError('a served stream passes once: --loop cannot go with it');
    const network = await openNetwork(first.url, options);
    try {
      checkSize(network.url, network.info, size);
    } catch (error) {
      network.close();
      throw error;
    }
    return {
      info: network.info,
      network,
      events: () => network.events(),
      close: () => network.close(),
      lost: (arrived) => totalMissing(network.missing()) + network.arrived() - arrived,
    };
  }
  if (options.stream !== undefined || options.policy !== undefined) {
    throw new UsageError(
      `--${options.stream === undefined ? 'policy' : 'stream'} is for a stream that is served at ws://`,
    );
  }
  const offered = new Offered();
  const items =
    sources.length === 0
      ? await bundledItems(size, offered)
      : sources.map((source, i) =>
          fittingItem(source.kind === 'stdin' ? 'stdin' : texts[i], itemOf(source, options), size, offered),
        );
  const replay = await openReplay(items, { control, loop, clock: realTime });
  return {
    info: replay.info,
    network: null,
    events: () => replay.events(),
    close: () => {},
    lost: (arrived) => offered.events - arrived,
  };
}
