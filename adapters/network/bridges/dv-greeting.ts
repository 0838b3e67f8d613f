import { RxSpikeError } from '../../../src/index.js';
import { flatbufferRoot } from '../../files/aedat4/flatbuffer.js';
import { COMPRESSIONS, declaredStreams } from '../../files/aedat4/layout.js';

/**
 * What a server of dv-processing sends first: a size-prefixed flatbuffer `IOHE`, as in AEDAT 4.0 behind the version line,
 * that says the compression and describes one stream. Packets follow as in a file; there is no data table, and the end is
 * the end of the connection. (Seen of dv-processing 2.0.4.)
 */
const PREFIX = 4;

/** Bytes of the greeting that begins with `bytes`; null while that cannot be told. @throws `ERR_PROTOCOL`, `ERR_LIMIT` */
export function greetingLength(bytes: Uint8Array, limit: number, where: string): number | null {
  if (bytes.length < PREFIX + 8) return null;
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  // The identifier is looked at first: what is no greeting at all has no size either.
  const identifier = String.fromCharCode(...bytes.subarray(PREFIX + 4, PREFIX + 8));
  if (identifier !== 'IOHE') {
    throw new RxSpikeError('ERR_PROTOCOL', `${where}: what answers there is no server of dv-processing`);
  }
  if (size > limit) {
    throw new RxSpikeError('ERR_LIMIT', `${where}: the greeting says ${size} bytes, the limit is ${limit}`, {
      details: { size, limit },
    });
  }
  return PREFIX + size;
}

/**
 * Looks at a whole greeting.
 * @throws `ERR_PROTOCOL` where it is damaged; `ERR_UNSUPPORTED` where its stream holds no events, or is compressed in a
 * way that is not known
 */
export function checkGreeting(bytes: Uint8Array, where: string): void {
  let types: string[];
  let compression: number;
  let tableAt: number;
  try {
    const table = flatbufferRoot(bytes, 'IOHE', `${where}: the greeting`);
    types = declaredStreams(table.string(2)).map(({ type }) => type);
    compression = table.int32(0, 0);
    tableAt = table.int64(1, -1);
  } catch (cause) {
    throw cause instanceof RxSpikeError ? new RxSpikeError('ERR_PROTOCOL', cause.message, { cause }) : cause;
  }
  if (COMPRESSIONS[compression] === undefined) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `${where}: compression ${compression} is not known`);
  }
  if (tableAt !== -1) {
    throw new RxSpikeError('ERR_PROTOCOL', `${where}: the greeting says that a data table is at byte ${tableAt}`);
  }
  if (types.includes('EVTS')) return;
  const what = types.length === 0 ? 'describes no stream' : `describes a stream of ${types.join(', ')}`;
  throw new RxSpikeError('ERR_UNSUPPORTED', `${where}: the greeting ${what}, expected one of events (EVTS)`);
}
