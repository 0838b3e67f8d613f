import { readFileSync } from 'node:fs';
import { eventDigest, openRecording, type OpenOptions, type Report } from '../../../adapters/files/index.node.js';
import { RxSpikeError, type Mark } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { SAMPLE_ROWS, type SampleRow } from './samples.js';

/** A small recording: its bytes and how it is opened. */
export interface Sample extends SampleRow {
  readonly bytes: Uint8Array;
  /** How it is opened, its name among that. */
  readonly open: OpenOptions;
}

function load(row: SampleRow): Sample {
  const whole = new Uint8Array(readFileSync(projectRoot(row.file)));
  return { ...row, bytes: whole.slice(0, row.size), open: { name: row.name, ...row.options } };
}

export const SAMPLES: readonly Sample[] = SAMPLE_ROWS.map(load);

export const sampleOf = (name: string): Sample => {
  const found = SAMPLES.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no sample ${name}`);
  return found;
};

export const sample = (name: string): Uint8Array => sampleOf(name).bytes;

/** What came of reading a source to its end or to its error. */
export interface Outcome {
  readonly events: number;
  readonly digest: string;
  readonly packets: number;
  readonly untils: number[];
  readonly marks: Mark[];
  readonly report: Report | null;
  /** Code of the error it ended with. */
  readonly code: string | null;
  readonly message: string | null;
}

/** Reads a source; an error that is no `RxSpikeError` is passed on, so that a test fails on it. */
export async function read(
  source: string | Uint8Array | Blob | AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<Outcome> {
  let events = 0;
  const untils: number[] = [];
  const marks: Mark[] = [];
  const digest = eventDigest();
  let report: Report | null = null;
  let error: RxSpikeError | null = null;
  try {
    const recording = await openRecording(source, options);
    const iterable = recording.events();
    report = recording.report;
    for await (const packet of iterable) {
      untils.push(packet.until);
      if (packet.mark) marks.push(packet.mark);
      digest.add(packet);
      events += packet.length;
    }
  } catch (caught) {
    if (!(caught instanceof RxSpikeError)) throw caught;
    error = caught;
  }
  const [code, message] = [error?.code ?? null, error?.message ?? null];
  return { events, digest: digest.hex(), packets: untils.length, untils, marks, report, code, message };
}

/** Digest of the first n events, for each n from 0. */
export async function prefixDigests(source: Uint8Array, options: OpenOptions): Promise<string[]> {
  const digest = eventDigest();
  const digests = [digest.hex()];
  const recording = await openRecording(source, { ...options, packetEvents: 1 });
  for await (const packet of recording.events()) {
    digest.add(packet);
    if (packet.length > 0) digests.push(digest.hex());
  }
  return digests;
}

/** The bytes as chunks of the given sizes, which are used in turn. */
export async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, k = 0; at < bytes.length; k++) {
    const size = sizes[k % sizes.length];
    // A copy that is spoilt afterwards: a decoder that keeps a chunk it borrowed is found out.
    const chunk = bytes.slice(at, at + size);
    yield chunk;
    chunk.fill(0xa5);
    at += size;
  }
}
