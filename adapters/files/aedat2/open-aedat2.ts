import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import type { SideSink } from '../side.js';
import { note, notedSensor, readNotes } from '../stream-notes.js';
import { headerValue, readTextHeader, type TextHeader } from '../text-header.js';
import { Aedat2Decoder } from './decoder.js';
import { imuScalesOf } from './imu-words.js';
import { AEDAT2_WORD_BYTES, CHIP_NAMES, chipOf, contradict, sensorOf, type Chip } from './layout.js';

/** Where the header names no chip: the layout of the DAVIS family, of a sensor whose size is not known. */
const ASSUMED: Chip = { layout: 'davis', width: null, height: null };

/** The layout of the DVS128 and its kin, whose addresses have 15 bits. */
const ASSUMED_SMALL: Chip = { layout: 'dvs128', width: null, height: null };
/** How much is looked at where no chip is named, and the fewest words that say something. */
const LOOK = 1 << 12;
const FEWEST = 16;

const SIDE: Readonly<Record<Chip['layout'], readonly string[]>> = {
  davis: ['aps', 'imu', 'triggers'],
  dvs128: ['triggers'],
  dvs640: [],
  dvs1280: [],
};

/**
 * Reads an AEDAT 2.0 header.
 * @throws `ERR_UNSUPPORTED` for a chip of unknown layout; `ERR_ARGUMENT` where `options.chip` is not known or contradicts
 * the header; else as `readTextHeader`
 */
export async function openAedat2(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const header = await readTextHeader(prefix, {
    format: 'aedat2',
    limit: options.maxHeaderBytes ?? 1 << 22,
    last: null,
  });
  const named = headerValue(header, '# AEChip:') ?? headerValue(header, '#AEChip:');
  const name = options.chip ?? (named === '' ? null : named);
  if (options.chip !== undefined) checkChip(options.chip, named ?? '');
  const chip = name === null ? await assumedChip(prefix, header.end) : chipOf(name);
  if (chip === null) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `aedat2: the address layout of the chip ${name} is not known`, {
      details: { chip: name },
    });
  }
  const { layout } = chip;
  const stream = {
    width: chip.width,
    height: chip.height,
    yUp: true,
    mirroredX: true,
    side: SIDE[layout],
    ...readNotes(header),
  };
  const { width, height } = options.size ?? stream;
  const words = {
    layout,
    width,
    height,
    imuScales: imuScalesOf(header),
    offset: header.end,
    timeBase: timeBaseOf(header),
  };
  return {
    format: 'aedat2',
    dataStart: header.end,
    stream,
    facts: {
      sensor: options.chip === undefined ? notedSensor(header, name && sensorOf(name)) : sensorOf(options.chip),
      chipAssumed: name === null,
      sniffed: `version line ${header.lines[0]}${name === null ? `; no chip named, addresses like those of a ${layout}` : ''}`,
    },
    decoder: (sink) => {
      requireFrameSize(sink, width);
      return new Aedat2Decoder(words, sink);
    },
  };
}

/** @throws `ERR_ARGUMENT` for a chip that the caller names and that is not known, or is not the one of the header */
function checkChip(asked: string, named: string): void {
  const [chip, other] = [chipOf(asked), chipOf(named)];
  const details = { chip: asked };
  if (chip === null) {
    throw new RxSpikeError('ERR_ARGUMENT', `chip: ${asked} is not known; there are ${CHIP_NAMES.join(', ')}`, {
      details,
    });
  }
  if (other !== null && contradict(chip, other)) {
    const message = `chip: ${asked} contradicts the header, which names ${sensorOf(named)}`;
    throw new RxSpikeError('ERR_ARGUMENT', message, { details: { ...details, named } });
  }
}

/**
 * What addresses look like where no chip is named. Words of a DAVIS without any of their upper 17 bits would all be of its
 * first row and first eight columns.
 */
async function assumedChip(prefix: Prefix, dataStart: number): Promise<Chip> {
  await prefix.fill(dataStart + LOOK);
  const bytes = prefix.bytes.subarray(dataStart, dataStart + LOOK);
  const words = Math.floor(bytes.length / AEDAT2_WORD_BYTES);
  for (let at = 0; at < words * AEDAT2_WORD_BYTES; at += AEDAT2_WORD_BYTES) {
    if ((bytes[at] | bytes[at + 1] | (bytes[at + 2] & 0x80)) !== 0) return ASSUMED;
  }
  return words < FEWEST ? ASSUMED : ASSUMED_SMALL;
}

/** What a writer of ours counted the 32-bit times from. */
function timeBaseOf(header: TextHeader): number {
  const base = Number(note(header, 'timeBase') ?? 0);
  return Math.abs(base) <= 2 ** 53 && base % 2 ** 32 === 0 ? base : 0;
}

function requireFrameSize(sink: SideSink | undefined, width: number | null): void {
  if (sink?.name !== 'aps' || width !== null) return;
  throw new RxSpikeError('ERR_UNSUPPORTED', 'aedat2: frames need the size of the sensor, which the file does not say');
}
