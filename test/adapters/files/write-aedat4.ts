/** A size-prefixed flatbuffer whose root table has the given fields: each a number of bytes at a fixed place, or a vector. */
function flatbuffer(
  identifier: string,
  fields: readonly (Uint8Array | { readonly vector: Uint8Array; readonly length: number } | null)[],
): Uint8Array {
  // Layout: size, root offset, identifier, vtable, table (8 bytes a field), then the vectors.
  const vtable = 12;
  const vtableSize = 4 + 2 * fields.length;
  const table = (vtable + vtableSize + 7) & ~7;
  const tableSize = 8 + 8 * fields.length;
  let end = table + tableSize;
  const places = fields.map((field) => {
    if (field === null || field instanceof Uint8Array) return 0;
    const place = ((end + 4 + 7) & ~7) - 4;
    end = place + 4 + field.vector.length;
    return place;
  });
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, end - 4, true);
  view.setUint32(4, table - 4, true);
  bytes.set(new TextEncoder().encode(identifier), 8);
  view.setUint16(vtable, vtableSize, true);
  view.setUint16(vtable + 2, tableSize, true);
  view.setInt32(table, table - vtable, true);
  fields.forEach((field, i) => {
    if (field === null) return;
    const at = table + 8 + 8 * i;
    view.setUint16(vtable + 4 + 2 * i, at - table, true);
    if (field instanceof Uint8Array) {
      bytes.set(field, at);
    } else {
      view.setUint32(at, places[i] - at, true);
      view.setUint32(places[i], field.length, true);
      bytes.set(field.vector, places[i] + 4);
    }
  });
  return bytes;
}

const int64 = (value: bigint): Uint8Array => new Uint8Array(new BigInt64Array([value]).buffer);
const int16 = (value: number): Uint8Array => new Uint8Array(new Int16Array([value]).buffer);
const int32 = (...values: number[]): Uint8Array => new Uint8Array(new Int32Array(values).buffer);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export type Event = readonly [t: bigint | number, x: number, y: number, p: number];

/** Body of an event packet. */
export function eventBody(events: readonly Event[]): Uint8Array {
  const vector = new Uint8Array(16 * events.length);
  const view = new DataView(vector.buffer);
  events.forEach(([t, x, y, p], i) => {
    view.setBigInt64(16 * i, BigInt(t), true);
    view.setInt16(16 * i + 8, x, true);
    view.setInt16(16 * i + 10, y, true);
    view.setUint8(16 * i + 12, p);
  });
  return flatbuffer('EVTS', [{ vector, length: events.length }]);
}

/** Body of a frame packet. */
export function frameBody(frame: {
  readonly t: number;
  readonly exposure: readonly [begin: number, end: number];
  readonly format: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}): Uint8Array {
  const { t, exposure, format, width, height, pixels } = frame;
  const fields = [
    int64(BigInt(t)),
    null,
    null,
    int64(BigInt(exposure[0])),
    int64(BigInt(exposure[1])),
    Uint8Array.of(format),
  ];
  const size = [int16(width), int16(height), null, null, { vector: pixels, length: pixels.length }];
  return flatbuffer('FRME', [...fields, ...size]);
}

export const packet = (stream: number, body: Uint8Array): Uint8Array => concat(int32(stream, body.length), body);

/** Description of streams: id, type and size. */
export function description(
  streams: readonly (readonly [id: number, type: string, width?: number, height?: number])[],
): string {
  const nodes = streams.map(([id, type, width, height]) => {
    const size = width
      ? `<attr key="sizeX" type="int">${width}</attr><attr key="sizeY" type="long">${height}</attr>`
      : '';
    const info = `<node name="info" path="/i/"><attr key="source" type="string">CAM_${id}</attr>${size}</node>`;
    return `<node name="${id}" path="/o/${id}/"><attr key="typeIdentifier" type="string">${type}</attr>${info}</node>`;
  });
  return `<dv version="2.0"><node name="outInfo" path="/o/">${nodes.join('\n')}</node></dv>`;
}

export interface File {
  readonly xml: string;
  readonly packets: readonly Uint8Array[];
  readonly compression?: number;
  /** `interrupted`: −1 and no table; a number: that position and no table of ours. */
  readonly table?: 'interrupted' | number;
}

/** An AEDAT 4.0 file. */
export function aedat4({ xml, packets, compression = 0, table }: File): Uint8Array {
  const text = new TextEncoder().encode(xml);
  const header = (position: bigint): Uint8Array =>
    concat(
      new TextEncoder().encode('#!AER-DAT4.0\r\n'),
      flatbuffer('IOHE', [int32(compression), int64(position), { vector: text, length: text.length }]),
    );
  const body = concat(...packets);
  if (table === 'interrupted') return concat(header(-1n), body);
  const position = header(0n).length + body.length;
  if (table !== undefined) return concat(header(BigInt(table)), body);
  return concat(header(BigInt(position)), body, flatbuffer('FTAB', [{ vector: new Uint8Array(0), length: 0 }]));
}
