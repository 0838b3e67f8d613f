import type { DeliveryOutcome } from './delivery.js';
import { Budget } from './budget.js';
import type { Refusal, Scope } from './upgrade-guard.js';

/** Takes lines of a log; a pino logger is one. */
export interface ServeLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Codes that are told apart when closed connections are counted. */
const CODES = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 4002, 4008, 4011];

/** Refusals that are written down each second; the rest is only counted. */
const REFUSALS_PER_SECOND = 10;

/** What became of a receiver. */
export interface Departure {
  readonly stream: string;
  readonly from: string;
  readonly policy: string;
  readonly packets: number;
  readonly events: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly outcome: DeliveryOutcome | null;
}

/** Counts what happens at a server and writes it down; knows no token, and no address beyond a host's. */
export class Journal {
  /** Connections so far, and how long names of them are counted on. */
  connections = 0;
  readonly refused: Map<string, number> = new Map();
  readonly closed: Map<string, number> = new Map();
  readonly limited: Map<string, number> = new Map();
  readonly #log: ServeLog | null;
  readonly #room: Budget = new Budget(REFUSALS_PER_SECOND, REFUSALS_PER_SECOND, performance.now());
  #unwritten = 0;

  constructor(log: ServeLog | null) {
    this.#log = log;
  }

  listening(url: string, beyond: boolean, secure: boolean): void {
    this.#log?.info({ url }, 'listening');
    if (beyond && !secure) this.#log?.warn({ url }, 'tokens and events pass in clear text: no TLS');
  }

  refuse({ status, reason, why }: Omit<Refusal, 'status'> & { readonly status: number }, address: string): void {
    add(this.refused, reason);
    if (!this.#room.spend(1, performance.now())) {
      this.#unwritten++;
      return;
    }
    const before = this.#unwritten === 0 ? {} : { unwritten: this.#unwritten };
    this.#unwritten = 0;
    this.#log?.warn({ status, reason, address, ...before }, `refused: ${why}`);
  }

  /** @returns name of the connection */
  connect(address: string, scope: Scope): string {
    const id = `c${++this.connections}`;
    this.#log?.info({ connection: id, address, scope }, 'connected');
    return id;
  }

  close(id: string, code: number, reason: string, ms: number): void {
    add(this.closed, CODES.includes(code) ? String(code) : 'other');
    this.#log?.info({ connection: id, code, reason, seconds: Math.round(ms) / 1000 }, 'closed');
  }

  /** A limit was met. */
  limit(id: string, limit: string): void {
    add(this.limited, limit);
    this.#log?.warn({ connection: id, limit }, 'limit met');
  }

  subscribe(id: string, stream: string | null, policy: string, resumes: boolean): void {
    this.#log?.debug({ connection: id, stream, policy, resumes }, 'asks for a stream');
  }

  publish(id: string, stream: string, kind: string): void {
    this.#log?.info({ connection: id, stream, kind }, 'sends a stream');
  }

  depart({ from, ...facts }: Departure): void {
    const lossy = Object.keys(facts.dropped).length > 0 || facts.outcome !== 'complete';
    this.#log?.[lossy ? 'warn' : 'info']({ address: from, ...facts }, 'a receiver is done');
  }

  drain(inFlight: readonly unknown[]): void {
    this.#log?.info({ inFlight }, 'draining');
  }

  drained(left: readonly unknown[]): void {
    if (left.length > 0) this.#log?.warn({ left }, 'drained; broken off');
    else this.#log?.info({}, 'drained');
  }
}

function add(to: Map<string, number>, name: string): void {
  to.set(name, (to.get(name) ?? 0) + 1);
}
