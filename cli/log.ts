import type { ServeLog } from '../adapters/index.node.js';
import { RxSpikeError } from '../src/index.js';

/** How much of a log is written. */
export type LogLevel = 'debug' | 'info' | 'warn';

/**
 * A log of JSON lines, by pino, which is loaded only here.
 * @param line takes each line, without its end
 * @throws `ERR_OPTIONAL_DEPENDENCY` where pino is not installed
 */
export async function openLog(level: LogLevel, line: (text: string) => void): Promise<ServeLog> {
  const { pino } = await import('pino').catch((cause: unknown) => {
    throw new RxSpikeError('ERR_OPTIONAL_DEPENDENCY', '--log needs the package pino: npm install pino', { cause });
  });
  const log: ServeLog = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (text) => line(text.trimEnd()) },
  );
  return log;
}
