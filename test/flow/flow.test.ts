import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PacketChannel,
  type Pace,
  addValue,
  changePace,
  countPacket,
  creditBalance,
  creditDue,
  creditWindow,
  dueTime,
  followSequence,
  positionAt,
  quantileState,
  quantilesOf,
  rateState,
  reportRate,
  sequenceState,
  silence,
  spendCredit,
  streamInfo,
  stretchEnd,
  takeCredit,
  eventPacket,
  type EventPacket,
} from '../../src/index.js';

const stream = streamInfo({ width: 4, height: 4 });

describe('sequence numbers', () => {
  it('tells the next, the missing and the repeated apart', () => {
    const state = sequenceState();
    expect([0, 1, 4, 4, 2, 5].map((number) => followSequence(state, number))).toEqual([0, 0, 2, -1, -3, 0]);
    expect(state).toEqual({ next: 6, missing: 2, repeated: 2 });
  });

  it.each([-1, 0.5, Number.NaN, '0', null, undefined, 2 ** 53])('takes %s for no number', (number) => {
    const state = sequenceState();
    expect(followSequence(state, number)).toBeNaN();
    expect(state).toEqual(sequenceState());
  });
});

describe('credits', () => {
  it('never let more than the window be under way, and never let both sides wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.constantFrom('send', 'consume', 'late'), { maxLength: 200, size: 'max' }),
        (size, script) => {
          const window = creditWindow(size);
          const balance = creditBalance();
          const underWay: number[] = [];
          const grant = (): void => {
            const due = creditDue(window);
            if (due !== null) underWay.push(due);
          };
          grant();
          for (const what of script) {
            if (what === 'late') for (const upTo of underWay) takeCredit(balance, upTo);
            if (what === 'send') spendCredit(balance);
            if (what === 'consume' && window.consumed < balance.sent) {
              window.consumed++;
              grant();
            }
            if (balance.sent - window.consumed > size) throw new Error('more than the window is under way');
          }
          // All consumed, all credits arrived: then something may be sent.
          while (window.consumed < balance.sent) {
            window.consumed++;
            grant();
          }
          for (const upTo of underWay.toReversed()) takeCredit(balance, upTo);
          expect(spendCredit(balance)).toBe(true);
        },
      ),
      { numRuns: 200, seed: 20_506 },
    );
  });

  it('refuses a window of nothing', () => {
    expect(() => creditWindow(0)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});

describe('quantiles', () => {
  it('are those of the newest values, by the definition', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { maxLength: 40, size: 'max' }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, capacity, q) => {
          const state = quantileState(capacity);
          for (const value of values) addValue(state, value);
          const kept = values.slice(-capacity);
          const [found] = quantilesOf(state, [q]);
          const atMost = (limit: number): number => kept.filter((value) => value <= limit).length;
          const right = kept.filter((value) => atMost(value) >= q * kept.length);
          expect(found).toBe(right.length === 0 ? null : Math.min(...right));
          expect([state.least, state.most]).toEqual([Math.min(...values), Math.max(...values)]);
          expect(state.count).toBe(values.length);
        },
      ),
      { numRuns: 300, seed: 20_506 },
    );
  });

  it('leave NaN out', () => {
    const state = quantileState(4);
    for (const value of [Number.NaN, 3, Number.NaN, 1]) addValue(state, value);
    expect(quantilesOf(state, [0, 0.5, 0.99])).toEqual([1, 1, 3]);
    expect(state.count).toBe(2);
  });
});

describe('rates', () => {
  it('are over the time since the report before, totals since the start', () => {
    const state = rateState(1000);
    const four = eventPacket({ stream, t: [1, 2, 3, 4], x: [0, 0, 0, 0], y: [0, 0, 0, 0], p: [0, 0, 0, 0] });
    countPacket(state, four);
    countPacket(state, silence(stream, 9, { kind: 'reset', source: null, label: null }));
    expect(reportRate(state, 1500)).toEqual({
      packets: 2,
      events: 4,
      marks: 1,
      seconds: 0.5,
      packetRate: 4,
      eventRate: 8,
    });
    countPacket(state, four);
    expect(reportRate(state, 3500)).toMatchObject({ packets: 3, events: 8, seconds: 2, packetRate: 0.5, eventRate: 2 });
    expect(reportRate(state, 3500)).toMatchObject({ seconds: 0, packetRate: 0, eventRate: 0 });
  });
});

const paceAt = (speed: number, slice = 5000): Pace => ({ speed, slice, wall: 100, event: 7000, paused: false });

describe('pace', () => {
  it('makes event time due by the speed', () => {
    expect(dueTime(paceAt(1), 12_000)).toBe(105);
    expect(dueTime(paceAt(2), 12_000)).toBe(102.5);
    expect(dueTime(paceAt(Infinity), 12_000)).toBe(-Infinity);
    expect(dueTime({ ...paceAt(1), paused: true }, 7000)).toBe(Infinity);
    expect(positionAt(paceAt(2), 103, 0)).toBe(13_000);
  });

  it('ends stretches on whole µs after any time, no longer than a slice, always the same', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.integer({ min: -1e9, max: 1e12 }),
        (speed, slice, t) => {
          const pace = paceAt(speed, slice);
          const end = stretchEnd(pace, t);
          expect(end).toBeGreaterThan(t);
          expect(Number.isInteger(end)).toBe(true);
          expect(end - t).toBeLessThanOrEqual(Math.max(1, speed * slice) * (1 + 1e-9) + 1);
          expect(stretchEnd(pace, end - 1)).toBe(end);
        },
      ),
      { numRuns: 500, seed: 20_506 },
    );
  });

  it('does not let event time jump when the speed changes or a pause ends', () => {
    const pace = paceAt(1);
    changePace(pace, 110, 0, 4, false);
    expect(positionAt(pace, 110, 0)).toBe(17_000);
    changePace(pace, 112, 0, 4, true);
    expect(positionAt(pace, 500, 0)).toBe(25_000);
    changePace(pace, 512, 0, 1, false);
    expect(dueTime(pace, 26_000)).toBe(513);
    changePace(pace, 514, 0, Infinity, false);
    changePace(pace, 520, 90_000, 1, false);
    expect(dueTime(pace, 91_000)).toBe(521);
  });
});

const one = (until: number): EventPacket => silence(stream, until);

describe('packet channel', () => {
  it('hands packets from one side to the other, waiting on either', async () => {
    const channel = new PacketChannel<EventPacket>({ policy: 'block', packets: 2, events: 10 });
    const first = channel.next();
    expect(channel.offer(one(1))).toBe(true);
    await expect(first).resolves.toMatchObject({ value: { until: 1 } });
    expect([channel.offer(one(2)), channel.offer(one(3)), channel.offer(one(4))]).toEqual([true, true, false]);
    let room = false;
    const waiting = channel.room().then(() => (room = true));
    await Promise.resolve();
    expect(room).toBe(false);
    await channel.next();
    await waiting;
    expect(channel.offer(one(4))).toBe(true);
    channel.complete();
    const rest: number[] = [];
    for await (const { until } of channel) rest.push(until);
    expect(rest).toEqual([3, 4]);
    expect(channel.counts).toMatchObject({ taken: { packets: 4 }, handedOut: { packets: 4 }, held: { packets: 0 } });
  });

  it('throws an error once, after everything that is held', async () => {
    const channel = new PacketChannel<EventPacket>({ policy: 'dropOldest', packets: 1, events: 10 });
    channel.offer(one(1));
    channel.offer(one(2));
    channel.fail(new Error('broken'));
    await expect(channel.next()).resolves.toMatchObject({ value: { until: 2 } });
    await expect(channel.next()).rejects.toThrow('broken');
    await expect(channel.next()).resolves.toEqual({ done: true, value: undefined });
    expect(channel.counts.dropped.packets).toBe(1);
  });

  it('lets both sides go when the consumer turns away', async () => {
    const channel = new PacketChannel<EventPacket>({ policy: 'block', packets: 1, events: 10 });
    const reader = channel.next();
    await channel.return();
    await expect(reader).resolves.toEqual({ done: true, value: undefined });
    channel.offer(one(1));
    await channel.room();
    expect(channel.returned).toBe(true);
    expect(channel.counts.held.packets).toBe(1);
  });
});
