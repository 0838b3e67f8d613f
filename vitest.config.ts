import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
// Tests that start processes, train, read documents or thousands of damaged files; everything else is fast and also runs on the next Node version.
const slow = [
  'test/cli/**/*.test.ts',
  'test/setup/**/*.test.ts',
  'test/learning/**/*.test.ts',
  'test/docs/**/*.test.ts',
  'test/adapters/files/fuzz/**/*.test.ts',
  'test/adapters/network/abuse-fuzz.test.ts',
  'test/adapters/files/{round-trip,truncated}.test.ts',
];

// Minutes of cut connections and of carriers compared: the gate runs them, and whoever sets RXSPIKE_LONG.
const long = ['test/adapters/network/cuts.test.ts', 'test/cli/same-decisions.test.ts'];
const LONG = process.env['RXSPIKE_LONG'] !== undefined;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^rxspike$/, replacement: at('src/index.ts') },
      { find: /^rxspike\/streams$/, replacement: at('streams/index.ts') },
      { find: /^rxspike\/adapters$/, replacement: at('adapters/index.node.ts') },
    ],
  },
  test: {
    testTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [...slow, ...long] } },
      { extends: true, test: { name: 'slow', include: slow, exclude: long } },
      ...(LONG ? [{ extends: true as const, test: { name: 'long', include: long } }] : []),
    ],
  },
});
