import type { EventPacket, StreamInfo } from '../../../src/index.js';
import type { Encoder, Holds, MakeEncoder, Patch, WriteOptions } from '../encoder.js';
import { noteLine, noteLines, sensorLines } from '../stream-notes.js';
import { MARGINS } from '../wrapping-clock.js';
import { AEDAT2_WORD_BYTES, LARGEST, chipOf, sensorOf, type AddressLayout } from './layout.js';

/** jAER's classes of chips that are named in a header, from the smallest on; the first that a stream fits into is taken. */
const CHIPS: readonly string[] = [
  'ch.unizh.ini.jaer.chip.retina.DVS128',
  'eu.seebetter.ini.chips.davis.Davis208PixelParade',
  'eu.seebetter.ini.chips.davis.DAVIS240C',
  'eu.seebetter.ini.chips.davis.Davis346blue',
  'eu.seebetter.ini.chips.davis.Davis640',
  'ch.unizh.ini.jaer.chip.retina.DVS1280x720SD',
];

const CLOCK = 2 ** 32;

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 2048;
const WORDS = new Int32Array(2 * BLOCK);
const BYTES = new Uint8Array(WORDS.buffer);
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** Writes AEDAT 2.0 in the address layout of a chip that the stream fits into, by its size. */
export const aedat2Encoder: MakeEncoder = (info, options) => new Aedat2Encoder(info, options);

class Aedat2Encoder implements Encoder {
  readonly holds: Holds;
  readonly patching = 'append';
  readonly #lines: readonly string[];
  readonly #layout: AddressLayout;
  #begun = false;

  constructor(info: StreamInfo, options: WriteOptions) {
    const name = chipFor(info, options.sensor ?? null);
    const chip = name === null ? null : chipOf(name);
    this.#layout = chip?.layout ?? 'davis';
    const [maxX, maxY] = LARGEST[this.#layout];
    const range = Number.MAX_SAFE_INTEGER;
    // Readers believe the clock to leap over its end by so much.
    this.holds = {
      maxX,
      maxY,
      minTime: -range,
      maxTime: range,
      stepsBack: true,
      maxGap: CLOCK / MARGINS,
      fractions: false,
    };
    const [width, height] = [chip?.width ?? null, chip?.height ?? null];
    this.#lines = [
      '#!AER-DAT2.0',
      '# This is a raw AE data file - do not edit',
      '# Data format is int32 address, int32 timestamp (8 bytes total), repeated for each event',
      '# Timestamps tick is 1 us',
      ...(name === null ? [] : [`# AEChip: ${name}`]),
      ...sensorLines(options.sensor ?? null, name === null ? null : sensorOf(name)),
      ...noteLines(info, { width, height, yUp: true, mirroredX: true, epoch: null }),
    ];
  }

  /** The header waits for the first event, from which the 32-bit clock of the file starts. */
  *start(): Generator<Uint8Array> {}

  *encode(packet: EventPacket): Generator<Uint8Array> {
    if (packet.length > 0 && !this.#begun) yield this.#header(packet.t[0]);
    for (let from = 0; from < packet.length; from += BLOCK) {
      const length = Math.min(BLOCK, packet.length - from);
      this.#block(packet, from, length);
      yield BYTES.subarray(0, length * AEDAT2_WORD_BYTES);
    }
  }

  *finish(): Generator<Uint8Array> {
    if (!this.#begun) yield this.#header(0);
  }

  patches(): readonly Patch[] {
    return [];
  }

  /** Its last line is jAER's, so that data that begin with `#` are not taken for a line. */
  #header(first: number): Uint8Array {
    this.#begun = true;
    const base = Math.floor((first + CLOCK / 2) / CLOCK) * CLOCK;
    const based = base === 0 ? [] : [noteLine('timeBase', base)];
    const lines = [...this.#lines, ...based, '#End Of ASCII Header'];
    return new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join(''));
  }

  /** Puts the events from `first` on into `WORDS`. */
  #block({ t, x, y, p }: EventPacket, first: number, length: number): void {
    T.set(t.subarray(first, first + length));
    X.set(x.subarray(first, first + length));
    Y.set(y.subarray(first, first + length));
    P.set(p.subarray(first, first + length));
    if (this.#layout === 'davis') davis(length);
    else if (this.#layout === 'dvs128') dvs128(length);
    else wide(length, this.#layout === 'dvs640' ? 11 : 12);
  }
}

/** A number whose bytes lie in memory, low byte first, as those of `word` do in the file, high byte first. */
const turned = (word: number): number => (word << 24) | ((word & 0xff00) << 8) | ((word >> 8) & 0xff00) | (word >>> 24);

function davis(length: number): void {
  for (let i = 0; i < length; i++) {
    WORDS[2 * i] = turned((Y[i] << 22) | (X[i] << 12) | (P[i] << 11));
    WORDS[2 * i + 1] = turned(T[i] | 0);
  }
}

function dvs128(length: number): void {
  for (let i = 0; i < length; i++) {
    WORDS[2 * i] = turned((Y[i] << 8) | (X[i] << 1) | (P[i] ^ 1));
    WORDS[2 * i + 1] = turned(T[i] | 0);
  }
}

function wide(length: number, yShift: number): void {
  for (let i = 0; i < length; i++) {
    WORDS[2 * i] = turned((Y[i] << yShift) | (X[i] << 1) | P[i]);
    WORDS[2 * i + 1] = turned(T[i] | 0);
  }
}

/** The chip to be named: the sensor asked for where it is one that the stream fits into, else one of its size or above. */
function chipFor({ width, height }: StreamInfo, sensor: string | null): string | null {
  if (sensor !== null && fits(sensor, width ?? 0, height ?? 0)) {
    return CHIPS.find((name) => name.toLowerCase().endsWith(`.${sensor.toLowerCase()}`)) ?? sensor;
  }
  if (width === null || height === null) return null;
  const same = CHIPS.find((name) => chipOf(name)?.width === width && chipOf(name)?.height === height);
  // The layout of 128 × 128 pixels has no bit to spare, the others have room for what lies beside the sensor.
  return same ?? CHIPS.find((name) => chipOf(name)?.layout !== 'dvs128' && fits(name, width, height)) ?? null;
}

function fits(name: string, width: number, height: number): boolean {
  const chip = chipOf(name);
  return chip !== null && width <= (chip.width ?? 0) && height <= (chip.height ?? 0);
}
