import { countsInWords } from './numbers.js';

type Counts = Readonly<Record<string, number>>;

/**
 * Violations that good recordings of real cameras have too: their readout lets neighbouring events change places. They
 * are told, and are damage only to `check --strict`. High bits that step back are how EVT writes a time that does.
 */
const TOLERATED: readonly string[] = ['timeStepBack', 'nonMonotonicTimeHigh'];

/** Violations of which every event that the file holds is delivered all the same. */
const HARMLESS: readonly string[] = [
  ...TOLERATED,
  'outOfBounds',
  'interrupted',
  'nonContinuousTimeHigh',
  'mixedPolarity',
  'sizeChange',
  'sequenceStepBack',
  'missingMessages',
  'unusedRoom',
  'partialImuSample',
];

function without(counts: Counts, names: readonly string[]): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([name]) => !names.includes(name)));
}

/** The violations that count as damage. */
export function damageOf(violations: Counts): Counts {
  return without(violations, TOLERATED);
}

/** The violations by which events may be lost: what they count stands where events could have been. */
export function lossOf(violations: Counts): Counts {
  return without(violations, HARMLESS);
}

/** Words on damage that was read past; null where there is none. */
export function readPast(violations: Counts): string | null {
  const damage = damageOf(violations);
  if (Object.keys(damage).length === 0) return null;
  return `read past: ${countsInWords(damage)} ("rxspike check" says more)`;
}
