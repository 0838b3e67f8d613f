import { RxSpikeError } from '../../../src/index.js';
import { chipOf, sensorOf } from '../aedat2/layout.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { readTextHeader } from '../text-header.js';
import { Aedat1Decoder } from './decoder.js';
import { AEDAT1_SIDE } from './layout.js';

/** How much is looked at before bytes without a header are believed. */
const LOOK = 1 << 16;
/** Fewest words that can be believed without a header where nobody names the format. */
const FEWEST = 4;
/** No pause of a recording is longer, µs. */
const LONGEST_PAUSE = 6e8;
const VERSION = '#!AER-DAT1.';

/**
 * Reads an AEDAT 1.0 header, or takes bytes without one for AEDAT 1.0 if what they would say is plausible: times that
 * advance, and that step back, or leap by more than ten minutes, in at most 1 % of the words, and external input in at
 * most 1 %.
 * @throws `ERR_UNKNOWN_FORMAT` where it is not, `ERR_TRUNCATED` where there is not one whole word, `ERR_UNSUPPORTED` for
 * a chip whose addresses have more than 16 bits
 */
export async function openAedat1(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const named = options.chip ?? null;
  if (named !== null && chipOf(named)?.layout !== 'dvs128') {
    const message = `aedat1: the 16-bit address layout of the chip ${named} is not known; those of DVS128 and Tmpdiff128 are`;
    throw new RxSpikeError('ERR_UNSUPPORTED', message, {
      details: { chip: named },
    });
  }
  await prefix.fill(VERSION.length);
  let [dataStart, sniffed] = [0, ''];
  if (String.fromCharCode(...prefix.bytes.subarray(0, VERSION.length)) === VERSION) {
    const limit = options.maxHeaderBytes ?? 1 << 22;
    const header = await readTextHeader(prefix, { format: 'aedat1', limit, last: null });
    [dataStart, sniffed] = [header.end, `version line ${header.lines[0]}`];
  } else {
    const byName = options.format === 'aedat1';
    await requirePlausible(prefix, byName ? 1 : FEWEST);
    sniffed = byName ? 'named by the caller' : 'extension and plausible times';
  }
  return {
    format: 'aedat1',
    dataStart,
    stream: { width: AEDAT1_SIDE, height: AEDAT1_SIDE, yUp: true, mirroredX: true, side: ['triggers'] },
    facts: {
      sensor: named === null ? null : sensorOf(named),
      chipAssumed: named === null,
      sniffed,
    },
    decoder: (sink) => new Aedat1Decoder(dataStart, sink),
  };
}

async function requirePlausible(prefix: Prefix, fewest: number): Promise<void> {
  await prefix.fill(LOOK);
  const bytes = prefix.bytes;
  const decoder = new Aedat1Decoder(0);
  let [events, stepsBack, leaps, first, last] = [0, 0, 0, 0, 0];
  for (const { t, length } of decoder.push(bytes)) {
    if (events === 0 && length > 0) last = first = t[0];
    events += length;
    for (let i = 0; i < length; i++) {
      if (t[i] < last) stepsBack++;
      else if (t[i] - last > LONGEST_PAUSE) leaps++;
      last = t[i];
    }
  }
  const words = events + (decoder.side.triggers ?? 0);
  if (words === 0 && fewest === 1) decoder.end();
  const implausible =
    words < fewest
      ? `${bytes.length} bytes are too few to tell`
      : stepsBack > words / 100
        ? `time steps back ${stepsBack} times in ${words} words`
        : leaps > words / 100
          ? `time leaps ${leaps} times in ${words} words`
          : words - events > words / 100
            ? `${words - events} of ${words} words are no events`
            : words >= FEWEST && last <= first
              ? 'time stands still'
              : null;
  if (implausible === null) return;
  throw new RxSpikeError('ERR_UNKNOWN_FORMAT', `no known header, and not plausible as AEDAT 1.0: ${implausible}`);
}
