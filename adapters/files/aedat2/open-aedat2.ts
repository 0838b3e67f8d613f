import { RxSpikeError } from '../../../src/index.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions } from '../recording.js';
import { headerValue, readTextHeader } from '../text-header.js';
import { Aedat2Decoder } from './decoder.js';
import { chipOf, type Chip } from './layout.js';

/** Where the header names no chip: the layout of the DAVIS family, of a sensor whose size is not known. */
const ASSUMED: Chip = { layout: 'davis', width: null, height: null };

/** Reads an AEDAT 2.0 header. @throws `ERR_UNSUPPORTED` for a chip of unknown layout, else as `readTextHeader` */
export async function openAedat2(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const header = await readTextHeader(prefix, {
    format: 'aedat2',
    limit: options.maxHeaderBytes ?? 1 << 22,
    last: null,
  });
  const named = headerValue(header, '# AEChip:') ?? headerValue(header, '#AEChip:');
  const name = options.chip ?? (named === '' ? null : named);
  const chip = name === null ? ASSUMED : chipOf(name);
  if (chip === null) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `aedat2: the address layout of the chip ${name} is not known`, {
      details: { chip: name },
    });
  }
  const { layout, width, height } = chip;
  return {
    format: 'aedat2',
    dataStart: header.end,
    stream: {
      width,
      height,
      yUp: true,
      mirroredX: true,
      side: layout === 'davis' ? ['aps', 'imu', 'triggers'] : ['triggers'],
    },
    facts: {
      sensor: name === null ? null : name.slice(name.lastIndexOf('.') + 1),
      chipAssumed: name === null,
      sniffed: `version line ${header.lines[0]}`,
    },
    decoder: () => new Aedat2Decoder(layout, header.end),
  };
}
