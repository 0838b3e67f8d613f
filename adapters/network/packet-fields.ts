import type { Decision, EventPacket, ItemPacket, Label, SpikePacket } from '../../src/index.js';
import { COLUMN_TYPES, type Column, columnBytes, columnOf, timeColumns } from './columns.js';
import { type Codec, JSON_TEXT, MESSAGE_PACK, type OutgoingFrame, type StreamKind } from './frames.js';

/** The packets of a stream by its kind. */
export interface KindPackets {
  readonly events: EventPacket;
  readonly spikes: SpikePacket;
  readonly decisions: ItemPacket<Decision>;
  readonly labels: ItemPacket<Label>;
}

/** A packet of any kind of stream. */
export type StreamPacket = KindPackets[StreamKind];

type Fields = Readonly<Record<string, unknown>>;

/** What a packet frame says of the entries `from` … `to − 1`; columns may share the packet's memory. */
export function packetFields(kind: StreamKind, packet: StreamPacket, from: number, to: number): Fields {
  if (kind === 'events') return eventFields(packet as EventPacket, from, to);
  if (kind === 'spikes') return spikeFields(packet as SpikePacket, from, to);
  const { items } = packet as ItemPacket<Decision | Label>;
  return { t0: 0, items: items.slice(from, to).map((item) => plain(item)) };
}

function eventFields({ t, x, y, p }: EventPacket, from: number, to: number): Fields {
  return { ...timeColumns(t, from, to), x: x.subarray(from, to), y: y.subarray(from, to), p: p.subarray(from, to) };
}

function spikeFields(packet: SpikePacket, from: number, to: number): Fields {
  const { t, unit, step, grid, untilStep, length } = packet;
  const step0 = from < to ? step[from] : untilStep;
  const dstep = Uint32Array.from(step.subarray(from, to), (s) => s - step0);
  // A part of a packet knows only that everything before its last step has been said.
  const until = to === length ? untilStep : step[to - 1];
  return { ...timeColumns(t, from, to), unit: unit.subarray(from, to), step0, dstep, untilStep: until, grid };
}

/** A decision's counts are few: they go as numbers. */
function plain(item: Decision | Label): object {
  return 'counts' in item ? { ...item, counts: [...item.counts] } : { ...item };
}

const isColumn = (value: unknown): value is Column => ArrayBuffer.isView(value);

/** The text form of a binary packet frame. */
export function asText(binary: Uint8Array): string {
  const frame = MESSAGE_PACK.decode(new Uint8Array(binary).buffer, Infinity);
  // What is binary and no column only moves the columns to where they are to be.
  const known = Object.entries(frame).filter(([name, value]) => !(value instanceof Uint8Array) || name in COLUMN_TYPES);
  const entries = known.map(([name, value]) => [name, value instanceof Uint8Array ? columnOf(name, value) : value]);
  return encodeFrame(JSON_TEXT, Object.fromEntries(entries) as OutgoingFrame) as string;
}

/** A frame with its columns as a codec wants them: bytes, or numbers as text. */
export function encodeFrame(codec: Codec, frame: OutgoingFrame): Uint8Array | string {
  const wanted = codec === JSON_TEXT ? (column: Column) => [...column] : columnBytes;
  const entries = Object.entries(frame).map(([name, value]) => [name, isColumn(value) ? wanted(value) : value]);
  return codec.encode(Object.fromEntries(entries) as OutgoingFrame);
}
