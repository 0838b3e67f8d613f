import { type Command, Option } from 'commander';
import type { CommandCode } from './command.js';
import { describeRecordingCommands, examples, format, json } from './describe-recordings.js';
import { describeStreamCommands } from './describe-streams.js';
import { parsePositive, parseWhole } from './options.js';
import { loop, model, policy, seed, served, speed } from './stream-options.js';
import type { EvalOptions } from './commands/eval.js';
import type { RunOptions } from './commands/run.js';
import type { TrainOptions } from './commands/train.js';

/** Written out, so that help does not load the cameras. */
const SCENES = `
Simulated cameras: sim:bar, sim:edge, sim:disc, sim:digits, sim:digit-0 … sim:digit-9
`;

const LABELS = `
labels.csv in DIR names each recording's class:
  file,label
  0001.aedat4,wave
`;

/** Declares every command with its options and examples; `execute` runs a command's code once it is asked for. */
export function describeCommands(program: Command, execute: (code: CommandCode) => Promise<void>): void {
  describeRun(program, execute);
  describeRecordingCommands(program, execute);
  describeStreamCommands(program, execute);
  describeTrain(program, execute);
  describeEval(program, execute);
  program.addHelpText(
    'after',
    examples(
      'rxspike run',
      'rxspike info recording.aedat4',
      'rxspike convert recording.aedat4 recording.csv',
      'rxspike run recording.aedat4 --model my.safetensors',
    ),
  );
}

type Execute = Parameters<typeof describeCommands>[1];

function describeRun(program: Command, execute: Execute): void {
  const command = program
    .command('run')
    .description('Classify event streams live; without SOURCE the bundled N-MNIST recordings, as one endless stream.')
    .argument(
      '[source...]',
      'a file, - (stdin), sim:NAME, ws://HOST:PORT, udp://… or dv://…; several are played one after another',
    )
    .option('--once', 'each recording once, then done (a SOURCE is played once anyway)')
    .addOption(speed())
    .addOption(loop())
    .addOption(model())
    .addOption(format())
    .addOption(policy('ws://: what becomes of packets for which this side is too slow'));
  for (const option of served()) command.addOption(option);
  command
    .addOption(seed())
    .addOption(json())
    .addHelpText(
      'after',
      SCENES +
        examples(
          'rxspike run',
          'rxspike run --once --json',
          'rxspike run recording.aedat4 --speed max --model my.safetensors',
          'rxspike run ws://127.0.0.1:7001 --policy dropOldest',
          'cat digit.bin | rxspike run - --format nmnist',
        ),
    )
    .action((sources: string[], options: RunOptions) =>
      execute(async (output) => (await import('./commands/run.js')).run(sources, options, output)),
    );
}

function describeTrain(program: Command, execute: Execute): void {
  program
    .command('train')
    .description('Train a model on a folder of recordings with labels.csv (file,label). Interrupted, it goes on later.')
    .option('--data <dir>', 'folder with recordings and labels.csv (needed)')
    .option('--out <model>', 'model file to write (needed)')
    .addOption(new Option('--epochs <n>', 'passes over the data').argParser(parseWhole(1, 1e6)).default(30))
    .addOption(new Option('--hidden <n>', 'hidden neurons').argParser(parseWhole(1, 65536)).default(128))
    .addOption(new Option('--lr <n>', 'learning rate at the start').argParser(parsePositive).default(4e-3))
    .addOption(
      new Option('--checkpoint <file>', 'where the state of an interrupted training is kept (default: OUT.ckpt)'),
    )
    .option('--no-resume', 'start anew even where a checkpoint lies')
    .addOption(seed())
    .addOption(json())
    .addHelpText(
      'after',
      LABELS +
        examples(
          'rxspike train --data recordings --out my.safetensors',
          'rxspike train --data d --out m --epochs 60 --seed 2',
        ),
    )
    .action((options: TrainOptions) =>
      execute(async (output) => (await import('./commands/train.js')).train(options, output)),
    );
}

function describeEval(program: Command, execute: Execute): void {
  program
    .command('eval')
    .description('Measure a model on a folder of recordings with labels.csv: accuracy and confusion matrix.')
    .option('--data <dir>', 'folder with recordings and labels.csv (needed)')
    .addOption(model())
    .addOption(seed())
    .addOption(json())
    .addHelpText(
      'after',
      LABELS + examples('rxspike eval --data recordings', 'rxspike eval --data d --model my.safetensors --json'),
    )
    .action((options: EvalOptions) =>
      execute(async (output) => (await import('./commands/eval.js')).evaluate(options, output)),
    );
}
