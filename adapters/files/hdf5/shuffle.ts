/** Undoes byte shuffling: byte k of every element lay together. Bytes after the last whole element stay. */
export function unshuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  if (elementBytes < 2 || bytes.length < 2 * elementBytes) return bytes;
  const out = new Uint8Array(bytes.length);
  unshuffleInto(bytes, out, 0, bytes.length, elementBytes);
  return out;
}

/** {@link unshuffle} of `length` bytes into `out` at `at`. */
export function unshuffleInto(
  bytes: Uint8Array,
  out: Uint8Array,
  at: number,
  length: number,
  elementBytes: number,
): void {
  const count = Math.floor(length / elementBytes);
  if (elementBytes === 2) {
    for (let i = 0, o = at; i < count; i++, o += 2) {
      out[o] = bytes[i];
      out[o + 1] = bytes[count + i];
    }
  } else {
    for (let k = 0; k < elementBytes; k++) {
      const from = k * count;
      for (let i = 0, o = at + k; i < count; i++, o += elementBytes) out[o] = bytes[from + i];
    }
  }
  for (let k = count * elementBytes; k < length; k++) out[at + k] = bytes[k];
}

/** Byte shuffling, the other way round; `bytes` are whole elements. */
export function shuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  if (elementBytes < 2) return bytes;
  const out = new Uint8Array(bytes.length);
  const count = bytes.length / elementBytes;
  for (let k = 0; k < elementBytes; k++) {
    const to = k * count;
    for (let i = 0, from = k; i < count; i++, from += elementBytes) out[to + i] = bytes[from];
  }
  return out;
}
