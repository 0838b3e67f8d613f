import { describe, expect, it } from 'vitest';
import { projectRoot } from '../shared-data.js';

// The public interface as golden files: a change of what users can import is made on purpose, with `vitest -u`, or not at all.
const ENTRANCES = {
  rxspike: 'src/index.ts',
  'rxspike/streams': 'streams/index.ts',
  'rxspike/adapters': 'adapters/index.node.ts',
  'rxspike/adapters in a browser': 'adapters/index.ts',
} as const;

describe('public exports', () => {
  it.each(Object.entries(ENTRANCES))('%s', async (name, file) => {
    const entrance = (await import(projectRoot(file))) as Record<string, unknown>;
    const list = Object.keys(entrance)
      .toSorted()
      .map((key) => `${key}: ${typeof entrance[key]}`)
      .join('\n');
    await expect(`${list}\n`).toMatchFileSnapshot(`exports/${name.replaceAll(/\W+/g, '-')}.txt`);
  });
});
