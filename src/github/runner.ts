/** The machine the action runs on: GitHub's inputs, its OIDC provider, its log, other programs, time, and signals to stop. */
import * as core from "@actions/core";
import { getExecOutput } from "@actions/exec";
import { type Clock, systemClock } from "../lib/clock.ts";
import { CancelledError, messageOf } from "../lib/errors.ts";
import type { InputSource } from "../lib/input-reader.ts";
import { ActionsLog, mask, type RunnerLog } from "./log.ts";
import type { RunProgram } from "../lib/exec.ts";
import { withoutSecrets } from "../lib/redaction.ts";

/** Everything a run takes from outside, handed in. */
export interface Runner {
  readonly inputs: InputSource;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly log: RunnerLog;
  /** A new token of GitHub's OIDC provider for an audience; undefined where the job may not ask for one. */
  readonly idToken: ((audience: string) => Promise<string>) | undefined;
  readonly runProgram: RunProgram;
  /** Told of every secret before it is used. */
  readonly mask: (secret: string) => void;
  /** Ends the run: cancelled by the runner, or out of time. */
  readonly stop: AbortController;
}

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
export const runProgram: RunProgram = async (program, args, stdin) =>
  getExecOutput(program, [...args], { silent: true, ignoreReturnCode: true, ...(stdin === undefined ? {} : { input: Buffer.from(stdin) }) });

/** Aborts the controller when the runner cancels the job: SIGINT first, SIGTERM 7.5 s later. */
export function stopOnSignals(controller: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => controller.abort(new CancelledError(signal)));
  }
}

/**
 * The SDK renews tokens in the background, and nobody waits for it: a renewal that fails would end the process without a
 * report. Whoever needs the token next asks for it again, and is told.
 */
function surviveBackgroundFailures(log: RunnerLog): void {
  process.on("unhandledRejection", (reason) => log.warning(`something in the background failed, and the run goes on: ${withoutSecrets(messageOf(reason))}`));
}

/** Where the runner hands over secrets; the last two belong to a managed identity. Others are made while a run goes on. */
const SECRET_VARIABLES = ["AZURE_CLIENT_SECRET", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "IDENTITY_HEADER", "MSI_SECRET"] as const;

/** Masks every secret that was handed over, before anything is said or asked. */
export function maskGivenSecrets(inputs: InputSource): void {
  for (const secret of [...SECRET_VARIABLES.map((name) => inputs.environment(name)), inputs.input("github-token")]) mask(secret);
}

/** GitHub's runner, which started this process. */
export function githubRunner(): Runner {
  maskGivenSecrets(actionInputs);
  const stop = new AbortController();
  const log = new ActionsLog(() => systemClock.now());
  stopOnSignals(stop);
  surviveBackgroundFailures(log);
  return {
    inputs: actionInputs,
    clock: systemClock,
    random: Math.random,
    log,
    idToken: idTokenSource(),
    runProgram,
    mask,
    stop,
  };
}
