import fc from 'fast-check';
import { Subject, map, of, take } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type EventPacket, type Mark, eventPacket, silence, streamInfo } from '../../src/index.js';
import { QueueGauge, mergeByTime } from '../../streams/index.js';
import { breaches, contentOf } from './content.js';
import { CUT_EVERYWHERE, CUT_NOWHERE, type Script, cuts, packetsOf, script } from './scripts.js';

const left = streamInfo({ id: 'left', width: 8, height: 8, origin: 100 });
const right = streamInfo({ id: 'right', width: 8, height: 8, origin: 50 });
const END: Mark = { kind: 'end', source: 'l', label: '1' };

/** Events whose x tells the source. */
const events = (x: number, t: number[], until?: number, mark: Mark | null = null): EventPacket =>
  eventPacket({
    stream: x === 0 ? left : right,
    t,
    x: t.map(() => x),
    y: t.map(() => 0),
    p: t.map(() => 0),
    until: until ?? t.at(-1) ?? 0,
    mark,
  });

const brief = ({ t, x, length, until, mark }: EventPacket): string => {
  const rows = [...t.subarray(0, length)].map((time, i) => `${time}${'ab'[x[i]]} `);
  return `${rows.join('')}<${until}${mark ? ` ${mark.kind}` : ''}`;
};

const testScheduler = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('mergeByTime', () => {
  it('hands out what every source has passed, and completes when all have', () => {
    expect.hasAssertions();
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const a = hot('--a--b------c|', { a: events(0, [1, 4]), b: silence(left, 10), c: events(0, [30]) });
      const b = hot('---c----d--|  ', { c: events(1, [2, 4, 6]), d: events(1, [10, 11]) });
      const merged = mergeByTime([a, b]).pipe(map(brief));
      expectObservable(merged).toBe('---v-w--x---y|', {
        v: '1a 2b 4a <4',
        w: '4b 6b <6',
        // The left stream may still have an event at 10, which would come first.
        x: '<10',
        y: '10b 11b 30a <30',
      });
      expectSubscriptions(a.subscriptions).toBe('^------------!');
      expectSubscriptions(b.subscriptions).toBe('^----------!');
    });
  });

  it('passes an error on at once, after what was ready, and lets go of the other sources', () => {
    expect.hasAssertions();
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const a = hot('--a----------', { a: events(0, [1, 4]) });
      const b = hot('---c-#       ', { c: events(1, [2, 9]) });
      const merged = mergeByTime([a, b]).pipe(map(brief));
      expectObservable(merged).toBe('---v-#', { v: '1a 2b 4a <4' });
      expectSubscriptions(a.subscriptions).toBe('^----!');
      expectSubscriptions(b.subscriptions).toBe('^----!');
    });
  });

  it('is unsubscribed from with all its sources', () => {
    expect.hasAssertions();
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const a = hot('--a--b--', { a: events(0, [1]), b: events(0, [5]) });
      const b = hot('---c--d-', { c: events(1, [2]), d: events(1, [9]) });
      const merged = mergeByTime([a, b]).pipe(map(brief));
      expectObservable(merged, '----!').toBe('---v', { v: '1a <1' });
      expectSubscriptions(a.subscriptions).toBe('^---!');
      expectSubscriptions(b.subscriptions).toBe('^---!');
    });
  });

  it('stops sources that emit at once when nobody listens any more', () => {
    let pulled = 0;
    const source = of(events(0, [1]), events(0, [2]), events(0, [3])).pipe(
      map((packet) => {
        pulled++;
        return packet;
      }),
    );
    mergeByTime([source]).pipe(take(1)).subscribe();
    // One more than taken: a source that is still being subscribed to learns of it with its next packet.
    expect(pulled).toBe(2);
  });

  it.each([
    ['all', ['1a <1 end', '1b 2b <2 end', '3a <3']],
    ['first', ['1a <1 end', '1b 2b <2', '3a <3']],
    ['none', ['1a 1b 2b <2', '3a <3']],
  ] as const)('passes on marks: %s', (marks, expected) => {
    const seen: string[] = [];
    mergeByTime([of(events(0, [1], 1, END), events(0, [3])), of(events(1, [1, 2], 2, END))], { marks }).subscribe(
      (packet) => seen.push(brief(packet)),
    );
    expect(seen).toEqual(expected);
  });

  it('has one StreamInfo: named after all, from the earliest origin', () => {
    const seen: EventPacket[] = [];
    mergeByTime([of(events(0, [101])), of(events(1, [60]))]).subscribe((packet) => seen.push(packet));
    expect(seen[0].stream).toEqual({ ...left, id: 'left+right', origin: 50 });
    mergeByTime([of(events(0, [101]))], { id: 'x' }).subscribe((packet) => seen.push(packet));
    expect(seen.at(-1)?.stream.id).toBe('x');
  });

  it.each([
    ['ERR_GEOMETRY', of(events(0, [1])), of(eventPacket({ t: [1], x: [0], y: [0], p: [0] }))],
    ['ERR_TIME_ORDER', of(events(0, [5]), events(0, [4])), of(events(1, [1]))],
    ['ERR_TIME_ORDER', of(events(0, [5]), silence(left, 4)), of(events(1, [1]))],
  ])('fails with %s', (code, a, b) => {
    const errors: unknown[] = [];
    mergeByTime([a, b]).subscribe({ error: (error) => errors.push(error) });
    expect(errors).toEqual([expect.objectContaining({ code })]);
  });

  it('holds no more of a stream than it may, and counts what it drops', () => {
    const packets = Array.from({ length: 10 }, (_, i) => events(0, [i]));
    const errors: unknown[] = [];
    const failing = new Subject<EventPacket>();
    mergeByTime([failing, new Subject<EventPacket>()], { hold: { packets: 5 } }).subscribe({
      error: (error) => errors.push(error),
    });
    for (const packet of packets) failing.next(packet);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_OVERFLOW' })]);

    const gauge = new QueueGauge();
    const a = new Subject<EventPacket>();
    const b = new Subject<EventPacket>();
    const seen: string[] = [];
    mergeByTime([a, b], { hold: { packets: 5, policy: 'dropOldest' }, gauge }).subscribe((packet) =>
      seen.push(brief(packet)),
    );
    for (const packet of packets) a.next(packet);
    expect(gauge.counts.held.packets).toBe(5);
    b.next(silence(right, 100));
    expect(seen).toEqual(['5a 6a 7a 8a 9a <9']);
    expect(gauge.counts).toMatchObject({ taken: { events: 10 }, dropped: { events: 5 }, handedOut: { events: 5 } });
  });

  it('merges long packets whose events alternate in time that grows with them, not with their square', () => {
    const times = Array.from({ length: 300_000 }, (_, i) => i);
    const [even, odd] = [0, 1].map((x) =>
      of(
        events(
          x,
          times.filter((t) => t % 2 === x),
        ),
      ),
    );
    const merged: EventPacket[] = [];
    mergeByTime([even, odd]).subscribe((packet) => merged.push(packet));
    expect(merged.flatMap(({ t }) => [...t])).toEqual(times);
  });

  it('refuses wrong arguments at the call', () => {
    const wrong = expect.objectContaining({ code: 'ERR_ARGUMENT' });
    expect(() => mergeByTime([])).toThrow(wrong);
    expect(() => mergeByTime([of()], { hold: { policy: 'block' } })).toThrow(wrong);
    expect(() => mergeByTime([of()], { hold: { packets: 0 } })).toThrow(wrong);
    expect(() => mergeByTime([of()], { marks: 'some' as 'all' })).toThrow(wrong);
  });

  it('serves a source that emits from inside a handler in order', () => {
    const source = new Subject<EventPacket>();
    const seen: string[] = [];
    mergeByTime([source]).subscribe((packet) => {
      seen.push(brief(packet));
      if (packet.until === 1) source.next(events(0, [2]));
      seen.push('done');
    });
    source.next(events(0, [1]));
    expect(seen).toEqual(['1a <1', 'done', '2a <2', 'done']);
  });
});

describe('a source that breaks from inside a handler', () => {
  it.each([
    ['steps back in time', 'ERR_TIME_ORDER', (b: Subject<EventPacket>) => b.next(events(1, [2]))],
    ['fails', 'broken', (b: Subject<EventPacket>) => b.error(Object.assign(new Error(), { code: 'broken' }))],
  ])('%s: everything that was ready comes before the error', (_, code, breakIt) => {
    const [a, b] = [new Subject<EventPacket>(), new Subject<EventPacket>()];
    const seen: string[] = [];
    mergeByTime([a, b]).subscribe({
      next: (packet) => {
        seen.push(brief(packet));
        if (seen.length === 1) breakIt(b);
      },
      error: (error: { code: string }) => seen.push(error.code),
    });
    for (const t of [1, 2, 3]) a.next(events(0, [t], t, END));
    b.next(events(1, [5]));
    expect(seen).toEqual(['1a <1 end', '2a <2 end', '3a <3 end', code]);
    expect([a.observed, b.observed]).toEqual([false, false]);
  });
});

/** Tokens of all scripts by time, then by source, then as they stand. */
const oracle = (scripts: readonly Script[]): unknown[] =>
  scripts
    .flatMap(({ tokens }, source) => tokens.map((token, i) => ({ token, source, i })))
    .toSorted((a, b) => a.token.t - b.token.t || a.source - b.source || a.i - b.i)
    .map(({ token }) =>
      token.kind === 'event'
        ? ['event', token.t, token.x, token.y, token.p]
        : ['mark', token.t, token.mark.kind, token.mark.source, token.mark.label],
    );

describe('any merge', () => {
  it('is a stable sort by time, wherever and in whatever turn the packets come', () => {
    const sources = fc.array(fc.record({ script, cuts }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(sources, fc.infiniteStream(fc.nat(2)), (list, turns) => {
        for (const where of [
          list.map(({ cuts: own }) => own),
          list.map(() => CUT_EVERYWHERE),
          list.map(() => CUT_NOWHERE),
        ]) {
          const inputs = list.map(({ script: one }, i) => packetsOf(one, where[i]));
          const subjects = list.map(() => new Subject<EventPacket>());
          const out: EventPacket[] = [];
          let complete = false;
          mergeByTime(subjects).subscribe({ next: (packet) => out.push(packet), complete: () => (complete = true) });
          while (inputs.some(({ length }) => length > 0)) {
            const turn = turns.next().value % inputs.length;
            const packet = inputs[turn].shift();
            if (packet) subjects[turn].next(packet);
          }
          for (const subject of subjects) subject.complete();
          const { rows, until } = contentOf(out);
          expect(rows.map((row) => row.slice(0, 5))).toEqual(oracle(list.map(({ script: one }) => one)));
          expect(breaches(out)).toEqual([]);
          expect(until).toBe(Math.max(...list.map(({ script: one }) => one.until)));
          expect(complete).toBe(true);
        }
      }),
      { numRuns: 70, seed: 20_506 },
    );
  });
});
