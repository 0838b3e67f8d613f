import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../shared-data.js';

// Who may see whom: the table of ARCHITECTURE.md. Inside `src` the rooms are floors; a room sees itself and those named.
const GROUND = ['src/errors', 'src/random', 'src/step', 'src/state', 'src/elementary', 'src/crc32'];
const NODE = ['node:'];
const MAY_SEE: Readonly<Record<string, readonly string[]>> = {
  'src/errors': [],
  'src/random': ['src/elementary'],
  'src/step': [],
  'src/elementary': ['src/errors'],
  'src/crc32': [],
  'src/state': ['src/crc32', 'src/errors', 'src/step'],
  'src/events': [...GROUND],
  'src/flow': [...GROUND, 'src/events'],
  'src/quantum': [...GROUND],
  'src/neurons': [...GROUND, 'src/quantum'],
  'src/network': [...GROUND, 'src/events', 'src/quantum', 'src/neurons'],
  'src/learning': [...GROUND, 'src/events', 'src/quantum', 'src/neurons', 'src/network'],
  'src/simulation': [...GROUND, 'src/events'],
  'src/index': ['src'],
  streams: ['src/index', 'rxjs'],
  adapters: ['src/index', 'rxjs', 'ws', 'msgpackr', 'fflate', 'fast-png', 'gifenc', ...NODE],
  cli: ['src/index', 'streams/index', 'adapters/index', 'rxjs', 'commander', 'pino', ...NODE],
};
/** In these folders, only files named `*.node.ts` may import `node:` or `ws`. */
const BROWSER_TOO = ['src', 'streams', 'adapters'];

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(projectRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(projectRoot(), join(entry.parentPath, entry.name)).split(sep).join('/'));
}

/** Every static and dynamic import of a source text, relative ones resolved to a path from the root without extension. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statement =
    /^\s*(?:import|export)\s+(?:[\w*{}\s,$]+?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  for (const match of code.matchAll(statement)) {
    const name = match[1] ?? match[2] ?? '';
    const target = name.startsWith('.')
      ? relative(projectRoot(), join(projectRoot(dirname(file)), name))
          .split(sep)
          .join('/')
          .replace(/\.js$/, '')
      : name;
    found.push({ file, target });
  }
  return found;
}

const roomOf = (path: string): string => {
  const parts = path.replace(/\.ts$/, '').split('/');
  return parts[0] === 'src' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
};

const covers = (allowed: string, target: string): boolean =>
  target === allowed ||
  (allowed.endsWith(':') && target.startsWith(allowed)) ||
  (!allowed.endsWith('/index') && target.startsWith(`${allowed}/`)) ||
  (allowed === 'adapters/index' && /^adapters\/(?:\w+\/)?index(?:\.node)?$/.test(target));

/** What is wrong with an import, or null. */
export function verdict({ file, target }: Import): string | null {
  const room = roomOf(file);
  const allowed = MAY_SEE[room];
  if (!allowed) return `${file}: room ${room} is not in the table`;
  const outside = !target.startsWith('src/') && !target.startsWith(`${room}/`);
  if (BROWSER_TOO.includes(file.split('/')[0] ?? '') && !file.endsWith('.node.ts')) {
    if (target.startsWith('node:') || target === 'ws' || target.endsWith('.node')) {
      return `${file} imports ${target}, which only *.node.ts may`;
    }
  }
  if (!outside && roomOf(target) === room) return null;
  return [room, ...allowed].some((a) => covers(a, target)) ? null : `${file} may not import ${target}`;
}

describe('who may see whom', () => {
  const imports = ['src', 'streams', 'adapters', 'cli']
    .flatMap(sources)
    .flatMap((file) => importsOf(file, readFileSync(projectRoot(file), 'utf8')));

  it('reads imports at all', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(new Set(imports.map((i) => roomOf(i.file))).size).toBeGreaterThanOrEqual(10);
  });

  it('finds no arrow that the table does not allow', () => {
    expect(imports.map(verdict).filter((v) => v !== null)).toEqual([]);
  });

  it.each([
    ['src/neurons/sqs.ts', "import { Observable } from 'rxjs';"],
    ['src/quantum/gates.ts', "import { sqs } from '../neurons/sqs.js';"],
    ['src/events/packet.ts', "import { readFile } from 'node:fs';"],
    ['streams/denoise.ts', "import { openRecording } from '../adapters/index.js';"],
    ['streams/denoise.ts', "import { denoiseStep } from '../src/events/denoise.js';"],
    ['adapters/files/open-recording.ts', "const fs = await import('node:fs');"],
    ['adapters/files/open-recording.ts', "import { fromPackets } from '../../streams/index.js';"],
    ['cli/run.ts', "import { sqs } from '../src/neurons/sqs.js';"],
  ])('would report a planted import in %s: %s', (file, text) => {
    expect(
      importsOf(file, text)
        .map(verdict)
        .filter((v) => v !== null),
    ).toHaveLength(1);
  });

  it.each([
    ['src/network/forward.ts', "import { sqs } from '../neurons/index.js';"],
    ['streams/denoise.ts', "import { denoiseStep } from '../src/index.js';"],
    ['adapters/files/open-recording.node.ts', "import { readFile } from 'node:fs/promises';"],
    ['cli/run.ts', "import { openRecording } from '../adapters/index.node.js';"],
    ['cli/info.ts', "import { openRecording } from '../adapters/files/index.node.js';"],
  ])('allows in %s: %s', (file, text) => {
    expect(
      importsOf(file, text)
        .map(verdict)
        .filter((v) => v !== null),
    ).toEqual([]);
  });
});

describe('pure rooms', () => {
  it.each(['src', 'streams'])('%s uses no clock and no Math.random', (folder) => {
    const guilty = sources(folder).filter((file) =>
      /Math\.random|Date\.now|performance\.now|new Date\(\)/.test(
        readFileSync(projectRoot(file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
      ),
    );
    expect(guilty).toEqual([]);
  });
});
