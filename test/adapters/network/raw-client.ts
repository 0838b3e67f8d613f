import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { Packr } from 'msgpackr';

const packr = new Packr({ useRecords: false });
export const pack = (frame: unknown): Buffer => packr.pack(frame);

/** How a WebSocket frame is written (RFC 6455, 5.2); whatever is wrong with it is on purpose. */
export interface FrameShape {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** Reserved bits, 0…7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** Length that is declared, whatever follows. */
  readonly declared?: bigint;
}

export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Bytes of one WebSocket frame. */
export function wsFrame(payload: Buffer, shape: FrameShape = {}): Buffer {
  const { opcode = OPCODE.binary, fin = true, reserved = 0, masked = true } = shape;
  const declared = shape.declared ?? BigInt(payload.length);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const mask = masked ? 0x80 : 0;
  let length: Buffer;
  if (declared < 126n) length = Buffer.from([mask | Number(declared)]);
  else if (declared < 65_536n) {
    length = Buffer.from([mask | 126, 0, 0]);
    length.writeUInt16BE(Number(declared), 1);
  } else {
    length = Buffer.from([mask | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    length.writeBigUInt64BE(declared, 1);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), length, payload]);
  const key = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const hidden = Buffer.from(payload);
  for (let i = 0; i < hidden.length; i++) hidden[i] ^= key[i & 3];
  return Buffer.concat([Buffer.from(head), length, key, hidden]);
}

/** How a raw connection came to its end. */
export interface Ending {
  /** Status of an HTTP answer; null: none came. */
  readonly status: number | null;
  /** Code of a close frame; null: none came. */
  readonly code: number | null;
  readonly reason: string;
}

/** A client over a bare socket: says what it is told to, and notes what it hears. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when the other side has let go. */
  readonly ended: Promise<Ending>;
  /** Messages that came, undecoded. */
  readonly messages: Buffer[] = [];
  #heard: Buffer = Buffer.alloc(0);
  #status: number | null = null;
  #upgraded = false;
  #code: number | null = null;
  #reason = '';

  private constructor(port: number, host: string) {
    this.socket = connect(port, host);
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes: Buffer) => this.#hear(bytes));
    this.ended = new Promise((resolve) =>
      this.socket.on('close', () => resolve({ status: this.#status, code: this.#code, reason: this.#reason })),
    );
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const client = new RawClient(port, host);
    await once(client.socket, 'connect');
    return client;
  }

  /** A connection that has been upgraded. */
  static async upgraded(port: number, query = '?auto=0', protocol = 'rxspike.v1'): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.say(upgradeRequest(port, `/${query}`, { 'sec-websocket-protocol': protocol }));
    while (client.status === null) await once(client.socket, 'data');
    return client;
  }

  get status(): number | null {
    return this.#status;
  }

  say(bytes: string | Buffer): boolean {
    return this.socket.destroyed ? false : this.socket.write(bytes);
  }

  send(frame: unknown, shape: FrameShape = {}): boolean {
    return this.say(wsFrame(pack(frame), shape));
  }

  /** Frames that came, decoded. */
  get frames(): Record<string, unknown>[] {
    return this.messages.map((message) => packr.unpack(message) as Record<string, unknown>);
  }

  close(): void {
    this.socket.destroy();
  }

  #hear(bytes: Buffer): void {
    this.#heard = Buffer.concat([this.#heard, bytes]);
    if (this.#status === null) {
      const end = this.#heard.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#status = Number(/^HTTP\/1\.1 (\d+)/.exec(this.#heard.toString('latin1'))?.[1]);
      this.#upgraded = this.#status === 101;
      this.#heard = this.#heard.subarray(end + 4);
    }
    while (this.#upgraded && this.#frame());
  }

  #frame(): boolean {
    const bytes = this.#heard;
    if (bytes.length < 2) return false;
    let length = bytes[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return false;
      length = bytes.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return false;
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
    }
    if (bytes.length < at + length) return false;
    const opcode = bytes[0] & 15;
    const payload = bytes.subarray(at, at + length);
    this.#heard = bytes.subarray(at + length);
    if (opcode === OPCODE.close) {
      this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#reason = payload.subarray(2).toString();
      // Answers as it should, so that the connection ends at once.
      this.say(wsFrame(payload.subarray(0, 2), { opcode: OPCODE.close }));
    } else if (opcode === OPCODE.ping) this.say(wsFrame(Buffer.from(payload), { opcode: OPCODE.pong }));
    else if (opcode === OPCODE.text || opcode === OPCODE.binary) this.messages.push(Buffer.from(payload));
    return true;
  }
}

/** The text of an upgrade request; null leaves a header out. */
export function upgradeRequest(
  port: number,
  path: string,
  headers: Readonly<Record<string, string | null>> = {},
): string {
  const all: Record<string, string | null> = {
    host: `127.0.0.1:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': 'rxspike.v1',
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`); // prettier-ignore
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
