/** Which cluster the kubectl on this machine talks to, and whether it answers. */
import { ActionError, describeFailure, messageOf } from "../../lib/errors.ts";
import { remedyFor } from "../../lib/error-table.ts";
import { arrayAt, parseJson, textAt } from "../../lib/json.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { RunProgram, ProgramResult } from "../../lib/exec.ts";
import { readKubectlFailure } from "./errors.ts";

/** The current context of the machine's kubeconfig. */
export interface KubectlContext {
  readonly name: string;
  /** The server's URL. */
  readonly server: string;
}

const SET_CONTEXT = "Set a context before this step, with azure/aks-set-context for example, or use another kube-access.";

/** Runs kubectl, which is not waited for once the run is over. @throws ActionError where it cannot be started */
export async function runKubectl(runProgram: RunProgram, context: RunContext, doing: string, args: readonly string[], stdin?: string): Promise<ProgramResult> {
  context.signal.throwIfAborted();
  let end = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    end = () => reject(new Error("the run is over"));
    context.signal.addEventListener("abort", end, { once: true });
  });
  try {
    return await Promise.race([runProgram("kubectl", args, stdin), over]);
  } catch (error) {
    context.signal.throwIfAborted();
    throw new ActionError({
      code: "KubectlMissing",
      doing,
      message: `kubectl could not be started: ${messageOf(error)}`,
      remedy: "Install kubectl on the runner, with azure/setup-kubectl for example, or use kube-access: direct, which needs none.",
      cause: error,
    });
  } finally {
    context.signal.removeEventListener("abort", end);
  }
}

/**
 * Reads the current context. Shows no secrets: kubectl leaves them out.
 *
 * @throws ActionError where there is no kubectl, no kubeconfig or no current context
 */
export async function currentContext(runProgram: RunProgram, context: RunContext): Promise<KubectlContext> {
  const doing = "reading kubectl's current context";
  const { exitCode, stdout, stderr } = await runKubectl(runProgram, context, doing, ["config", "view", "--minify", "--output=json"]);
  if (exitCode !== 0) {
    const said = stderr.trim();
    const message = /current-context must exist/.test(said) ? "kubectl has no current context." : `kubectl config view ended with exit code ${exitCode}: ${said || "it said nothing."}`;
    throw new ActionError({ code: "NoContext", doing, message, remedy: SET_CONTEXT });
  }
  const config = parseJson(stdout);
  const name = textAt(config, "current-context");
  const server = textAt(arrayAt(config, "clusters")[0], "cluster", "server");
  if (name === "" || server === "") throw new ActionError({ code: "NoContext", doing, message: "kubectl's current context names no server.", remedy: SET_CONTEXT });
  return { name, server };
}

/** @throws ActionError where no API server answers; a refusal is an answer */
export async function pingThroughKubectl(runProgram: RunProgram, context: RunContext, { name, server }: KubectlContext): Promise<void> {
  const doing = `reaching the API server of kubectl's context ${name} at ${server}`;
  const { exitCode, stderr } = await runKubectl(runProgram, context, doing, ["get", "--raw", "/version", "--request-timeout=15s"]);
  if (exitCode === 0) return;
  const failure = readKubectlFailure(stderr, exitCode, { doing, path: "", needs: undefined });
  if (failure.status !== undefined) return;
  throw new ActionError({
    code: failure.code,
    doing,
    message: failure.code === "KubectlFailed" ? failure.message : describeFailure(failure),
    remedy: remedyFor(failure) || "Check that this kubectl works with this context: kubectl get --raw /version.",
  });
}
