import type { Output } from './output.js';

/**
 * What a command hands back: the fields of its JSON, and 130 where it was interrupted, 1 where it has found and told
 * that something is bad.
 */
export interface CommandResult {
  readonly json: Readonly<Record<string, unknown>>;
  readonly status: 0 | 1 | 130;
}

/** Loads and runs a command's own code; what is not asked for is not loaded. */
export type CommandCode = (output: Output) => Promise<CommandResult>;
