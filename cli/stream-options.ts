import { Option } from 'commander';
import type { DeliveryPolicy } from '../src/index.js';
import type { StreamKind, WritableFormat } from '../adapters/index.node.js';
import { parsePositive, parseSpeed, parseWhole, parseWord, parseWritable } from './options.js';

const POLICIES: Readonly<Record<DeliveryPolicy, true>> = {
  lossless: true,
  dropOldest: true,
  dropNewest: true,
  sample: true,
};

/** Reads a delivery policy. */
export const parsePolicy: (text: string) => DeliveryPolicy = parseWord(POLICIES);

const parseKind: (text: string) => StreamKind = parseWord({
  labels: true,
  events: true,
  decisions: true,
  spikes: true,
});

/** Reads kinds of streams that clients may send, with commas between. */
export function parseKinds(text: string): readonly StreamKind[] {
  return text.split(',').map(parseKind);
}

/** `--seed`. */
export function seed(): Option {
  return new Option('--seed <n>', 'seed of all random numbers').argParser(parseWhole(0)).default(1);
}

/** `--model`. */
export function model(): Option {
  return new Option('--model <file>', 'model file (default: the bundled one, N-MNIST digits)');
}

/** `--speed`. */
export function speed(): Option {
  return new Option('--speed <n|max>', 'factor of the speed of the sensor, or as fast as it goes')
    .argParser(parseSpeed)
    .default(1);
}

/** `--loop`. */
export function loop(): Option {
  return new Option('--loop', 'from the beginning again at the end, for ever');
}

/** Options of commands that read a stream of another machine. */
export function served(): readonly Option[] {
  return [
    new Option('--token <text>', 'token that the server at ws:// asks for'),
    new Option('--tls-ca <file>', "authorities (PEM) for the certificate of a server at wss://; else the system's"),
    new Option('--stream <name>', 'stream of the server at ws:// (default: the first one that it offers)'),
    new Option('--reconnect <s>', 'how long a lost connection to ws:// is tried to be made again; 0: not at all')
      .argParser(parseSeconds)
      .default(10),
    new Option('--allow-remote', 'udp://: listen also where others than this machine can send'),
  ];
}

/** `--policy` of one receiver. */
export function policy(words: string): Option {
  return new Option('--policy <name>', `${words}: ${Object.keys(POLICIES).join(', ')}`).argParser(parsePolicy);
}

/** Reads a number of seconds, 0 or more. */
export function parseSeconds(text: string): number {
  return text === '0' ? 0 : parsePositive(text);
}

/** Reads a delivery policy that may be given several times. */
export function parsePolicies(text: string, before: readonly DeliveryPolicy[] = []): readonly DeliveryPolicy[] {
  return [...before, parsePolicy(text)];
}

/** Reads what stdout gets. */
export function parseAs(text: string): WritableFormat | 'json' {
  return text === 'json' ? 'json' : parseWritable(text);
}
