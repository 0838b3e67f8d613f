// oxlint-disable vitest/no-conditional-tests, vitest/valid-title, vitest/valid-describe-callback, vitest/expect-expect, vitest/no-disabled-tests -- this file makes tests, it is none: whether they run depends on the data
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The project's root folder. */
export function projectRoot(...parts: string[]): string {
  return join(ROOT, ...parts);
}

/** Path inside the folder of shared recordings (`$RXSPIKE_DATA`, else `../shared/data` beside the checkout), or null. */
export function sharedData(...parts: string[]): string | null {
  const folder = process.env['RXSPIKE_DATA'] ?? resolve(ROOT, '..', 'shared', 'data');
  const path = join(folder, ...parts);
  return existsSync(path) ? path : null;
}

/**
 * A `describe` that needs shared recordings. Where they are missing the block is skipped and says so; in CI, where they
 * lie beside the clone, a missing folder is a failure.
 */
export function describeWithData(name: string, parts: string[], body: (path: string) => void): void {
  const path = sharedData(...parts);
  if (path !== null) {
    describe(name, () => body(path));
    return;
  }
  const what = `${name} needs ${parts.join('/')} in the folder of shared recordings (set RXSPIKE_DATA)`;
  if (process.env['CI'] === 'true' || process.env['CI'] === '1') {
    it(what, () => {
      throw new Error('the shared recordings are missing in CI');
    });
  } else {
    // The names of skipped tests are not printed: say it plainly. The body cannot be collected without its folder.
    console.warn(`skipped: ${what}`);
    it.skip(what, () => undefined);
  }
}
