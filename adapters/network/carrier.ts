import type { OutgoingFrame } from './frames.js';
import type { StreamFrame } from './stream-writer.js';

/** A connection as the two ends of a stream see it. */
export interface Carrier {
  /** Sends a frame; resolves when there is room for the next, or the connection is gone. */
  send(frame: OutgoingFrame): Promise<void>;
  /** Sends a packet frame that was written before. */
  post(frame: StreamFrame): Promise<void>;
  /** Another connection has taken over a stream that went over this one: the newer one is the true one. */
  displace(): void;
}
