import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Carrier } from '../../../adapters/network/carrier.js';
import { Delivery } from '../../../adapters/network/delivery.js';
import { eventFrame, eventFrameLayout } from '../../../adapters/network/event-frame.js';
import { Feed } from '../../../adapters/network/feed.js';
import { JSON_TEXT, MESSAGE_PACK, type OutgoingFrame } from '../../../adapters/network/frames.js';
import { Reception } from '../../../adapters/network/reception.js';
import { type StreamFrame, StreamWriter } from '../../../adapters/network/stream-writer.js';
import { type DeliveryPolicy, type EventPacket, RxSpikeError, eventPacket } from '../../../src/index.js';
import { info, packets } from './peer.js';

/** What goes over a connection and has not arrived. */
interface UnderWay {
  readonly take: () => void;
}

const decode = (message: Uint8Array): OutgoingFrame =>
  MESSAGE_PACK.decode(new Uint8Array(message).buffer, Number.POSITIVE_INFINITY);

/** A connection between a delivery and a reception, without sockets: what is sent arrives when the schedule says so. */
class VirtualLink {
  readonly down: UnderWay[] = [];
  readonly up: UnderWay[] = [];
  isCut = false;
  readonly sender: Carrier;
  readonly receiver: Carrier;

  constructor(delivery: () => Delivery, reception: Reception) {
    const come = (message: Uint8Array): number =>
      this.down.push({ take: () => reception.take(decode(message), 0, this.receiver) });
    this.sender = {
      send: (frame) => this.#put(() => come(MESSAGE_PACK.encode(frame) as Uint8Array)),
      post: (frame: StreamFrame) => this.#put(() => come(frame.message(MESSAGE_PACK) as Uint8Array)),
      displace: () => {},
    };
    this.receiver = {
      send: (frame) =>
        this.#put(() =>
          this.up.push({
            take: () => {
              const one = delivery();
              if (!one.isOn(this.sender)) return;
              if (frame.type === 'credit') one.credit({ upTo: frame.upTo as number, taken: frame.taken as number });
              if (frame.type === 'unsubscribe') one.close(one.isEnding ? 'complete' : 'lost');
            },
          }),
        ),
      post: () => Promise.resolve(),
      displace: () => {},
    };
  }

  #put(what: () => void): Promise<void> {
    if (!this.isCut) what();
    return Promise.resolve();
  }

  /** What one side has sent and the other not got is gone. */
  cut(): void {
    this.isCut = true;
    this.down.length = 0;
    this.up.length = 0;
  }
}

/** Lets everything that waits on promises run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const face = { id: 0, hello: { name: 'events', kind: 'events', sends: ['events'], info, epoch: 'e' } };

type Step = 'offer' | 'down' | 'up' | 'read' | 'cut';
const schedule = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>('offer') },
    { weight: 5, arbitrary: fc.constant<Step>('down') },
    { weight: 4, arbitrary: fc.constant<Step>('up') },
    { weight: 4, arbitrary: fc.constant<Step>('read') },
    { weight: 1, arbitrary: fc.constant<Step>('cut') },
  ),
  { minLength: 20, maxLength: 250 },
);

/** One stream over a virtual connection, step by step. */
class Scene {
  readonly delivery: Delivery;
  readonly reception: Reception;
  readonly read: EventPacket[] = [];
  readonly #frames: StreamFrame[];
  #link: VirtualLink;
  offered = 0;
  #asks = false;

  constructor(policy: DeliveryPolicy, window: number, room: number, frames: readonly StreamFrame[]) {
    this.delivery = new Delivery(face, { policy, packets: room, events: 1e9, every: 3 }, 's');
    this.reception = new Reception('virtual', { window }, () => {});
    this.#frames = [...frames];
    this.#link = this.#connect(0);
  }

  #connect(next: number): VirtualLink {
    const link = new VirtualLink(() => this.delivery, this.reception);
    this.reception.attach(link.receiver);
    if (!this.delivery.attach(link.sender, next)) throw new Error(`it cannot go on at ${next}`);
    return link;
  }

  async step(step: Step): Promise<void> {
    if (step === 'offer') this.#offer();
    else if (step === 'down') this.#link.down.shift()?.take();
    else if (step === 'up') this.#link.up.shift()?.take();
    else if (step === 'read') this.#ask();
    else if (this.reception.info && !this.reception.isDone) {
      this.#link.cut();
      this.delivery.detach(this.#link.sender);
      this.reception.detach(this.#link.receiver);
      this.#link = this.#connect(this.reception.place?.next ?? 0);
    }
    await settle();
    this.#law();
  }

  #offer(): void {
    if (this.#frames.length === 0) this.delivery.finish({ outside: 0 });
    else if (this.delivery.offer(this.#frames[0])) this.offered += (this.#frames.shift() as StreamFrame).events;
  }

  #ask(): void {
    if (this.#asks) return;
    this.#asks = true;
    void this.reception.next().then(({ value }) => {
      this.#asks = false;
      if (value) this.read.push(value as EventPacket);
    });
  }

  /** Everything that the stream had is sent, dropped for a reason, or waits: at every moment. */
  #law(): void {
    const { offered, sent, dropped, held } = this.delivery.state;
    const lost = Object.values(dropped).reduce((sum, { events }) => sum + events, 0);
    if (offered.events !== this.offered) throw new Error(`${this.offered} were offered, not ${offered.events}`);
    if (offered.events !== sent.events + lost + held.events) throw new Error('the events do not add up');
  }

  async finish(): Promise<void> {
    for (let i = 0; i < 4000 && !(this.reception.isDone && this.delivery.isDone); i++) {
      for (const step of ['offer', 'down', 'up', 'read'] as const) await this.step(step);
    }
    for (let i = 0; i < 200; i++) await this.step('read');
  }
}

describe('events in = events out + events dropped', () => {
  it.each<DeliveryPolicy>(['lossless', 'dropOldest', 'dropNewest', 'sample'])(
    '%s, whatever the schedule',
    async (policy) => {
      await fc.assert(
        fc.asyncProperty(
          schedule,
          fc.integer({ min: 1, max: 6 }),
          fc.integer({ min: 1, max: 5 }),
          async (steps, window, room) => {
            const writer = new StreamWriter('events', info, 3, 0);
            const sent = packets(12, 7);
            const frames = sent.flatMap((packet) => [...writer.frames(packet)]);
            const scene = new Scene(policy, window, room, frames);
            for (const step of steps) await scene.step(step);
            await scene.finish();
            await expect(scene.delivery.done).resolves.toBe('complete');
            const { report } = scene.reception;
            const missing = Object.values(report.violations).reduce((sum, n) => sum + n, 0);
            expect(report.events + missing).toBe(84);
            const got = scene.read.flatMap(({ t, length }) => [...t.subarray(0, length)]);
            expect(got).toHaveLength(report.events);
            expect(got).toEqual(got.toSorted((a, b) => a - b));
            expect(new Set(got).size).toBe(got.length);
            expect(scene.read.filter(({ mark }) => mark)).toHaveLength(1);
            expect(policy !== 'lossless' || missing === 0).toBe(true);
          },
        ),
        { numRuns: 60, seed: 20_507 },
      );
    },
  );
});

describe('a frame', () => {
  it('is written once, whoever gets it', async () => {
    const sent = packets(20, 10);
    const source = {
      info,
      async *packets() {
        yield* sent;
      },
    };
    const feed = new Feed(source, {
      id: 0,
      name: 'events',
      kind: 'events',
      epoch: 'e',
      eventsPerFrame: 10,
      history: { packets: 0, events: 0 },
      waits: true,
      stopsDeserted: true,
    });
    const all: (Uint8Array | string)[][] = Array.from({ length: 10 }, () => []);
    const deliveries = all.map((got) => {
      const delivery = feed.subscribe({ policy: 'lossless', packets: 4, events: 1e9, every: 2 }, null, { past: 0 });
      const carrier = {
        send: () => Promise.resolve(),
        post: (frame: StreamFrame) => Promise.resolve(void got.push(frame.message(MESSAGE_PACK))),
        displace: () => {},
      };
      delivery.attach(carrier, 0);
      delivery.credit({ upTo: 1000, taken: 0 });
      return delivery;
    });
    feed.start();
    await feed.done;
    await settle();
    expect(feed.writer.packets).toBe(21);
    for (const got of all) {
      expect(got).toHaveLength(21);
      for (const [i, message] of got.entries()) expect(message).toBe(all[0][i]);
    }
    for (const delivery of deliveries) delivery.close('lost');
  });

  it.each([0, 1, 300, 1023])('of stream %i is MessagePack with its columns where they can be looked at', (stream) => {
    const layout = eventFrameLayout(stream);
    for (const length of [1, 2, 3, 7, 8, 1000]) {
      const [packet] = packets(1, length);
      const written = eventFrame(layout, 77, packet, [0, length], -5);
      const message = written?.message as Uint8Array<ArrayBuffer>;
      const frame = MESSAGE_PACK.decode(message.buffer, Number.POSITIVE_INFINITY);
      expect(frame).toMatchObject({ type: 'packet', seq: 77, count: length, until: length - 1, mark: null, t0: 0 });
      expect(frame.stream ?? 0).toBe(stream);
      for (const [name, size] of [
        ['dt', 4],
        ['x', 2],
        ['y', 2],
      ] as const) {
        expect((frame[name] as Uint8Array).byteOffset % size).toBe(0);
      }
      const text = new StreamWriter('events', info, length, stream).frames(packet).next().value as StreamFrame;
      const asText = JSON_TEXT.decode(text.message(JSON_TEXT), Number.POSITIVE_INFINITY);
      expect(Object.keys(asText)).not.toContain('_');
      expect([...(asText.x as Uint16Array)]).toEqual([...packet.x]);
    }
  });

  it('of times that offsets cannot say is written otherwise', () => {
    const layout = eventFrameLayout(0);
    for (const t of [
      [0, -1],
      [0, 2 ** 32],
      [0, 0.5],
      [0.118, 1.118],
      [-5, 1e-30],
      [0, Number.NaN],
    ]) {
      // prettier-ignore
      const packet = eventPacket({ stream: info, t: [0, 0], x: [0, 0], y: [0, 0], p: [0, 0], until: 9 });
      packet.t.set(t);
      expect(eventFrame(layout, 0, packet, [0, 2], 0)).toBeNull();
    }
    const largest = eventPacket({ stream: info, t: [-7, 2 ** 32 - 8], x: [0, 0], y: [0, 0], p: [0, 0] });
    expect(eventFrame(layout, 0, largest, [0, 2], 0)?.until).toBe(2 ** 32 - 8);
    expect(eventFrame(layout, 2 ** 32, largest, [0, 2], 0)).toBeNull();
  });
});

describe('a receiver', () => {
  it('counts what it is told is missing, and refuses an end that does not add up', async () => {
    const reception = new Reception('virtual', {}, () => {});
    const carrier: Carrier = { send: () => Promise.resolve(), post: () => Promise.resolve(), displace: () => {} };
    reception.attach(carrier);
    const say = (frame: object): void => reception.take(frame as OutgoingFrame, 0, carrier);
    say({ type: 'hello', version: 2, sends: ['events'], info, epoch: 'e', session: 's', next: 0 });
    say({ type: 'gap', seq: 0, next: 5, packets: 5, events: 50, reason: 'dropOldest' });
    expect(reception.report.violations).toEqual({ dropOldest: 50 });
    const end = { type: 'end', reason: 'complete', packets: 0, events: 0 };
    expect(() => say({ ...end, dropped: { dropOldest: 49 } })).toThrow(RxSpikeError);
    say({ ...end, dropped: { dropOldest: 50 } });
    await expect(reception.next()).resolves.toEqual({ done: true, value: undefined });
  });
});
