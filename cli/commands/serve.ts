import { serveStream } from '../../adapters/index.node.js';
import { ReplayControl } from '../../streams/index.js';
import { PartialFailure } from '../failure.js';
import { unlessInterrupted } from '../interruption.js';
import type { Speed } from '../options.js';
import type { Output } from '../output.js';
import type { CommandResult } from '../command.js';
import { type SourceOptions, openStreams } from '../sources.js';

export interface ServeOptions extends SourceOptions {
  readonly host: string;
  readonly port: number;
  readonly clients?: number;
  readonly speed: Speed;
  readonly loop?: boolean;
  readonly token?: string;
  readonly seed: number;
}

/**
 * `rxspike serve SOURCE…`: with `--clients N` one reading for N subscribers, then the end; else each subscriber gets a
 * reading of its own, from the beginning.
 */
export async function serve(sources: string[], options: ServeOptions, output: Output): Promise<CommandResult> {
  const { host, port, clients, speed, token, loop = false, seed, format } = options;
  const opening = serveStream({
    // The token is the one that subscribers show; a served stream that is passed on is asked for without one.
    source: () =>
      openStreams(sources, {
        control: new ReplayControl({ speed }),
        loop,
        seed,
        ...(format === undefined ? {} : { format }),
      }),
    host,
    port,
    ...(clients === undefined ? {} : { clients }),
    ...(token === undefined ? {} : { token }),
  });
  const server = await unlessInterrupted(opening, output.interrupted);
  if (server === null) return { json: { url: null, port: null }, status: 130 };
  const facts = (): Record<string, unknown> => ({ url: server.url, port: server.port, ...server.counts });
  output.announce(`serving ${server.url}`);
  let done: boolean;
  try {
    done = (await unlessInterrupted(server.done, output.interrupted)) !== null;
  } catch (error) {
    throw new PartialFailure(error, facts());
  }
  if (!done) await server.close();
  const { completed, lost, events } = server.counts;
  output.line(`served ${events} events; ${completed} subscribers to the end, ${lost} left before`);
  return { json: facts(), status: done ? 0 : 130 };
}
