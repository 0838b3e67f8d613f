import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type RateReport, eventPacket, silence, streamInfo } from '../../src/index.js';
import { LatencyGauge, latency, meter } from '../../streams/index.js';

const stream = streamInfo({ width: 4, height: 4 });
const two = eventPacket({ stream, t: [1, 2], x: [0, 0], y: [0, 0], p: [0, 0] });
const mark = silence(stream, 3, { kind: 'end', source: null, label: null });
const values = { a: two, b: mark };
const testScheduler = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('meter', () => {
  it('passes everything on and reports at its times, and at the end', () => {
    const reports: RateReport[] = [];
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-a---b 996ms a---|', values);
      const measured = source.pipe(meter({ every: 500, report: (report) => reports.push(report) }));
      expectObservable(measured).toBe('-a-a---b 996ms a---|', values);
      expectSubscriptions(source.subscriptions).toBe('^ 1007ms !');
    });
    expect(reports).toEqual([
      { packets: 3, events: 4, marks: 1, seconds: 0.5, packetRate: 6, eventRate: 8 },
      { packets: 3, events: 4, marks: 1, seconds: 0.5, packetRate: 0, eventRate: 0 },
      { packets: 4, events: 6, marks: 1, seconds: 0.008, packetRate: 125, eventRate: 250 },
    ]);
  });

  it.each([
    ['an error', '-a-#', '^--!', undefined],
    ['unsubscription', '-a--', '^--!', '---!'],
  ])('reports once more at %s, then no more', (_, diagram, subscription, unsubscribed) => {
    const reports: RateReport[] = [];
    testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot(diagram, values);
      const measured = source.pipe(meter({ every: 2, report: (report) => reports.push(report) }));
      expectObservable(measured, unsubscribed).toBe(diagram, values);
      expectSubscriptions(source.subscriptions).toBe(subscription);
    });
    expect(reports.map(({ packets, seconds }) => [packets, seconds])).toEqual([
      [1, 0.002],
      [1, 0.001],
    ]);
  });

  it('reports only at the end where it is asked for no more', () => {
    const reports: RateReport[] = [];
    testScheduler().run(({ hot }) => {
      hot('-a-a 9s |', values)
        .pipe(meter({ every: Infinity, report: (report) => reports.push(report) }))
        .subscribe();
    });
    expect(reports).toEqual([expect.objectContaining({ events: 4, seconds: 9.004 })]);
    expect(() => meter({ every: 0, report: () => {} })).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});

describe('latency', () => {
  it('measures from what a value is due', () => {
    const gauge = new LatencyGauge();
    expect([gauge.count, gauge.most, gauge.at(0.5)]).toEqual([0, null, null]);
    const scheduler = testScheduler();
    scheduler.run(({ hot, expectObservable, expectSubscriptions }) => {
      const due = { a: 1, b: 0, c: -1, d: 7 };
      const source = hot('--a---b-c-(d|)', due);
      const measured = source.pipe(
        latency({ since: (t) => (t < 0 ? null : t), gauge, clock: scheduler }),
        map((t) => t),
      );
      expectObservable(measured).toBe('--a---b-c-(d|)', due);
      expectSubscriptions(source.subscriptions).toBe('^---------!');
    });
    expect([gauge.count, gauge.most, gauge.at(0), gauge.at(0.5), gauge.at(0.99)]).toEqual([3, 6, 1, 3, 6]);
  });
});
