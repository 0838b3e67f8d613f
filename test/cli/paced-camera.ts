import { type EventPacket, type StreamInfo, eventPacket, streamInfo } from '../../src/index.js';

const info = streamInfo({ id: 'paced', width: 640, height: 480 });

/** An event of the camera, whatever was asked before: one a microsecond's multiple, places and polarities mixed. */
function place(n: number): { readonly x: number; readonly y: number; readonly p: number } {
  const h = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  return { x: h % 640, y: (h >>> 10) % 480, p: (h >>> 31) & 1 };
}

/** Events `from` … `to − 1` of the camera, 10 µs apart. */
export function cameraEvents(from: number, to: number): EventPacket {
  const index = Array.from({ length: to - from }, (_, i) => from + i);
  const places = index.map(place);
  return eventPacket({
    stream: info,
    t: index.map((n) => 1000 + 10 * n),
    x: places.map(({ x }) => x),
    y: places.map(({ y }) => y),
    p: places.map(({ p }) => p),
  });
}

/** A camera that runs in real time, 5 ms at a time, until it is stopped. */
export class PacedCamera {
  readonly info: StreamInfo = info;
  /** When (ms of `performance.now`) how many events had been given. */
  readonly given: { readonly at: number; readonly events: number }[] = [];
  readonly #perMs: number;
  #stopped = false;

  /** @param perMs events a millisecond */
  constructor(perMs: number) {
    this.#perMs = perMs;
  }

  async *events(): AsyncGenerator<EventPacket> {
    const begin = performance.now();
    for (let events = 0; !this.#stopped;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const now = performance.now();
      const due = Math.min(events + 20_000, Math.floor(this.#perMs * (now - begin)));
      if (due <= events) continue;
      yield cameraEvents(events, due);
      events = due;
      this.given.push({ at: performance.now(), events });
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Events that had been given by a time. */
  givenBy(at: number): number {
    return this.given.findLast((one) => one.at <= at)?.events ?? 0;
  }
}
