import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type DvOptions,
  type DvSinkOptions,
  type DvStream,
  dvSink,
  openDvStream,
  serveDvStream,
} from '../../../../adapters/network/bridges/index.node.js';
import { type EventPacket, streamInfo } from '../../../../src/index.js';
import { projectRoot } from '../../../shared-data.js';
import { END, info, packets, servable } from '../peer.js';

const captured = (name: string): Uint8Array => new Uint8Array(readFileSync(projectRoot('test/data/network', name)));
const events = JSON.parse(readFileSync(projectRoot('test/data/network/dv.json'), 'utf8')) as [
  t: number,
  x: number,
  y: number,
  p: number,
][];

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that does what it is told to with whoever connects. */
async function server(script: (socket: Socket) => void): Promise<string> {
  const listening = createServer((socket) => {
    socket.on('error', () => {});
    script(socket);
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  closing.push(() => listening.close());
  return `dv://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const sender = (bytes: Uint8Array): Promise<string> => server((socket) => socket.end(bytes));

async function read(stream: DvStream): Promise<{ rows: number[][]; last: EventPacket | null; code: string | null }> {
  const rows: number[][] = [];
  let last: EventPacket | null = null;
  let code: string | null = null;
  try {
    for await (const packet of stream.events()) {
      for (let i = 0; i < packet.length; i++) rows.push([packet.t[i], packet.x[i], packet.y[i], packet.p[i]]);
      last = packet;
    }
  } catch (error) {
    ({ code } = error as { code: string });
  }
  return { rows, last, code };
}

const open = async (url: string, options: DvOptions = {}): Promise<DvStream> => {
  const stream = await openDvStream(url, options);
  closing.push(() => stream.close());
  return stream;
};

const bare = captured('dv-none.bin');
const greeting = 4 + new DataView(bare.buffer).getUint32(0, true);

const forged = (at: number, value: number): Uint8Array => {
  const bytes = bare.slice();
  new DataView(bytes.buffer).setInt32(at, value, true);
  return bytes;
};

describe('what dv-processing sends', () => {
  it.each(['dv-none.bin', 'dv-lz4.bin'])('%s: every event, and the end', async (name) => {
    const stream = await open(await sender(captured(name)));
    const { rows, last, code } = await read(stream);
    expect(code).toBeNull();
    expect(rows).toEqual(events);
    expect(last).toMatchObject({ length: 0, mark: { kind: 'end' }, until: events[events.length - 1][0] + 1 });
    expect(stream.info).toMatchObject({ width: 640, height: 480, epoch: 'unix', origin: events[0][0] });
    expect(stream.sensor).toBe('DVXplorer_test');
    expect(stream.report).toMatchObject({ events: events.length });
    expect(stream.report.violations).toEqual({});
  });

  it('begins its time line where it is told to', async () => {
    const stream = await open(`${await sender(bare)}?origin=17`);
    expect(stream.info).toMatchObject({ origin: 17, width: 640 });
    expect((await read(stream)).last?.stream).toBe(stream.info);
    expect((await open(await sender(bare), { origin: 18 })).info.origin).toBe(18);
  });

  it('may come a byte at a time', async () => {
    const url = await server((socket) => {
      void (async () => {
        for (const byte of bare) {
          socket.write(Uint8Array.of(byte));
          await new Promise(setImmediate);
        }
        socket.end();
      })();
    });
    expect((await read(await open(url))).rows).toEqual(events);
  });

  it.each([1, 7, 8, 9, 40, 300, 639])('cut %i bytes before its end is ERR_CONNECTION, after all before', async (n) => {
    const twice = new Uint8Array([...bare, ...bare.subarray(greeting)]);
    const { rows, last, code } = await read(await open(await sender(twice.subarray(0, twice.length - n))));
    expect(rows).toEqual(events);
    expect(last?.mark ?? null).toBeNull();
    expect(code).toBe('ERR_CONNECTION');
  });

  it('reset is ERR_CONNECTION after all before', async () => {
    const url = await server((socket) => {
      socket.write(bare, () => setTimeout(() => socket.resetAndDestroy(), 50));
    });
    expect(await read(await open(url))).toMatchObject({ rows: events, code: 'ERR_CONNECTION' });
  });
});

describe('what else may answer', () => {
  it('nothing, and nothing in time', async () => {
    await expect(openDvStream('dv://127.0.0.1:1')).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    const silent = await server(() => {});
    await expect(openDvStream(silent, { timeout: 60 })).rejects.toMatchObject({
      code: 'ERR_CONNECTION',
      message: expect.stringContaining('no greeting within 60 ms') as string,
    });
    const cut = await sender(bare.subarray(0, greeting - 1));
    await expect(openDvStream(cut)).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('something else', async () => {
    for (const text of ['HTTP/1.1 400 Bad Request\r\n\r\n', '#!AER-DAT4.0\r\n', '\0'.repeat(40)]) {
      const url = await sender(new TextEncoder().encode(text));
      await expect(openDvStream(url)).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
    }
  });

  it('a greeting or a packet that is said to be huge: nothing is waited for or made room for', async () => {
    const url = await server((socket) => socket.write(forged(0, 2 ** 30)));
    await expect(openDvStream(url)).rejects.toMatchObject({ code: 'ERR_LIMIT' });
    const large = await server((socket) => socket.write(forged(greeting + 4, 2 ** 30)));
    expect((await read(await open(large))).code).toBe('ERR_LIMIT');
    const small = await server((socket) => socket.write(bare));
    expect((await read(await open(small, { maxPacketBytes: 100 }))).code).toBe('ERR_LIMIT');
  });

  it('a stream that is none of events', async () => {
    const frames = bare.slice();
    frames.set(new TextEncoder().encode('FRME'), Buffer.from(bare).indexOf('EVTS'));
    await expect(openDvStream(await sender(frames))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('FRME') as string,
    });
  });

  it('a compression that is not known, or a data table, which a stream does not have', async () => {
    // Where the table lies, and in it the compression and the position: as its vtable says.
    const view = new DataView(captured('dv-lz4.bin').buffer);
    const table = 4 + view.getUint32(4, true);
    const vtable = table - view.getInt32(table, true);
    const lz4 = (field: number, value: number): Uint8Array => {
      const bytes = captured('dv-lz4.bin');
      new DataView(bytes.buffer).setInt32(table + view.getUint16(vtable + 4 + 2 * field, true), value, true);
      return bytes;
    };
    await expect(openDvStream(await sender(lz4(0, 77)))).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    await expect(openDvStream(await sender(lz4(1, 7000)))).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
  });

  it('damage: what is before is delivered, and the errors are named', async () => {
    for (const [at, value] of [
      [greeting, 5],
      [greeting + 4, -1],
      [greeting + 8, 2 ** 30],
      [greeting + 12, 2 ** 30],
    ]) {
      const second = forged(at, value).subarray(greeting);
      const url = await sender(new Uint8Array([...bare, ...second]));
      expect(await read(await open(url))).toMatchObject({ rows: events, code: 'ERR_PROTOCOL' });
    }
  });

  it('anything: typed errors only', async () => {
    let seed = 1;
    const draw = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const codes = new Set<string>();
    for (let n = 0; n < 150; n++) {
      const bytes = captured(n % 2 === 0 ? 'dv-none.bin' : 'dv-lz4.bin');
      for (let k = 0; k < 3; k++) bytes[draw(bytes.length)] ^= 1 << draw(8);
      const url = await sender(n % 3 === 0 ? bytes.subarray(0, draw(bytes.length)) : bytes);
      try {
        const { code } = await read(await openDvStream(url, { timeout: 2000 }));
        codes.add(code ?? 'none');
      } catch (error) {
        codes.add((error as { code: string }).code);
      }
    }
    const known = ['none', 'ERR_CONNECTION', 'ERR_PROTOCOL', 'ERR_LIMIT', 'ERR_UNSUPPORTED'];
    expect([...codes].filter((code) => !known.includes(code))).toEqual([]);
    expect(codes.size).toBeGreaterThanOrEqual(3);
  });

  it('an address or options that make no sense', async () => {
    for (const url of ['dv://127.0.0.1', 'udp://127.0.0.1:1', 'dv://127.0.0.1:1?x=1', 'dv://127.0.0.1:1/x']) {
      await expect(openDvStream(url)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
    await expect(openDvStream('dv://127.0.0.1:1', { timeout: 0 })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });
});

describe('a reader', () => {
  it('that is slow makes the server wait', async () => {
    const packet = bare.subarray(greeting);
    let sent = 0;
    const url = await server((socket) => {
      socket.write(bare);
      const more = (): void => {
        while (sent < 100_000 && socket.write(packet)) sent++;
        if (sent < 100_000) socket.once('drain', () => setImmediate(more));
      };
      more();
    });
    const stream = await open(url);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = sent;
    expect(before * packet.length).toBeLessThan(40e6);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent).toBe(before);
    const reading = stream.events();
    for (let n = 0; n < 40; n++) expect((await reading.next()).done).toBe(false);
    stream.close();
  });

  it('can be closed while it waits, given up, and read once', async () => {
    const url = await server((socket) => socket.write(bare));
    const stream = await open(url);
    const reading = stream.events();
    expect(() => stream.events()).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    expect((await reading.next()).value?.length).toBe(events.length);
    const next = reading.next();
    stream.close();
    expect((await next).done).toBe(true);
    const given = new AbortController();
    const silent = await server((socket) => socket.write(bare.subarray(0, greeting)));
    const waiting = openDvStream(silent, { signal: given.signal });
    setTimeout(() => given.abort(), 50);
    expect((await read(await waiting)).rows).toEqual([]);
  });
});

describe('a stream of ours', () => {
  const list = packets(5, 3000);
  const all = Array.from({ length: 15_000 }, (_, i) => [i, i % 16, (i * 7) % 16, i % 2]);
  const serve = async (options: DvSinkOptions = {}): ReturnType<typeof serveDvStream> => {
    const served = await serveDvStream({ source: () => servable(list), linger: 0, ...options });
    closing.push(() => served.close());
    return served;
  };

  it.each(['none', 'lz4'] as const)('%s: every event, to all that are waited for', async (compression) => {
    const served = await serve({ clients: 3, compression, sensor: 'camera' });
    const readers = await Promise.all([1, 2, 3].map(() => open(served.url)));
    for (const { rows, code, last } of await Promise.all(readers.map(read))) {
      expect(code).toBeNull();
      expect(rows).toEqual(all);
      expect(last?.mark?.kind).toBe('end');
    }
    expect(readers[0].info).toMatchObject({ width: 16, height: 16, origin: 0, epoch: null });
    expect(readers[0].sensor).toBe('camera');
    expect(await served.done).toEqual({
      events: 15_000,
      packets: 6,
      connected: 0,
      connections: 3,
      cut: 0,
      clipped: {},
    });
  });

  it('stays open behind its end, for readers that throw away what they have not handed on', async () => {
    const served = await serve({ linger: 300 });
    const socket = connect(served.port, '127.0.0.1').resume();
    closing.push(() => socket.destroy());
    const ended = once(socket, 'end');
    await until(() => served.counts.events === 15_000);
    const before = performance.now();
    await ended;
    expect(performance.now() - before).toBeGreaterThan(200);
  });

  it('goes on without anybody where that is asked for; who comes later gets what comes then', async () => {
    const sink = await dvSink('dv://127.0.0.1:0', { clients: 0, linger: 0 });
    closing.push(() => sink.close());
    await sink(list[0]);
    const opening = openDvStream(sink.url);
    await until(() => sink.counts.connected === 1);
    await sink(list[1]);
    await sink.end();
    const { rows } = await read(await opening);
    expect(rows).toEqual(all.slice(3000, 6000));
    expect(sink.counts).toMatchObject({ events: 6000, connected: 0, connections: 1 });
  });

  it('is over when all readers have gone', async () => {
    const sink = await dvSink('dv://127.0.0.1:0');
    closing.push(() => sink.close());
    const first = sink(list[0]);
    const stream = await open(sink.url);
    await first;
    stream.close();
    await until(() => sink.counts.connected === 0);
    await expect(sink(list[1])).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('cuts off a reader that takes nothing, and the others go on', async () => {
    const many = packets(400, 3000);
    const served = await serveDvStream({ source: () => servable(many), clients: 2, patience: 200, linger: 0 });
    closing.push(() => served.close());
    const stalled = connect(served.port, '127.0.0.1');
    stalled.on('error', () => {}).pause();
    closing.push(() => stalled.destroy());
    const { rows, code } = await read(await open(served.url));
    expect(code).toBeNull();
    expect(rows).toHaveLength(400 * 3000);
    expect(await served.done).toMatchObject({ cut: 1, connections: 2, events: 1_200_000 });
  });

  it("passes on its source's error, and breaks its readers off", async () => {
    const failing = servable(list, new Error('the source broke'));
    const served = await serveDvStream({ source: () => failing, linger: 0 });
    closing.push(() => served.close());
    const outcome = served.done.then(
      () => 'done',
      (error: Error) => error.message,
    );
    await read(await open(served.url));
    expect(await outcome).toBe('the source broke');
    expect(failing.closed).toBe(true);
  });

  it('closed lets go of its source and of its readers', async () => {
    const source = servable([...packets(1, 10).slice(0, 1), ...packets(2000, 3000)]);
    const served = await serveDvStream({ source: () => source, linger: 0 });
    const stream = await open(served.url);
    await served.close();
    await served.done;
    await read(stream);
    expect(source.closed).toBe(true);
    expect(served.counts.connected).toBe(0);
  });

  it('is refused beyond loopback unless asked for, where the size is not known, and for options without sense', async () => {
    await expect(dvSink('dv://0.0.0.0:0')).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    for (const options of [{ clients: -1 }, { patience: 0 }, { linger: -1 }, { clients: 3, maxConnections: 2 }]) {
      await expect(dvSink('dv://127.0.0.1:0', options)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
    await expect(serveDvStream({ source: () => servable(list), port: -1 })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
    });
    const sink = await dvSink('dv://127.0.0.1:0');
    closing.push(() => sink.close());
    await expect(sink({ ...list[0], stream: streamInfo() })).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
    await expect(dvSink(sink.url)).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  });

  it('leaves out what the format cannot hold only where that is asked for', async () => {
    const late = { ...list[0], t: Float64Array.from(list[0].t, (t) => t - 1), mark: END };
    const strict = await dvSink('dv://127.0.0.1:0', { clients: 0 });
    closing.push(() => strict.close());
    await expect(strict(late)).rejects.toMatchObject({ code: 'ERR_LOSS' });
    const sink = await dvSink('dv://127.0.0.1:0', { clients: 0, clip: true });
    closing.push(() => sink.close());
    await sink(late);
    expect(sink.counts).toMatchObject({ events: 2999, clipped: { time: 1 } });
    expect(info.width).toBe(16);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !isSo(); n++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isSo()).toBe(true);
}
