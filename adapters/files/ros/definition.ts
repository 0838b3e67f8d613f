import { RxSpikeError } from '../../../src/index.js';

/** Plain values of a message and their size in bytes; `time` is two words of four: seconds and nanoseconds. */
export const PLAIN: Readonly<Record<string, number>> = {
  bool: 1,
  byte: 1,
  char: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  time: 8,
};

/** A field of a message. */
export interface Field {
  readonly name: string;
  /** A key of {@link PLAIN}, `'string'`, or a message. */
  readonly type: string | Struct;
  /** Elements of an array of fixed length, `'sequence'` where the message says how many, null for a single value. */
  readonly array: number | 'sequence' | null;
}

/** A message: its fields in order. */
export interface Struct {
  readonly name: string;
  readonly fields: readonly Field[];
}

const MOST_TEXT = 1 << 16;
const MOST_FIELDS = 512;
const DEEPEST = 8;

const TIMES = new Set(['time', 'duration', 'builtin_interfaces/Time', 'builtin_interfaces/Duration']);

/** Definitions that files leave out. */
const HEADER_1 = 'uint32 seq\ntime stamp\nstring frame_id';
const HEADER_2 = 'time stamp\nstring frame_id';

/** `pkg/msg/Type` and `pkg/Type` name the same. */
export function plainName(name: string): string {
  return name.replace('/msg/', '/');
}

/**
 * Reads a message definition as it is embedded in a bag (`ros1msg`) or an MCAP file (`ros1msg`, `ros2msg`): the text of
 * the message, then those of the messages that it uses, each after a line of `=` and a line `MSG: pkg/Type`.
 *
 * @param name of the message
 * @param ros generation of the text, for what it leaves out
 * @throws `ERR_CORRUPT` for what is no definition, `ERR_LIMIT` for one of more than 64 KiB, 512 fields or 8 levels
 */
export function parseDefinition(name: string, text: string, ros: 1 | 2): Struct {
  if (text.length > MOST_TEXT) {
    throw new RxSpikeError('ERR_LIMIT', `the definition of ${name} has more than ${MOST_TEXT} characters`);
  }
  const [first = '', ...rest] = text.split(/^={3,}[^\S\n]*\r?\n/m);
  const texts = new Map([['std_msgs/Header', ros === 1 ? HEADER_1 : HEADER_2]]);
  for (const part of rest) {
    const [, type, body] = /^MSG:[^\S\n]*(\S+)[^\n]*\n?([\s\S]*)$/.exec(part) ?? [];
    if (type === undefined)
      throw new RxSpikeError('ERR_CORRUPT', `the definition of ${name} has a part without a name`);
    texts.set(plainName(type), body ?? '');
  }
  return new Parser(texts).struct(plainName(name), first, 0);
}

class Parser {
  readonly #texts: ReadonlyMap<string, string>;
  #fields = 0;

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  struct(name: string, text: string, depth: number): Struct {
    if (depth > DEEPEST) {
      throw new RxSpikeError('ERR_LIMIT', `the definition of ${name} lies more than ${DEEPEST} levels deep`);
    }
    const fields: Field[] = [];
    for (const line of text.split('\n')) {
      const field = this.#field(name, line, depth);
      if (field !== null) fields.push(field);
    }
    return { name, fields };
  }

  /** Null for a line that holds no field. */
  #field(owner: string, line: string, depth: number): Field | null {
    const bare = line.replace(/#.*$/, '').trim();
    if (bare === '') return null;
    const [, type, bound, array, name, value] =
      /^([A-Za-z][\w/]*)(<=\d+)?(\[(?:<=)?\d*\])?\s+([A-Za-z]\w*)\s*(.*)$/.exec(bare) ?? [];
    if (type === undefined || name === undefined || (bound !== undefined && !type.endsWith('string'))) {
      throw new RxSpikeError('ERR_CORRUPT', `the definition of ${owner} has a line that is none: ${bare.slice(0, 60)}`);
    }
    if (value?.startsWith('=')) return null;
    if (++this.#fields > MOST_FIELDS) {
      throw new RxSpikeError('ERR_LIMIT', `the definition of ${owner} has more than ${MOST_FIELDS} fields`);
    }
    const length = array === undefined ? null : /^\[\d+\]$/.test(array) ? Number(array.slice(1, -1)) : 'sequence';
    return { name, type: this.#type(owner, type, depth), array: length };
  }

  #type(owner: string, type: string, depth: number): string | Struct {
    if (Object.hasOwn(PLAIN, type) || type === 'string' || type === 'wstring') return type;
    const name = type === 'Header' ? 'std_msgs/Header' : plainName(type);
    if (TIMES.has(name)) return 'time';
    const full = name.includes('/') ? name : `${owner.slice(0, owner.lastIndexOf('/'))}/${name}`;
    const text = this.#texts.get(full);
    if (text === undefined) throw new RxSpikeError('ERR_CORRUPT', `the definition of ${owner} lacks that of ${full}`);
    return this.struct(full, text, depth + 1);
  }
}
