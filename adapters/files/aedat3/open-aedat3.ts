import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { headerValue, readTextHeader, type TextHeader } from '../text-header.js';
import { Aedat3Decoder } from './decoder.js';
import { END_HEADER, sizeOf } from './layout.js';

/**
 * Reads an AEDAT 3.1 or 3.0 header.
 * @throws `ERR_UNSUPPORTED` for a packet format other than `RAW`, else as `readTextHeader`
 */
export async function openAedat3(prefix: Prefix, version: '3.0' | '3.1', options: OpenOptions): Promise<OpenedFormat> {
  const format = `aedat${version}` as const;
  const header = await readTextHeader(prefix, {
    format,
    limit: options.maxHeaderBytes ?? 1 << 22,
    last: version === '3.1' ? END_HEADER : null,
  });
  const packets = headerValue(header, '#Format:');
  if (packets !== null && packets.toUpperCase() !== 'RAW') {
    throw new RxSpikeError('ERR_UNSUPPORTED', `${format}: packets of format ${packets} are not read, only RAW`, {
      details: { format: packets },
    });
  }
  const sensor = sourceOf(header, options.stream);
  const [width, height] = sensor === null ? [null, null] : sizeOf(sensor);
  return {
    format,
    dataStart: header.end,
    stream: { width, height, yUp: version === '3.0' },
    facts: { sensor, chipAssumed: false, sniffed: `version line ${header.lines[0]}` },
    decoder: () => new Aedat3Decoder(format, header.end, options.stream ?? null),
  };
}

/** Description of a source (`#Source 1: DAVIS240C`): of the one asked for, else of the first in the header. */
function sourceOf(header: TextHeader, wanted: number | undefined): string | null {
  for (const line of header.lines) {
    const [, id, description] = /^#Source (\d+): *(.*)$/.exec(line) ?? [];
    if (description && (wanted === undefined || Number(id) === wanted)) return description.trim();
  }
  return null;
}
