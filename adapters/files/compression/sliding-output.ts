/** Content of which the newest part is kept, to be referred to; memory grows with what was made, up to a limit. */
export class SlidingOutput {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Bytes of content that are kept. */
  length = 0;
  #window = 0;

  /** Begins anew: the newest `window` bytes are kept at least. */
  reset(window: number): void {
    this.length = 0;
    this.#window = window;
  }

  /** Makes room for `size` bytes after what is kept; older ones may go. */
  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    // So much more than the window that moving it costs little beside making the content.
    const most = this.#window + Math.max(this.#window >> 1, 4 * size);
    if (this.length + size <= most) {
      const bytes = new Uint8Array(Math.min(most, Math.max(2 * this.bytes.length, this.length + size)));
      bytes.set(this.bytes.subarray(0, this.length));
      this.bytes = bytes;
      return;
    }
    const kept = Math.min(this.#window, this.length);
    this.bytes.copyWithin(0, this.length - kept, this.length);
    this.length = kept;
  }
}
