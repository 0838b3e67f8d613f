import type { EventPacket } from '../src/index.js';
import type { ByteOutput } from './byte-output.js';
import type { EventSink } from './copy-events.js';

const utf8 = new TextEncoder();

/** Writes each event as a line of JSON: `{"t":654,"x":12,"y":3,"p":1}`, t in µs. */
export class JsonLines implements EventSink {
  readonly #out: ByteOutput;

  constructor(out: ByteOutput) {
    this.#out = out;
  }

  async write({ t, x, y, p, length }: EventPacket): Promise<void> {
    if (length === 0) return;
    let text = '';
    for (let i = 0; i < length; i++) text += `{"t":${t[i]},"x":${x[i]},"y":${y[i]},"p":${p[i]}}\n`;
    await this.#out.write(utf8.encode(text));
  }

  close(): Promise<void> {
    return this.#out.close();
  }

  abort(): Promise<void> {
    return this.#out.abort();
  }
}
