/** The way into the cluster, if there is one: `kube-access`, and whether there is anything to look at. */
import type { AzureConnection } from "../../azure/connect.ts";
import { runCommand } from "../../azure/run-command.ts";
import type { Runner } from "../../github/runner.ts";
import { connect, type Connection } from "../../kubernetes/connect.ts";
import { type ClusterFacts, isMeshOn } from "../../istio/cluster-facts.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { Config } from "../config.ts";

/** Opens the way in, and says which it is. */
export async function connectCluster(
  facts: ClusterFacts,
  { config, azure, runner, context }: { readonly config: Config; readonly azure: AzureConnection; readonly runner: Runner; readonly context: RunContext },
): Promise<Connection> {
  const { cluster, identity } = azure;
  const connection =
    notObservable(facts, config) ??
    (await connect(
      {
        access: config.kubeAccess,
        cluster: facts,
        credential: identity.credential,
        kubeconfig: () => cluster.userKubeconfig(facts),
        runCommand: (command, clusterToken) => runCommand(cluster, command, clusterToken, context),
        runProgram: runner.runProgram,
        mask: runner.mask,
      },
      context,
    ));
  runner.log.info(`Kubernetes: ${connection.kind === "connected" ? connection.description : `none: ${connection.why}`}`);
  return connection;
}

/** A cluster that has no mesh, or does not run, is not knocked at. */
function notObservable(facts: ClusterFacts, { cluster, resourceGroup }: Config): Connection | undefined {
  if (!isMeshOn(facts)) return { kind: "closed", why: "the mesh is off.", remedy: "" };
  if (facts.powerState === "" || /^running$/i.test(facts.powerState)) return undefined;
  return { kind: "closed", why: `the cluster is ${facts.powerState}.`, remedy: `Start it: az aks start --name ${cluster} --resource-group ${resourceGroup}` };
}
