import { existsSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import type { CommandCode } from './command.js';
import { describeCommands } from './describe.js';
import { type ExitStatus, PartialFailure, UsageError, failureOf, oneLine, stackOf } from './failure.js';
import { suggestion } from './nearest.js';
import { hideSecrets } from './hidden-secrets.js';
import { type TextStream, asTerminal, flushed } from './output.js';

/** A second signal later than this (ms) ends at once; npm passes on a signal that the terminal already sent. */
const IMPATIENT = 500;

/** Version in the nearest `package.json` upwards: the distance differs between sources and builds. */
function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

/** One line for what commander refuses, with the nearest right option or command. */
function usageMessage(error: CommanderError, program: Command, argv: readonly string[]): string {
  const message = oneLine(error.message.replace(/^error: /, '').replace(/\n?\(Did you mean .*$/s, ''));
  const wrong = /'(.*?)'/.exec(message)?.[1] ?? '';
  const command = program.commands.find((c) => c.name() === argv.find((word) => !word.startsWith('-')));
  if (error.code === 'commander.unknownOption') {
    const names = (command ?? program).options
      .flatMap((o) => [o.long ?? '', o.short ?? ''])
      .filter((name) => name !== '');
    return `${message}; ${suggestion(wrong.split('=')[0], [...names, '--help'])}`;
  }
  if (error.code === 'commander.unknownCommand') {
    const names = program.commands.map((c) => c.name());
    return `${message}; ${suggestion(wrong, names)}`;
  }
  return message;
}

/** `help COMMAND` as `COMMAND --help`; of a command that there is none of, as an attempt to run it. */
function helpAsOption(argv: readonly string[], program: Command): readonly string[] {
  const [first, name] = argv;
  if (first !== 'help') return argv;
  if (name === undefined || name.startsWith('-')) return ['--help'];
  return program.commands.some((c) => c.name() === name) ? [name, '--help'] : [name];
}

function report(
  thrown: unknown,
  json: boolean,
  { stdout, stderr }: Pick<Surroundings, 'stdout' | 'stderr'>,
): ExitStatus {
  const failure = failureOf(thrown);
  if (json) {
    const read = thrown instanceof PartialFailure ? thrown.read : {};
    stdout.write(`${JSON.stringify({ error: { code: failure.code, message: failure.message }, ...read })}\n`);
  }
  stderr.write(`rxspike: ${failure.code}: ${failure.message}\n`);
  if (process.env['RXSPIKE_DEBUG'] === '1') stderr.write(`${stackOf(thrown)}\n`);
  return failure.status;
}

/** Where a command's words go, and what ends it early. */
export interface Surroundings {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly interrupted: AbortSignal;
}

/** Runs one command of the command line, errors told included, and gives its exit status; touches no process. */
export async function runCommand(argv: readonly string[], surroundings: Surroundings): Promise<ExitStatus> {
  const { stdout, stderr, interrupted } = surroundings;
  // Whether an error is to be given as JSON must be known even where the arguments are wrong.
  const json = argv.includes('--json');
  let status: ExitStatus = 0;
  const execute = async (code: CommandCode): Promise<void> => {
    const result = await code({
      json,
      line: (text) => void (json || stdout.write(`${text}\n`)),
      announce: (text) => void stdout.write(`${text}\n`),
      note: (text) => void stderr.write(`${text}\n`),
      terminal: json ? null : asTerminal(stdout, process.env),
      noteTerminal: asTerminal(stderr, process.env),
      interrupted,
    });
    if (json) stdout.write(`${JSON.stringify(result.json)}\n`);
    status = result.status;
  };
  const program = new Command('rxspike')
    .description('Event streams of event cameras through stochastic quantum spiking neurons.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeErr: () => {}, writeOut: (text) => void stdout.write(text) })
    .helpCommand('help [command]', 'say how a command is used');
  describeCommands(program, execute);
  try {
    if (argv.length === 0)
      throw new UsageError(`a command is needed: ${program.commands.map((c) => c.name()).join(', ')}`);
    await program.parseAsync(helpAsOption(argv, program), { from: 'user' });
    return status;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return report(thrown, json, surroundings);
    if (thrown.exitCode === 0) return 0; // --help and --version
    return report(new UsageError(usageMessage(thrown, program, argv)), json, surroundings);
  }
}

/** Runs one command of the command line and ends the process with its exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  hideSecrets(argv);
  const controller = new AbortController();
  let first = 0;
  const interrupt = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (controller.signal.aborted && now - first > IMPATIENT) process.exit(130);
    if (!controller.signal.aborted) first = now;
    controller.abort(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // A reader that went away (`| head`) wants no more: no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    const why = error.code === 'ENOSPC' ? 'no space is left' : oneLine(error.message);
    writeSync(process.stderr.fd, `rxspike: ERR_WRITE: stdout: ${why}\n`); // before the process ends
    process.exit(1);
  });
  process.stderr.on('error', () => {});
  const onUncaught = (thrown: unknown): void => {
    process.exitCode = report(thrown, argv.includes('--json'), process);
    process.exit();
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  const { stdout, stderr } = process;
  const status = await runCommand(argv, { stdout, stderr, interrupted: controller.signal });
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(status);
}
