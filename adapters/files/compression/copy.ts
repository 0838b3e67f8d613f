/** Above this length the engine's own copy is faster than a loop. */
const LONG = 48;

/** Copies `length` bytes of `input` from `from` on to `output` at `at`. */
export function copyLiterals(input: Uint8Array, from: number, output: Uint8Array, at: number, length: number): void {
  if (length > LONG) output.set(input.subarray(from, from + length), at);
  else for (let k = 0; k < length; k++) output[at + k] = input[from + k];
}

/** Copies `length` bytes that lie `distance` before `at`; where they reach beyond it, they repeat. */
export function copyMatch(output: Uint8Array, at: number, distance: number, length: number): void {
  const from = at - distance;
  if (length > LONG && distance >= length) output.copyWithin(at, from, from + length);
  else for (let k = 0; k < length; k++) output[at + k] = output[from + k];
}
