/** True on machines that keep the least significant byte first. */
export const LITTLE_HOST: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Whether words of a file must be turned round before the host can load them. */
export function mustSwap(bigEndian: boolean): boolean {
  return bigEndian === LITTLE_HOST;
}

/** Turns the bytes of each word of `size` bytes round, in place; `length` is a multiple of `size`. */
export function swapWords(bytes: Uint8Array, length: number, size: number): void {
  for (let at = 0; at < length; at += size) bytes.subarray(at, at + size).reverse();
}
