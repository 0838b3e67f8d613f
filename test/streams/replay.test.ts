import fc from 'fast-check';
import { firstValueFrom, lastValueFrom, take, tap, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type EventPacket,
  type Mark,
  RxSpikeError,
  type StreamInfo,
  eventPacket,
  silence,
  streamInfo,
} from '../../src/index.js';
import {
  type ReplayItem,
  type ReplayList,
  type ReplayOptions,
  ReplayControl,
  openReplay,
  replay,
} from '../../streams/index.js';
import { breaches, contentOf } from './content.js';
import { cuts, packetsOf, script } from './scripts.js';
import { VirtualClock, settled, watch } from './virtual-clock.js';

const info = streamInfo({ id: 'a', width: 8, height: 8 });
const END: Mark = { kind: 'end', source: null, label: null };

/** Events at `times`, in packets of `size`, and an end mark one µs after the last. */
function packets(times: readonly number[], size = 2, stream: StreamInfo = info): EventPacket[] {
  const out: EventPacket[] = [];
  for (let i = 0; i < times.length; i += size) {
    const t = times.slice(i, i + size);
    out.push(eventPacket({ stream, t, x: t.map((_, k) => (i + k) % 8), y: t.map(() => 0), p: t.map(() => 1) }));
  }
  return [...out, silence(stream, (times.at(-1) ?? stream.origin) + 1, END)];
}

/** What happens at the source: lines with their time, and packets pulled so far. */
class Log {
  readonly lines: string[] = [];
  pulled = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  note(what: string): void {
    this.lines.push(`${this.#clock.frame} ${what}`);
  }
}

interface Parts {
  readonly log?: Log;
  readonly name?: string;
  readonly label?: string;
  readonly fails?: Error;
  readonly stream?: StreamInfo;
}

/** A recording out of packets. */
function recording(list: readonly EventPacket[], { log, fails, stream, ...named }: Parts = {}): ReplayItem {
  return {
    ...named,
    open: () => {
      log?.note('open');
      return {
        info: stream ?? list[0]?.stream ?? info,
        events: async function* events() {
          try {
            for (const packet of list) {
              if (log) log.pulled++;
              yield packet;
            }
            log?.note(fails ? 'fail' : 'read');
            if (fails) throw fails;
          } finally {
            log?.note('close');
          }
        },
      };
    },
  };
}

const brief = ({ t, length, until, mark }: EventPacket): string =>
  `${[...t.subarray(0, length), ''].join(' ')}<${until}${mark ? ` ${mark.kind} ${mark.source}/${mark.label}` : ''}`;

function start(items: ReplayList, clock: VirtualClock, options: ReplayOptions = {}): ReturnType<typeof watch> {
  return watch(clock, replay(items, { clock, ...options }), brief);
}

const all = async (list: ReplayItem[], options: ReplayOptions = {}): Promise<EventPacket[]> =>
  lastValueFrom(replay(list, { speed: 'max', ...options }).pipe(toArray()));

async function* two(): AsyncGenerator<ReplayItem> {
  await Promise.resolve();
  yield recording(packets([1]));
  yield recording(packets([1]));
}

describe('replay', () => {
  it('hands events out when their slice is over, silence too, a mark on time', async () => {
    const clock = new VirtualClock();
    const log = new Log(clock);
    const { seen } = start([recording(packets([1000, 4999, 5000, 17_000]), { log, label: '3' })], clock);
    await clock.run();
    expect(seen).toEqual([
      '5 1000 4999 <4999',
      '5 <5000',
      '10 5000 <10000',
      '15 <15000',
      '17 17000 <17000',
      '18 <17001 end null/3',
      '18 |',
    ]);
    expect(log.lines).toEqual(['0 open', '18 read', '18 close']);
  });

  it.each([
    [2, ['5 1000 4999 5000 <10000', '9 17000 <17000', '9 <17001 end null/null', '9 |']],
    [0.5, ['5 1000 <2500', '10 4999 <5000', '15 5000 <7500', '20 <10000', '25 <12500', '30 <15000', '34 17000 <17000']],
    ['max', ['0 1000 4999 5000 17000 <17000', '0 <17001 end null/null', '0 |']],
    [Infinity, ['0 1000 4999 5000 17000 <17000', '0 <17001 end null/null', '0 |']],
  ] as const)('replays at speed %s', async (speed, expected) => {
    const clock = new VirtualClock();
    const { seen } = start([recording(packets([1000, 4999, 5000, 17_000], 9))], clock, { speed });
    await clock.run();
    expect(seen.slice(0, expected.length)).toEqual(expected);
  });

  it('puts recordings end to end, each with its origin on the end mark before it', async () => {
    const clock = new VirtualClock();
    const late = streamInfo({ ...info, id: 'b', origin: 500_000 });
    const log = new Log(clock);
    const { seen } = start(
      [
        recording(packets([1000]), { log, name: 'one', label: '1' }),
        recording(packets([500_100, 503_000], 9, late), { log, name: 'two', label: '2' }),
        recording([], { log }),
        recording([eventPacket({ stream: info, t: [7], x: [0], y: [0], p: [0] })], { log, name: 'four' }),
      ],
      clock,
    );
    await clock.run();
    expect(seen).toEqual([
      '1 1000 <1000',
      '2 <1001 end one/1',
      '5 1101 4001 <4001',
      '5 <4002 end two/2',
      '5 <4002 end null/null',
      '5 4009 <4009',
      '5 <4010 end four/null',
      '5 |',
    ]);
    expect(log.lines.filter((line) => line.includes('open'))).toEqual(['0 open', '2 open', '5 open', '5 open']);
  });

  it('has one StreamInfo for all, of the first; absolute times stay so only where nothing is shifted', async () => {
    const unix = streamInfo({ ...info, origin: 1_700_000_000_000_000, epoch: 'unix' });
    const one = recording(packets([1_700_000_000_000_005], 9, unix));
    const alone = await all([one]);
    expect(alone[0].stream).toEqual(unix);
    expect(alone[0].t[0]).toBe(1_700_000_000_000_005);
    const both = await all([one, recording(packets([5]))], { id: 'both' });
    expect(both[0].stream).toEqual({ ...unix, id: 'both', epoch: null });
    expect(new Set(both.map(({ stream }) => stream)).size).toBe(1);
    expect(both[2].t[0]).toBe(1_700_000_000_000_011);
  });

  it.each(['width', 'height', 'polarities', 'yUp', 'mirroredX'] as const)(
    'refuses a recording of another %s, after the one before it',
    async (field) => {
      const clock = new VirtualClock();
      const other = { width: 9, height: 9, polarities: 1, yUp: true, mirroredX: true } as const;
      const stream = streamInfo({ ...info, [field]: other[field] });
      const { seen } = start([recording(packets([1000])), recording(packets([1]), { stream })], clock);
      await clock.run();
      expect(seen).toEqual(['1 1000 <1000', '2 <1001 end null/null', '2 # ERR_GEOMETRY']);
    },
  );

  it.each([1, 'max'] as const)(
    'comes to an end where a time or watermark is not a number, at speed %s',
    async (speed) => {
      const [first, last] = packets([1000, 4999], 2);
      const broken = [
        { ...first, t: Float64Array.of(NaN, 4999) },
        { ...first, until: NaN },
        { ...first, t: Float64Array.of(4999, NaN), until: NaN },
      ];
      for (const packet of broken) {
        const clock = new VirtualClock();
        let events = 0;
        const counted = replay([recording([packet, last])], { clock, speed }).pipe(
          tap(({ length }) => (events += length)),
        );
        const { seen } = watch(clock, counted, brief);
        await clock.run(50);
        expect(events).toBe(2);
        expect(seen.at(-1)).toMatch(/\|$/);
      }
    },
  );

  it('delivers what was good before a recording broke, on time, then the error', async () => {
    const clock = new VirtualClock();
    const log = new Log(clock);
    const fails = new RxSpikeError('ERR_TRUNCATED', 'cut');
    const { seen } = start([recording(packets([1000, 30_000]).slice(0, 1), { log, fails }), recording([])], clock);
    await clock.run();
    expect(seen.slice(-2)).toEqual(['30 30000 <30000', '30 # ERR_TRUNCATED']);
    expect(log.lines).toEqual(['0 open', '30 fail', '30 close']);
  });

  it('fails when a recording cannot be opened, and when there is none', async () => {
    const clock = new VirtualClock();
    const closed: ReplayItem = { open: () => Promise.reject(new RxSpikeError('ERR_NOT_FOUND', 'gone')) };
    const second = start([recording(packets([1000])), closed], clock);
    const none = start(new Set<ReplayItem>(), clock);
    await clock.run();
    expect(second.seen.at(-1)).toBe('2 # ERR_NOT_FOUND');
    expect(none.seen).toEqual(['0 # ERR_ARGUMENT']);
  });

  it('stops at once when unsubscribed from, and closes the recording', async () => {
    const clock = new VirtualClock();
    const log = new Log(clock);
    const running = start([recording(packets([1000, 60_000, 90_000], 1), { log })], clock);
    await clock.run(12);
    running.unsubscribe();
    await settled();
    expect(clock.actions).toHaveLength(0);
    expect(log.lines).toEqual(['0 open', '12 close']);
    await clock.run();
    expect(running.seen).toEqual(['1 1000 <1000', '5 <5000', '10 <10000']);
  });

  it('closes a recording that keeps it waiting, and one that is only being opened', async () => {
    const clock = new VirtualClock();
    const log = new Log(clock);
    const waiting: ReplayItem = {
      open: () => ({
        info,
        events: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise(() => {}),
            return: () => {
              log.note('return');
              return Promise.resolve({ done: true, value: undefined });
            },
          }),
        }),
      }),
    };
    const first = start([waiting], clock);
    await settled();
    first.unsubscribe();
    expect(log.lines).toEqual(['0 return']);
    let opened!: () => void;
    const item = recording(packets([1000]), { log });
    const slow: ReplayItem = {
      open: async () => {
        await new Promise<void>((resolve) => (opened = resolve));
        return item.open();
      },
    };
    const second = start([slow], clock);
    await settled();
    second.unsubscribe();
    opened();
    await settled();
    expect(second.seen).toEqual([]);
    expect(log.pulled).toBe(0);
  });

  it('reads no further ahead than the packet it is handing out', async () => {
    const clock = new VirtualClock();
    const log = new Log(clock);
    start(
      [
        recording(
          packets(
            Array.from({ length: 100 }, (_, i) => i * 10_000),
            2,
          ),
          { log },
        ),
      ],
      clock,
    );
    await clock.run(205);
    expect(log.pulled).toBe(11);
  });

  it('goes round without end, and shifts each round on', async () => {
    const clock = new VirtualClock();
    const log = new Log(clock);
    const { seen } = start([recording(packets([1000]), { log }), recording(packets([500]), { log })], clock, {
      loop: true,
    });
    await clock.run(4);
    expect(seen.filter((line) => !line.includes(' <'))).toEqual([]);
    expect(seen.slice(0, 8)).toEqual([
      '1 1000 <1000',
      '2 <1001 end null/null',
      '2 1501 <1501',
      '2 <1502 end null/null',
      '3 2502 <2502',
      '3 <2503 end null/null',
      '4 3003 <3003',
      '4 <3004 end null/null',
    ]);
  });

  it.each([
    ['takes no time', [recording([silence(info, 0, END)])]],
    ['has nothing in it any more', [recording(packets([1000]))].values()],
  ])('ends a loop that %s', async (_, list) => {
    const clock = new VirtualClock();
    const { seen } = start(list as ReplayList, clock, { loop: true });
    await clock.run();
    expect(seen.at(-1)).toMatch(/\|$/);
  });

  it('takes lists from functions and async iterables', async () => {
    const speed = 'max';
    await expect(lastValueFrom(replay(two, { speed }))).resolves.toMatchObject({ until: 4 });
    await expect(lastValueFrom(replay(two(), { speed }))).resolves.toMatchObject({ until: 4 });
    const thrice = await lastValueFrom(replay(two, { speed, loop: true }).pipe(take(12), toArray()));
    expect(thrice.at(-1)?.until).toBe(12);
  });

  it('refuses wrong arguments at the call', () => {
    const wrong = expect.objectContaining({ code: 'ERR_ARGUMENT' });
    const list = [recording([])];
    for (const speed of [0, -1, Number.NaN, 'fast']) expect(() => replay(list, { speed: speed as 1 })).toThrow(wrong);
    for (const slice of [0, Number.NaN, Infinity]) expect(() => replay(list, { slice })).toThrow(wrong);
    expect(() => replay([])).toThrow(wrong);
    expect(() => new ReplayControl({ speed: -1 })).toThrow(wrong);
  });

  it('makes a state for each subscriber', async () => {
    const clock = new VirtualClock();
    const stream = replay([recording(packets([1000, 9000]))], { clock });
    const first = watch(clock, stream, brief);
    await clock.run(6);
    const second = watch(clock, stream, brief);
    await clock.run();
    expect(first.seen.at(-1)).toBe('10 |');
    expect(second.seen[0]).toBe('11 1000 <5000');
    expect(second.seen.at(-1)).toBe('16 |');
  });
});

/** Rows without the stream's geometry, and the watermark. */
const said = (list: readonly EventPacket[]): unknown => {
  const { rows, until } = contentOf(list);
  return [rows.map((row) => row.slice(0, 5)), until];
};

describe('any replay', () => {
  const speeds = fc.oneof(fc.constant('max' as const), fc.double({ min: 0.01, max: 100, noNaN: true }));

  it('says what the recording says, never early, at most a slice late', async () => {
    let events = 0;
    await fc.assert(
      fc.asyncProperty(script, cuts, speeds, fc.integer({ min: 1, max: 9000 }), async (one, where, speed, slice) => {
        const clock = new VirtualClock();
        const list = [...packetsOf(one, where), silence(info, one.until + 1, END)];
        const out: EventPacket[] = [];
        const late: number[] = [];
        replay([recording(list)], { clock, speed, slice }).subscribe((packet) => {
          out.push(packet);
          const factor = speed === 'max' ? Infinity : 1000 * speed;
          for (const t of packet.t.subarray(0, packet.length)) late.push(clock.frame - t / factor);
        });
        await clock.run();
        expect(said(out)).toEqual(said(list));
        expect(breaches(out)).toEqual([]);
        // A slice is at least 1 µs of event time, and timers count whole milliseconds.
        const most = Math.max(slice, 1 / (speed === 'max' ? 1 : speed)) / 1000 + 1.001;
        expect(late.filter((ms) => ms < -1e-9 || ms > most)).toEqual([]);
        events += late.length;
      }),
      { numRuns: 60, seed: 20_506 },
    );
    expect(events).toBeGreaterThan(300);
  });
});

const withEvents = (seen: readonly string[]): string[] => seen.filter((line) => / \d+ </.test(line));

describe('replay control', () => {
  const list = [recording(packets([10_000, 20_000, 30_000, 40_000], 9))];
  it('pauses and resumes: event time stands still', async () => {
    const clock = new VirtualClock();
    const control = new ReplayControl();
    const { seen } = start(list, clock, { control });
    await clock.run(22);
    control.pause();
    await clock.run(500);
    expect(seen.at(-1)).toBe('20 <20000');
    expect(control.wallTime(30_000)).toBeNull();
    control.resume();
    expect(control.wallTime(30_000)).toBe(508);
    await clock.run();
    expect(withEvents(seen)).toEqual(['15 10000 <15000', '500 20000 <22000', '510 30000 <32000', '518 40000 <40000']);
    // Timers count whole milliseconds, and the end mark is due 1 µs after one.
    expect(control.mostLag).toBeLessThan(1);
  });

  it('changes the speed while running, to the fastest and back', async () => {
    const clock = new VirtualClock();
    const control = new ReplayControl();
    const { seen } = start(list, clock, { control, slice: 1000 });
    await clock.run(12);
    control.speed = 2;
    await clock.run(14);
    expect(control.position).toBe(16_000);
    control.speed = 0.5;
    await clock.run(30);
    expect(withEvents(seen)).toEqual(['11 10000 <11000', '23 20000 <20500']);
    expect(control.lag).toBe(0);
    control.speed = 'max';
    await clock.run();
    expect(control.speed).toBe(Infinity);
    expect(seen.slice(-3)).toEqual(['30 30000 40000 <40000', '30 <40001 end null/null', '30 |']);
    expect(control.lag).toBeNull();
  });

  it('may start paused, at its own speed, and be unsubscribed from while paused', async () => {
    const clock = new VirtualClock();
    const control = new ReplayControl({ speed: 4, paused: true });
    const running = start(list, clock, { control });
    await clock.run(100);
    expect(running.seen).toEqual([]);
    control.resume();
    await clock.run(101);
    control.pause();
    await clock.run(200);
    running.unsubscribe();
    control.resume();
    await clock.run();
    expect(running.seen).toEqual([]);
    expect(clock.actions).toHaveLength(0);
    const again = start(list, clock, { control });
    await clock.run();
    expect(again.seen[0]).toBe('205 10000 <20000');
  });

  it('stops: the stream completes at once, without an end mark', async () => {
    const clock = new VirtualClock();
    const control = new ReplayControl();
    const log = new Log(clock);
    const { seen } = start([recording(packets([1000, 90_000], 9), { log })], clock, { control });
    await clock.run(12);
    control.stop();
    await clock.run();
    expect(seen).toEqual(['5 1000 <5000', '10 <10000', '12 |']);
    expect(log.lines).toEqual(['0 open', '12 close']);
    expect(control.position).toBe(10_000);
    expect(control.wallTime(1)).toBeNull();
  });

  it('tells how far the replay is behind when its consumer is slow, and catches up', async () => {
    const clock = new VirtualClock();
    const control = new ReplayControl();
    const lags: (number | null)[] = [];
    replay([recording(packets([0, 5000, 10_000, 15_000, 40_000], 9))], { clock, control }).subscribe(({ until }) => {
      lags.push(control.lag);
      // A consumer that keeps the thread for 12 ms.
      if (until === 5000) clock.frame += 12;
    });
    await clock.run();
    expect(lags.slice(0, 5)).toEqual([0, 7, 2, 0, 0]);
    expect(control.mostLag).toBe(7);
  });
});

describe('replay in pull form', () => {
  it('knows the stream before time begins, and lags instead of queueing', async () => {
    const clock = new VirtualClock();
    const control = new ReplayControl();
    const log = new Log(clock);
    const opened = await openReplay([recording(packets([1000, 6000, 11_000], 1), { log })], { clock, control });
    expect(opened.info).toEqual(info);
    await clock.run(50);
    const reader = opened.events();
    const first = reader.next();
    await clock.run(51);
    await expect(first).resolves.toMatchObject({ value: { until: 1000 } });
    expect(log.pulled).toBe(1);
    await clock.run(90);
    expect(log.pulled).toBe(1);
    const second = reader.next();
    await clock.run(90);
    await expect(second).resolves.toMatchObject({ value: { until: 5000 } });
    expect(control.lag).toBe(35);
    await reader.return?.();
    expect(log.lines).toEqual(['0 open', '90 close']);
    await expect(reader.next()).resolves.toMatchObject({ done: true });
  });

  it('starts over when it is read again', async () => {
    const opened = await openReplay([recording(packets([1000, 2000]))], { speed: 'max' });
    for (let round = 0; round < 2; round++) {
      const until: number[] = [];
      for await (const packet of opened.events()) until.push(packet.until);
      expect(until).toEqual([2000, 2001]);
    }
  });

  it('fails at the call when the first recording does not open', async () => {
    const closed: ReplayItem = { open: () => Promise.reject(new RxSpikeError('ERR_NOT_FOUND', 'gone')) };
    await expect(openReplay([closed])).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});

/** Costs a consumer some time, without ever awaiting anything. */
function busy(): void {
  let x = 1;
  for (let i = 0; i < 20_000; i++) x = Math.imul(x, 31) + i;
  if (x === 0.5) throw new Error('never');
}

describe('at full speed', () => {
  it('lets timers run every few milliseconds of work', async () => {
    const many = packets(
      Array.from({ length: 4000 }, (_, i) => i),
      1,
    );
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const started = process.hrtime.bigint();
    await new Promise<void>((resolve) => {
      replay([recording(many)], { speed: 'max' }).subscribe({ next: busy, complete: resolve });
    });
    clearInterval(timer);
    const ms = Number(process.hrtime.bigint() - started) / 1e6;
    expect(ms).toBeGreaterThan(20);
    expect(ticks).toBeGreaterThanOrEqual(Math.floor(ms / 200));
    await expect(firstValueFrom(replay([recording(many)], { speed: 'max' }))).resolves.toMatchObject({ length: 1 });
  });
});
