/** A frame of a GIF as it stands in the file. */
export interface GifFrame {
  readonly width: number;
  readonly height: number;
  /** Hundredths of a second. */
  readonly delay: number;
  readonly pixels: number[];
}

/** A GIF, read from its specification (https://www.w3.org/Graphics/GIF/spec-gif89a.txt); what ours do not hold is refused. */
export function readGif(bytes: Uint8Array): { palette: number[][]; loops: number | null; frames: GifFrame[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (from: number, length: number): string => String.fromCharCode(...bytes.subarray(from, from + length));
  if (text(0, 6) !== 'GIF89a') throw new Error('no GIF');
  const colours = 2 << (bytes[10] & 7);
  const palette = Array.from({ length: colours }, (_, i) => [...bytes.subarray(13 + 3 * i, 16 + 3 * i)]);
  let at = 13 + 3 * colours;
  let delay = 0;
  let loops: number | null = null;
  const frames: GifFrame[] = [];
  const blocks = (): Uint8Array => {
    const parts: number[] = [];
    for (; bytes[at] !== 0; at += bytes[at] + 1) parts.push(...bytes.subarray(at + 1, at + 1 + bytes[at]));
    at++;
    return Uint8Array.from(parts);
  };
  for (; bytes[at] !== 0x3b;) {
    const kind = bytes[at++];
    if (kind === 0x21) {
      const label = bytes[at++];
      const start = at;
      const content = blocks();
      if (label === 0xf9) delay = content[1] | (content[2] << 8);
      else if (text(start + 1, 11) === 'NETSCAPE2.0') loops = content[12] | (content[13] << 8);
    } else if (kind === 0x2c) {
      const [width, height] = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
      if (bytes[at + 8] !== 0) throw new Error('a local palette or interlacing');
      at += 9;
      const size = bytes[at++];
      frames.push({ width, height, delay, pixels: unpack(blocks(), size) });
    } else throw new Error(`block ${kind}`);
  }
  if (at !== bytes.length - 1) throw new Error('bytes after the end');
  return { palette, loops, frames };
}

/** LZW with codes of growing width. */
function unpack(packed: Uint8Array, size: number): number[] {
  const clear = 1 << size;
  let table: number[][] = [];
  let width = size + 1;
  let before: number[] | null = null;
  const out: number[] = [];
  let [bits, have] = [0, 0];
  for (const byte of packed) {
    bits |= byte << have;
    have += 8;
    while (have >= width) {
      const code = bits & ((1 << width) - 1);
      bits >>>= width;
      have -= width;
      if (code === clear) {
        table = Array.from({ length: clear + 2 }, (_, i) => [i]);
        width = size + 1;
        before = null;
        continue;
      }
      if (code === clear + 1) return out;
      const entry: number[] = code < table.length ? table[code] : [...(before ?? []), (before ?? [])[0]];
      if (before !== null && table.length < 4096) table.push([...before, entry[0]]);
      if (table.length === 1 << width && width < 12) width++;
      for (const pixel of entry) out.push(pixel);
      before = entry;
    }
  }
  throw new Error('the picture does not end');
}
