import { RxSpikeError } from '../../../src/index.js';
import type { Decompressor } from '../compression/decompressor.js';
import { Lz4Decompressor } from '../compression/lz4-frame.js';
import { ZstdDecompressor } from '../compression/zstd.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { requireRewindable, SalvageReader } from '../salvage-reader.js';
import { Aedat4Decoder, type Aedat4Packets } from './decoder.js';
import { flatbufferRoot, type FlatbufferTable } from './flatbuffer.js';
import {
  AEDAT4_VERSION_LINE,
  COMPRESSIONS,
  SIDE_NAMES,
  UNKNOWN_SOURCE,
  declaredStreams,
  type Compression,
  type DeclaredStream,
} from './layout.js';
import { SalvagedPackets } from './salvaged-packets.js';

/**
 * Reads an AEDAT 4.0 header.
 * @throws `ERR_TRUNCATED`, `ERR_LIMIT`, `ERR_CORRUPT`; `ERR_UNSUPPORTED` for an unknown compression; `ERR_ARGUMENT`
 * where the stream asked for is not an event stream of this file
 */
export async function openAedat4(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const table = await readHeader(prefix, options.maxHeaderBytes ?? 1 << 22);
  const dataStart = AEDAT4_VERSION_LINE.length + table.bytes.length;
  const compression = COMPRESSIONS[table.int32(0, 0)];
  if (compression === undefined) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `aedat4: compression ${table.int32(0, 0)} is not known`);
  }
  // Writers that were interrupted leave −1, or 0, there.
  const tableAt = table.int64(1, -1) || -1;
  if (tableAt !== -1 && tableAt < dataStart && options.salvage !== true) {
    throw new RxSpikeError('ERR_CORRUPT', `aedat4: data table at byte ${tableAt}, the header ends at ${dataStart}`);
  }
  const streams = declaredStreams(table.string(2));
  const events = eventStream(streams, options.stream);
  const maxPacketBytes = options.maxPacketBytes ?? 1 << 26;
  const opened = {
    format: 'aedat4' as const,
    stream: {
      width: events?.width ?? null,
      height: events?.height ?? null,
      epoch: 'unix' as const,
      side: [...new Set(streams.flatMap(({ type }) => SIDE_NAMES.get(type) ?? []))],
      ...events?.notes,
    },
    facts: {
      sensor: events?.source === UNKNOWN_SOURCE ? null : (events?.source ?? null),
      chipAssumed: false,
      sniffed: 'version line #!AER-DAT4.0',
    },
  };
  const packets = (): Aedat4Packets => ({
    streams,
    stream: events,
    offset: dataStart,
    tableAt: tableAt === -1 ? null : tableAt,
    decompressor: decompressorFor(compression, maxPacketBytes),
    maxPacketBytes,
  });
  if (options.salvage !== true) {
    return { ...opened, dataStart, decoder: (sink) => new Aedat4Decoder(packets(), sink) };
  }
  requireRewindable(prefix, 'aedat4');
  const chunks = (): AsyncIterable<Uint8Array> => prefix.read(dataStart);
  return {
    ...opened,
    reader: (sink) => new SalvageReader(new SalvagedPackets(packets(), compression, sink), dataStart, chunks),
  };
}

function decompressorFor(compression: Compression, limit: number): Decompressor | null {
  if (compression === 'none') return null;
  return compression.startsWith('lz4') ? new Lz4Decompressor(limit) : new ZstdDecompressor(limit);
}

async function readHeader(prefix: Prefix, limit: number): Promise<FlatbufferTable> {
  const start = AEDAT4_VERSION_LINE.length;
  if (await prefix.fill(start + 4)) {
    const at = prefix.bytes;
    const size = (at[start] | (at[start + 1] << 8) | (at[start + 2] << 16) | (at[start + 3] << 24)) >>> 0;
    if (size > limit) {
      throw new RxSpikeError('ERR_LIMIT', `aedat4: the header says ${size} bytes, the limit is ${limit}`, {
        details: { size, limit },
      });
    }
    if (await prefix.fill(start + 4 + size)) {
      // A copy: the prefix may move while it grows.
      return flatbufferRoot(prefix.bytes.slice(start, start + 4 + size), 'IOHE', 'aedat4: the header');
    }
  }
  throw new RxSpikeError('ERR_TRUNCATED', `aedat4: the input ends in its header, after ${prefix.bytes.length} bytes`);
}

/** The event stream asked for, else the first one; null where the file has none. */
function eventStream(streams: readonly DeclaredStream[], wanted: number | undefined): DeclaredStream | null {
  const found = streams.find(({ id, type }) => type === 'EVTS' && (wanted === undefined || id === wanted));
  if (found) return found;
  if (wanted === undefined) return null;
  const ids = streams.filter(({ type }) => type === 'EVTS').map(({ id }) => id);
  const there = ids.length === 0 ? 'it has none' : `there ${ids.length === 1 ? 'is' : 'are'} ${ids.join(', ')}`;
  throw new RxSpikeError('ERR_ARGUMENT', `stream: ${wanted} is not an event stream of this file; ${there}`, {
    details: { streams: streams.map(({ id, type }) => `${id} ${type}`) },
  });
}
