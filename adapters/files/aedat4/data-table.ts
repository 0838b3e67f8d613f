/** Where a packet lies and what it holds. */
interface Row {
  /** Offset in the file of its body, behind stream and size. */
  readonly at: number;
  readonly size: number;
  readonly events: number;
  /** Earliest and latest time, µs. */
  readonly from: number;
  readonly to: number;
}

/** Numbers of a row that are kept. */
const KEPT = 5;
/** Size, root, identifier, vtable of the table of rows (at 14), the table (at 20), length of its vector (at 28). */
const HEAD_BYTES = 32;
const ROWS_VTABLE = [6, 8, 4];
/** vtable of a row, and the row: byte offset, packet header, number of events, times. */
const ROW_VTABLE = [14, 44, 12, 4, 20, 28, 36];
const ROW_BYTES = 48;

/** The data table of a recording with one event stream of number 0: a size-prefixed flatbuffer `FTAB`. */
export class DataTable {
  #rows = new Float64Array(KEPT * 256);
  #length = 0;

  add({ at, size, events, from, to }: Row): void {
    if (KEPT * this.#length === this.#rows.length) {
      const rows = new Float64Array(2 * this.#rows.length);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows.set([at, size, events, from, to], KEPT * this.#length++);
  }

  /** The table of what was added. */
  encode(): Uint8Array {
    const rows = this.#length;
    // Rows lie so that their 64-bit numbers, twelve bytes on, are at multiples of eight; their vtable lies before them.
    const vtable = HEAD_BYTES + 4 * rows;
    const first = Math.ceil((vtable + 2 * ROW_VTABLE.length + 4) / 8) * 8 - 4;
    const bytes = new Uint8Array(first + ROW_BYTES * rows + 4);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length - 4, true);
    view.setUint32(4, 16, true);
    bytes.set(new TextEncoder().encode('FTAB'), 8);
    ROWS_VTABLE.forEach((value, i) => view.setUint16(14 + 2 * i, value, true));
    view.setInt32(20, 6, true);
    view.setUint32(24, 4, true);
    view.setUint32(28, rows, true);
    ROW_VTABLE.forEach((value, i) => view.setUint16(vtable + 2 * i, value, true));
    for (let i = 0; i < rows; i++) {
      const [at, size, events, from, to] = this.#rows.subarray(KEPT * i, KEPT * (i + 1));
      const row = first + ROW_BYTES * i;
      view.setUint32(HEAD_BYTES + 4 * i, row - (HEAD_BYTES + 4 * i), true);
      view.setInt32(row, row - vtable, true);
      view.setInt32(row + 8, size, true);
      view.setBigInt64(row + 12, BigInt(at), true);
      view.setBigInt64(row + 20, BigInt(events), true);
      view.setBigInt64(row + 28, BigInt(from), true);
      view.setBigInt64(row + 36, BigInt(to), true);
    }
    return bytes;
  }
}
