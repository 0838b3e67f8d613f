import fc from 'fast-check';
import {
  type EventPacket,
  type Mark,
  type SpikePacket,
  type Step,
  type StepsParams,
  type StreamInfo,
  streamInfo,
  stepsStep,
  toUnitsStep,
  type UnitPacket,
} from '../../src/index.js';

// A stream as a script of events and marks, and the ways to cut it into packets.

export const STREAM: StreamInfo = streamInfo({ id: 'law', width: 6, height: 5, origin: 0 });
export const MAP = { width: 6, height: 5, columns: 3, rows: 2, polarity: 'split' } as const;
export const UNITS = 12;

export interface ScriptEvent {
  readonly kind: 'event';
  readonly t: number;
  readonly x: number;
  readonly y: number;
  readonly p: number;
}
export interface ScriptMark {
  readonly kind: 'mark';
  readonly t: number;
  readonly mark: Mark;
}
export interface Script {
  readonly tokens: readonly (ScriptEvent | ScriptMark)[];
  /** Watermark at the end. */
  readonly until: number;
}

const gap = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 2, arbitrary: fc.integer({ min: 13, max: 120 }) },
  { weight: 1, arbitrary: fc.integer({ min: 121, max: 5000 }) },
);
const token = fc.record({
  gap,
  x: fc.nat(5),
  y: fc.nat(4),
  p: fc.nat(1),
  what: fc.oneof(
    { weight: 14, arbitrary: fc.constant('event' as const) },
    { weight: 1, arbitrary: fc.constant('end' as const) },
    { weight: 1, arbitrary: fc.constant('reset' as const) },
  ),
});

/** Scripts with times in order. */
export const script: fc.Arbitrary<Script> = fc
  .record({ rows: fc.array(token, { maxLength: 40, size: 'max' }), last: gap })
  .map(({ rows, last }) => {
    let t = 0;
    const tokens = rows.map(({ gap: pause, x, y, p, what }): ScriptEvent | ScriptMark => {
      t += pause;
      if (what === 'event') return { kind: 'event', t, x, y, p };
      return { kind: 'mark', t, mark: { kind: what, source: `s${x}`, label: what === 'end' ? String(y) : null } };
    });
    return { tokens, until: t + last };
  });

/** Scripts in which some events step back in time. */
export const disorderly: fc.Arbitrary<Script> = fc
  .record({
    base: script,
    back: fc.array(fc.record({ at: fc.nat(39), by: fc.integer({ min: 1, max: 60 }) }), { maxLength: 4 }),
  })
  .map(({ base, back }) => ({
    ...base,
    tokens: base.tokens.map((one, i) => {
      const by = back.find(({ at }) => at === i)?.by ?? 0;
      return one.kind === 'event' ? { ...one, t: Math.max(0, one.t - by) } : one;
    }),
  }));

/** Scripts of which one event may lie outside of the sensor. */
export const outside: fc.Arbitrary<Script> = fc.record({ base: script, at: fc.nat(39) }).map(({ base, at }) => ({
  ...base,
  tokens: base.tokens.map((one, i) => (one.kind === 'event' && i === at ? { ...one, x: 6 } : one)),
}));

/** Where to cut: for each place between tokens how far the watermark goes, and how many empty packets follow. */
export type Cuts = readonly { readonly cut: boolean; readonly reach: number; readonly empty: number }[];

export const cuts: fc.Arbitrary<Cuts> = fc.array(
  fc.record({ cut: fc.boolean(), reach: fc.constantFrom(0, 0.3, 0.5, 1), empty: fc.constantFrom(0, 0, 0, 1, 2) }),
  { minLength: 42, maxLength: 42 },
);
/** A packet for each token. */
export const CUT_EVERYWHERE: Cuts = Array.from({ length: 42 }, () => ({ cut: true, reach: 0, empty: 1 }));
/** A packet for each stretch between marks. */
export const CUT_NOWHERE: Cuts = Array.from({ length: 42 }, () => ({ cut: false, reach: 0, empty: 0 }));

function packetOf(events: readonly ScriptEvent[], until: number, mark: Mark | null): EventPacket {
  // columns longer than the packet, with rubbish behind it, as a packet may have
  const column = (pick: (event: ScriptEvent) => number): number[] => [...events.map(pick), 3, 1];
  return {
    stream: STREAM,
    length: events.length,
    t: Float64Array.from(column(({ t }) => t)),
    x: Uint16Array.from(column(({ x }) => x)),
    y: Uint16Array.from(column(({ y }) => y)),
    p: Uint8Array.from(column(({ p }) => p)),
    until,
    mark,
  };
}

/** The packets of a script. A watermark lies anywhere from the latest time so far to the next time to come. */
export function packetsOf({ tokens, until }: Script, where: Cuts): EventPacket[] {
  const packets: EventPacket[] = [];
  let events: ScriptEvent[] = [];
  let latest = 0;
  const flush = (reached: number, mark: Mark | null): void => {
    packets.push(packetOf(events, reached, mark));
    events = [];
    latest = reached;
  };
  tokens.forEach((one, i) => {
    latest = Math.max(latest, one.t);
    if (one.kind === 'event') events.push(one);
    else flush(one.t, one.mark);
    const { cut, reach, empty } = where[i];
    if (!cut) return;
    const next = Math.max(
      latest,
      tokens.slice(i + 1).reduce((least, { t }) => Math.min(least, t), until),
    );
    const end = Math.floor(latest + (next - latest) * reach);
    for (let n = 0; n <= empty; n++) flush(Math.floor(latest + ((end - latest) * (n + 1)) / (empty + 1)), null);
  });
  flush(until, null);
  return packets;
}

/** Runs packets through a pure step. */
export function runStep<P, S, I, O>(step: Step<P, S, I, O>, params: P, packets: readonly I[]): O[] {
  const out: O[] = [];
  const state = step.init(params);
  for (const packet of packets) step.advance(params, state, packet, (one) => out.push(one));
  step.finish?.(params, state, (one) => out.push(one));
  return out;
}

export const unitsOf = (packets: readonly EventPacket[]): UnitPacket[] => runStep(toUnitsStep, MAP, packets);

export const spikesOf = (packets: readonly EventPacket[], params: StepsParams): SpikePacket[] =>
  runStep(stepsStep, params, unitsOf(packets));
