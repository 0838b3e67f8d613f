import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { NmnistDecoder } from './decoder.js';
import { ATIS_HEIGHT, ATIS_WIDTH, NMNIST_EVENT_BYTES, NMNIST_SIDE } from './layout.js';

/** How much is looked at before the bytes are believed: more than a whole N-MNIST recording. */
const LOOK = 1 << 16;
/** A saccade recording lasts 0.3 s; nothing of the kind begins this late, µs. */
const LATEST_START = 2e6;

/**
 * Takes headerless bytes for N-MNIST if what they would say is plausible: coordinates on the ATIS sensor, a start
 * within 2 s, and times that step back in at most 1 % of the events.
 * @throws `ERR_UNKNOWN_FORMAT` where it is not, `ERR_TRUNCATED` where there is not one whole event.
 */
export async function openNmnist(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const sniffed = options.format === 'nmnist' ? 'named by the caller' : 'extension .bin and plausible events';
  await prefix.fill(LOOK);
  const bytes = prefix.bytes;
  if (bytes.length === 0) throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'the input is empty');
  const decoder = new NmnistDecoder();
  let [right, bottom, events, stepsBack, first, last] = [0, 0, 0, 0, 0, 0];
  for (const { t, x, y, length } of decoder.push(bytes)) {
    if (events === 0 && length > 0) last = first = t[0];
    events += length;
    for (let i = 0; i < length; i++) {
      right = Math.max(right, x[i]);
      bottom = Math.max(bottom, y[i]);
      if (t[i] < last) stepsBack++;
      last = t[i];
    }
  }
  const implausible =
    right >= ATIS_WIDTH || bottom >= ATIS_HEIGHT
      ? `an event at (${right}, ${bottom}) lies outside ${ATIS_WIDTH}×${ATIS_HEIGHT}`
      : first > LATEST_START
        ? `the first event is at ${first} µs`
        : stepsBack > events / 100
          ? `time steps back ${stepsBack} times in ${events} events`
          : null;
  if (implausible !== null) {
    throw new RxSpikeError('ERR_UNKNOWN_FORMAT', `no known header, and not plausible as N-MNIST: ${implausible}`);
  }
  if (bytes.length < NMNIST_EVENT_BYTES) decoder.end();
  const small = right < NMNIST_SIDE && bottom < NMNIST_SIDE;
  return {
    format: 'nmnist',
    dataStart: 0,
    stream: { width: small ? NMNIST_SIDE : null, height: small ? NMNIST_SIDE : null, origin: 0 },
    facts: { sensor: null, chipAssumed: false, sniffed },
    decoder: () => new NmnistDecoder(),
  };
}
