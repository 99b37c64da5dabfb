/** Runs other programs. The implementation is injected: no other code in `src/` starts a process. */

/** The output of a program, and its exit code. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program without a shell. Rejects if it cannot be started.
 *
 * @param stdin the program's standard input; empty if absent
 */
export type RunProgram = (program: string, args: readonly string[], stdin?: string) => Promise<ProgramResult>;
