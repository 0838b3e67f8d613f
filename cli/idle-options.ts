import type { PictureKind } from './picture-plan.js';
import type { InputOptions } from './input-file.js';

type Readers = readonly (readonly [option: keyof InputOptions, flag: string, formats: readonly string[]])[];

/** Which formats options of reading mean something to. */
const READERS: Readers = [
  ['chip', '--chip', ['aedat1', 'aedat2']],
  ['stream', '--stream', ['aedat3.0', 'aedat3.1', 'aedat4']],
  ['topic', '--topic', ['rosbag', 'mcap', 'hdf5', 'npz']],
  ['timeUnit', '--time-unit', ['csv', 'npy', 'npz']],
  ['columns', '--columns', ['csv', 'npy', 'npz']],
];

/** Formats whose packets or chunks are compressed. */
const COMPRESSED: readonly string[] = ['aedat4', 'mcap'];

const idle = (flag: string, format: string): string => `${flag} means nothing to ${format}: it is not used`;

/** Words on each option of reading that was given and means nothing to the format of the input. */
export function idleReading(options: InputOptions, format: string | null): string[] {
  if (format === null) return [];
  return READERS.filter(([option, , formats]) => options[option] !== undefined && !formats.includes(format)).map(
    ([, flag]) => idle(flag, format),
  );
}

/** Words on each option of writing that was given and means nothing to the format of OUT. */
export function idleWriting(
  { compression, plain }: { readonly compression?: string; readonly plain?: boolean },
  format: string | null,
): string[] {
  if (format === null) return [];
  return [
    ...(compression !== undefined && !COMPRESSED.includes(format) ? [idle('--compression', format)] : []),
    ...(plain === true && format !== 'csv' ? [idle('--plain', format)] : []),
  ];
}

/** Words on each option of drawing that was given and means nothing to the picture. */
export function idleDrawing(
  { fps, tau, view }: { readonly fps?: number; readonly tau?: number; readonly view: string },
  kind: PictureKind,
): string[] {
  return [
    ...(fps !== undefined && kind === 'png' ? [idle('--fps', '.png')] : []),
    ...(tau !== undefined && view !== 'surface' ? [idle('--tau', `--view ${view}`)] : []),
  ];
}
