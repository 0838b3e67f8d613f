import { isObservable, type Observable, Subscription, takeWhile } from 'rxjs';
import { PacketChannel, type QueueParams } from '../../src/index.js';
import type { FeedSource } from './feed.js';
import type { HubStream } from './hub-stream.js';
import type { StreamPacket } from './packet-fields.js';
import type { Servable, ServedSource } from './serve-options.js';

/** Is told of events that a queue behind an Observable has dropped. */
export type Lost = (events: number) => void;

/** Opens the first reading of each stream; closes them again where one cannot be opened. */
export async function openSources(
  streams: readonly ServedSource[],
  queue: QueueParams,
  lost: Lost,
): Promise<HubStream[]> {
  const opened: HubStream[] = [];
  try {
    for (const { name, kind, source, sharing = 'live' } of streams) {
      const open = async (): Promise<OpenedSource> => feedSource(await source(), queue, lost);
      const first = await open();
      opened.push({ name, kind, sharing, first, again: open, waits: sharing !== 'live' || !first.pushes });
    }
  } catch (error) {
    for (const { first } of opened) first.close?.();
    throw error;
  }
  return opened;
}

interface OpenedSource extends FeedSource {
  /** It cannot wait. */
  readonly pushes: boolean;
}

function feedSource(servable: Servable<StreamPacket>, queue: QueueParams, lost: Lost): OpenedSource {
  // Called before it is read: what it gives tells whether it can wait.
  const events = servable.events();
  return {
    info: servable.info,
    pushes: isObservable(events),
    packets: () => pulled(events, queue, lost),
    close: () => servable.close?.(),
  };
}

function pulled(
  events: AsyncIterable<StreamPacket> | Observable<StreamPacket>,
  params: QueueParams,
  lost: Lost,
): AsyncIterable<StreamPacket> {
  if (!isObservable(events)) return events;
  const channel = new PacketChannel<StreamPacket>(params);
  const reading = new Subscription();
  // An Observable that emits while it is being subscribed to can only be stopped from inside.
  const open = events.pipe(takeWhile(() => !reading.closed));
  reading.add(
    open.subscribe({
      next: (packet) => {
        const before = channel.counts.dropped.events;
        try {
          channel.offer(packet);
        } catch (error) {
          channel.fail(error);
          reading.unsubscribe();
        }
        lost(channel.counts.dropped.events - before);
      },
      error: (error: unknown) => channel.fail(error),
      complete: () => channel.complete(),
    }),
  );
  const read: AsyncIterableIterator<StreamPacket, undefined> = {
    [Symbol.asyncIterator]: () => read,
    next: () => channel.next(),
    // Not a generator: it would let go of the source only after the packet that it waits for.
    return: () => {
      reading.unsubscribe();
      return channel.return();
    },
  };
  return read;
}
