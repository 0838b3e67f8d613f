import { type Command, Option } from 'commander';
import type { ServeOptions as ServerOptions } from '../adapters/index.node.js';
import { UsageError } from './failure.js';
import type { LogLevel } from './log.js';
import { parseWhole } from './options.js';

/** Here, and the library loaded only when it is asked for: help needs neither it nor the log. */
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn'];

/** Options of `serve` that say who may come in, and what is told of it. */
export interface SecurityOptions {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly publishToken?: string;
  readonly publishTokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly origin?: readonly string[];
  readonly name?: readonly string[];
  readonly maxConnections?: number;
  readonly perAddress?: number;
  readonly metrics?: boolean;
  readonly log?: LogLevel;
}

const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Declares them. */
export function describeSecurity(command: Command): Command {
  return command
    .option('--token <text>', 'token that a client must show; other users of this machine may see it: see --token-file')
    .option('--token-file <file>', 'file with that token; so does the variable RXSPIKE_TOKEN')
    .option('--publish-token <text>', 'token that a client must show to send streams; --token is then for receiving')
    .option('--publish-token-file <file>', 'file with that token; so does the variable RXSPIKE_PUBLISH_TOKEN')
    .option('--tls-cert <file>', 'certificate (PEM): serves wss://')
    .option('--tls-key <file>', 'key of the certificate (PEM)')
    .option('--origin <origin>', 'page that may connect, as http://name:port; may be repeated', several)
    .option('--name <host>', 'further name under which the server may be addressed; may be repeated', several)
    .addOption(new Option('--max-connections <n>', 'connections at a time (default: 64)').argParser(parseWhole(1, 1e6)))
    .addOption(
      new Option(
        '--per-address <n>',
        'connections at a time from one address (default: 16 where others than this machine can connect)',
      ).argParser(parseWhole(1, 1e6)),
    )
    .option('--metrics', 'give /metrics in the text format of Prometheus')
    .addOption(new Option('--log <level>', 'write a log to stderr, as lines of JSON').choices(LOG_LEVELS));
}

type Security = Pick<
  ServerOptions,
  'token' | 'publishToken' | 'tls' | 'origins' | 'hosts' | 'maxConnections' | 'limits' | 'metrics' | 'log'
>;

/** What the server is told of them; `note` takes lines of the log. */
export async function securityOf(options: SecurityOptions, note: (line: string) => void): Promise<Security> {
  const { origin, name, maxConnections, perAddress, metrics, log } = options;
  const given = {
    token: await secret(options.token, options.tokenFile, 'RXSPIKE_TOKEN', '--token'),
    publishToken: await secret(
      options.publishToken,
      options.publishTokenFile,
      'RXSPIKE_PUBLISH_TOKEN',
      '--publish-token',
    ),
    tls: await tlsOf(options),
    origins: origin,
    hosts: name,
    maxConnections,
    limits: perAddress === undefined ? undefined : { connectionsPerAddress: perAddress },
    metrics,
    log: log === undefined ? undefined : await (await import('./log.js')).openLog(log, note),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A token from where it is given; what is given on the command line counts more than what is in the environment. */
async function secret(
  text: string | undefined,
  file: string | undefined,
  variable: string,
  flag: string,
): Promise<string | undefined> {
  if (text !== undefined && file !== undefined) throw new UsageError(`${flag} and ${flag}-file contradict each other`);
  if (text !== undefined) return text;
  if (file === undefined) return process.env[variable];
  const { textOf } = await import('./text-file.js');
  const content = await textOf(file);
  const token = content.trim();
  if (token === '') throw new UsageError(`${file} holds no token`);
  return token;
}

async function tlsOf({ tlsCert, tlsKey }: SecurityOptions): Promise<{ cert: string; key: string } | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError('--tls-cert and --tls-key go together');
  const { textOf } = await import('./text-file.js');
  const [cert, key] = await Promise.all([textOf(tlsCert), textOf(tlsKey)]);
  return { cert, key };
}
