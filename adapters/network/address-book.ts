import { Budget } from './budget.js';

/** Addresses whose new connections are remembered at most; more are those of an attack, and are then not told apart. */
const MOST = 10_000;

/** The part of an address that one party has to itself: all of IPv4, a /64 of IPv6. */
export function partyOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head, tail] = plain.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

/** Counts what each address has, and how fast it comes for more. */
export class AddressBook {
  readonly #counts: Map<string, number> = new Map();
  readonly #rates: Map<string, Budget> = new Map();
  readonly #perSecond: number;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  count(address: string): number {
    return this.#counts.get(partyOf(address)) ?? 0;
  }

  /** One more from there; the function that it returns takes it back. */
  enter(address: string): () => void {
    const party = partyOf(address);
    this.#counts.set(party, (this.#counts.get(party) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(party) ?? 1) - 1;
      if (left > 0) this.#counts.set(party, left);
      else this.#counts.delete(party);
    };
  }

  /** Whether one more may come from there now. */
  mayCome(address: string, now: number): boolean {
    if (this.#perSecond === Infinity) return true;
    let party = partyOf(address);
    if (this.#rates.size >= MOST && !this.#rates.has(party)) {
      for (const [known, rate] of this.#rates) if (rate.isFull(now)) this.#rates.delete(known);
      if (this.#rates.size >= MOST) party = '';
    }
    let rate = this.#rates.get(party);
    if (!rate) this.#rates.set(party, (rate = new Budget(this.#perSecond, Math.max(1, 10 * this.#perSecond), now)));
    return rate.spend(1, now);
  }
}
