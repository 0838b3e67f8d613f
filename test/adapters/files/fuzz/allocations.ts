const WATCHED = [
  'ArrayBuffer',
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

/** What was allocated in typed arrays of a length that was asked for; copies of what is there do not count. */
export interface Allocations {
  /** Bytes of the largest one since `reset`. */
  largest: number;
  /** Bytes of all since `reset`. */
  total: number;
  reset(): void;
  /** Ends the watch. */
  undo(): void;
}

/** Stands between all code of this realm and the constructors of typed arrays. */
export function watchAllocations(): Allocations {
  const originals = new Map<string, unknown>();
  const world = globalThis as unknown as Record<string, unknown>;
  const found: Allocations = {
    largest: 0,
    total: 0,
    reset: () => {
      found.largest = found.total = 0;
    },
    undo: () => {
      for (const [name, original] of originals) world[name] = original;
    },
  };
  for (const name of WATCHED) {
    const original = world[name] as Uint8ArrayConstructor;
    originals.set(name, original);
    const width = name === 'ArrayBuffer' ? 1 : original.BYTES_PER_ELEMENT;
    world[name] = new Proxy(original, {
      construct(target, args: unknown[], newTarget): object {
        const [length] = args;
        if (typeof length === 'number') {
          found.total += length * width;
          found.largest = Math.max(found.largest, length * width);
        }
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  }
  return found;
}
