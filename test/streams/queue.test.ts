import {
  NEVER,
  Observable,
  Subject,
  asyncScheduler,
  concat,
  firstValueFrom,
  map,
  of,
  queueScheduler,
  throwError,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type EventPacket, type Mark, RxSpikeError, eventPacket, silence, streamInfo } from '../../src/index.js';
import { QueueGauge, type QueueOptions, boundedQueue, pullQueue } from '../../streams/index.js';
import { settled } from './virtual-clock.js';

const stream = streamInfo({ width: 4, height: 4 });
const END: Mark = { kind: 'end', source: 'a', label: '1' };

const packet = (n: number, mark: Mark | null = null): EventPacket =>
  eventPacket({ stream, t: [n], x: [0], y: [0], p: [0], until: n, mark });
const brief = ({ until, length, mark }: EventPacket): string => `${until}/${length}${mark ? mark.kind : ''}`;
const burst = (n: number): EventPacket[] => Array.from({ length: n }, (_, i) => packet(i + 1));
const testScheduler = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('boundedQueue', () => {
  it('takes a burst in at once and hands it out by the scheduler', () => {
    expect.hasAssertions();
    const values = { a: packet(1), b: packet(2), c: packet(3) };
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a--(bc)----|', values);
      const queued = source.pipe(boundedQueue());
      expectObservable(queued).toBe('-a--(bc)----|', values);
      expectObservable(queued, '--!').toBe('-a', values);
      expectSubscriptions(source.subscriptions).toBe(['^-----------!', '^-!']);
    });
  });

  it('goes on with a scheduler that runs at once, also where a consumer answers with another packet', () => {
    const source = new Subject<EventPacket>();
    const seen: string[] = [];
    source.pipe(boundedQueue({ scheduler: queueScheduler })).subscribe({
      next: (p) => {
        seen.push(brief(p));
        if (p.until === 1) source.next(packet(2));
      },
      complete: () => seen.push('complete'),
    });
    for (const p of [packet(1), packet(3), packet(4)]) source.next(p);
    source.complete();
    expect(seen).toEqual(['1/1', '2/1', '3/1', '4/1', 'complete']);
  });

  it.each([
    ['dropOldest', '(dxy|)', { packets: 3, events: 4, marks: 0 }],
    ['dropNewest', '(abz|)', { packets: 3, events: 3, marks: 0 }],
  ] as const)('%s: drops of a burst what does not fit, and counts it', (policy, expected, dropped) => {
    const gauge = new QueueGauge();
    testScheduler().run(({ expectObservable }) => {
      const source = of(packet(1), packet(2), packet(3, END), packet(4), packet(5), packet(6));
      const queued = source.pipe(boundedQueue({ policy, packets: 3, gauge }), map(brief));
      // Dropping the oldest leaves the mark of the third behind.
      expectObservable(queued).toBe(expected, { a: '1/1', b: '2/1', z: '3/1end', d: '3/0end', x: '5/1', y: '6/1' });
    });
    const { taken, handedOut, held } = gauge.counts;
    expect(gauge.counts.dropped).toEqual(dropped);
    expect(taken.events).toBe(6);
    expect(handedOut.events + gauge.counts.dropped.events + held.events).toBe(6);
  });

  it('fails when it is full, after everything it holds, and lets go of the source', () => {
    let closed = false;
    const source = new Observable<EventPacket>((subscriber) => {
      for (const one of burst(10)) subscriber.next(one);
      return () => (closed = true);
    });
    testScheduler().run(({ expectObservable }) => {
      const failure = expect.objectContaining({ code: 'ERR_OVERFLOW' });
      const queued = source.pipe(boundedQueue({ packets: 2 }), map(brief));
      expectObservable(queued).toBe('(ab#)', { a: '1/1', b: '2/1' }, failure);
    });
    expect(closed).toBe(true);
  });

  it('passes an error on after everything it holds', () => {
    expect.hasAssertions();
    testScheduler().run(({ expectObservable }) => {
      const source = concat(
        of(packet(1)),
        throwError(() => 'broken'),
      );
      expectObservable(source.pipe(boundedQueue(), map(brief))).toBe('(a#)', { a: '1/1' }, 'broken');
    });
  });

  it('hands out when its scheduler says so, until it is unsubscribed from', () => {
    expect.hasAssertions();
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b', { a: packet(1), b: packet(2) });
      const queued = source.pipe(boundedQueue({ scheduler: asyncScheduler }), map(brief));
      expectObservable(queued, '---!').toBe('-a', { a: '1/1' });
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  it('counts as handed out only what was, also when the subscriber leaves', async () => {
    const gauge = new QueueGauge();
    const source = new Subject<EventPacket>();
    const first = firstValueFrom(source.pipe(boundedQueue({ gauge })));
    for (const one of burst(3)) source.next(one);
    await expect(first).resolves.toMatchObject({ until: 1 });
    expect(gauge.counts).toMatchObject({ taken: { packets: 3 }, handedOut: { packets: 1 }, held: { packets: 2 } });
  });

  it('refuses wrong arguments at the call', () => {
    const wrong = expect.objectContaining({ code: 'ERR_ARGUMENT' });
    const options = [{ policy: 'block' }, { policy: 'drop' }, { packets: 0 }, { packets: 1.5 }, { events: 0 }];
    for (const one of options) expect(() => boundedQueue(one as QueueOptions)).toThrow(wrong);
    expect(() => pullQueue(NEVER, { policy: 'block' })).toThrow(wrong);
  });
});

/** An iterable that tells how far it was read and whether it was closed. */
function iterable(
  packets: readonly EventPacket[],
  fails?: Error,
): AsyncIterable<EventPacket> & { read: number; closed: boolean } {
  const source = {
    read: 0,
    closed: false,
    async *[Symbol.asyncIterator](): AsyncGenerator<EventPacket> {
      try {
        for (const one of packets) {
          source.read++;
          yield one;
        }
        if (fails) throw fails;
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

/** What an iterable gives, and the code of its error. */
const collect = async (queue: AsyncIterable<EventPacket>): Promise<(number | string)[]> => {
  const seen: (number | string)[] = [];
  try {
    for await (const { until } of queue) seen.push(until);
  } catch (error) {
    seen.push((error as RxSpikeError).code);
  }
  return seen;
};

describe('pullQueue', () => {
  it('reads ahead up to its capacity, then waits: nothing is lost', async () => {
    const source = iterable(burst(100));
    const gauge = new QueueGauge();
    const queue = pullQueue(source, { packets: 5, gauge });
    await settled();
    expect(source.read).toBe(0);
    const first = await queue.next();
    await settled();
    expect(source.read).toBe(7);
    expect(gauge.counts.held.packets).toBe(5);
    const rest: number[] = [];
    for await (const { until } of queue) rest.push(until);
    expect([first.value?.until, ...rest]).toEqual(burst(100).map(({ until }) => until));
    expect(gauge.counts).toMatchObject({
      taken: { packets: 100 },
      handedOut: { packets: 100 },
      dropped: { packets: 0 },
    });
    expect(source.closed).toBe(true);
  });

  it('reads on and drops where the policy says so', async () => {
    const source = iterable(burst(100));
    const gauge = new QueueGauge();
    const queue = pullQueue(source, { packets: 5, policy: 'dropOldest', gauge });
    const first = await queue.next();
    await settled();
    expect(source.closed).toBe(true);
    const rest: string[] = [];
    for await (const one of queue) rest.push(brief(one));
    expect(rest).toEqual(['96/1', '97/1', '98/1', '99/1', '100/1']);
    expect(first.value?.until).toBe(1);
    expect(gauge.counts.dropped.events).toBe(94);
  });

  it('gives what is held before the error of its source, or its own', async () => {
    const broken = iterable(burst(2), new RxSpikeError('ERR_TRUNCATED', 'cut'));
    await expect(collect(pullQueue(broken))).resolves.toEqual([1, 2, 'ERR_TRUNCATED']);
    await expect(collect(pullQueue(of(...burst(5)), { packets: 3 }))).resolves.toEqual([1, 2, 3, 'ERR_OVERFLOW']);
    const failing = concat(
      of(packet(1)),
      throwError(() => new RxSpikeError('ERR_CORRUPT', 'bad')),
    );
    await expect(collect(pullQueue(failing))).resolves.toEqual([1, 'ERR_CORRUPT']);
  });

  it('makes an Observable an iterable, and closes what it reads when the loop ends early', async () => {
    const source = new Subject<EventPacket>();
    const queue = pullQueue(source, { policy: 'dropNewest', packets: 2 });
    const first = queue.next();
    for (const one of burst(4)) source.next(one);
    await expect(first).resolves.toMatchObject({ value: { until: 1 } });
    expect(source.observed).toBe(true);
    await queue.return?.();
    expect(source.observed).toBe(false);

    const never = new Subject<EventPacket>();
    const left = pullQueue(never);
    await left.return?.();
    await expect(left.next()).resolves.toMatchObject({ done: true });
    expect(never.observed).toBe(false);

    const waiting = iterable([...burst(50), silence(stream, 99)]);
    for await (const { until } of pullQueue(waiting, { packets: 2 })) if (until === 3) break;
    await settled();
    expect(waiting.closed).toBe(true);
    expect(waiting.read).toBeLessThan(10);
  });
});
