import type { StreamInfo } from '../../src/index.js';
import type { TextHeader } from './text-header.js';

/** What the lines of a header can say of a stream beyond what the format itself has words for. */
export type NotedFacts = Pick<StreamInfo, 'width' | 'height' | 'yUp' | 'mirroredX' | 'epoch'>;

const BEGINNING = '# RxSpike ';

/**
 * Comment lines, without their endings, that say where `info` differs from what a reader of the format would assume:
 * `# RxSpike size: 320x240`, `# RxSpike yUp: false`, `# RxSpike mirroredX: false`, `# RxSpike epoch: unix`.
 */
export function noteLines(info: NotedFacts, assumed: NotedFacts): string[] {
  const lines: string[] = [];
  const sized = info.width !== null && info.height !== null;
  if (sized && (info.width !== assumed.width || info.height !== assumed.height)) {
    lines.push(`${BEGINNING}size: ${info.width}x${info.height}`);
  }
  if (info.yUp !== assumed.yUp) lines.push(`${BEGINNING}yUp: ${info.yUp}`);
  if (info.mirroredX !== assumed.mirroredX) lines.push(`${BEGINNING}mirroredX: ${info.mirroredX}`);
  if (info.epoch !== assumed.epoch) lines.push(`${BEGINNING}epoch: ${info.epoch ?? 'none'}`);
  return lines;
}

/** What {@link noteLines} wrote; what is missing or not understood is left out. */
export function readNotes(header: TextHeader): Partial<NotedFacts> {
  const value = (key: string): string | undefined => note(header, key) ?? undefined;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(value('size') ?? '') ?? [];
  const size = { width: Number(width), height: Number(height) };
  const sized = size.width > 0 && size.height > 0 && size.width <= 65536 && size.height <= 65536;
  const [yUp, mirroredX, epoch] = ['yUp', 'mirroredX', 'epoch'].map(value);
  return {
    ...(sized ? size : {}),
    ...(yUp === 'true' || yUp === 'false' ? { yUp: yUp === 'true' } : {}),
    ...(mirroredX === 'true' || mirroredX === 'false' ? { mirroredX: mirroredX === 'true' } : {}),
    ...(epoch === 'unix' ? { epoch: 'unix' as const } : epoch === 'none' ? { epoch: null } : {}),
  };
}

/**
 * Lines that say the camera's name where the one in the header is not it: a format may ask for a name where none is
 * known, or know only some.
 */
export function sensorLines(sensor: string | null, named: string | null): string[] {
  return sensor === named ? [] : [noteLine('sensor', sensor ?? 'unknown')];
}

/** The camera's name, of which the header says `named`. */
export function notedSensor(header: TextHeader, named: string | null): string | null {
  const noted = note(header, 'sensor');
  return noted === 'unknown' ? null : (noted ?? named);
}

/** A line of the same kind for a fact of one format. */
export function noteLine(key: string, value: string | number): string {
  // A line feed in a name would end the line.
  return `${BEGINNING}${key}: ${value}`.replace(/[^\x20-\x7e]+/g, ' ');
}

/** What {@link noteLine} wrote; null where there is no such line. */
export function note(header: TextHeader, key: string): string | null {
  const beginning = `${BEGINNING}${key}: `;
  const line = header.lines.find((candidate) => candidate.startsWith(beginning));
  return line === undefined ? null : line.slice(beginning.length);
}
