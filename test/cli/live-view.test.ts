import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LiveRecord, bar, clock, count, duration, liveView } from '../../cli/live-view.js';
import { frame, showOn } from '../../cli/screen.js';

const record: LiveRecord = {
  model: 'nmnist',
  seed: 1,
  speed: 1,
  source: '00980.bin',
  elapsed: 83.4,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  guess: { label: '3', confidence: 0.87, counts: [2, 1, 0, 40, 0, 3, 0, 0, 10, 0], truth: '3' },
  decisions: 42,
  known: 42,
  correct: 40,
  eventsPerSecond: 13712.4,
  keptPerSecond: 12001,
  spikesPerSecond: 1204,
  latency: { p50: 0.41, p99: 8.912 },
  lag: 0.2,
  dropped: 0,
  missing: {},
  connection: null,
  recent: [
    { label: '3', truth: '3' },
    { label: '4', truth: '9' },
    { label: '7', truth: null },
  ],
};
const size = { columns: 80, rows: 40, color: false };

describe('the live view', () => {
  it('shows guess, confidence, truth, counts, accuracy, rates, latency, lag and drops', () => {
    expect(liveView(record, size)).toMatchInlineSnapshot(`
      [
        "RxSpike  01:23  nmnist · seed 1 · 1× · 00980.bin",
        "",
        " guess  3  ██████████████████████████▏···  87.0 %   truth 3 ✓",
        "▸ guess  ✓ truth  bars: output spikes of each class",
        "   0 ██ 2",
        "   1 █ 1",
        "   2 ",
        "▸✓ 3 ████████████████████████████████████████ 40",
        "   4 ",
        "   5 ███ 3",
        "   6 ",
        "   7 ",
        "   8 ██████████ 10",
        "   9 ",
        "",
        " accuracy  95.2 % (40 of 42)           decisions 42",
        " events/s  13,712 → 12,001             spikes/s  1,204",
        " latency   0.41 ms, p99 8.91 ms        lag       0.20 ms",
        " dropped   0",
        "",
        " last   3✓ 4✗ 7  ",
        " Ctrl-C ends",
      ]
    `);
  });

  it('says nothing of what is not known', () => {
    const lines = liveView({ ...record, guess: null, known: 0, correct: 0, lag: null, source: null, recent: [] }, size);
    const text = lines.join('\n');
    expect(text).not.toContain('truth');
    expect(text).toContain('accuracy  –');
    expect(text).not.toMatch(/NaN|null|undefined/);
  });

  it('marks a wrong guess, in red where there is colour', () => {
    const wrong = { ...record, guess: { ...record.guess!, truth: '9' } };
    expect(liveView(wrong, size).join('\n')).toContain('truth 9 ✗');
    expect(liveView(wrong, { ...size, color: true }).join('\n')).toContain('\u001b[31m✗\u001b[0m');
    // oxlint-disable-next-line no-control-regex -- the view without colour must have none of them
    expect(liveView(wrong, size).join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('marks the guess and the truth, each with its own mark', () => {
    const wrong = liveView({ ...record, guess: { ...record.guess!, truth: '9' } }, size);
    expect(wrong.find((line) => line.includes(' 3 █'))).toMatch(/^▸ {2}3 /);
    expect(wrong.find((line) => line.startsWith(' ✓'))).toMatch(/^ ✓ 9 /);
  });

  it('does not call wrong what the model has no class for', () => {
    const strange = {
      ...record,
      guess: { ...record.guess!, truth: 'left' },
      recent: [{ label: '3', truth: 'left' }],
    };
    const text = liveView(strange, size).join('\n');
    expect(text).toContain('truth left: not a class of this model');
    expect(text).not.toContain('✗');
  });

  it('keeps within every terminal and shows the guess on each that has two lines', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }), (columns, rows) => {
        const lines = liveView(record, { columns, rows, color: false });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(columns);
        expect(rows < 2 || columns < 9 || lines.join('\n').includes('guess  3')).toBe(true);
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it('is as wide with colour as without', () => {
    for (const columns of [30, 80, 120]) {
      const colored = liveView(record, { ...size, columns, color: true }).map((line) =>
        // oxlint-disable-next-line no-control-regex -- colours are what is removed
        line.replaceAll(/\u001b\[\d+m/g, ''),
      );
      expect(colored).toEqual(liveView(record, { ...size, columns }));
    }
  });
});

describe('words and bars', () => {
  it('draws eighths of a cell', () => {
    expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(2, 4), bar(-1, 4), bar(0.03125, 4)]).toEqual([
      '',
      '██',
      '████',
      '████',
      '',
      '▏',
    ]);
  });

  it('says counts, durations and clock times for people', () => {
    expect([count(0), count(999), count(13712), count(1_250_000), count(2.5e9)]).toEqual([
      '0',
      '999',
      '13,712',
      '1.25 M',
      '2.50 G',
    ]);
    expect([duration(null), duration(0.414), duration(12.34), duration(1520)]).toEqual([
      '–',
      '0.41 ms',
      '12.3 ms',
      '1.52 s',
    ]);
    expect([clock(5), clock(83.9), clock(3661)]).toEqual(['00:05', '01:23', '1:01:01']);
  });
});

describe('the screen', () => {
  it('writes a frame as one piece that clears what was there before', () => {
    expect(frame(['a', 'b'])).toBe('\u001b[?2026h\u001b[Ha\u001b[K\r\nb\u001b[K\u001b[J\u001b[?2026l');
  });

  it('restores the terminal once, and draws again after a resize', () => {
    const written: string[] = [];
    const resize = new Set<() => void>();
    const terminal = {
      columns: 20,
      rows: 5,
      write: (text: string) => written.push(text),
      on: (_: 'resize', listener: () => void) => resize.add(listener),
      off: (_: 'resize', listener: () => void) => resize.delete(listener),
    };
    const close = showOn(terminal, (columns, rows) => [`${columns}x${rows}`]);
    expect(written.join('')).toContain('20x5');
    terminal.columns = 30;
    resize.forEach((listener) => listener());
    expect(written.at(-1)).toContain('30x5');
    close();
    close();
    expect(resize.size).toBe(0);
    expect(written.filter((text) => text.includes('?1049l'))).toHaveLength(1);
    expect(written.at(-1)).toContain('?25h');
    expect(process.listeners('exit')).not.toContain(close);
  });
});
