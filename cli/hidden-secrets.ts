/**
 * Keeps tokens on the command line from other users of this machine, as far as that can be: the arguments of a process
 * are seen by all (`ps`), its title stands in their place. There is a moment before.
 */
export function hideSecrets(argv: readonly string[]): void {
  if (argv.some((word) => /^--[a-z-]*token(=|$)/.test(word) || /[?&]token=/.test(word))) process.title = 'rxspike';
}
