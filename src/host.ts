/** The machine the action runs on: GitHub's inputs, its OIDC provider, other programs, and signals to stop. */
import * as core from "@actions/core";
import { getExecOutput } from "@actions/exec";
import { CancelledError } from "./errors.ts";
import type { InputSource } from "./inputs.ts";
import type { RunTool } from "./run-tool.ts";

export const actionInputs: InputSource = {
  input: (name) => core.getInput(name),
  environment: (name) => process.env[name] ?? "",
};

/** GitHub's OIDC tokens, where the job may ask for them (`permissions: id-token: write`). */
export function idTokenSource(): ((audience: string) => Promise<string>) | undefined {
  const available = (process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? "") !== "" && (process.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] ?? "") !== "";
  return available ? (audience) => core.getIDToken(audience) : undefined;
}

/** Runs a program without a shell and without printing what it says: it may be a token. */
export const runTool: RunTool = async (program, args, stdin) =>
  getExecOutput(program, [...args], { silent: true, ignoreReturnCode: true, ...(stdin === undefined ? {} : { input: Buffer.from(stdin) }) });

/** Aborts the controller when the runner cancels the job: SIGINT first, SIGTERM 7.5 s later. */
export function stopOnSignals(controller: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => controller.abort(new CancelledError(signal)));
  }
}
