import { RxSpikeError } from '../src/index.js';

/** Which option helps where a format cannot hold an event, by what is wrong with it. */
const LOSS: Readonly<Record<string, string>> = {
  coordinates: '--crop X,Y,W,H cuts a region out, --clip leaves such events out',
  time: '--rebase begins at 0 µs, --clip leaves such events out',
  timeStepBack: '--clip leaves such events out',
  timeGap: '--clip leaves such events out',
  fraction: '--clip rounds times down',
};

function hint({ code, details }: RxSpikeError, sized: boolean): string | undefined {
  if (code === 'ERR_LOSS') {
    const words = LOSS[String(details['why'])];
    // Some formats have layouts for several sizes.
    return details['why'] === 'coordinates' && !sized ? `--size WxH may choose a larger layout, ${words}` : words;
  }
  if (code === 'ERR_TRUNCATED' || code === 'ERR_CORRUPT') return '"rxspike repair" keeps what is whole';
  if (code !== 'ERR_GEOMETRY') return undefined;
  if (!sized) return '--size WxH says how large the sensor is';
  return 'x' in details ? '--crop 0,0,W,H leaves out what lies outside' : undefined;
}

/** An error of a conversion with what helps; any other as it is. `sized`: whether the sensor's size is known. */
export function withHint(error: unknown, sized: boolean): unknown {
  if (!(error instanceof RxSpikeError)) return error;
  const words = hint(error, sized);
  if (words === undefined) return error;
  const { code, message, details } = error;
  return new RxSpikeError(code, `${message}; ${words}`, { details, cause: error });
}
