/** The runner: inputs, OIDC tokens, log, programs, clock, and signals to stop. */
import * as core from "@actions/core";
import { getExecOutput } from "@actions/exec";
import { untilAborted } from "../lib/abort.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { CancelledError, messageOf } from "../lib/errors.ts";
import type { RunProgram } from "../lib/exec.ts";
import type { InputSource } from "../lib/input-reader.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { createRunContext, type RunContext, type RunOptions } from "../lib/run-context.ts";
import { ActionsLog, mask, type RunnerLog } from "./log.ts";

/** Everything that a run takes from its environment. Tests pass their own. */
export interface Runner {
  readonly inputs: InputSource;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly log: RunnerLog;
  /** Requests a token of GitHub's OIDC provider for an audience; undefined if the job lacks the permission. */
  readonly idToken: ((audience: string) => Promise<string>) | undefined;
  readonly runProgram: RunProgram;
  /** Called with every secret before it is used. */
  readonly mask: (secret: string) => void;
  /** Aborted when the runner cancels the run, or its time is up. */
  readonly stop: AbortController;
  /** Aborted when the runner cancels the run, also after its time is up. */
  readonly cancelled: AbortSignal;
}

const actionInputs: InputSource = {
  input: (name) => core.getInput(name),
  names: () => Object.keys(process.env).filter((name) => name.startsWith("INPUT_")).map((name) => name.slice("INPUT_".length).toLowerCase()),
  environment: (name) => process.env[name] ?? "",
};

/** Requests GitHub's OIDC tokens; undefined without `permissions: id-token: write`. */
function idTokenSource(): ((audience: string) => Promise<string>) | undefined {
  const available = (process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? "") !== "" && (process.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] ?? "") !== "";
  return available ? (audience) => core.getIDToken(audience) : undefined;
}

/** Runs programs without a shell, and does not wait for them longer than the run. Their output is not logged, because it may be a token. */
function programsOf(stop: AbortController): RunProgram {
  return (program, args, stdin) =>
    untilAborted(getExecOutput(program, [...args], { silent: true, ignoreReturnCode: true, ...(stdin === undefined ? {} : { input: Buffer.from(stdin) }) }), stop.signal);
}

/** Aborts `stop` when the runner cancels the job: SIGINT first, SIGTERM 7.5 s later. @returns a signal that tells so although `stop` is aborted already */
function stopOnSignals(stop: AbortController): AbortSignal {
  const cancelled = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const reason = new CancelledError(signal);
      stop.abort(reason);
      cancelled.abort(reason);
    });
  }
  return cancelled.signal;
}

/**
 * Logs unhandled rejections. The Azure SDK renews tokens in the background without awaiting the result: a failed renewal would end the
 * process without a report. The next request that needs the token renews it again and reports the failure.
 */
export function logBackgroundFailures(log: Pick<RunnerLog, "warning">): void {
  process.on("unhandledRejection", (reason) => log.warning(`a background operation failed, and the run continues: ${withoutSecrets(messageOf(reason))}`));
}

/**
 * Lets the run go on where nobody reads its log any more, or where the log's disk is full. Report, outputs, summary and exit code do not
 * depend on it; without a listener, the error would end the process before they are written.
 */
function surviveClosedLog(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

/** Environment variables that hold secrets; the last two belong to managed identities. */
const SECRET_VARIABLES = ["AZURE_CLIENT_SECRET", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "IDENTITY_HEADER", "MSI_SECRET"] as const;

/** Masks the secrets in inputs and environment, before the first log line and request. */
function maskGivenSecrets(inputs: InputSource): void {
  for (const secret of [...SECRET_VARIABLES.map((name) => inputs.environment(name)), inputs.input("github-token")]) mask(secret);
}

/**
 * Ends the process by SIGKILL, for the case that a file operation never ends. At its exit Node.js waits for the threads of such
 * operations. The runner takes it for a failure.
 */
export function endAtOnce(): void {
  process.kill(process.pid, "SIGKILL");
}

/** The runner that started this process. Installs handlers for signals, unhandled rejections and errors of the log. */
export function githubRunner(): Runner {
  surviveClosedLog();
  maskGivenSecrets(actionInputs);
  const stop = new AbortController();
  const log = new ActionsLog(() => systemClock.now());
  const cancelled = stopOnSignals(stop);
  logBackgroundFailures(log);
  return { inputs: actionInputs, clock: systemClock, random: Math.random, log, idToken: idTokenSource(), runProgram: programsOf(stop), mask, stop, cancelled };
}

/** The context of a run on this runner. */
export function runContext({ clock, log, random, stop }: Runner, options: Omit<RunOptions, "clock" | "log" | "random" | "signal">): RunContext {
  return createRunContext({ clock, log, random, signal: stop.signal, ...options });
}
