import { Observable, type SchedulerLike, asyncScheduler } from 'rxjs';
import { type EventPacket, RxSpikeError, type StreamInfo } from '../src/index.js';
import { Paced } from './paced.js';
import { type ReplayList, openPlaylist } from './playlist.js';
import { ReplayControl, speedOf } from './replay-control.js';

/** How recordings are replayed. */
export interface ReplayOptions {
  /**
   * Event time per time of the clock: 1 as the sensor saw it, any factor above 0, `'max'` (or Infinity) as fast as the
   * packets are taken. Default: the control's, else 1.
   */
  readonly speed?: number | 'max';
  /** Begins again after the last recording, for ever. Default false. */
  readonly loop?: boolean;
  /** Source of time and of timers. Default `asyncScheduler`. */
  readonly clock?: SchedulerLike;
  /** Pause, resume, stop, speed while running; lag and position. */
  readonly control?: ReplayControl;
  /** Longest stretch of a packet, µs of the clock (at speed 1 this is event time): the delay it adds. Default 5000. */
  readonly slice?: number;
  /** Name of the stream. Default: that of the first recording. */
  readonly id?: string;
}

/** A replay in pull form: what it is read with is never hurried, a slow reader only makes it lag. */
export interface OpenReplay {
  readonly info: StreamInfo;
  /** The packets, each when it is due; a second call starts from the beginning. */
  events(): AsyncIterableIterator<EventPacket, undefined>;
}

/**
 * Replays recordings one after another as one stream, at the speed of the sensor or any other.
 *
 * The recordings lie end to end on one time line: the first keeps its times, the origin of each next one falls on the
 * end mark of the one before it. All share one `StreamInfo`; each ends with a mark `end` with its name and label. Events
 * are handed out when they are due, never early, at most one `slice` late (`control.lag` tells what comes on top), and
 * silence travels. One packet of the source is held at a time. At speed `'max'` packets are passed on whole, with a
 * pause for the event loop every 10 ms of work.
 *
 * A recording that breaks fails the stream after everything good before the break. With `loop`, the stream ends only
 * when a round takes no time. Unsubscribing closes the recording that is being read.
 *
 * @throws `ERR_ARGUMENT`; as errors of the stream: `ERR_GEOMETRY` when the recordings differ in size, polarities or
 * orientation, `ERR_ARGUMENT` when there are none, and whatever opening and reading them throws
 */
export function replay(recordings: ReplayList, options: ReplayOptions = {}): Observable<EventPacket> {
  const settings = checked(recordings, options);
  return new Observable((subscriber) => {
    const packets = start(recordings, settings);
    void (async () => {
      try {
        for await (const packet of packets) subscriber.next(packet);
        subscriber.complete();
      } catch (error) {
        subscriber.error(error);
      }
    })();
    return () => void packets.return().catch(() => {});
  });
}

/**
 * As {@link replay}, in pull form: opens the first recording, so that the stream's `info` is known before time begins.
 * For whatever has to slow its source down: a socket, a file.
 *
 * @throws as {@link replay}, and what opening the first recording throws
 */
export async function openReplay(recordings: ReplayList, options: ReplayOptions = {}): Promise<OpenReplay> {
  const settings = checked(recordings, options);
  const first = await openPlaylist(recordings, settings);
  let unused: typeof first | null = first;
  return {
    info: first.info,
    events: () => {
      const opened = unused;
      unused = null;
      return start(recordings, settings, opened);
    },
  };
}

type Settings = ReturnType<typeof checked>;

function start(
  recordings: ReplayList,
  settings: Settings,
  opened?: Awaited<ReturnType<typeof openPlaylist>> | null,
): Paced {
  const open = opened ? () => Promise.resolve(opened) : () => openPlaylist(recordings, settings);
  return new Paced(
    open,
    settings.clock,
    settings.control ?? new ReplayControl({ speed: settings.speed }),
    settings.slice,
  );
}

function checked(
  recordings: ReplayList,
  { speed, loop = false, clock = asyncScheduler, control, slice = 5000, id }: ReplayOptions,
): {
  speed: number;
  loop: boolean;
  clock: SchedulerLike;
  control: ReplayControl | undefined;
  slice: number;
  id: string | undefined;
} {
  if (!(Number.isFinite(slice) && slice > 0)) {
    throw new RxSpikeError('ERR_ARGUMENT', `replay: slice must be a finite number of µs above 0, got ${slice}`);
  }
  if (Array.isArray(recordings) && recordings.length === 0) {
    throw new RxSpikeError('ERR_ARGUMENT', 'replay: there is no recording in the list');
  }
  const wanted = speedOf(speed ?? control?.speed ?? 1);
  if (control && speed !== undefined) control.speed = wanted;
  return { speed: wanted, loop, clock, control, slice, id };
}
