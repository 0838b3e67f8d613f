import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { projectRoot } from '../shared-data.js';

// Every ```ts block of the README and of docs/ runs as it stands. A block that begins with `// prints: TEXT` lines must
// print exactly these; any other must print something.
const PAGES = [
  'README.md',
  ...readdirSync(projectRoot('docs'), { recursive: true }).map((file) => `docs/${String(file)}`),
].filter((page) => page.endsWith('.md'));
const FOLDER = projectRoot('test', 'docs', '.examples');

const blocksOf = (page: string): string[] =>
  [...readFileSync(projectRoot(page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');

/** Runs a module and gives what it logged, once nothing more was logged for a while. */
async function logged(code: string, name: string): Promise<string[]> {
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}/${name}.ts`;
  writeFileSync(file, code);
  const lines: string[] = [];
  const spy = vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void lines.push(words.join(' ')));
  try {
    await import(/* @vite-ignore */ file);
    let before = -1;
    for (let quiet = 0; quiet < 5 || lines.length === 0; quiet++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (lines.length !== before) quiet = 0;
      before = lines.length;
      if (quiet > 100) break;
    }
  } finally {
    spy.mockRestore();
  }
  return lines;
}

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe('examples run as they stand', () => {
  const blocks = PAGES.flatMap((page) => blocksOf(page).map((code, i) => ({ page, code, i })));

  it('there is an example in the README', () => {
    expect(blocks.some((block) => block.page === 'README.md')).toBe(true);
  });

  it.each(blocks)('$page, example $i', async ({ page, code, i }) => {
    const lines = await logged(code, `${page.replaceAll(/\W+/g, '-')}-${i}`);
    const promised = [...code.matchAll(/^\/\/ prints: (.*)$/gm)].map((match) => match[1]);
    expect(lines.length).toBeGreaterThan(0);
    expect(promised.length > 0 ? promised : lines).toEqual(lines);
  });
});

describe('the README', () => {
  const readme = readFileSync(projectRoot('README.md'), 'utf8');

  it('shows its first example in under twenty lines, as one pipeline', () => {
    const first = blocksOf('README.md')[0] ?? '';
    expect(first.trim().split('\n').length).toBeLessThan(20);
    expect(first.match(/\.pipe\(/g)).toHaveLength(1);
    for (const word of ['openRecording', 'denoise', 'toUnits', 'steps', 'sqsNetwork', 'decide', 'subscribe']) {
      expect(first).toContain(word);
    }
  });

  it('names the two commands before anything else', () => {
    expect(readme.indexOf('npm start')).toBeLessThan(readme.indexOf('## '));
    expect(readme.indexOf('npm test')).toBeLessThan(readme.indexOf('## '));
  });

  it.each(PAGES)('%s links only to files that exist', (page) => {
    const folder = dirname(page);
    const links = [...readFileSync(projectRoot(page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(links.filter((link) => !existsSync(projectRoot(folder, link)))).toEqual([]);
  });
});
