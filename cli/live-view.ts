/** What the live view shows: plain data, made ten times a second at most. */
export interface LiveRecord {
  readonly model: string;
  readonly seed: number;
  readonly speed: number | 'max';
  /** What is playing now, where it has a name. */
  readonly source: string | null;
  /** Seconds since the start, wall clock. */
  readonly elapsed: number;
  readonly classes: readonly string[];
  readonly guess: {
    readonly label: string;
    readonly confidence: number;
    /** Output spikes of each class. */
    readonly counts: readonly number[];
    readonly truth: string | null;
  } | null;
  readonly decisions: number;
  readonly known: number;
  readonly correct: number;
  readonly eventsPerSecond: number;
  readonly keptPerSecond: number;
  readonly spikesPerSecond: number;
  readonly latency: { readonly p50: number | null; readonly p99: number | null };
  readonly lag: number | null;
  readonly dropped: number;
  /** What a server has told to be missing, by reason. */
  readonly missing: Readonly<Record<string, number>>;
  /** The connection that the stream comes over; null where it comes over none that could be made again. */
  readonly connection: { readonly reconnects: number; readonly isUp: boolean } | null;
  /** The most recent decisions, newest last. */
  readonly recent: readonly { readonly label: string; readonly truth: string | null }[];
}

/** The terminal that it is shown on. */
export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan';
const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, green: 32, red: 31, cyan: 36 };

/** A piece of a line: its width is that of its text, whatever its style. */
interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}
type Line = readonly Span[];

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `share` (0…1) of `width` cells, in eighths of a cell. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/** A count for people: `13,712`, `1.25 M`. */
export function count(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(2)} G`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(2)} M`;
  return String(Math.round(n)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** Milliseconds for people: `0.41 ms`, `12.3 ms`, `1.52 s`; `–` for null. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** Seconds as `mm:ss` or `h:mm:ss`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const digits = [minutes, whole % 60].map((n) => String(n).padStart(2, '0')).join(':');
  return hours > 0 ? `${hours}:${digits}` : digits;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function heading(record: LiveRecord): Line {
  const speed = record.speed === 'max' ? 'max speed' : `${record.speed}×`;
  const what = record.source === null ? '' : ` · ${record.source}`;
  return [
    { text: 'RxSpike', style: 'bold' },
    { text: `  ${clock(record.elapsed)}  ${record.model} · seed ${record.seed} · ${speed}${what}`, style: 'dim' },
  ];
}

function verdict(truth: string | null, label: string, classes: readonly string[]): Span[] {
  if (truth === null) return [];
  if (!classes.includes(truth)) return [{ text: `truth ${truth}: not a class of this model` }];
  const right = truth === label;
  return [{ text: `truth ${truth} ` }, { text: right ? '✓' : '✗', style: right ? 'green' : 'red' }];
}

function guessLine({ guess, classes }: LiveRecord, columns: number): Line {
  if (guess === null) return [{ text: ' guess  ', style: 'dim' }, { text: '…' }];
  const truth = verdict(guess.truth, guess.label, classes);
  const width = Math.max(4, Math.min(30, columns - 22 - guess.label.length - Math.max(11, lineWidth(truth))));
  return [
    { text: ' guess  ', style: 'dim' },
    { text: guess.label, style: 'bold' },
    { text: '  ' },
    { text: bar(guess.confidence, width).padEnd(width, '·'), style: 'cyan' },
    { text: ` ${percent(guess.confidence).padStart(7)}   ` },
    ...truth,
  ];
}

function countLines({ guess, classes }: LiveRecord, columns: number): Line[] {
  const most = Math.max(1, ...(guess?.counts ?? []));
  const label = Math.max(...classes.map((name) => name.length), 1);
  const width = Math.max(4, Math.min(40, columns - label - 12));
  return classes.map((name, c) => {
    const spikes = guess?.counts[c] ?? 0;
    const isGuess = name === guess?.label;
    const isTruth = guess !== null && name === guess.truth;
    return [
      { text: isGuess ? '▸' : ' ', style: 'cyan' },
      { text: isTruth ? '✓ ' : '  ', style: 'green' },
      { text: `${name.padStart(label)} `, style: isGuess ? 'bold' : undefined },
      { text: bar(spikes / most, width), style: isGuess ? 'cyan' : 'dim' },
      { text: spikes > 0 ? ` ${count(spikes)}` : '', style: 'dim' },
    ];
  });
}

/** What the marks before the bars mean, and what the bars are; nothing of marks that are not there. */
function legend({ guess, classes }: LiveRecord): Line {
  if (guess === null) return [];
  const truth: Line = [
    { text: '✓', style: 'green' },
    { text: ' truth  ', style: 'dim' },
  ];
  return [
    { text: '▸', style: 'cyan' },
    { text: ' guess  ', style: 'dim' },
    ...(guess.truth !== null && classes.includes(guess.truth) ? truth : []),
    { text: 'bars: output spikes of each class', style: 'dim' },
  ];
}

function facts(record: LiveRecord): [string, string][] {
  const { known, correct, latency } = record;
  return [
    ['accuracy', known === 0 ? '–' : `${percent(correct / known)} (${correct} of ${known})`],
    ['decisions', count(record.decisions)],
    ['events/s', `${count(record.eventsPerSecond)} → ${count(record.keptPerSecond)}`],
    ['spikes/s', count(record.spikesPerSecond)],
    ['latency', `${duration(latency.p50)}, p99 ${duration(latency.p99)}`],
    ['lag', duration(record.lag)],
    ['dropped', dropped(record)],
    ...connection(record),
  ];
}

function dropped({ dropped: all, missing }: LiveRecord): string {
  const reasons = Object.entries(missing).map(([reason, n]) => `${reason} ${count(n)}`);
  return reasons.length === 0 ? count(all) : `${count(all)} (${reasons.join(', ')})`;
}

function connection({ connection: link }: LiveRecord): [string, string][] {
  if (link === null) return [];
  if (!link.isUp) return [['network', 'lost, connecting again']];
  return [['network', link.reconnects === 0 ? 'connected' : `connected, ${link.reconnects} × anew`]];
}

function factStyle(name: string, { dropped: all, connection: link }: LiveRecord): Style | undefined {
  if (name === 'network') return link?.isUp === false ? 'red' : undefined;
  return name === 'dropped' && all > 0 ? 'red' : undefined;
}

function factLines(record: LiveRecord, columns: number): Line[] {
  const cells = facts(record).map(([name, value]): Line => [
    { text: ` ${name.padEnd(10)}`, style: 'dim' },
    { text: value, style: factStyle(name, record) },
  ]);
  const half = 38;
  if (columns < 2 * half) return cells;
  const rows: Line[] = [];
  for (let i = 0; i < cells.length; i += 2) {
    const gap = ' '.repeat(Math.max(1, half - lineWidth(cells[i])));
    rows.push(i + 1 < cells.length ? [...cells[i], { text: gap }, ...cells[i + 1]] : cells[i]);
  }
  return rows;
}

function recentLine(record: LiveRecord, columns: number): Line {
  const shown = record.recent.slice(-Math.max(1, Math.floor((columns - 10) / 3)));
  return [
    { text: ' last   ', style: 'dim' },
    ...shown.flatMap(({ label, truth }): Span[] => {
      if (truth === null || !record.classes.includes(truth)) return [{ text: label }, { text: '  ' }];
      const right = truth === label;
      return [{ text: label, style: right ? 'green' : 'red' }, { text: right ? '✓ ' : '✗ ' }];
    }),
  ];
}

const lineWidth = (line: Line): number => line.reduce((sum, { text }) => sum + Array.from(text).length, 0);

/** A line as text of at most `columns` cells; what is too long is cut. */
function paint(line: Line, { columns, color }: ViewSize): string {
  let room = columns;
  let out = '';
  for (const { text, style } of line) {
    if (room <= 0) break;
    const cells = Array.from(text);
    const cut = cells.length > room ? cells.slice(0, room).join('') : text;
    room -= cells.length;
    out += color && style !== undefined && cut !== '' ? `\u001b[${CODES[style]}m${cut}\u001b[0m` : cut;
  }
  return out;
}

/**
 * The live view as lines: at most `rows` of them, none wider than `columns`. On a low terminal the numbers come before
 * the bars, on a narrow one everything stands in one column.
 */
export function liveView(record: LiveRecord, size: ViewSize): string[] {
  const head = [heading(record), guessLine(record, size.columns)];
  const numbers = factLines(record, size.columns);
  const bars = countLines(record, size.columns);
  const blank: Line = [];
  const tail = [recentLine(record, size.columns), [{ text: ' Ctrl-C ends', style: 'dim' } as const]];
  const full = [head[0], blank, head[1], legend(record), ...bars, blank, ...numbers, blank, ...tail];
  const choices = [
    full,
    [...head, ...bars, ...numbers, ...tail],
    [...head, ...numbers, ...tail],
    [...head, ...numbers],
  ];
  const fitting = choices.find((lines) => lines.length <= size.rows) ?? [...head, ...numbers].slice(0, size.rows);
  return fitting.map((line) => paint(line, size));
}
