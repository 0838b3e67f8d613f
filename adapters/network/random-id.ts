interface Randomness {
  getRandomValues(bytes: Uint8Array): Uint8Array;
}

/** 32 hex digits that cannot be guessed: names a run of a stream, or a receiver's place in it. */
export function randomId(): string {
  const { crypto } = globalThis as unknown as { readonly crypto: Randomness };
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
