import { type KindPackets, type WebSocketSink, openLink } from '../adapters/index.node.js';
import type { Decision, EventPacket, ItemPacket, Model } from '../src/index.js';
import { UsageError } from './failure.js';
import { ModelRun } from './model-run.js';
import { connectionError } from './network-source.js';
import type { PipeSink, SinkOptions } from './pipe-sink.js';

/** How long a server may take to close a connection on which nothing more is said, ms. */
const GOODBYE = 1000;

/** A stream of its own that is published to a server: `write` puts it together, `rest` what is left at its end. */
export function publishedSink<K extends 'events' | 'decisions'>(
  url: string,
  stream: K,
  { token, name = stream }: { readonly token?: string | undefined; readonly name?: string | undefined },
  { write, rest, ...told }: PublishedParts<K>,
): PipeSink {
  const link = openLink(url, token === undefined ? {} : { token });
  const sink = link.publish(stream, { name });
  const close = async (): Promise<void> => {
    link.close();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([link.closed, new Promise((resolve) => (timer = setTimeout(resolve, GOODBYE)))]);
    clearTimeout(timer);
  };
  const inWords = (error: unknown): never => {
    throw connectionError(url, answerBehind(error));
  };
  const address = new URL(url);
  return {
    name: `${address.protocol}//${address.host}${address.pathname}`,
    kind: stream === 'events' ? 'websocket' : 'decisions',
    write: async (packet) => write(sink, packet).catch(inWords),
    end: async () => {
      try {
        await rest?.(sink).catch(inWords);
        await sink.end();
      } finally {
        await close();
      }
    },
    fail: async (error) => {
      await sink.fail(error);
      await close();
    },
    abandon: () => link.close(),
    ...told,
    ...(told.leftOut === undefined ? { leftOut: () => outside(sink.counts) } : {}),
    facts: () => told.facts?.(sink.counts.events) ?? { packets: sink.counts.packets },
  } as PipeSink;
}

interface PublishedParts<K extends 'events' | 'decisions'> extends Partial<Pick<PipeSink, 'leftOut'>> {
  /** `sent`: entries. */
  readonly facts?: (sent: number) => ReturnType<PipeSink['facts']>;
  readonly write: (sink: WebSocketSink<KindPackets[K]>, packet: EventPacket) => Promise<void>;
  readonly rest?: (sink: WebSocketSink<KindPackets[K]>) => Promise<void>;
}

const outside = ({ outside: n }: { readonly outside: number }): Record<string, number> => (n > 0 ? { outside: n } : {});

/** The error that tells a server's answer, where one is behind it. */
function answerBehind(error: unknown): unknown {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if (/server response: \d+/.test(one.message)) return one;
  }
  return error;
}

/** What a model decides on the events, published to a server as a stream of decisions. @throws `UsageError` */
export function decisionsSink(url: string, model: Model, seed: number, { token }: SinkOptions): PipeSink {
  if (!/^wss?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new UsageError(`${url}: decisions go to a server that takes them, ws://HOST:PORT`);
  }
  const run = new ModelRun(model, seed);
  let last: EventPacket | null = null;
  return publishedSink(
    url,
    'decisions',
    { token },
    {
      write: async (sink, packet) => {
        last = packet;
        const { decisions } = run.take(packet);
        if (decisions.length > 0 || packet.mark !== null) await sink(packetOf(packet, decisions));
      },
      rest: async (sink) => {
        const { decisions } = run.finish();
        if (last !== null && decisions.length > 0) await sink(packetOf({ ...last, mark: null }, decisions));
      },
      leftOut: () => ({}),
      facts: (decisions) => ({ model: model.name, decisions }),
    },
  );
}

function packetOf({ stream, until, mark }: EventPacket, items: readonly Decision[]): ItemPacket<Decision> {
  return { stream, items, length: items.length, until, mark };
}
