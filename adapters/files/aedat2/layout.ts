/**
 * AEDAT 2.0: `#` lines, then eight bytes a word, big-endian: address (u32) and time (i32, µs, wraps). What an address
 * means depends on the chip.
 *
 * Sources: iniVation's page on AEDAT 2.0; jAER's chip classes, whose decoding of the raw address is the definition
 * (`DavisChip`, `DavisBaseCamera`, `DVS128` in `SensorsINI/jaer`). jAER draws y upwards and turns x round
 * (`sizeX − 1 − x`) on both families; here both are delivered as stored.
 */
export const AEDAT2_WORD_BYTES = 8;

/**
 * How addresses are laid out.
 *
 * | | `davis` | `dvs128` |
 * | --- | --- | --- |
 * | y | bits 30–22 | bits 14–8 |
 * | x | bits 21–12 | bits 7–1 |
 * | polarity | bit 11, 1 is ON | bit 0, 0 is ON |
 * | no event | bit 31: bits 11–10 both set: IMU word, else APS word; bit 10: external input | bit 31 or 15: external input |
 */
export type AddressLayout = 'davis' | 'dvs128';

/** What a chip's name says. */
export interface Chip {
  readonly layout: AddressLayout;
  readonly width: number | null;
  readonly height: number | null;
}

const DAVIS_SIZES: Readonly<Record<string, readonly [number, number]>> = {
  '128': [128, 128],
  '208': [208, 192],
  '240': [240, 180],
  '346': [346, 260],
  '640': [640, 480],
};

/** The chip of a jAER class name such as `eu.seebetter.ini.chips.davis.DAVIS240C`; null for one that is not known. */
export function chipOf(name: string): Chip | null {
  const last = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (last === 'dvs128' || last === 'tmpdiff128') return { layout: 'dvs128', width: 128, height: 128 };
  // A converter of DAVIS346 recordings to AEDAT 2.0 in use writes "DAVI346".
  const davis = /^davis?(\d{3})/.exec(last);
  if (davis) {
    const [width, height] = DAVIS_SIZES[davis[1]] ?? [null, null];
    return { layout: 'davis', width, height };
  }
  if (last === 'sbret10') return { layout: 'davis', width: 240, height: 180 };
  return null;
}
