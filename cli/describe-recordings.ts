import { type Command, Option } from 'commander';
import type { CommandCode } from './command.js';
import type { CatOptions } from './commands/cat.js';
import type { CheckOptions } from './commands/check.js';
import type { ConvertOptions } from './commands/convert.js';
import type { InfoOptions } from './commands/info.js';
import type { RenderOptions } from './commands/render.js';
import type { RepairOptions } from './commands/repair.js';
import {
  FORMAT_NAMES,
  WRITABLE_NAMES,
  parseCompression,
  parseFormat,
  parsePictureView,
  parsePositive,
  parseRegion,
  parseSize,
  parseText,
  parseTime,
  parseTimeUnit,
  parseWhole,
  parseWritable,
} from './options.js';

type Execute = (code: CommandCode) => Promise<void>;

/** Help text after a command's options: lines to be typed. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

/** `--json`. */
export function json(): Option {
  return new Option('--json', 'one JSON object as the last line of stdout');
}

/** `--format`, of the input. */
export function format(): Option {
  return new Option(
    '--format <name>',
    `format of the input, for headerless ones whose extension says nothing: ${FORMAT_NAMES.join(', ')}`,
  ).argParser(parseFormat);
}

/** Adds the options of every command that reads a recording. */
function reading(command: Command): Command {
  return command
    .addOption(format())
    .option('--chip <name>', 'AEDAT 1 and 2: chip whose addresses these are, as DVS128')
    .addOption(new Option('--stream <id>', 'AEDAT 3 and 4: event stream to read').argParser(parseWhole(0, 2 ** 31 - 1)))
    .option('--topic <name>', 'ROS bag, MCAP: topic to read; HDF5: group')
    .addOption(new Option('--time-unit <unit>', 'text, NPY, NPZ: s, ms, us or ns').argParser(parseTimeUnit))
    .option('--columns <names>', 'text, NPY, NPZ: what the columns hold, as x,y,p,t; - for one to be left out')
    .addOption(new Option('--size <WxH>', 'size of the sensor, where the input does not say it').argParser(parseSize));
}

const force = (): Option => new Option('--force', 'replace OUT where it exists');
const clip = (): Option => new Option('--clip', 'leave out, and count, events that the format cannot hold');
const to = (otherwise: string): Option =>
  new Option('--to <format>', `format of OUT, ${otherwise}: ${WRITABLE_NAMES.join(', ')}`).argParser(parseWritable);
const compression = (): Option =>
  new Option('--compression <name>', 'AEDAT 4: none, lz4 or zstd (default: lz4)').argParser(parseCompression);
const plain = (): Option => new Option('--plain', 'text: the header t,x,y,p, without what the columns are in');
const start = (): Option => new Option('--start <µs>', 'leave out what is earlier, in times of the file');
const end = (): Option => new Option('--end <µs>', 'leave out this time and what is later');

/** Declares the commands that read, write and show recordings. */
export function describeRecordingCommands(program: Command, execute: Execute): void {
  describeInfo(program, execute);
  describeConvert(program, execute);
  describeCat(program, execute);
  describeCheck(program, execute);
  describeRepair(program, execute);
  describeRender(program, execute);
}

function describeInfo(program: Command, execute: Execute): void {
  reading(program.command('info').description('Say what a recording holds.'))
    .argument('<file>', 'a recording, or - for stdin')
    .option('--digest', 'add the FNV-1a 64 digest of the delivered events')
    .addOption(json())
    .addHelpText('after', examples('rxspike info recording.aedat4', 'rxspike info digit.bin --digest --json'))
    .action((file: string, options: InfoOptions) =>
      execute(async (output) => (await import('./commands/info.js')).info(file, options, output)),
    );
}

function describeConvert(program: Command, execute: Execute): void {
  const command = program
    .command('convert')
    .description(
      'Write a recording in another format, or a part of it. Nothing is lost without a word: what the format cannot hold is an error.',
    )
    .argument('<in>', 'a recording, or - for stdin')
    .argument('<out>', 'file to write, or - for stdout; there once it is whole')
    .addOption(to("else by OUT's extension"))
    .addOption(force())
    .addOption(start().argParser(parseTime))
    .addOption(end().argParser(parseTime))
    .addOption(
      new Option('--crop <X,Y,W,H>', 'keep a region; its corner becomes (0, 0), OUT has its size').argParser(
        parseRegion,
      ),
    )
    .addOption(
      new Option('--denoise [µs]', 'drop events without one beside them in the time before')
        .argParser(parsePositive)
        .preset(10_000),
    )
    .addOption(clip())
    .option('--rebase', 'let the first event be at 0 µs')
    .option('--upright', "turn coordinates where the input stores them otherwise than OUT's readers expect")
    .addOption(compression())
    .addOption(plain());
  reading(command)
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'rxspike convert recording.aedat4 recording.raw --rebase',
        'rxspike convert in.raw part.es --start 2e6 --end 3e6 --crop 0,0,320,240',
        'rxspike convert in.dat - --to csv | head',
      ),
    )
    .action((from: string, out: string, options: ConvertOptions) =>
      execute(async (output) => (await import('./commands/convert.js')).convert(from, out, options, output)),
    );
}

function describeCat(program: Command, execute: Execute): void {
  reading(program.command('cat').description('Print events as text, for pipes.'))
    .argument('<file>', 'a recording, or - for stdin')
    .addOption(new Option('--as <text>', 'csv, or json: one object a line').argParser(parseText).default('csv'))
    .addOption(plain())
    .addOption(start().argParser(parseTime))
    .addOption(end().argParser(parseTime))
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'rxspike cat recording.aedat4 | head',
        `rxspike cat recording.raw --as json --end 1e6 | grep '"p":1' | wc -l`,
      ),
    )
    .action((file: string, options: CatOptions) =>
      execute(async (output) => (await import('./commands/cat.js')).cat(file, options, output)),
    );
}

const DAMAGE = `
Exit status 1 where a file breaks off, cannot be read, or has violations of its format. Times that step back are told
and are no damage: good recordings have some. To --strict they are.
`;

function describeCheck(program: Command, execute: Execute): void {
  reading(program.command('check').description('Read recordings to their end and list what is wrong with them.'))
    .argument('<file...>', 'recordings, or - for stdin')
    .option('--strict', 'any violation is damage')
    .addOption(json())
    .addHelpText('after', DAMAGE + examples('rxspike check *.aedat4', 'rxspike check recording.raw --strict --json'))
    .action((files: string[], options: CheckOptions) =>
      execute(async (output) => (await import('./commands/check.js')).check(files, options, output)),
    );
}

function describeRepair(program: Command, execute: Execute): void {
  const command = program
    .command('repair')
    .description('Write all that is whole in a damaged or interrupted recording, and say what was lost.')
    .argument('<in>', 'a recording, or - for stdin; it is left as it is')
    .argument('<out>', 'file to write, or - for stdout')
    .addOption(to('else that of IN, or the nearest that is written'))
    .addOption(force())
    .addOption(clip().hideHelp()) // what it always does
    .addOption(compression());
  reading(command)
    .addOption(json())
    .addHelpText(
      'after',
      examples('rxspike repair broken.aedat4 whole.aedat4', 'rxspike repair old.aedat whole.aedat4 --to aedat4'),
    )
    .action((from: string, out: string, options: RepairOptions) =>
      execute(async (output) => (await import('./commands/repair.js')).repair(from, out, options, output)),
    );
}

function describeRender(program: Command, execute: Execute): void {
  const command = program
    .command('render')
    .description('Draw a recording: ON orange, OFF blue, on dark; one picture (.png) or a film of it (.gif, .apng).')
    .argument('<file>', 'a recording, or - for stdin')
    .argument('<out>', 'picture to write: .png, .gif or .apng')
    .addOption(
      new Option('--view <name>', 'events: how many a pixel had; surface: how recent its last one is')
        .argParser(parsePictureView)
        .default('events'),
    )
    .addOption(start().argParser(parseTime))
    .addOption(end().argParser(parseTime))
    .addOption(new Option('--from <µs>', 'as --start').argParser(parseTime).hideHelp())
    .addOption(new Option('--to <µs>', 'as --end').argParser(parseTime).hideHelp())
    .addOption(
      new Option(
        '--window <µs>',
        'events a picture shows (default: .png all of them; a film 1/fps s, so that it runs in real time)',
      ).argParser(parsePositive),
    )
    .addOption(new Option('--fps <n>', 'pictures a second of a film (default: 25)').argParser(parsePositive))
    .addOption(
      new Option(
        '--tau <µs>',
        'surface: time in which an event fades to 1/e (default: 50 ms, or a third of the recording)',
      ).argParser(parsePositive),
    )
    .addOption(new Option('--scale <n>', 'picture pixels a sensor pixel').argParser(parseWhole(1, 64)).default(1))
    .addOption(force());
  reading(command)
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'rxspike render recording.aedat4 picture.png',
        'rxspike render recording.raw film.gif --fps 20 --window 5000 --scale 2',
        'rxspike render recording.es surface.png --view surface --end 5e5',
      ),
    )
    .action((file: string, out: string, options: RenderOptions) =>
      execute(async (output) => (await import('./commands/render.js')).render(file, out, options, output)),
    );
}
