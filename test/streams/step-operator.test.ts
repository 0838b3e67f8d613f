import { concat, concatWith, endWith, from, map, NEVER, of, range, repeat, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { RxSpikeError, type Step } from '../../src/index.js';
import { Checkpoint, ParamsReference, stepOperator } from '../../streams/index.js';

interface Sum {
  sum: number;
}

/** Sums numbers: hands out each sum, doubled and more by `times`, and the last one again at the end. */
const sumStep: Step<{ readonly times: number }, Sum, number, number> = {
  name: 'sum',
  version: 1,
  init({ times }) {
    if (times < 1) throw new RxSpikeError('ERR_ARGUMENT', `sum: times must be at least 1, got ${times}`);
    return { sum: 0 };
  },
  check({ times }) {
    if (times > 100) throw new RxSpikeError('ERR_STATE', 'sum: too many times');
  },
  advance({ times }, state, input, emit) {
    state.sum += input;
    for (let i = 0; i < times; i++) emit(state.sum);
    if (input < 0) throw new RxSpikeError('ERR_CORRUPT', 'sum: below zero');
  },
  finish(_params, { sum }, emit) {
    emit(-sum);
  },
};

/** All that an observer hears. */
function heard(): {
  readonly log: unknown[];
  next: (value: unknown) => void;
  error: (e: Error) => void;
  complete: () => void;
} {
  const log: unknown[] = [];
  return {
    log,
    next: (value) => void log.push(value),
    error: (e) => void log.push(`error ${(e as RxSpikeError).code}`),
    complete: () => void log.push('done'),
  };
}

describe('stepOperator', () => {
  it('checks parameters when it is called', () => {
    expect(() => stepOperator(sumStep, { times: 0 })).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it('makes a state for each subscriber, and hands out the rest at the end', () => {
    const sums = of(1, 2).pipe(stepOperator(sumStep, { times: 2 }));
    for (let i = 0; i < 2; i++) {
      const { log, ...observer } = heard();
      sums.subscribe(observer);
      expect(log).toEqual([1, 1, 3, 3, -3, 'done']);
    }
  });

  it('delivers what was handed out before an error, then the error, and nothing after it', () => {
    const source = new Subject<number>();
    const { log, ...observer } = heard();
    source.pipe(stepOperator(sumStep, { times: 2 })).subscribe(observer);
    source.next(5);
    source.next(-1);
    expect(source.observed).toBe(false);
    source.next(7);
    expect(log).toEqual([5, 5, 4, 4, 'error ERR_CORRUPT']);
  });

  it('turns an error at the end into an error of the stream', () => {
    const failing: typeof sumStep = {
      ...sumStep,
      finish() {
        throw new RxSpikeError('ERR_LIMIT', 'sum: no end');
      },
    };
    const { log, ...observer } = heard();
    of(1)
      .pipe(stepOperator(failing, { times: 1 }))
      .subscribe(observer);
    expect(log).toEqual([1, 'error ERR_LIMIT']);
  });

  it('stops a source that emits all at once', () => {
    let asked = 0;
    const source = range(1, 1000).pipe(map((n) => ((asked = n), n)));
    const { log, ...observer } = heard();
    source.pipe(stepOperator(sumStep, { times: 1 }), take(2)).subscribe(observer);
    expect(log).toEqual([1, 3, 'done']);
    expect(asked).toBeLessThanOrEqual(3);
  });

  it('serves packets that come from inside a consumer in order, with whole states', () => {
    const source = new Subject<number>();
    const checkpoint = new Checkpoint<Sum>();
    const { log, ...observer } = heard();
    source.pipe(stepOperator(sumStep, { times: 2 }, { checkpoint })).subscribe({
      ...observer,
      next: (sum) => {
        log.push([sum, checkpoint.state?.sum]);
        if (log.length === 1) source.next(10);
        if (log.length === 3) source.complete();
      },
    });
    source.next(1);
    expect(log).toEqual([[1, 1], [1, 11], [11, 11], [11, 11], [-11, 11], 'done']);
  });
});

describe('a consumer that feeds its source', () => {
  it('may do so for ever: the stack does not grow', () => {
    const source = new Subject<number>();
    let count = 0;
    source.pipe(stepOperator(sumStep, { times: 1 })).subscribe(() => {
      if (++count < 50_000) source.next(1);
    });
    source.next(1);
    expect(count).toBe(50_000);
  });
});

describe('ParamsReference', () => {
  it('is read once a packet', () => {
    const params = new ParamsReference({ times: 1 });
    const source = new Subject<number>();
    const { log, ...observer } = heard();
    source.pipe(stepOperator(sumStep, params)).subscribe({
      ...observer,
      next: (sum) => {
        log.push(sum);
        if (sum === 2) params.swap({ times: 3 });
      },
    });
    source.next(2);
    source.next(3);
    expect(log).toEqual([2, 5, 5, 5]);
    expect(params.version).toBe(1);
  });

  it.each([
    [0, 'error ERR_ARGUMENT'],
    [101, 'error ERR_STATE'],
  ])('makes wrong parameters (%d) an error of the stream', (times, error) => {
    const params = new ParamsReference({ times: 1 });
    const source = new Subject<number>();
    const { log, ...observer } = heard();
    source.pipe(stepOperator(sumStep, params)).subscribe(observer);
    source.next(1);
    params.swap({ times });
    source.next(1);
    expect(log).toEqual([1, error]);
    expect(source.observed).toBe(false);
  });

  it('can be looked at in another form, made once a version', () => {
    const params = new ParamsReference(2);
    let made = 0;
    const form = params.map((n) => ({ times: n, made: ++made }));
    const { log, ...observer } = heard();
    of(1, 1).pipe(stepOperator(sumStep, form)).subscribe(observer);
    expect(log).toEqual([1, 1, 2, 2, -2, 'done']);
    expect(made).toBe(1);
    params.swap(3);
    expect([form.current, form.version, made]).toEqual([{ times: 3, made: 2 }, 1, 2]);
  });
});

const operator = (
  checkpoint: Checkpoint<Sum>,
): ReturnType<typeof stepOperator<{ times: number }, Sum, number, number>> =>
  stepOperator(sumStep, { times: 1 }, { checkpoint });

describe('Checkpoint', () => {
  it('saves the running state, and the next subscription goes on from it, once', () => {
    const checkpoint = new Checkpoint<Sum>();
    const stream = (...numbers: number[]): unknown[] => {
      const { log, ...observer } = heard();
      from(numbers).pipe(operator(checkpoint)).subscribe(observer);
      return log;
    };
    const running = concat(of(1, 2), NEVER).pipe(operator(checkpoint)).subscribe();
    const bytes = checkpoint.save();
    expect(checkpoint.state).toEqual({ sum: 3 });
    running.unsubscribe();
    expect(stream(5)).toEqual([5, -5, 'done']);
    checkpoint.restore(bytes);
    bytes.fill(0);
    expect(stream(5)).toEqual([8, -8, 'done']);
    expect(stream(5)).toEqual([5, -5, 'done']);
    // the state of the latest subscription stays to be saved
    expect(checkpoint.state).toEqual({ sum: 5 });
    expect(checkpoint.save()).not.toEqual(bytes);
  });

  it('serves one subscription at a time', () => {
    const checkpoint = new Checkpoint<Sum>();
    const source = new Subject<number>();
    const first = heard();
    const second = heard();
    const sums = source.pipe(operator(checkpoint));
    const subscription = sums.subscribe({ next: first.next, error: first.error });
    sums.subscribe({ next: second.next, error: second.error });
    source.next(4);
    expect([first.log, second.log]).toEqual([[4], ['error ERR_STATE']]);
    subscription.unsubscribe();
    const third = heard();
    sums.subscribe({ next: third.next, error: third.error });
    source.next(6);
    expect(third.log).toEqual([6]);
  });

  it('is free again when the end of a subscription is heard', () => {
    const checkpoint = new Checkpoint<Sum>();
    const sums = of(1, 2).pipe(operator(checkpoint));
    for (const twice of [sums.pipe(repeat(2)), concat(sums, sums), sums.pipe(endWith(0), concatWith(sums))]) {
      const { log, ...observer } = heard();
      twice.subscribe(observer);
      expect(log.filter((one) => one !== 0)).toEqual([1, 3, -3, 1, 3, -3, 'done']);
    }
    const { log, ...observer } = heard();
    sums.subscribe({ ...observer, complete: () => sums.subscribe(observer) });
    expect(log).toEqual([1, 3, -3, 1, 3, -3, 'done']);
  });

  it('has nothing to save before a subscription', () => {
    const checkpoint = new Checkpoint<Sum>();
    of(1).pipe(operator(checkpoint));
    expect(checkpoint.state).toBeNull();
    expect(() => checkpoint.save()).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });

  it('refuses damaged bytes and those of another step as an error of the subscription', () => {
    const checkpoint = new Checkpoint<Sum>();
    of(1).pipe(operator(checkpoint)).subscribe();
    const bytes = checkpoint.save();
    const other = stepOperator({ ...sumStep, name: 'other' }, { times: 1 }, { checkpoint });
    const cases: (readonly [Uint8Array, typeof other])[] = [
      [bytes.subarray(0, 20), operator(checkpoint)],
      [new Uint8Array(0), operator(checkpoint)],
      [bytes, other],
    ];
    for (const [start, through] of cases) {
      const { log, ...observer } = heard();
      checkpoint.restore(start);
      of(1).pipe(through).subscribe(observer);
      expect(log).toEqual(['error ERR_STATE']);
    }
    // none of them left the checkpoint in use
    const { log, ...observer } = heard();
    of(2).pipe(operator(checkpoint)).subscribe(observer);
    expect(log).toEqual([2, -2, 'done']);
  });
});
