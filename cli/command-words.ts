import { RxSpikeError } from '../src/index.js';

/** What the library says of its steps and arguments, and how it is said to someone who typed a command. */
const WORDS: readonly (readonly [library: RegExp, command: string])[] = [
  [/^timeRange: start must be a time before the end, (.+) µs, got (.+)$/, '--start $2 is not before --end $1'],
  [/^crop: (.+) of stream ".*"$/, '--crop: $1 that are read'],
  [/^(\w+: )stream ".*" does not say its width and height; crop\(.*$/, '$1the size of the sensor is not known'],
  [/^(denoise|crop|timeRange): /, '--$1: '],
  [/^(chip|stream|columns): /, '--$1: '],
];

/** An error of the library in the words of the command line; any other as it is. */
export function inCommandWords(error: unknown): unknown {
  if (!(error instanceof RxSpikeError)) return error;
  const found = WORDS.find(([library]) => library.test(error.message));
  if (found === undefined) return error;
  const { code, details } = error;
  return new RxSpikeError(code, error.message.replace(...found), { details, cause: error });
}
