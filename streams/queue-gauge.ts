import type { Packet, QueueCounts, QueueState, Tally } from '../src/index.js';

/** Shows what a bounded queue holds and what it has dropped; of the newest subscription. */
export class QueueGauge {
  #queues: () => readonly QueueCounts[] = () => [];

  /** Packets, events and marks: taken in = handed out + dropped + held. */
  get counts(): QueueCounts {
    const queues = this.#queues();
    const sum = (of: (queue: QueueCounts) => Readonly<Tally>): Tally => ({
      packets: queues.reduce((total, queue) => total + of(queue).packets, 0),
      events: queues.reduce((total, queue) => total + of(queue).events, 0),
      marks: queues.reduce((total, queue) => total + of(queue).marks, 0),
    });
    return {
      taken: sum((queue) => queue.taken),
      handedOut: sum((queue) => queue.handedOut),
      dropped: sum((queue) => queue.dropped),
      held: sum((queue) => queue.held),
    };
  }

  /** @internal */
  watch(queues: () => readonly (QueueCounts | QueueState<Packet>)[]): void {
    this.#queues = queues;
  }
}
