import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type EventPacket, eventPacket, type Step, streamInfo, type StreamInfo } from '../../src/index.js';
import { projectRoot } from '../shared-data.js';

// Camera events as plain objects, one an event: what the filters are compared with works on these.

export interface CameraEvent {
  readonly t: number;
  readonly x: number;
  readonly y: number;
  readonly p: number;
}

export const SMALL: StreamInfo = streamInfo({ id: 'small', width: 7, height: 5 });
export const NMNIST: StreamInfo = streamInfo({ id: 'nmnist', width: 34, height: 34 });

/** Events in order of time on the small sensor, up to 200. */
export const events: fc.Arbitrary<CameraEvent[]> = fc
  .array(
    fc.record({ gap: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(60)), x: fc.nat(6), y: fc.nat(4), p: fc.nat(1) }),
    {
      maxLength: 200,
      size: 'max',
    },
  )
  .map((rows) => {
    let t = 0;
    return rows.map(({ gap, x, y, p }) => ({ t: (t += gap), x, y, p }));
  });

/** A bundled recording of a real camera, read byte by byte: x, y, polarity in the top bit of 24, time in the rest. */
export function realEvents(file = '00936.bin'): CameraEvent[] {
  const bytes = readFileSync(projectRoot('assets', 'nmnist', file));
  return Array.from({ length: bytes.length / 5 }, (_, i) => {
    const word = bytes.readUIntBE(5 * i + 2, 3);
    return { x: bytes[5 * i], y: bytes[5 * i + 1], p: word >> 23, t: word & 0x7fffff };
  });
}

/** Events as one packet. */
export function packet(
  list: readonly CameraEvent[],
  stream: StreamInfo = SMALL,
  more: Partial<EventPacket> = {},
): EventPacket {
  const column = (pick: (event: CameraEvent) => number): number[] => list.map(pick);
  return {
    ...eventPacket({
      stream,
      t: column((e) => e.t),
      x: column((e) => e.x),
      y: column((e) => e.y),
      p: column((e) => e.p),
    }),
    ...more,
  };
}

/** Events as packets of at most `size`. */
export function packets(list: readonly CameraEvent[], stream: StreamInfo, size: number): EventPacket[] {
  const out: EventPacket[] = [];
  for (let i = 0; i < list.length; i += size) out.push(packet(list.slice(i, i + size), stream));
  return out;
}

/** The events of packets, in order. */
export function listOf(some: readonly EventPacket[]): CameraEvent[] {
  return some.flatMap(({ length, t, x, y, p }) =>
    Array.from({ length }, (_, i) => ({ t: t[i], x: x[i], y: y[i], p: p[i] })),
  );
}

/** Runs packets through a step; what it throws is handed back with what came before. */
export function run<P, S, I, O>(
  step: Step<P, S, I, O>,
  params: P,
  input: readonly I[],
): { readonly out: O[]; readonly state: S; readonly error: unknown } {
  const out: O[] = [];
  const state = step.init(params);
  try {
    for (const one of input) step.advance(params, state, one, (output) => out.push(output));
    step.finish?.(params, state, (output) => out.push(output));
  } catch (error) {
    return { out, state, error };
  }
  return { out, state, error: null };
}

/** Events of a step over the events of one packet. */
export function listBy<P, S>(
  step: Step<P, S, EventPacket, EventPacket>,
  params: P,
  list: readonly CameraEvent[],
  stream: StreamInfo = SMALL,
): CameraEvent[] {
  const { out, error } = run(step, params, [packet(list, stream)]);
  if (error) throw error as Error;
  return listOf(out);
}
