import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { RxSpikeError } from '../../src/index.js';
import type { Scope } from './upgrade-guard.js';

/** Longest life of a view token, s: a day. */
const LONGEST = 86_400;

/** Tokens that a server knows. */
export interface TokenSettings {
  /** Needed to connect. */
  readonly token?: string | undefined;
  /** Needed to send streams. */
  readonly publishToken?: string | undefined;
}

/**
 * Says what the bearer of a token may do, and makes short-lived ones.
 *
 * View tokens are signed with a key of this run of the server, not with its token: whoever has one could else try
 * passwords against it.
 */
export class Tokens {
  readonly #all: Buffer | null;
  readonly #publish: Buffer | null;
  readonly #key: Buffer = randomBytes(32);
  readonly #now: () => number;

  /** @param now ms since 1970 @throws `ERR_ARGUMENT` */
  constructor({ token, publishToken }: TokenSettings, now: () => number = Date.now) {
    requireToken(token, 'token');
    requireToken(publishToken, 'publishToken');
    this.#all = token === undefined ? null : digest(token);
    this.#publish = publishToken === undefined ? null : digest(publishToken);
    this.#now = now;
  }

  /** What is allowed with a token, or without one; null: nothing. */
  scopeOf(token: string | null): Scope | null {
    const open = this.#publish === null ? 'publish' : 'view';
    if (token === null) return this.#all === null ? open : null;
    if (this.#publish !== null && matches(token, this.#publish)) return 'publish';
    if (this.#all !== null && matches(token, this.#all)) return open;
    if (this.#isView(token)) return 'view';
    return this.#all === null && this.#publish === null ? 'publish' : null;
  }

  /** A token to look on with. @throws `ERR_ARGUMENT` unless `seconds` is above 0 and at most a day */
  view(seconds: number): string {
    if (!(seconds > 0 && seconds <= LONGEST)) {
      throw new RxSpikeError(
        'ERR_ARGUMENT',
        `viewToken: seconds must be above 0 and at most ${LONGEST}, got ${seconds}`,
      );
    }
    const content = `view.${Math.ceil(this.#now() + 1000 * seconds)}.${randomBytes(9).toString('base64url')}`;
    return `${content}.${this.#sign(content)}`;
  }

  #isView(token: string): boolean {
    const [, content, expiry, signature] = /^(view\.(\d{1,15})\.[\w-]{12})\.([\w-]{43})$/.exec(token) ?? [];
    return content !== undefined && matches(signature, digest(this.#sign(content))) && this.#now() < Number(expiry);
  }

  #sign(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }
}

function requireToken(token: string | undefined, name: string): void {
  // Not shown: it may be most of a secret.
  if (token === undefined || /^[\w.~-]{1,256}$/.test(token)) return;
  throw new RxSpikeError('ERR_ARGUMENT', `serve: ${name} must be 1…256 letters, digits or any of . _ ~ -`);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that tells nothing of where the difference is. */
const matches = (text: string, expected: Buffer): boolean => timingSafeEqual(digest(text), expected);
