import { type Gap, type Mark, type StreamInfo, streamInfo } from '../../src/index.js';
import {
  MAX_STREAMS,
  type OfferedStream,
  type RawFrame,
  STREAM_KINDS,
  type StreamKind,
  isMap,
  violation,
} from './frames.js';
import { isCount, isMoment, isText, need, text } from './check-value.js';

/** What a hello says of its stream. */
export interface Hello {
  readonly name: string;
  readonly kind: StreamKind;
  readonly info: StreamInfo;
  /** Of this run of the stream; null where the sender has none. */
  readonly epoch: string | null;
  /** Under which the sender keeps the place of this receiver; null where it does not. */
  readonly session: string | null;
  /** Number of the first packet that will come; null where the receiver is to say where it goes on. */
  readonly next: number | null;
}

/** Number of the stream that a frame is of. @throws `ERR_PROTOCOL` */
export function streamOf({ stream = 0 }: RawFrame): number {
  need(Number.isInteger(stream) && (stream as number) >= 0 && (stream as number) < MAX_STREAMS, 'stream', stream);
  return stream as number;
}

/** @throws `ERR_PROTOCOL` */
export function checkHello(frame: RawFrame): Hello {
  const { version, sends, epoch = null, session = null, next = null } = frame;
  need(isCount(version) && version >= 1, 'hello.version', version);
  const kind = checkKind(frame.kind ?? (Array.isArray(sends) ? sends[0] : undefined), 'hello.kind');
  const { name = kind } = frame;
  need(isText(name), 'hello.name', name);
  need(epoch === null || isText(epoch), 'hello.epoch', epoch);
  need(session === null || isText(session), 'hello.session', session);
  need(next === null || isCount(next), 'hello.next', next);
  return { name, kind, info: checkInfo(frame.info), epoch, session, next };
}

/** Streams that the other side offers. @throws `ERR_PROTOCOL` */
export function checkOffer({ streams }: RawFrame): readonly OfferedStream[] {
  need(Array.isArray(streams) && streams.length <= MAX_STREAMS, 'offer.streams', streams);
  return streams.map((one: unknown) => {
    need(isMap(one) && isText(one.name), 'offer.name', one);
    return { name: one.name, kind: checkKind(one.kind, 'offer.kind'), info: checkInfo(one.info) };
  });
}

function checkKind(kind: unknown, field: string): StreamKind {
  need(STREAM_KINDS.includes(kind as StreamKind), field, kind);
  return kind as StreamKind;
}

function checkInfo(info: unknown): StreamInfo {
  need(isMap(info), 'info', info);
  const { id, width, height, polarities, origin, epoch, yUp, mirroredX, side = [] } = info;
  need(isText(id), 'info.id', id);
  need(isSize(width), 'info.width', width);
  need(isSize(height), 'info.height', height);
  need(polarities === 1 || polarities === 2, 'info.polarities', polarities);
  need(isMoment(origin), 'info.origin', origin);
  need(epoch === null || epoch === 'unix', 'info.epoch', epoch);
  need(typeof yUp === 'boolean', 'info.yUp', yUp);
  need(typeof mirroredX === 'boolean', 'info.mirroredX', mirroredX);
  need(Array.isArray(side) && side.length <= 64 && side.every(isText), 'info.side', side);
  return streamInfo({ id, width, height, polarities, origin, epoch, yUp, mirroredX, side });
}

/** What a receiver asks of a sender. */
export interface Wish {
  /** Null: the first stream on offer. */
  readonly name: string | null;
  readonly policy: string;
  /** Events that may wait, and every which packet is kept; null: the sender's own. */
  readonly limit: number | null;
  readonly every: number | null;
  /** Events of the past wanted at first. */
  readonly history: number;
  readonly resume: {
    readonly epoch: string;
    readonly session: string | null;
    readonly next: number;
    readonly events: number;
  } | null;
}

/** @throws `ERR_PROTOCOL` */
export function checkWish(frame: RawFrame): Wish {
  const { name = null, policy = 'lossless', limit = null, every = null, history = 0, resume = null } = frame;
  need(name === null || isText(name), 'subscribe.name', name);
  need(isText(policy), 'subscribe.policy', policy);
  need(limit === null || (isCount(limit) && limit >= 1), 'subscribe.limit', limit);
  need(every === null || (isCount(every) && every >= 2), 'subscribe.every', every);
  need(isCount(history), 'subscribe.history', history);
  if (resume === null) return { name, policy, limit, every, history, resume };
  need(isMap(resume), 'subscribe.resume', resume);
  const { epoch, session = null, next, events } = resume;
  need(isText(epoch), 'resume.epoch', epoch);
  need(session === null || isText(session), 'resume.session', session);
  need(isCount(next), 'resume.next', next);
  need(isCount(events), 'resume.events', events);
  return { name, policy, limit, every, history, resume: { epoch, session, next, events } };
}

/** A mark of a packet. @throws `ERR_PROTOCOL` */
export function checkMark(mark: unknown): Mark | null {
  if (mark === null || mark === undefined) return null;
  need(isMap(mark), 'packet.mark', mark);
  const { kind, source = null, label = null } = mark;
  need(kind === 'end' || kind === 'reset', 'mark.kind', kind);
  need(source === null || isText(source), 'mark.source', source);
  need(label === null || isText(label), 'mark.label', label);
  return { kind, source, label };
}

/** @throws `ERR_PROTOCOL` when it is no gap, or does not begin at `due` */
export function checkGap(frame: RawFrame, due: number): Gap {
  const { seq, next, packets, events, reason } = frame;
  need(isCount(seq) && isCount(next) && next > seq, 'gap.next', next);
  if (seq !== due) throw violation(`a gap from ${seq} on came, packet ${due} was due`);
  need(packets === next - seq, 'gap.packets', packets);
  need(isCount(events), 'gap.events', events);
  need(isReason(reason), 'gap.reason', reason);
  return { gap: true, seq, next, packets, events, reason };
}

/** What the end of a stream says. */
export interface End {
  readonly reason: string;
  readonly outside: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * @param came packets and events that came, and events told missing, over all connections
 * @throws `ERR_PROTOCOL` when the counts are not those of what came
 */
export function checkEnd(frame: RawFrame, came: { packets: number; events: number; missing: number }): End {
  const { reason, packets, events, outside = 0, dropped = {} } = frame;
  need(isText(reason), 'end.reason', reason);
  if (packets !== came.packets || events !== came.events) {
    throw violation(
      `end: ${text(packets)} packets with ${text(events)} events were sent, ${came.packets} with ${came.events} came`,
    );
  }
  need(isCount(outside), 'end.outside', outside);
  need(isMap(dropped) && Object.values(dropped).every(isCount), 'end.dropped', dropped);
  const lost = Object.values(dropped as Record<string, number>).reduce((sum, n) => sum + n, 0);
  if (lost !== came.missing) throw violation(`end: ${lost} events were dropped, ${came.missing} were told missing`);
  return { reason, outside, dropped: dropped as Record<string, number> };
}

/** What a stream broke with. */
export interface Breach {
  readonly code: string;
  readonly message: string;
}

/** @throws `ERR_PROTOCOL` */
export function checkError(frame: RawFrame): Breach {
  const { code, message } = frame;
  need(isText(code), 'error.code', code);
  need(isText(message), 'error.message', message);
  // One line, whatever the other side wrote.
  return { code, message: message.replaceAll(/\p{Cc}+/gu, ' ') };
}

/** What a receiver grants, and how far it has taken what came; null where it does not say. */
export interface Credit {
  readonly upTo: number;
  readonly taken: number | null;
}

/** @throws `ERR_PROTOCOL` */
export function checkCredit(frame: RawFrame): Credit {
  const { upTo, taken = null } = frame;
  need(isCount(upTo), 'credit.upTo', upTo);
  need(taken === null || isCount(taken), 'credit.taken', taken);
  return { upTo, taken };
}

/** A word that things can be counted under: no name that every object has. */
const isReason = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z]\w{0,31}$/i.test(value) && !(value in Object.prototype);

const isSize = (value: unknown): value is number | null =>
  value === null || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_536);
