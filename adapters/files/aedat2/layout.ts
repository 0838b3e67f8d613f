/**
 * AEDAT 2.0: `#` lines, then eight bytes a word, big-endian: address (u32) and time (i32, µs, wraps). What an address
 * means depends on the chip.
 *
 * Sources: iniVation's page on AEDAT 2.0; jAER's chip classes, whose decoding of the raw address is the definition
 * (`DavisChip`, `DavisBaseCamera`, `DVXplorer`, `DVS128`, `DVS640`, `DVS1280x720SD` in `SensorsINI/jaer`). jAER draws y
 * upwards and turns x round (`sizeX − 1 − x`) on all of them; here both are delivered as stored.
 */
export const AEDAT2_WORD_BYTES = 8;

/**
 * How addresses are laid out.
 *
 * | | `davis` | `dvs128` | `dvs640` | `dvs1280` |
 * | --- | --- | --- | --- | --- |
 * | y | bits 30–22 | bits 14–8 | bits 20–11 | bits 21–12 |
 * | x | bits 21–12 | bits 7–1 | bits 10–1 | bits 11–1 |
 * | polarity | bit 11, 1 is ON | bit 0, 0 is ON | bit 0, 1 is ON | bit 0, 1 is ON |
 * | no event | bit 31: bits 11–10 both set: IMU word, else APS word; bit 10: external input | bit 31 or 15: external input | higher bits set: unknown | higher bits set: unknown |
 */
export type AddressLayout = 'davis' | 'dvs128' | 'dvs640' | 'dvs1280';

/** Largest x and y that a layout has bits for. */
export const LARGEST: Readonly<Record<AddressLayout, readonly [x: number, y: number]>> = {
  davis: [1023, 511],
  dvs128: [127, 127],
  dvs640: [1023, 1023],
  dvs1280: [2047, 1023],
};

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

const CHIPS: Readonly<Record<string, Chip>> = {
  dvs128: { layout: 'dvs128', width: 128, height: 128 },
  tmpdiff128: { layout: 'dvs128', width: 128, height: 128 },
  sbret10: { layout: 'davis', width: 240, height: 180 },
  dvs240: { layout: 'davis', width: 240, height: 180 },
  dvxplorer: { layout: 'davis', width: 640, height: 480 },
  dvxplorermicro: { layout: 'davis', width: 640, height: 480 },
  cdavis: { layout: 'davis', width: null, height: null },
  dvs640: { layout: 'dvs640', width: 640, height: 480 },
  dvs1280x720sd: { layout: 'dvs1280', width: 1280, height: 720 },
};

/** Chips whose layout is known, one name each. */
export const CHIP_NAMES: readonly string[] = [
  'DVS128',
  'Tmpdiff128',
  'SBret10',
  ...Object.keys(DAVIS_SIZES).map((size) => `DAVIS${size}`),
  'CDAVIS',
  'DVS240',
  'DVXplorer',
  'DVXplorerMicro',
  'DVS640',
  'DVS1280x720SD',
];

/** Whether two chips cannot be the same: their layouts or sizes differ. */
export function contradict(a: Chip, b: Chip): boolean {
  if (a.layout !== b.layout) return true;
  return a.width !== null && b.width !== null && (a.width !== b.width || a.height !== b.height);
}

/** The last part of a jAER class name. */
export function sensorOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The chip of a jAER class name such as `eu.seebetter.ini.chips.davis.DAVIS240C`; null for one that is not known. */
export function chipOf(name: string): Chip | null {
  const last = sensorOf(name).toLowerCase();
  if (Object.hasOwn(CHIPS, last)) return CHIPS[last];
  // A converter of DAVIS346 recordings to AEDAT 2.0 in use writes "DAVI346".
  const davis = /^davis?(\d{3})/.exec(last);
  if (davis === null) return null;
  const [width, height] = DAVIS_SIZES[davis[1]] ?? [null, null];
  return { layout: 'davis', width, height };
}
