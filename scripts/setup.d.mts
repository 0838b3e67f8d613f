/** Types of `setup.mjs` for the tests. */
export declare const ROOT: string;
export declare class SetupError extends Error {
  exitCode?: number;
}
export declare function nodeTooOld(version: string): string | null;
export declare function dependencyStamp(lockText: string, nodeVersion: string, platform: string): string;
export declare function recordCovers(lock: unknown, record: unknown): boolean;
export declare function npmCall(
  environment: Readonly<Record<string, string | undefined>>,
  platform: string,
  args: readonly string[],
): { readonly file: string; readonly args: readonly string[]; readonly shell: boolean };
export declare function sourceStamp(root: string): string;
export declare function isAlive(pid: number): boolean;
export declare function lockSetup(root: string, wait?: (ms: number) => void): { release(): void };
export declare function setUp(
  root?: string,
  options?: { build?: 'changed' | 'always' },
): { readonly installed: boolean; readonly built: boolean };
