import { RxSpikeError, type EventPacket, type Mark, type StreamInfo, silence, streamInfo } from '../src/index.js';

/** What a replay needs of an open recording; every `Recording` of the adapters is one. */
export interface Playable {
  readonly info: StreamInfo;
  events(): AsyncIterable<EventPacket>;
}

/** A recording that is opened when its turn comes. */
export interface ReplayItem {
  open(): Playable | Promise<Playable>;
  /** True label, carried by the end marks. Default: what the recording's own end mark says. */
  readonly label?: string | null;
  /** Name, carried by the end marks. Default: what the recording's own end mark says. */
  readonly name?: string | null;
}

/** Recordings in order; with `loop`, gone through anew for every round, so then it must not be a one-time iterator. */
export type ReplayList = ListOnce | (() => ListOnce);
type ListOnce = Iterable<ReplayItem> | AsyncIterable<ReplayItem>;

/** Recordings end to end on one time line. */
export interface Playlist {
  readonly info: StreamInfo;
  /** Starts from the first recording; to be called once. */
  packets(): AsyncGenerator<EventPacket>;
  /** Lets go of the recording that is being read, also while it keeps one waiting. */
  close(): void;
}

interface Settings {
  readonly loop: boolean;
  readonly id: string | undefined;
}

/**
 * Opens the first recording and puts all of them on one time line: the first keeps its times, the origin of each next
 * one falls on the end mark of the one before it.
 *
 * @throws `ERR_ARGUMENT` when the list is empty, and what `open()` of the first recording throws
 */
export async function openPlaylist(list: ReplayList, settings: Settings): Promise<Playlist> {
  const items = iterate(list);
  const head = await items.next();
  if (head.done) throw new RxSpikeError('ERR_ARGUMENT', 'replay: there is no recording in the list');
  return new Sequence(list, settings, { items, item: head.value, recording: await head.value.open() });
}

interface Opened {
  readonly items: AsyncIterator<ReplayItem>;
  readonly item: ReplayItem;
  readonly recording: Playable;
}

class Sequence implements Playlist {
  readonly info: StreamInfo;
  readonly #list: ReplayList;
  readonly #loop: boolean;
  readonly #first: Opened;
  #reading: AsyncIterator<EventPacket> | null = null;
  #closed = false;

  constructor(list: ReplayList, { loop, id }: Settings, first: Opened) {
    const { info } = first.recording;
    const alone = Array.isArray(list) && list.length === 1 && !loop;
    this.info = streamInfo({ ...info, id: id ?? info.id, epoch: alone ? info.epoch : null });
    this.#list = list;
    this.#loop = loop;
    this.#first = first;
  }

  async *packets(): AsyncGenerator<EventPacket> {
    let { items, item, recording }: Opened = this.#first;
    let end = this.info.origin;
    for (;;) {
      const before = end;
      try {
        for (;;) {
          end = yield* this.#play(item, recording, end);
          const next = await items.next();
          if (next.done) break;
          ({ value: item } = next);
          recording = await item.open();
        }
      } finally {
        await items.return?.();
      }
      // A round that takes no time would go round for ever.
      if (!this.#loop || end <= before) return;
      items = iterate(this.#list);
      const head = await items.next();
      if (head.done) return;
      ({ value: item } = head);
      recording = await item.open();
    }
  }

  close(): void {
    this.#closed = true;
    void this.#reading?.return?.()?.catch(() => {});
  }

  /** Delivers one recording with its origin at `start`; returns the time of its end mark. */
  async *#play(item: ReplayItem, recording: Playable, start: number): AsyncGenerator<EventPacket, number> {
    sameStream(this.info, recording.info, item.name ?? recording.info.id);
    const shift = start - recording.info.origin;
    let latest = -Infinity;
    let until = start;
    let ended = false;
    const reading = recording.events()[Symbol.asyncIterator]();
    this.#reading = reading;
    if (this.#closed) return until;
    for await (const packet of { [Symbol.asyncIterator]: () => reading }) {
      const moved = this.#move(packet, shift, item);
      for (let i = 0; i < moved.length; i++) if (moved.t[i] > latest) latest = moved.t[i];
      if (moved.until > until) ({ until } = moved);
      ended = moved.mark?.kind === 'end';
      yield moved;
    }
    this.#reading = null;
    if (!ended) {
      if (latest >= until) until = latest + 1;
      yield silence(this.info, until, endMark(item, null));
    }
    return until;
  }

  #move(packet: EventPacket, shift: number, item: ReplayItem): EventPacket {
    const mark = packet.mark?.kind === 'end' ? endMark(item, packet.mark) : packet.mark;
    const t = shift === 0 ? packet.t : packet.t.subarray(0, packet.length).map((time) => time + shift);
    return { ...packet, stream: this.info, t, until: packet.until + shift, mark };
  }
}

const endMark = (item: ReplayItem, mark: Mark | null): Mark => ({
  kind: 'end',
  source: item.name ?? mark?.source ?? null,
  label: item.label ?? mark?.label ?? null,
});

async function* iterate(list: ReplayList): AsyncGenerator<ReplayItem> {
  yield* typeof list === 'function' ? list() : list;
}

const SHARED = ['width', 'height', 'polarities', 'yUp', 'mirroredX'] as const;

/** @throws `ERR_GEOMETRY` when two streams cannot share one {@link StreamInfo} */
function sameStream(one: StreamInfo, other: StreamInfo, name: string): void {
  const differs = SHARED.find((key) => one[key] !== other[key]);
  if (!differs) return;
  throw new RxSpikeError(
    'ERR_GEOMETRY',
    `replay: ${differs} of ${name} is ${String(other[differs])}, of the recordings before it ${String(one[differs])}`,
    { details: { name, field: differs, expected: one[differs], came: other[differs] } },
  );
}
