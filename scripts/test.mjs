// `npm test -- [options of vitest]`: sets up, then runs the tests in this same process.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, setUpOrExit } from './setup.mjs';

setUpOrExit();
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
process.argv = [process.execPath, vitest, 'run', ...process.argv.slice(2)];
await import(pathToFileURL(vitest).href);
