// `npm start -- [options of run]`: sets up, then runs the main job in this same process.
import { setUpOrExit } from './setup.mjs';

setUpOrExit();
const { main } = await import('../dist/cli/program.js');
await main(['run', ...process.argv.slice(2)]);
