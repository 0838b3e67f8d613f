import { Subscription, take, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fromPackets } from '../../streams/index.js';

/** Numbers 1…n as an iterable that notes what is asked of it. */
function numbers(n: number): { readonly asked: string[]; readonly iterable: AsyncIterable<number> } {
  const asked: string[] = [];
  const iterable = {
    [Symbol.asyncIterator]: () => {
      let i = 0;
      return {
        next: () => {
          asked.push(`next ${i + 1}`);
          i++;
          return Promise.resolve(
            i > n ? { done: true as const, value: undefined } : { done: false as const, value: i },
          );
        },
        return: () => {
          asked.push('return');
          return Promise.resolve({ done: true as const, value: undefined });
        },
      };
    },
  };
  return { asked, iterable };
}

const heardOf = <T>(stream: ReturnType<typeof fromPackets<T>>): Promise<unknown[]> =>
  new Promise((resolve) => {
    const log: unknown[] = [];
    stream.subscribe({
      next: (value) => log.push(value),
      error: (error: Error) => resolve([...log, `error ${error.message}`]),
      complete: () => resolve([...log, 'done']),
    });
  });

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function* broken(): AsyncGenerator<number> {
  yield 1;
  await Promise.resolve();
  throw new Error('broken');
}

async function* endless(): AsyncGenerator<number> {
  for (let i = 0; ; i++) yield i;
}

describe('fromPackets', () => {
  it('hands on what is iterated, each subscriber for itself', async () => {
    const { asked, iterable } = numbers(2);
    const stream = fromPackets(iterable);
    expect(asked).toEqual([]);
    expect(await heardOf(stream)).toEqual([1, 2, 'done']);
    expect(await heardOf(stream)).toEqual([1, 2, 'done']);
    expect(asked).toEqual(['next 1', 'next 2', 'next 3', 'next 1', 'next 2', 'next 3']);
  });

  it('delivers what was good before an error', async () => {
    expect(await heardOf(fromPackets(broken()))).toEqual([1, 'error broken']);
    const noIterator = {
      [Symbol.asyncIterator]: (): AsyncIterator<number> => {
        throw new Error('closed');
      },
    };
    expect(await heardOf(fromPackets(noIterator))).toEqual(['error closed']);
  });

  it('asks for no more than is taken, and closes the iterator', async () => {
    const { asked, iterable } = numbers(1000);
    expect(await heardOf(fromPackets(iterable).pipe(take(2)))).toEqual([1, 2, 'done']);
    await turn();
    expect(asked).toEqual(['next 1', 'next 2', 'return']);
  });

  it('closes an iterator that it is waiting for', async () => {
    const asked: string[] = [];
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => (asked.push('next'), new Promise(() => undefined)),
        return: () => (asked.push('return'), Promise.reject(new Error('while closing'))),
      }),
    };
    const subscription = fromPackets(silent).subscribe();
    await turn();
    subscription.unsubscribe();
    await turn();
    expect(asked).toEqual(['next', 'return']);
  });

  it('lets timers run while packets are ready all the time', async () => {
    const subscription = new Subscription();
    let count = 0;
    subscription.add(fromPackets(endless(), { pauseAfter: 2 }).subscribe(() => count++));
    // without pauses this timer would never come
    await turn();
    subscription.unsubscribe();
    const before = count;
    await turn();
    expect(before).toBeGreaterThan(10);
    expect(count).toBe(before);
  });

  it.each([-1, NaN])('refuses to pause after %d ms', (pauseAfter) => {
    expect(() => fromPackets(numbers(1).iterable, { pauseAfter })).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
  });

  it('takes its pauses from the scheduler it is given', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { asked, iterable } = numbers(3);
    const stream = heardOf(fromPackets(iterable, { scheduler, pauseAfter: 0 }));
    await turn();
    expect(asked).toEqual(['next 1']);
    scheduler.flush();
    await turn();
    expect(asked).toEqual(['next 1', 'next 2']);
    for (let i = 0; i < 2; i++) {
      scheduler.flush();
      await turn();
    }
    expect(await stream).toEqual([1, 2, 3, 'done']);
  });
});
