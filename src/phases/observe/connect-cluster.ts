/** Connects to the Kubernetes API of the cluster, as the input `kube-access` requires. */
import type { AzureConnection } from "../../azure/connect.ts";
import { runCommand } from "../../azure/run-command.ts";
import { clusterArguments } from "../../checks/remedies.ts";
import { type ClusterFacts, isMeshOn, isStopped } from "../../istio/cluster-facts.ts";
import { connect, type Connection } from "../../kubernetes/connect.ts";
import type { RunProgram } from "../../lib/exec.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { Config } from "../config.ts";

/** What {@link connectCluster} needs. */
export interface ConnectOptions {
  readonly config: Pick<Config, "kubeAccess">;
  readonly azure: Pick<AzureConnection, "cluster" | "identity">;
  readonly runProgram: RunProgram;
  /** Called with every secret before it is used. */
  readonly mask: (secret: string) => void;
  readonly context: RunContext;
}

/** Connects, and logs which transport is used and why. If no connection is possible, the result has the reason. */
export async function connectCluster(facts: ClusterFacts, { config, azure, runProgram, mask, context }: ConnectOptions): Promise<Connection> {
  const { cluster, identity } = azure;
  const connection =
    notObservable(facts) ??
    (await connect(
      {
        access: config.kubeAccess,
        cluster: facts,
        clusterArguments: clusterArguments(facts),
        credential: identity.credential,
        kubeconfig: () => cluster.userKubeconfig(facts),
        runCommand: (command, clusterToken, purpose) => runCommand(cluster, { command, clusterToken, purpose }, context),
        runProgram,
        mask,
      },
      context,
    ));
  context.log.info(`Kubernetes: ${connection.kind === "connected" ? connection.description : `none: ${connection.why}`}`);
  return connection;
}

/** Skips clusters that are stopped or have no mesh. */
function notObservable(facts: ClusterFacts): Connection | undefined {
  if (!isMeshOn(facts)) return { kind: "unavailable", why: "the mesh is off.", remedy: "" };
  if (!isStopped(facts)) return undefined;
  return { kind: "unavailable", why: `the cluster is ${facts.powerState}.`, remedy: `Start it:\naz aks start ${clusterArguments(facts)}` };
}
