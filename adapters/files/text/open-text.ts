import { RxSpikeError } from '../../../src/index.js';
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
  const { names } = head;
  const { size } = head;
  const taken = options.format === 'csv' ? 'named by the caller' : `extension ${extension(options.name)}`;
  const order = roles.value.map((role) => role ?? '-').join(' ');
  return {
    format: 'csv',
    dataStart: head.dataStart,
    stream: {
      width: names?.width ?? size?.[0] ?? null,
      height: names?.height ?? size?.[1] ?? null,
      yUp: names?.yUp ?? false,
      mirroredX: names?.mirroredX ?? false,
      epoch: names?.epoch ?? null,
    },
    facts: {
      sensor: null,
      chipAssumed: false,
      sniffed: `${taken}; columns ${order} ${roles.by}; times in ${unit.value} ${unit.by}`,
    },
    decoder: () => new TextDecoding(dialect, head.dataStart, head.line, options.salvage ?? false),
  };
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
  const asked = options.columns === undefined ? null : rolesOfOption(options.columns);
  if (sample === null) {
    const roles = asked ?? head.names?.roles ?? null;
    if (roles !== null) return { value: roles, by: asked === null ? 'by their names' : 'as asked for' };
    // Prophesee's converters write the size even where there is no event.
    if (head.size !== null) return { value: ['x', 'y', 'p', 't'], by: 'as none are there' };
    throw unknown('there are neither events nor names of columns');
  }
  const [first] = sample.rows;
  const found = asked ?? head.names?.roles ?? guessed(sample, cut);
  const by = asked !== null ? 'as asked for' : head.names !== null ? 'by their names' : 'by what they hold';
  if (first.length !== found.length) {
    if (cut) throw cutShort();
    const why = `${found.length} columns are ${asked === null ? 'named' : 'asked for'}, the first line has ${first.length}`;
    throw unknown(`${why}${first.length > found.length ? commaHint(sample) : ''}`);
  }
  const wrong = wrongField(first, found);
  if (wrong === null) return { value: found, by };
  if (cut) throw cutShort();
  throw unknown(`the first line of data is no event: ${wrong}`);
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
