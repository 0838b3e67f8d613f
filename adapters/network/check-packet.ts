import type {
  Decision,
  EventPacket,
  ItemPacket,
  Label,
  Packet,
  SpikePacket,
  StepGrid,
  StreamInfo,
} from '../../src/index.js';
import { checkMark } from './check-frame.js';
import { isCount, isMoment, isText, need, text } from './check-value.js';
import { type Column, COLUMN_TYPES, absoluteTimes, columnOf, elementBytes } from './columns.js';
import { type EventTally, tallyEvents } from './event-tally.js';
import { MAX_EVENTS, type RawFrame, type StreamKind, isMap, violation } from './frames.js';
import type { StreamPacket } from './packet-fields.js';

/** Where the size is not known, every coordinate is inside. */
const MOST = 65_536;
const EARLIEST = -Number.MAX_SAFE_INTEGER;

/** What the frames before have established. */
export interface Standing {
  readonly kind: StreamKind;
  readonly info: StreamInfo;
  readonly until: number;
  /** Step and watermark in steps so far, of spikes. */
  readonly untilStep: number;
  /** Of events, which are counted while they are looked at. */
  readonly tally: EventTally;
}

/**
 * The packet of a frame, each entry looked at; its number is the caller's to check.
 * @throws `ERR_PROTOCOL` when a field is missing, of another type or length, when `until` steps back or an entry lies
 * after it, or when an entry lies outside the stream's geometry
 */
export function checkPacket(frame: RawFrame, standing: Standing): StreamPacket {
  const { count, until, mark } = frame;
  if (!isCount(count) || count > MAX_EVENTS) throw violation(`packet: count ${text(count)}, expected 0…${MAX_EVENTS}`);
  need(isMoment(until), 'packet.until', until);
  if (until < standing.until) throw violation(`packet: until ${until} lies before ${standing.until}`);
  const packet: Packet = { stream: standing.info, length: count, until, mark: checkMark(mark) };
  if (standing.kind === 'events') return checkEvents(frame, packet, standing.tally);
  if (standing.kind === 'spikes') return checkSpikes(frame, packet, standing.untilStep);
  return checkItems(frame, packet, standing.kind);
}

function checkEvents(frame: RawFrame, packet: Packet, tally: EventTally): EventPacket {
  const { length, until, stream } = packet;
  const t = times(frame, length);
  const x = column(frame, 'x', length) as Uint16Array;
  const y = column(frame, 'y', length) as Uint16Array;
  const p = column(frame, 'p', length) as Uint8Array;
  const width = stream.width ?? MOST;
  const height = stream.height ?? MOST;
  const wrong = tallyEvents(tally, { t, x, y, p }, { earliest: EARLIEST, until, width, height });
  if (wrong >= 0) {
    throw violation(
      `packet: event ${wrong} is t ${t[wrong]}, x ${x[wrong]}, y ${y[wrong]}, p ${p[wrong]} ` +
        `in a stream of ${String(stream.width)}×${String(stream.height)}, until ${until}`,
    );
  }
  return { ...packet, t, x, y, p };
}

function checkSpikes(frame: RawFrame, packet: Packet, before: number): SpikePacket {
  const { length, until, stream } = packet;
  const { step0, untilStep } = frame;
  need(isCount(step0), 'packet.step0', step0);
  need(isCount(untilStep) && untilStep >= before, 'packet.untilStep', untilStep);
  const t = times(frame, length);
  const unit = column(frame, 'unit', length) as Uint32Array;
  const step = Float64Array.from(column(frame, 'dstep', length), (d) => step0 + d);
  const units = stream.width ?? Infinity;
  for (let i = 0; i < length; i++) {
    if (
      !(t[i] <= until && t[i] >= EARLIEST) ||
      unit[i] >= units ||
      step[i] > untilStep ||
      (i > 0 && step[i] < step[i - 1])
    ) {
      throw violation(
        `packet: spike ${i} is t ${t[i]}, unit ${unit[i]} of ${units}, step ${step[i]} until ${untilStep}`,
      );
    }
  }
  return { ...packet, t, unit, step, untilStep, grid: checkGrid(frame.grid), firing: null };
}

function checkGrid(grid: unknown): StepGrid {
  need(isMap(grid), 'packet.grid', grid);
  const { t0, step0, dt } = grid;
  need(isMoment(t0), 'grid.t0', t0);
  need(isCount(step0), 'grid.step0', step0);
  need(isMoment(dt) && dt >= 0, 'grid.dt', dt);
  return { t0, step0, dt };
}

function checkItems(frame: RawFrame, packet: Packet, kind: StreamKind): ItemPacket<Decision> | ItemPacket<Label> {
  const { items } = frame;
  need(Array.isArray(items) && items.length === packet.length, 'packet.items', items);
  if (kind === 'labels') return { ...packet, items: items.map((item: unknown) => checkLabel(item)) };
  return { ...packet, items: items.map((item: unknown) => checkDecision(item)) };
}

function checkLabel(item: unknown): Label {
  need(isMap(item), 'label', item);
  const { t0, t1, label } = item;
  need(isMoment(t0), 'label.t0', t0);
  need(isMoment(t1) && t1 >= t0, 'label.t1', t1);
  need(isText(label), 'label.label', label);
  return { t0, t1, label };
}

function checkDecision(item: unknown): Decision {
  const stretch = checkLabel(item);
  const { confidence, counts, truth = null, source = null } = item as Record<string, unknown>;
  need(typeof confidence === 'number' && confidence >= 0 && confidence <= 1, 'decision.confidence', confidence);
  need(Array.isArray(counts) && counts.length <= MAX_EVENTS && counts.every(isMoment), 'decision.counts', counts);
  need(truth === null || isText(truth), 'decision.truth', truth);
  need(source === null || isText(source), 'decision.source', source);
  return { ...stretch, confidence, counts: Float64Array.from(counts), truth, source };
}

function times(frame: RawFrame, length: number): Float64Array {
  const { t0, dt } = frame;
  need(isMoment(t0), 'packet.t0', t0);
  if (dt === undefined) return column(frame, 't', length) as Float64Array;
  return absoluteTimes(column(frame, 'dt', length) as Uint32Array, t0);
}

/** A column out of bytes; where the frame was text it is one already. */
function column(frame: RawFrame, name: string, length: number): Column {
  const value = frame[name];
  const size = elementBytes(name);
  if (value instanceof COLUMN_TYPES[name] && size > 1) {
    if (value.length === length) return value;
    throw violation(`packet: ${name} has ${value.length} entries, expected ${length}`);
  }
  if (!(value instanceof Uint8Array)) throw violation(`packet: ${name} is not binary`);
  if (value.length === length * size) return columnOf(name, value);
  throw violation(`packet: ${name} has ${value.length} bytes, expected ${length * size}`);
}
