/** The current context of the runner's kubectl, and whether its API server responds. */
import { ActionError, describeFailure, messageOf } from "../../lib/errors.ts";
import { untilAborted } from "../../lib/abort.ts";
import { rowFor } from "../../lib/error-table.ts";
import { arrayAt, parseJson, textAt } from "../../lib/json.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { RunProgram, ProgramResult } from "../../lib/exec.ts";
import { readKubectlFailure } from "./errors.ts";

/** The current context of the runner's kubeconfig. */
export interface KubectlContext {
  readonly name: string;
  /** The server's URL. */
  readonly server: string;
}

const SET_CONTEXT = "Set a context in an earlier step, for example with azure/aks-set-context, or use another kube-access.";

/** Runs kubectl. @throws ActionError `KubectlMissing` if kubectl cannot be started */
export async function runKubectl(runProgram: RunProgram, context: RunContext, doing: string, args: readonly string[], stdin?: string): Promise<ProgramResult> {
  context.signal.throwIfAborted();
  try {
    return await untilAborted(runProgram("kubectl", args, stdin), context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    throw new ActionError({
      code: "KubectlMissing",
      doing,
      message: `kubectl could not be started: ${messageOf(error)}`,
      remedy: "Install kubectl on the runner, for example with azure/setup-kubectl, or use kube-access: direct, which does not need it.",
      cause: error,
    });
  }
}

/**
 * Reads the current context. The output of kubectl contains no secrets: it redacts them.
 *
 * @throws ActionError `KubectlMissing`, or `NoContext` without a kubeconfig or a current context
 */
export async function currentContext(runProgram: RunProgram, context: RunContext): Promise<KubectlContext> {
  const doing = "reading kubectl's current context";
  const { exitCode, stdout, stderr } = await runKubectl(runProgram, context, doing, ["config", "view", "--minify", "--output=json"]);
  if (exitCode !== 0) {
    const output = stderr.trim();
    const message = /current-context must exist/.test(output) ? "kubectl has no current context." : `kubectl config view ended with exit code ${exitCode}: ${output || "no output."}`;
    throw new ActionError({ code: "NoContext", doing, message, remedy: SET_CONTEXT });
  }
  const config = parseJson(stdout);
  const name = textAt(config, "current-context");
  const server = textAt(arrayAt(config, "clusters")[0], "cluster", "server");
  if (name === "" || server === "") throw new ActionError({ code: "NoContext", doing, message: "kubectl's current context names no server.", remedy: SET_CONTEXT });
  return { name, server };
}

/**
 * Reads the certificate authority of the current context, as PEM; undefined where it has none. kubectl redacts it unless it is asked for
 * the raw configuration, so only this one field of it is printed.
 */
export async function contextAuthority(runProgram: RunProgram, context: RunContext): Promise<string | undefined> {
  const field = "--output=jsonpath={.clusters[0].cluster.certificate-authority-data}";
  const { exitCode, stdout } = await runKubectl(runProgram, context, "reading the certificate authority of kubectl's current context", ["config", "view", "--minify", "--raw", "--flatten", field]);
  const pem = exitCode === 0 ? Buffer.from(stdout.trim(), "base64").toString("utf8").trim() : "";
  return pem.startsWith("-----BEGIN CERTIFICATE-----") ? pem : undefined;
}

/** Sends a request to the API server. @throws ActionError if there is no response. A refusal is a response */
export async function pingByKubectl(runProgram: RunProgram, context: RunContext, { name, server }: KubectlContext): Promise<void> {
  const doing = `reaching the API server of kubectl's context ${name} at ${server}`;
  const { exitCode, stderr } = await runKubectl(runProgram, context, doing, ["get", "--raw", "/version", "--request-timeout=15s"]);
  if (exitCode === 0) return;
  const failure = readKubectlFailure(stderr, exitCode, { doing, path: "", needs: undefined });
  if (failure.status !== undefined) return;
  throw new ActionError({
    code: failure.code,
    doing,
    message: failure.code === "KubectlFailed" ? failure.message : describeFailure(failure),
    remedy: rowFor(failure)?.remedy ?? "Check that kubectl works with this context:\nkubectl get --raw /version",
  });
}
