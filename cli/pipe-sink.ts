import type { WritableFormat } from '../adapters/files/index.node.js';
import type { EventPacket } from '../src/index.js';

/** Where events of `rxspike pipe` go. */
export interface PipeSink {
  /** As the command line names it, without secrets. */
  readonly name: string;
  readonly kind: 'file' | 'stdout' | 'websocket' | 'udp' | 'dv' | 'decisions';
  /** Takes a packet; resolves when there is room for the next. */
  write(packet: EventPacket): Promise<void>;
  /** Nothing follows. */
  end(): Promise<void>;
  /** The stream broke, or this sink did. */
  fail(error: unknown): Promise<void>;
  /** Lets go at once of what is waited for. */
  abandon(): void;
  /** Events taken and left out, by reason. */
  leftOut(): Readonly<Record<string, number>>;
  /** What else is to be said of it. */
  facts(): Readonly<Record<string, unknown>>;
}

/** What sinks are opened with. */
export interface SinkOptions {
  /** Of what goes to stdout. */
  readonly as?: WritableFormat | 'json';
  readonly force?: boolean;
  readonly clip?: boolean;
  /** Token that servers ask for. */
  readonly token?: string;
  /** Name of the stream as receivers see it. */
  readonly name?: string;
  readonly allowRemote?: boolean;
  /** Says something beside the results. */
  readonly note: (text: string) => void;
}
