import { RxSpikeError } from '../src/index.js';

/** Which option of `convert` helps where a format cannot hold an event, by what is wrong with it. */
const LOSS: Readonly<Record<string, string>> = {
  coordinates: '--crop X,Y,W,H cuts a region out, --clip leaves such events out',
  time: '--rebase begins at 0 µs, --clip leaves such events out',
  timeStepBack: '--clip leaves such events out',
  timeGap: '--clip leaves such events out',
  fraction: '--clip rounds times down',
};

/** What decides on which options help. */
export interface HintFacts {
  /** Whether the sensor's size is known. */
  readonly sized: boolean;
  /** Format of OUT, where it is known. */
  readonly to?: string | null;
  /** True for `repair`, which leaves out by itself what cannot be held. */
  readonly repair?: boolean;
  /** Whether `repair` could keep something: the header was read. */
  readonly repairable?: boolean;
}

/** Formats whose addresses are laid out by the sensor's size: a larger one has room for more. */
const LAID_OUT: readonly string[] = ['aedat2'];

function hint({ code, details }: RxSpikeError, facts: HintFacts): string | undefined {
  const { sized, to, repair = false, repairable = false } = facts;
  if (code === 'ERR_LOSS' && !repair) {
    const words = LOSS[String(details['why'])];
    const larger = details['why'] === 'coordinates' && !sized && LAID_OUT.includes(to ?? '');
    return larger ? `--size WxH may choose a larger layout, ${words}` : words;
  }
  if (code === 'ERR_TRUNCATED' || code === 'ERR_CORRUPT') {
    return repairable ? '"rxspike repair" keeps what is whole' : undefined;
  }
  if (code !== 'ERR_GEOMETRY') return undefined;
  if (!sized) return '--size WxH says how large the sensor is';
  return 'x' in details && !repair ? '--crop 0,0,W,H leaves out what lies outside' : undefined;
}

/** An error of a conversion with what helps; any other as it is. */
export function withHint(error: unknown, facts: HintFacts): unknown {
  if (!(error instanceof RxSpikeError)) return error;
  const words = hint(error, facts);
  if (words === undefined) return error;
  const { code, message, details } = error;
  return new RxSpikeError(code, `${message}; ${words}`, { details, cause: error });
}
