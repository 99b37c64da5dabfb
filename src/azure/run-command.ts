/**
 * Runs a command in a pod that AKS starts in the cluster for it: the way into a cluster whose API server has no public address.
 * Shapes: a recording of `az aks command invoke` (oracles, `azure/run-command.json`) and the AKS REST reference.
 */
import { type Failure, type Right, ServiceError } from "../lib/errors.ts";
import { remedyFor } from "../lib/error-table.ts";
import { type HttpAnswer, retryAfter } from "../lib/http.ts";
import { poll, type RunContext } from "../lib/run-context.ts";
import { endOf, type ManagedCluster } from "./managed-cluster.ts";

const ROLE = "Azure Kubernetes Service Contributor Role";
const RUN: Right = { action: "Microsoft.ContainerService/managedClusters/runcommand/action", scope: "the cluster", role: ROLE };
const READ_RESULT: Right = { action: "Microsoft.ContainerService/managedClusters/commandResults/read", scope: "the cluster", role: ROLE };

/** Commands of ours take seconds; Azure itself gives up on starting the pod after a minute. */
const LONGEST_COMMAND_MS = 5 * 60_000;
const FIRST_LOOK_MS = 1000;

/** A command that was run to its end, well or not. */
export interface CommandOutcome {
  readonly exitCode: number;
  /** Everything it printed, cut at 512 kB. */
  readonly logs: string;
}

/** A result as Resource Manager shows it. */
export interface CommandReading {
  /** A free word while the command runs; then Succeeded, Failed or Canceled. */
  readonly state: string;
  readonly exitCode: number | undefined;
  readonly logs: string;
  /** Why it failed, if it did. */
  readonly reason: string;
}

/**
 * Runs a command and waits for its end.
 *
 * @param clusterToken an Entra token for the cluster's API server; empty where the cluster does not know Entra
 * @throws ServiceError where Azure refuses, or could not run the command
 * @throws DeadlineError where it takes too long
 */
export async function runCommand(
  cluster: Pick<ManagedCluster, "address" | "act" | "follow">,
  command: string,
  clusterToken: string,
  context: RunContext,
): Promise<CommandOutcome> {
  const doing = `running a command in the cluster ${cluster.address.name}`;
  const started = await cluster.act("runCommand", { doing, needs: RUN, body: JSON.stringify({ command, context: "", clusterToken }) });
  const location = started.header("location");
  if (location === undefined) throw notFollowed(doing, started, "it gave no address for the result.");

  // No command has ended before it has begun.
  await context.clock.sleep(Math.max(0, Math.min(FIRST_LOOK_MS, context.deadlineAt - context.clock.now())), context.signal);
  let pause = FIRST_LOOK_MS;
  return poll(
    context,
    "the run command",
    async () => {
      const answer = await cluster.follow(location, { doing: `reading the result of a command in the cluster ${cluster.address.name}`, needs: READ_RESULT });
      if (answer === undefined) throw notFollowed(doing, started, "the address it gave for the result is not its own.");
      const reading = readCommandResult(answer.text);
      if (answer.status !== 200 || endOf(reading.state) === undefined) {
        const asked = retryAfter((name) => answer.header(name), context.clock.now());
        pause = Math.min(context.pollIntervalMs, pause * 1.5);
        return { done: false, state: reading.state === "" ? "accepted" : reading.state, retryAfterMs: asked ?? pause };
      }
      return { done: true, value: judge(reading, doing, answer) };
    },
    LONGEST_COMMAND_MS - FIRST_LOOK_MS,
  );
}

/** The shape of a `commandResults` body; what is not there reads as empty. Exported for the recordings. */
export function readCommandResult(text: string): CommandReading {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // 202 may come without a body.
  }
  const properties = record(record(body)["properties"]);
  const word = (key: string): string => {
    const value = properties[key];
    return typeof value === "string" ? value : "";
  };
  const { exitCode } = properties;
  return { state: word("provisioningState"), exitCode: typeof exitCode === "number" ? exitCode : undefined, logs: word("logs"), reason: word("reason") };
}

/** A command that was not run to its end has no outcome, whatever exit code is shown; nor has one without an exit code. */
function judge(reading: CommandReading, doing: string, answer: HttpAnswer): CommandOutcome {
  if (endOf(reading.state) === "succeeded" && reading.exitCode !== undefined) return { exitCode: reading.exitCode, logs: reading.logs };
  const reason = reading.reason === "" ? reading.logs.trim().slice(-500) : reading.reason;
  const exit = reading.exitCode === undefined ? "without an exit code" : `with exit code ${reading.exitCode}`;
  throw refused(doing, answer, "RunCommandFailed", `the run command ended as ${reading.state}, ${exit}${reason === "" ? "." : `: ${reason}`}`);
}

function notFollowed(doing: string, answer: HttpAnswer, message: string): ServiceError {
  return refused(doing, answer, "NotAzure", message);
}

function refused(doing: string, answer: HttpAnswer, code: string, message: string): ServiceError {
  const correlationId = answer.header("x-ms-correlation-request-id") ?? answer.header("x-ms-request-id");
  const failure: Failure = { service: "Resource Manager", doing, status: answer.status, code, message, correlationId };
  const remedy = remedyFor(failure);
  return new ServiceError(failure, remedy === "" ? "Look at the namespace aks-command for what became of the pod (kubectl get events -n aks-command), then run again." : remedy);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
