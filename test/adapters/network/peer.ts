import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import { type WebSocket, WebSocketServer } from 'ws';
import { type EventPacket, type Mark, type StreamInfo, eventPacket, silence, streamInfo } from '../../../src/index.js';

export const info: StreamInfo = streamInfo({ id: 'net', width: 16, height: 16 });
export const END: Mark = { kind: 'end', source: 'rec', label: '7' };

/** `count` packets of `size` events each, one µs apart, and an end mark. */
export function packets(count: number, size: number): EventPacket[] {
  const out = Array.from({ length: count }, (_, n) => {
    const index = Array.from({ length: size }, (_one, i) => n * size + i);
    return eventPacket({
      stream: info,
      t: index,
      x: index.map((i) => i % 16),
      y: index.map((i) => (i * 7) % 16),
      p: index.map((i) => i % 2),
    });
  });
  return [...out, silence(info, count * size, END)];
}

/** What can be served out of packets; `fails` comes after them. */
export function servable(
  list: readonly EventPacket[],
  fails?: Error,
): { readonly info: StreamInfo; pulled: number; closed: boolean; events(): AsyncGenerator<EventPacket> } {
  const source = {
    info,
    pulled: 0,
    closed: false,
    async *events(): AsyncGenerator<EventPacket> {
      try {
        for (const packet of list) {
          source.pulled++;
          yield packet;
        }
        if (fails) throw fails;
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

const packr = new Packr({ useRecords: false });

/** A peer of its own making: sends whatever frames it is told to. */
export async function peer(
  script: (socket: WebSocket, send: (frame: unknown) => void) => void,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    script(socket, (frame) => socket.send(frame instanceof Uint8Array ? frame : packr.pack(frame)));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

export const HELLO: Readonly<Record<string, unknown>> = { type: 'hello', version: 1, info: info, sends: ['events'] };

/** A packet frame of two events, with `changes`. */
export const frame = (seq: number, changes: object = {}): object => ({
  type: 'packet',
  seq,
  t0: 100 * seq,
  count: 2,
  until: 100 * seq + 5,
  mark: null,
  dt: Uint8Array.of(0, 0, 0, 0, 5, 0, 0, 0),
  x: Uint8Array.of(1, 0, 2, 0),
  y: Uint8Array.of(3, 0, 4, 0),
  p: Uint8Array.of(0, 1),
  ...changes,
});

/** Packets until the end or the error. */
export async function collect(
  source: AsyncIterable<EventPacket>,
): Promise<{ readonly packets: EventPacket[]; readonly error: unknown }> {
  const found: EventPacket[] = [];
  try {
    for await (const packet of source) found.push(packet);
  } catch (error) {
    return { packets: found, error };
  }
  return { packets: found, error: null };
}

/** TCP handles that are still open in this process. */
export const openHandles = (): string[] => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
