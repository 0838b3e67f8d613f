/** The part of gifenc 1.0.3, which has no types of its own, that is used. */
declare module 'gifenc' {
  interface GifFrameOptions {
    /** Given with the first frame, it is that of all. */
    readonly palette?: readonly (readonly [number, number, number])[];
    /** ms, rounded to hundredths of a second. */
    readonly delay?: number;
    /** 0: for ever. */
    readonly repeat?: number;
  }
  interface GifEncoder {
    writeFrame(pixels: Uint8Array, width: number, height: number, options?: GifFrameOptions): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  type MakeGifEncoder = () => GifEncoder;
  /** A CommonJS module: Node gives all of its exports for the default import, bundlers the one called `default`. */
  const gifenc: MakeGifEncoder | { readonly GIFEncoder: MakeGifEncoder };
  export default gifenc;
}
