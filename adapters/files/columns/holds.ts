import type { Holds } from '../encoder.js';

/**
 * What tables with a column of 64-bit times and coordinates of 16 bits hold: anything.
 * @param fractions whether times need not be whole µs
 */
export function holdsOfTable(fractions: boolean): Holds {
  return {
    maxX: 65535,
    maxY: 65535,
    minTime: -Number.MAX_SAFE_INTEGER,
    maxTime: Number.MAX_SAFE_INTEGER,
    stepsBack: true,
    maxGap: Infinity,
    fractions,
  };
}
