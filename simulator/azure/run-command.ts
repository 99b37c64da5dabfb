/**
 * Run commands: POST …/runCommand, and the polls of …/commandResults/{id}. Shapes and the Location header follow recordings.
 * The command really runs, with the caller's token, in a shell on this machine.
 */
import { randomUUID } from "node:crypto";
import type { SimulatedClock } from "../lib/clock.ts";
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import { type JsonObject, kubernetesTime, textAt } from "../lib/json.ts";
import { hasEntra, isStopped, runCommandDisabled } from "../world/cluster-settings.ts";
import type { World } from "../world/world.ts";
import { type CommandOutcome, missingCommandTools, type RunningCommand, type StartCommand, startCommand } from "./command-process.ts";
import { gatewayError, providerError } from "./errors.ts";
import { certificateUser, type ClusterAccess, kubeconfig, tokenUser } from "./kubeconfig.ts";

export interface RunCommands {
  submit(request: SimulatedRequest, armOrigin: string): Reply;
  result(id: string, request: SimulatedRequest, armOrigin: string): Reply;
  /** Kills the commands that still run. */
  close(): Promise<void>;
}

/** A command that was accepted. Times: simulated, ms since the epoch. */
interface Submitted {
  readonly startedAt: number;
  /** Until then the result is "Running". */
  readonly notBefore: number;
  readonly running: RunningCommand;
  outcome: CommandOutcome | undefined;
  finishedAt: number | undefined;
}

/** How long the service waits for a node for the command's pod, ms. */
const SCHEDULING_TIMEOUT = 60_000;

/** The token in the kubeconfig where a cluster with Entra got none: with an empty one kubectl would prompt on the terminal. */
const NO_TOKEN = "none";

/** The refusal of a command; undefined where it is accepted. */
function refusal(world: World, command: string, id: string): Reply | undefined {
  if (isStopped(world)) {
    const text = `Operation is not allowed: managed cluster '${world.cluster.name}' is stopped. Start it first.`;
    return providerError(400, "OperationNotAllowed", text);
  }
  if (runCommandDisabled(world)) {
    const text = "Run command is disabled on this managed cluster. To use it, set apiServerAccessProfile.disableRunCommand to false.";
    return providerError(400, "BadRequest", text, "RunCommandDisabled");
  }
  if (command === "") {
    return providerError(400, "InvalidParameter", "The value of parameter command is invalid. It must not be empty.");
  }
  if (world.cluster.runCommand.scheduling === "is-refused") {
    const text = `Failed to run command due to cluster perf issue, container command-${id} in aks-command namespace did not start within 30s on your cluster, retry may helps. If issue persist, you may need to tune your cluster with better performance (larger node/paid tier).`;
    return providerError(400, "KubernetesPerformanceError", text);
  }
  return undefined;
}

/** Why an accepted command cannot start; undefined where it can. */
function startFailure(world: World, id: string): string | undefined {
  if (world.cluster.runCommand.scheduling === "times-out") {
    return `Pod command-${id} in the namespace aks-command could not be scheduled within ${SCHEDULING_TIMEOUT / 1000} seconds: 0/${world.kubernetes.nodes.length} nodes are available.`;
  }
  const missing = missingCommandTools();
  return missing.length === 0
    ? undefined
    : `The simulated run command needs ${missing.join(" and ")} on this machine, and did not find ${missing.length > 1 ? "them" : "it"} in the PATH.`;
}

function userOf(world: World, access: ClusterAccess, clusterToken: string): string {
  if (!hasEntra(world)) return certificateUser(access.client);
  return tokenUser(/^[\w.~+/=-]+$/.test(clusterToken) ? clusterToken : NO_TOKEN);
}

/** The properties of a finished command. A command that ended by itself has Succeeded, whatever its exit code. */
function propertiesOf({ exitCode, logs, reason }: CommandOutcome, startedAt: number, finishedAt: number): JsonObject {
  return {
    provisioningState: exitCode === undefined ? "Failed" : "Succeeded",
    ...(exitCode === undefined ? { reason } : { exitCode }),
    startedAt: kubernetesTime(startedAt),
    finishedAt: kubernetesTime(finishedAt),
    logs,
  };
}

/** The run commands of a world. `run`: starts the command's process, which takes real time: the clock is slow meanwhile. */
export function createRunCommands(world: World, access: () => ClusterAccess, clock: SimulatedClock, run: StartCommand = startCommand): RunCommands {
  const submitted = new Map<string, Submitted>();

  function start(id: string, request: SimulatedRequest): RunningCommand {
    const reason = startFailure(world, id);
    if (reason !== undefined) {
      return { outcome: Promise.resolve({ exitCode: undefined, logs: "", reason }), kill: () => undefined };
    }
    const { internalOrigin, authority } = access();
    const user = userOf(world, access(), textAt(request.body, "clusterToken") ?? "");
    return run({
      command: textAt(request.body, "command") ?? "",
      context: textAt(request.body, "context") ?? "",
      kubeconfig: kubeconfig(world, internalOrigin, authority, user),
      outputLimit: world.cluster.runCommand.outputLimit,
      killAfter: world.cluster.runCommand.killAfter,
    });
  }

  function location(id: string, request: SimulatedRequest, armOrigin: string): string {
    const group = `/subscriptions/${world.subscriptionId}/resourceGroups/${world.resourceGroup}`;
    const cluster = `${group}/providers/Microsoft.ContainerService/managedclusters/${world.cluster.name}`;
    return `${armOrigin}${cluster}/commandResults/${id}?api-version=${request.query.get("api-version") ?? ""}`;
  }

  return {
    submit(request, armOrigin) {
      const id = randomUUID().replaceAll("-", "");
      const refused = refusal(world, textAt(request.body, "command") ?? "", id);
      if (refused !== undefined) return refused;
      const isStuck = world.cluster.runCommand.scheduling === "times-out";
      const notBefore = request.at + (isStuck ? SCHEDULING_TIMEOUT : world.timing.runCommand);
      const running = start(id, request);
      const entry: Submitted = { startedAt: request.at, notBefore, running, outcome: undefined, finishedAt: undefined };
      submitted.set(id, entry);
      clock.work(running.outcome);
      void running.outcome.then((outcome) => {
        entry.outcome = outcome;
        entry.finishedAt = Math.max(clock.now(), notBefore);
      });
      return { status: 202, headers: { location: location(id, request, armOrigin) } };
    },
    result(id, request, armOrigin) {
      const entry = submitted.get(id);
      if (entry === undefined) {
        return gatewayError(404, "NotFound", `The command result '${id}' could not be found.`);
      }
      const { outcome, startedAt, finishedAt, notBefore } = entry;
      if (outcome === undefined || finishedAt === undefined || request.at < notBefore) {
        const headers = { location: location(id, request, armOrigin) };
        return { status: 202, headers, body: { id, properties: { provisioningState: "Running" } } };
      }
      return { status: 200, body: { id, properties: propertiesOf(outcome, startedAt, finishedAt) } };
    },
    async close() {
      const all = [...submitted.values()];
      for (const { running } of all) running.kill();
      await Promise.all(all.map(({ running }) => running.outcome));
    },
  };
}
