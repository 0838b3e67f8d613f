import { RxSpikeError } from '../../../src/index.js';
import { isLoopback } from '../upgrade-guard.js';

/**
 * Nobody has to show who they are on these carriers, so beyond loopback they are listened on only where that is asked
 * for. @throws `ERR_ARGUMENT`
 */
export function requireReach(host: string, allowRemote: boolean): void {
  if (allowRemote || isLoopback(host)) return;
  const what = `others can reach ${host}, and nobody has to show who they are there: allowRemote must be set to listen`;
  throw new RxSpikeError('ERR_ARGUMENT', what, { details: { host } });
}

/** What a failed listening is reported as. */
export function listenError(where: string, cause: unknown): RxSpikeError {
  const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const what =
    reason === 'EADDRINUSE'
      ? 'the address is in use'
      : reason === 'EACCES'
        ? 'no permission'
        : cause instanceof Error
          ? cause.message
          : String(cause);
  return new RxSpikeError('ERR_LISTEN', `${where}: ${what}`, { details: { where }, cause });
}
