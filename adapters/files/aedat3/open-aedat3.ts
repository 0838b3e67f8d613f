import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import { AEDAT3_PACKET_HEADER_BYTES, parseAedat3PacketHeader } from '../generated/headers.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { headerValue, readTextHeader, type TextHeader } from '../text-header.js';
import { requireRewindable, SalvageReader } from '../salvage-reader.js';
import { notedSensor, readNotes } from '../stream-notes.js';
import { Aedat3Decoder } from './decoder.js';
import { END_HEADER, POLARITY_TYPE, SIDE_STREAMS, sizeOf } from './layout.js';
import { SalvagedPackets } from './salvaged-packets.js';

/** How far the first polarity packet is looked for, bytes. */
const LOOK = 1 << 20;

/** Reads an AEDAT 3.0 header. @throws `ERR_UNSUPPORTED` for a packet format other than `RAW`, `ERR_ARGUMENT` for a stream that there is none of, else as `readTextHeader` */
export function openAedat30(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  return openAedat3(prefix, '3.0', options);
}

/** Reads an AEDAT 3.1 header. @throws as {@link openAedat30} */
export function openAedat31(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  return openAedat3(prefix, '3.1', options);
}

async function openAedat3(prefix: Prefix, version: '3.0' | '3.1', options: OpenOptions): Promise<OpenedFormat> {
  const format = `aedat${version}` as const;
  const header = await readTextHeader(prefix, {
    format,
    limit: options.maxHeaderBytes ?? 1 << 22,
    last: version === '3.1' ? END_HEADER : null,
  });
  const packets = headerValue(header, '#Format:');
  if (packets !== null && packets.toUpperCase() !== 'RAW') {
    throw new RxSpikeError('ERR_UNSUPPORTED', `${format}: packets of format ${packets} are not read, only RAW`, {
      details: { packets },
    });
  }
  const sources = sourcesOf(header);
  const several = sources.size > 1;
  if (several && options.stream !== undefined && !sources.has(options.stream)) {
    const known = [...sources].map(([id, description]) => `${id} (${description})`).join(', ');
    throw new RxSpikeError('ERR_ARGUMENT', `stream: ${options.stream} is no source of this file; there are ${known}`);
  }
  const source = options.stream ?? (several ? await firstSource(prefix, header.end) : null);
  // One source alone is the camera, whatever number its packets have.
  const only = several || options.stream !== undefined ? null : [...sources.values()][0];
  const sensor = (source === null ? only : sources.get(source)) ?? null;
  const [width, height] = sensor === null ? [null, null] : sizeOf(sensor);
  const laidOut = { format, offset: header.end, source, maxPacketBytes: options.maxPacketBytes ?? 1 << 26 };
  const opened = {
    format,
    stream: { width, height, yUp: version === '3.0', side: SIDE_STREAMS, ...readNotes(header) },
    facts: { sensor: notedSensor(header, sensor), chipAssumed: false, sniffed: `version line ${header.lines[0]}` },
  };
  if (options.salvage !== true) {
    return { ...opened, dataStart: header.end, decoder: (sink) => new Aedat3Decoder(laidOut, sink) };
  }
  requireRewindable(prefix, format);
  const chunks = (): AsyncIterable<Uint8Array> => prefix.read(header.end);
  return { ...opened, reader: (sink) => new SalvageReader(new SalvagedPackets(laidOut, sink), header.end, chunks) };
}

/** Descriptions of the sources by number (`#Source 1: DAVIS240C`). */
function sourcesOf(header: TextHeader): ReadonlyMap<number, string> {
  const found = header.lines.map((line) => /^#Source (\d+): *(.*\S)/.exec(line) ?? []);
  return new Map(found.flatMap(([, id, description]) => (description ? [[Number(id), description]] : [])));
}

/** Source of the first polarity packet that begins in the first bytes of the data; null where there is none. */
async function firstSource(prefix: Prefix, dataStart: number): Promise<number | null> {
  for (let at = dataStart; at < dataStart + LOOK && (await prefix.fill(at + AEDAT3_PACKET_HEADER_BYTES));) {
    const { eventType, eventSource, eventSize, eventNumber } = parseAedat3PacketHeader(prefix.bytes.subarray(at));
    if (eventType === POLARITY_TYPE) return eventSource;
    if (eventSize <= 0 || eventNumber < 0) return null;
    at += AEDAT3_PACKET_HEADER_BYTES + eventNumber * eventSize;
  }
  return null;
}
