/** Bytes of a header: the same whatever the number of rows, so that it can be written again over itself. */
const HEADER_BYTES = 128;

/**
 * The beginning of an NPY file of version 1.0, 128 bytes, 256 where they do not do.
 * @param descr type as numpy writes it: `'<i8'` in quotes, or a list of fields
 * @param shape `(3,)` or `()`
 */
export function npyStart(descr: string, shape: string): Uint8Array {
  const dict = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  const size = dict.length + 11 <= HEADER_BYTES ? HEADER_BYTES : 2 * HEADER_BYTES;
  const text = `${dict.padEnd(size - 11)}\n`;
  const bytes = new Uint8Array(size);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (size - 10) & 0xff, (size - 10) >> 8]);
  for (let i = 0; i < text.length; i++) bytes[10 + i] = text.charCodeAt(i);
  return bytes;
}
