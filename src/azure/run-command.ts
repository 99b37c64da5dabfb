/**
 * Runs a command in a pod that AKS starts in the cluster: the way to a cluster whose API server has no public address.
 * Shapes: a recording of `az aks command invoke` (oracles, `azure/run-command.json`) and the AKS REST reference.
 */
import type { RunCommandRequest, RunCommandResult } from "@azure/arm-containerservice";
import { getCommandResult } from "@azure/arm-containerservice/api/managedClusters";
import { type Failure, type Right, ServiceError } from "../lib/errors.ts";
import { remedyFor, rowFor } from "../lib/error-table.ts";
import type { HttpAnswer } from "../lib/http/http-sender.ts";
import { numberAt, textAt } from "../lib/json.ts";
import { growingPause, poll, type RunContext } from "../lib/run-context.ts";
import type { ManagedCluster } from "./managed-cluster.ts";
import { endOf } from "./operation.ts";
import { retryAfter } from "../lib/http/retry-after.ts";

const ROLE = "Azure Kubernetes Service Contributor Role";
const RUN: Right = { action: "Microsoft.ContainerService/managedClusters/runcommand/action", scope: "the cluster", role: ROLE };
const READ_RESULT: Right = { action: "Microsoft.ContainerService/managedClusters/commandResults/read", scope: "the cluster", role: ROLE };

/** The commands of this action take seconds. Azure waits a minute for the pod to start. */
const LONGEST_COMMAND_MS = 5 * 60_000;
const FIRST_POLL_MS = 1000;

/** A command that ran to its end, whatever its exit code. */
export interface CommandOutcome {
  readonly exitCode: number;
  /** Everything that it printed, cut at 512 kB. */
  readonly logs: string;
}

/** The state of a command. */
interface CommandReading {
  /** Any text while the command runs; then Succeeded, Failed or Canceled. */
  readonly state: string;
  readonly exitCode: number | undefined;
  readonly logs: string;
  /** Why the command failed, if it did. */
  readonly reason: string;
}

/** A command to run. */
export interface CommandRun {
  readonly command: string;
  /** An Entra token for the cluster's API server; empty if the cluster does not use Entra. */
  readonly clusterToken: string;
  /** What it is for, as a gerund phrase: `reading 6 lists`. */
  readonly purpose: string;
}

/**
 * Runs a command and waits for its end.
 *
 * @throws ServiceError if Azure refuses the command, or could not run it
 * @throws DeadlineError if the command takes too long
 */
export async function runCommand(
  cluster: Pick<ManagedCluster, "id" | "post" | "call" | "pathOf">,
  { command, clusterToken, purpose }: CommandRun,
  context: RunContext,
): Promise<CommandOutcome> {
  const doing = `running a command in the cluster ${cluster.id.name}`;
  const request: RunCommandRequest = { command, context: "", clusterToken };
  const started = await cluster.post("runCommand", { doing, needs: RUN, body: JSON.stringify(request) });
  const commandId = commandIdOf(cluster, started, doing);

  // No command ends as fast as it is accepted.
  const startedAt = context.clock.now();
  await context.clock.sleep(Math.max(0, Math.min(FIRST_POLL_MS, context.deadlineAt - context.clock.now())), context.signal);
  return poll(
    context,
    `the run command (${purpose})`,
    async () => {
      const { value, answer } = await cluster.call(
        { doing: `reading the result of a command in the cluster ${cluster.id.name}`, needs: READ_RESULT, returns: "the result of a command" },
        // The type leaves out that a 202 can come without a body.
        (client, group, name): Promise<RunCommandResult | undefined> => getCommandResult(client, group, name, commandId),
      );
      const reading = readCommandResult(value);
      if (answer.status !== 200 || endOf(reading.state) === undefined) {
        const asked = retryAfter((name) => answer.header(name), context.clock.now());
        return { done: false, state: reading.state === "" ? "accepted" : reading.state, retryAfterMs: asked, pauseMs: growingPause(context, context.clock.now() - startedAt) };
      }
      return { done: true, value: outcomeOf(reading, doing, answer) };
    },
    LONGEST_COMMAND_MS - FIRST_POLL_MS,
  );
}

/** The ID of a command, from the address that Azure gave for its result: `…/commandResults/<id>?api-version=…`. */
function commandIdOf(cluster: Pick<ManagedCluster, "pathOf">, started: HttpAnswer, doing: string): string {
  const location = started.header("location");
  if (location === undefined) throw refused(doing, started, "NotAzure", "it gave no address for the result.");
  const id = /\/commandResults\/([\w-]+)(?:\?|$)/i.exec(cluster.pathOf(location) ?? "")?.[1];
  if (id === undefined) throw refused(doing, started, "NotAzure", "the address it gave for the result is not its own.");
  return id;
}

/** Reads a result of a command; what is absent reads as empty. The SDK does not check the types of what it reads. */
function readCommandResult(result: RunCommandResult | undefined): CommandReading {
  return { state: textAt(result, "provisioningState"), exitCode: numberAt(result, "exitCode"), logs: textAt(result, "logs"), reason: textAt(result, "reason") };
}

/** The outcome of a command that has ended. A command that failed, was canceled or shows no exit code has none. */
function outcomeOf(reading: CommandReading, doing: string, answer: HttpAnswer): CommandOutcome {
  if (endOf(reading.state) === "succeeded" && reading.exitCode !== undefined) return { exitCode: reading.exitCode, logs: reading.logs };
  const reason = reading.reason === "" ? reading.logs.trim().slice(-500) : reading.reason;
  const exit = reading.exitCode === undefined ? "without an exit code" : `with exit code ${reading.exitCode}`;
  throw refused(doing, answer, "RunCommandFailed", `the run command ended as ${reading.state}, ${exit}${reason === "" ? "." : `: ${reason}`}`);
}

function refused(doing: string, answer: HttpAnswer, code: string, message: string): ServiceError {
  const correlationId = answer.header("x-ms-correlation-request-id") ?? answer.header("x-ms-request-id");
  const failure: Failure = { service: "Resource Manager", doing, status: answer.status, code, message, correlationId };
  const known = rowFor(failure) === undefined ? undefined : remedyFor(failure);
  return new ServiceError(failure, known ?? "Check what happened to the pod in the namespace aks-command, then run again.\nkubectl --namespace aks-command get events");
}
