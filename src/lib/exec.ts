/** Other programs on the machine, handed in: nothing else in `src/` starts a process. */

/** What a program said, and how it ended. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program without a shell; rejects where it cannot be started.
 *
 * @param stdin what the program reads; nothing where it is left out
 */
export type RunProgram = (program: string, args: readonly string[], stdin?: string) => Promise<ProgramResult>;
