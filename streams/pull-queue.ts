import { type Observable, Subscription, isObservable, takeWhile } from 'rxjs';
import { type Packet, PacketChannel, RxSpikeError } from '../src/index.js';
import { type QueueOptions, queueParams } from './queue.js';

/**
 * A bounded queue that is pulled from: lets a producer run ahead of a consumer that awaits (a file, a socket).
 *
 * An iterable is read ahead up to the capacity; with the policy `block` it is then left waiting and nothing is lost, with
 * any other it is read on and the policy decides. An Observable pushes, so `block` is refused for it. Reading begins with
 * the first pull; ending the loop early closes the source. Errors of the source come after everything that is held.
 *
 * @throws `ERR_ARGUMENT`; (while iterating) `ERR_OVERFLOW`
 */
export function pullQueue<P extends Packet>(
  source: AsyncIterable<P> | Observable<P>,
  options: QueueOptions = {},
): AsyncIterableIterator<P, undefined> {
  const params = queueParams({ policy: isObservable(source) ? 'error' : 'block', ...options });
  if (isObservable(source) && params.policy === 'block') {
    throw new RxSpikeError('ERR_ARGUMENT', 'pullQueue: an Observable cannot be blocked');
  }
  const channel = new PacketChannel<P>(params);
  options.gauge?.watch(() => [channel.counts]);
  let close: (() => void) | null = null;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => {
      if (!channel.returned) close ??= isObservable(source) ? push(source, channel) : pull(source, channel);
      return channel.next();
    },
    return: () => {
      close?.();
      return channel.return();
    },
  };
}

/** Reads an Observable into the channel; returns what stops it. */
function push<P extends Packet>(source: Observable<P>, channel: PacketChannel<P>): () => void {
  const reading = new Subscription();
  // An Observable that emits while it is being subscribed to can only be stopped from inside.
  const open = source.pipe(takeWhile(() => !reading.closed));
  reading.add(
    open.subscribe({
      next: (packet) => {
        try {
          channel.offer(packet);
        } catch (error) {
          channel.fail(error);
          reading.unsubscribe();
        }
      },
      error: (error: unknown) => channel.fail(error),
      complete: () => channel.complete(),
    }),
  );
  return () => reading.unsubscribe();
}

/** Reads an iterable into the channel; returns what stops it. */
function pull<P extends Packet>(source: AsyncIterable<P>, channel: PacketChannel<P>): () => void {
  const reading = source[Symbol.asyncIterator]();
  void (async () => {
    try {
      for await (const packet of { [Symbol.asyncIterator]: () => reading }) {
        while (!channel.returned && !channel.offer(packet)) await channel.room();
        if (channel.returned) return;
      }
      channel.complete();
    } catch (error) {
      channel.fail(error);
    }
  })();
  return () => void reading.return?.()?.catch(() => {});
}
