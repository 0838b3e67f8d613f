// `npm start -- [options of run]`, `npm run rxspike -- COMMAND …`: sets up, then runs the command in this same process.
import { setUpOrExit } from './setup.mjs';

setUpOrExit();

// npm runs scripts in the project's folder: paths on the command line are meant from where npm was called.
if (process.env.npm_lifecycle_event !== undefined && process.env.INIT_CWD) {
  try {
    process.chdir(process.env.INIT_CWD);
  } catch {
    // That folder is gone: paths are then taken from the project's.
  }
}

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
