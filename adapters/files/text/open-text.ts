import { RxSpikeError, type StreamInfo } from '../../../src/index.js';
import { rolesOfOption, type Role, type Roles } from '../columns/column-names.js';
import { guessRoles } from '../columns/guess-roles.js';
import { EXPONENT, guessTimeUnit } from '../columns/time-unit.js';
import type { OpenedFormat } from '../decoder.js';
import type { Prefix } from '../prefix.js';
import type { OpenOptions, TimeUnit } from '../recording.js';
import { TextDecoding } from './decoder.js';
import { COMMA, type TextDialect } from './dialect.js';
import { readHead, unknown, type TextHead } from './head.js';
import { sampleColumns, sampleDecimals, takeSample, wrongField, type TextSample } from './sample.js';

/** How much is looked at before the columns are believed. */
const LOOK = 1 << 16;
const MAX_HEADER_BYTES = 1 << 22;

/** Something that was found out, and by what. */
interface Found<T> {
  readonly value: T;
  readonly by: string;
}

/**
 * Takes text for events if its columns hold what events hold: by the names of the columns, by `options.columns`, or by
 * what stands in the first 64 KiB.
 * @throws `ERR_UNKNOWN_FORMAT` where it is not plausible, or could be read in two ways; the message names the option
 * that decides. `ERR_TRUNCATED` where the first line is cut, `ERR_LIMIT`
 */
export async function openText(prefix: Prefix, options: OpenOptions): Promise<OpenedFormat> {
  const { head, bytes, complete } = await lookAhead(prefix, options.maxHeaderBytes ?? MAX_HEADER_BYTES);
  const sample = takeSample(bytes, head.dataStart, complete);
  const cut = complete && sample?.rows.length === 1 && bytes.at(-1) !== 0x0a;
  const roles = findRoles(head, sample, options, cut);
  const unit = findUnit(head, sample, roles.value, options);
  const dialect: TextDialect = {
    separator: sample?.separator.separator ?? COMMA,
    decimal: sample?.separator.decimal ?? 0,
    roles: roles.value,
    exponent: EXPONENT[unit.value],
  };
  const taken = options.format === 'csv' ? 'named by the caller' : `extension ${extension(options.name)}`;
  const order = roles.value.map((role) => role ?? '-').join(' ');
  return {
    format: 'csv',
    dataStart: head.dataStart,
    stream: streamOf(head),
    facts: {
      sensor: null,
      chipAssumed: false,
      sniffed: `${taken}; columns ${order} ${roles.by}; times in ${unit.value} ${unit.by}`,
    },
    decoder: () => new TextDecoding(dialect, head.dataStart, head.line, options.salvage ?? false),
  };
}

/** What the lines before the events say of the stream. */
function streamOf({ names, size }: TextHead): Partial<StreamInfo> {
  const [width, height] = size ?? [null, null];
  if (names === null) return { width, height };
  const { yUp, mirroredX, epoch } = names;
  return { width: names.width ?? width, height: names.height ?? height, yUp, mirroredX, epoch };
}

interface LookAhead {
  readonly head: TextHead;
  readonly bytes: Uint8Array;
  readonly complete: boolean;
}

/** Reads up to the first line of data and some way on. */
async function lookAhead(prefix: Prefix, limit: number): Promise<LookAhead> {
  for (let look = LOOK; ; look *= 8) {
    await prefix.fill(look);
    // No more than that, however much there is: what is decided must not hang on the size of the chunks.
    const bytes = prefix.bytes.subarray(0, look);
    const complete = prefix.ended && bytes.length === prefix.bytes.length;
    const head = readHead(bytes, complete);
    const far = head !== null && (complete || bytes.length - head.dataStart >= LOOK / 2);
    if (head !== null && (far || look > limit)) return { head, bytes, complete };
    if (look > limit) {
      throw new RxSpikeError('ERR_LIMIT', `csv: no event in the first ${look} bytes`, { details: { limit } });
    }
  }
}

function findRoles(head: TextHead, sample: TextSample | null, options: OpenOptions, cut: boolean): Found<Roles> {
  const said = saidRoles(head, options);
  if (sample === null) {
    if (said !== null) return said;
    // Prophesee's converters write the size even where there is no event.
    if (head.size !== null) return { value: ['x', 'y', 'p', 't'], by: 'as none are there' };
    throw unknown('there are neither events nor names of columns');
  }
  const found = said ?? { value: guessed(sample, cut), by: 'by what they hold' };
  const misfit = misfitOf(sample, found.value, options.columns === undefined ? 'named' : 'asked for');
  if (misfit === null) return found;
  throw cut ? cutShort() : unknown(misfit);
}

/** The roles that the caller or the names of the columns say; null where neither does. */
function saidRoles(head: TextHead, { columns }: OpenOptions): Found<Roles> | null {
  if (columns !== undefined) return { value: rolesOfOption(columns), by: 'as asked for' };
  return head.names === null ? null : { value: head.names.roles, by: 'by their names' };
}

/** Why the first line of data is no event of these columns, which were `said`; null where it is one. */
function misfitOf(sample: TextSample, roles: Roles, said: string): string | null {
  const [first] = sample.rows;
  if (first.length !== roles.length) {
    const why = `${roles.length} columns are ${said}, the first line has ${first.length}`;
    return `${why}${first.length > roles.length ? commaHint(sample) : ''}`;
  }
  const wrong = wrongField(first, roles);
  return wrong === null ? null : `the first line of data is no event: ${wrong}`;
}

function cutShort(): RxSpikeError {
  return new RxSpikeError('ERR_TRUNCATED', 'csv: the input ends in its first line of data');
}

function guessed(sample: TextSample, cut: boolean): Roles {
  const width = sample.rows[0].length;
  const empty = sample.rows.every((row) => row[width - 1] === '');
  const count = empty ? width - 1 : width;
  if (cut && count < 4) throw cutShort();
  if (count !== 4) {
    throw unknown(`${count} columns have no names; say what they hold by columns${commaHint(sample)}`);
  }
  const columns = sampleColumns(sample.rows, [0, 1, 2, 3]);
  if (columns[0].length === 0) throw unknown('the first line of data is not made of numbers');
  const roles = guessRoles(columns);
  if (typeof roles === 'string') throw unknown(`${roles}; say what they hold by columns`);
  return empty ? [...roles, null] : roles;
}

function commaHint({ separator, rows }: TextSample): string {
  if (separator.separator !== COMMA || rows[0].length < 5) return '';
  return '. Decimal commas can be read only where something else stands between the columns';
}

function findUnit(head: TextHead, sample: TextSample | null, roles: Roles, options: OpenOptions): Found<TimeUnit> {
  if (options.timeUnit !== undefined) return { value: options.timeUnit, by: 'as asked for' };
  const { names } = head;
  if (names?.unit) return { value: names.unit, by: 'by the name' };
  if (names?.faery === true) return { value: 'us', by: "by faery's names" };
  if (sample === null) return { value: 'us', by: 'as none are there' };
  const at = (role: Role): number => roles.indexOf(role);
  const [times] = sampleColumns(sample.rows, [at('t'), at('x'), at('y'), at('p')]);
  const decimals = sampleDecimals(sample.rows, at('t'), times.length);
  const unit = guessTimeUnit(times, decimals);
  if (unit !== null) return { value: unit, by: decimals > 0 ? 'by their decimals' : 'by their size and steps' };
  throw unknown(`the times (${sample.rows[0][at('t')]}, …) could be in more than one unit; say which by timeUnit`);
}

function extension(name = ''): string {
  return name.slice(Math.max(0, name.lastIndexOf('.')));
}
