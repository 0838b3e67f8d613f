import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { NmnistDecoder } from './decoder.js';
import { ATIS_HEIGHT, ATIS_WIDTH, NMNIST_EVENT_BYTES, NMNIST_SIDE } from './layout.js';

/** How much is looked at before the bytes are believed: some 60 ms of N-MNIST, so that a pipe need not wait for long. */
const LOOK = 1 << 12;
/** A saccade recording lasts 0.3 s; nothing of the kind begins this late, µs. */
const LATEST_START = 2e6;
/** So many events with coordinates on the sensor and times in order are no accident, whenever they begin. */
const MANY = 100;

/**
 * Takes headerless bytes for N-MNIST if what they would say is plausible: coordinates on the ATIS sensor and, unless
 * the caller names the format, times that step back in at most 1 % of the events, and a start within 2 s or 100 events.
 * @throws `ERR_UNKNOWN_FORMAT` where it is not, `ERR_TRUNCATED` where there is not one whole event.
 */
export async function openNmnist(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const named = options.format === 'nmnist';
  await prefix.fill(LOOK);
  // No more than that, so that it does not matter how much came at once.
  const bytes = prefix.bytes.subarray(0, LOOK);
  if (bytes.length === 0) throw new RxSpikeError('ERR_UNKNOWN_FORMAT', 'the input is empty');
  const decoder = new NmnistDecoder();
  const seen = survey(decoder, bytes);
  const implausible = whatIsImplausible(seen, named);
  if (implausible !== null) {
    throw new RxSpikeError('ERR_UNKNOWN_FORMAT', `no known header, and not plausible as N-MNIST: ${implausible}`);
  }
  if (bytes.length < NMNIST_EVENT_BYTES) decoder.end();
  const small = seen.events > 0 && seen.right < NMNIST_SIDE && seen.bottom < NMNIST_SIDE;
  return {
    format: 'nmnist',
    dataStart: 0,
    stream: { width: small ? NMNIST_SIDE : null, height: small ? NMNIST_SIDE : null, origin: 0 },
    facts: {
      sensor: null,
      chipAssumed: false,
      sniffed: named ? 'named by the caller' : 'extension .bin and plausible events',
    },
    decoder: () => new NmnistDecoder(),
  };
}

/** What the first events are like. */
interface Survey {
  readonly events: number;
  readonly right: number;
  readonly bottom: number;
  readonly first: number;
  readonly stepsBack: number;
}

function survey(decoder: NmnistDecoder, bytes: Uint8Array): Survey {
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
  return { events, right, bottom, first, stepsBack };
}

function whatIsImplausible({ events, right, bottom, first, stepsBack }: Survey, named: boolean): string | null {
  if (right >= ATIS_WIDTH || bottom >= ATIS_HEIGHT) {
    return `an event at (${right}, ${bottom}) lies outside ${ATIS_WIDTH}×${ATIS_HEIGHT}`;
  }
  if (named) return null;
  if (first > LATEST_START && events < MANY) return `the first event is at ${first} µs`;
  return stepsBack > events / 100 ? `time steps back ${stepsBack} times in ${events} events` : null;
}
