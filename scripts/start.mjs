// `npm start -- [options of run]`, `npm run rxspike -- COMMAND …`: sets up, then runs the command in this same process.
import { setUpOrExit } from './setup.mjs';

setUpOrExit();

// A signal to npm ends the shell between npm and this process, and would leave this process running alone.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

const { main } = await import('../dist/cli/program.js');
await main(process.argv.slice(2));
