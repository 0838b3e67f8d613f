import { type Command, Option } from 'commander';
import type { CommandCode } from './command.js';
import type { PipeOptions } from './commands/pipe.js';
import type { RecordOptions } from './commands/record.js';
import type { ServeOptions } from './commands/serve.js';
import { examples, format, json } from './describe-recordings.js';
import {
  WRITABLE_NAMES,
  parsePositive,
  parseRegion,
  parseSize,
  parseSpeed,
  parseTime,
  parseWhole,
  parseWritable,
} from './options.js';
import { describeSecurity } from './serve-security.js';
import {
  loop,
  parseAs,
  parseKinds,
  parsePolicies,
  parseSeconds,
  policy,
  seed,
  served,
  speed,
} from './stream-options.js';

type Execute = (code: CommandCode) => Promise<void>;

/** Declares the commands that take streams from, and give them to, other machines. */
export function describeStreamCommands(program: Command, execute: Execute): void {
  describeServe(program, execute);
  describeRecord(program, execute);
  describePipe(program, execute);
}

const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const SERVING = `
Whoever connects gets a reading of its own, from the beginning. With --clients N all get one reading, which begins when
N are there. With --live, or with --model, there is one reading from the start on, for whoever is there.

Ctrl-C breaks off what is under way. SIGTERM drains: no new receivers, and what is under way goes on to its end, for at
most the time of --drain. Both end with exit status 130.
`;

function describeServe(program: Command, execute: Execute): void {
  const command = program
    .command('serve')
    .description('Serve a source as a WebSocket stream.')
    .argument(
      '[source...]',
      'files, - (stdin), sim:NAME, ws://…, udp://… or dv://…; without one the bundled recordings',
    )
    .option('--host <address>', 'address to listen on; beyond this machine only with --token', '127.0.0.1')
    .addOption(new Option('--port <n>', 'port to listen on; 0: any').argParser(parseWhole(0, 65535)).default(0))
    .addOption(
      new Option('--clients <n>', 'start when so many subscribers are there, deliver everything, then exit').argParser(
        parseWhole(1, 100_000),
      ),
    )
    .option('--live', 'one reading from the start on; subscribers may come at any time')
    .addOption(speed())
    .addOption(loop())
    .addOption(format())
    .option('--model [file]', 'serve "decisions" and "spikes" of a model beside "events" (default: the bundled one)')
    .addOption(policy('what becomes of packets for which a subscriber is too slow, unless it asks for something else'))
    .addOption(
      new Option('--grace <s>', 'how long the place of a subscriber is kept that lost its connection')
        .argParser(parseSeconds)
        .default(30),
    )
    .addOption(
      new Option(
        '--history <events>',
        'events of the past kept for those who come late or come back (default: 2e6)',
      ).argParser(parseWhole(0)),
    )
    .addOption(
      new Option(
        '--accept <kinds>',
        'streams that clients may send, and that are counted, not passed on: labels, events, decisions, spikes',
      ).argParser(parseKinds),
    )
    .addOption(
      new Option('--drain <s>', 'how long what is under way may take after SIGTERM')
        .argParser(parseSeconds)
        .default(10),
    )
    .addOption(seed())
    .addOption(json())
    .addHelpText(
      'after',
      SERVING +
        examples(
          'rxspike serve recording.aedat4 --port 7001',
          'rxspike serve recording.aedat4 --clients 1 --speed max',
          'rxspike serve sim:digits --loop --live --model --port 7001',
          'rxspike serve recording.aedat4 --live --accept labels --policy dropOldest',
          'rxspike serve sim:digits --live --host 0.0.0.0 --token-file token.txt --tls-cert cert.pem --tls-key key.pem',
        ),
    );
  describeSecurity(command).action((sources: string[], options: ServeOptions) =>
    execute(async (output) => (await import('./commands/serve.js')).serve(sources, options, output)),
  );
}

/** Written out by what they are not, so that help does not load the formats. */
const GROWING = WRITABLE_NAMES.filter((name) => !['npy', 'npz', 'hdf5'].includes(name));

const RECORDING = `
FILE has its name from the beginning and can be read at any time: what came is in it after half a second, whatever
becomes of this command. npy, npz and hdf5 cannot be written so. Ended by Ctrl-C or SIGTERM, FILE is whole.
`;

function describeRecord(program: Command, execute: Execute): void {
  const command = program
    .command('record')
    .description('Write a stream to a file, until it ends: times and order are kept.')
    .argument('<url>', 'ws://HOST:PORT, udp://HOST:PORT, dv://HOST:PORT; also sim:NAME or a file')
    .argument('<file>', 'file to write')
    .addOption(
      new Option('--format <name>', `format of FILE, else by its extension: ${GROWING.join(', ')}`).argParser(
        parseWritable,
      ),
    )
    .addOption(new Option('--duration <s>', 'end so long after the first event').argParser(parsePositive))
    .option('--force', 'replace FILE where it exists')
    .option('--clip', 'leave out, and count, events that the format cannot hold')
    .addOption(policy('ws://: what becomes of packets for which this side is too slow'))
    .addOption(
      new Option('--speed <n|max>', 'of sim:NAME and files: factor of the speed of the sensor')
        .argParser(parseSpeed)
        .default('max'),
    );
  for (const option of served()) command.addOption(option);
  command
    .addOption(new Option('--size <WxH>', 'size of the sensor, where the source does not say it').argParser(parseSize))
    .addOption(seed())
    .addOption(json())
    .addHelpText(
      'after',
      RECORDING +
        examples(
          'rxspike record ws://127.0.0.1:7001 recording.aedat4',
          'rxspike record ws://127.0.0.1:7001 part.raw --duration 10 --stream camera',
          'rxspike record udp://127.0.0.1:3333?format=spif recording.csv',
        ),
    )
    .action((url: string, file: string, options: RecordOptions) =>
      execute(async (output) => (await import('./commands/record.js')).record(url, file, options, output)),
    );
}

const PIPING = `
A SINK is a file (its extension names the format), - (stdout, as --as says), ws://HOST:PORT (a server that takes events),
udp://HOST:PORT?format=spif|faery|faery-t32, or dv://HOST:PORT (listens there for a reader of dv-processing). Each has a
queue of its own: events in = out + dropped, by reason, is told for each at the end. A sink that fails leaves the others
going; the exit status is then 1.
`;

function describePipe(program: Command, execute: Execute): void {
  const command = program
    .command('pipe')
    .description('Give a stream, or a part of it, to several sinks at once.')
    .argument('<source>', 'a file, - (stdin), sim:NAME, ws://…, udp://… or dv://…')
    .addOption(new Option('--to <sink>', 'where events go; may be given several times').argParser(several))
    .addOption(
      new Option('--decisions <ws://…>', 'server that decisions of the model go to, as a stream of them').argParser(
        several,
      ),
    )
    .option('--model <file>', 'model of --decisions (default: the bundled one, N-MNIST digits)')
    .addOption(
      new Option(
        '--policy <name>',
        'when a sink is too slow: lossless (all wait), dropOldest, dropNewest, sample; once for all or once for each',
      ).argParser(parsePolicies),
    )
    .addOption(
      new Option('--queue <events>', 'events that may wait for a sink').argParser(parseWhole(1)).default(2_000_000),
    )
    .option('--fail-fast', 'a sink that fails ends the others too')
    .addOption(new Option('--as <format>', 'what stdout gets: csv, json or a format (default: csv)').argParser(parseAs))
    .addOption(new Option('--start <µs>', 'leave out what is earlier, in times of the stream').argParser(parseTime))
    .addOption(new Option('--end <µs>', 'leave out this time and what is later').argParser(parseTime))
    .addOption(new Option('--crop <X,Y,W,H>', 'keep a region; its corner becomes (0, 0)').argParser(parseRegion))
    .addOption(
      new Option('--denoise [µs]', 'drop events without one beside them in the time before')
        .argParser(parsePositive)
        .preset(10_000),
    )
    .option('--rebase', 'let the first event be at 0 µs')
    .option('--clip', 'leave out, and count, events that a sink cannot hold')
    .option('--force', 'replace files that exist')
    .option('--name <text>', 'name of the stream at servers that take it')
    .option('--sink-token <text>', 'token that servers ask for that take streams')
    .addOption(
      new Option('--speed <n|max>', 'of sim:NAME and files: factor of the speed of the sensor')
        .argParser(parseSpeed)
        .default('max'),
    )
    .addOption(loop())
    .addOption(format());
  for (const option of served()) command.addOption(option);
  command
    .addOption(new Option('--size <WxH>', 'size of the sensor, where the source does not say it').argParser(parseSize))
    .addOption(seed())
    .addOption(json())
    .addHelpText(
      'after',
      PIPING +
        examples(
          'rxspike pipe ws://127.0.0.1:7001 --to recording.aedat4 --to udp://127.0.0.1:3333',
          'rxspike pipe camera.raw --speed 1 --denoise --to ws://127.0.0.1:7001 --policy dropOldest',
          'rxspike pipe sim:digits --decisions ws://127.0.0.1:7001',
          'cat recording.aedat4 | rxspike pipe - --to - --as json | head',
        ),
    )
    .action((source: string, options: PipeOptions) =>
      execute(async (output) => (await import('./commands/pipe.js')).pipe(source, options, output)),
    );
}
