/** How a run gets to the Kubernetes API: one transport, and why it is this one. */
import type { KubeAccess } from "../contract.ts";
import { ActionError } from "../lib/errors.ts";
import type { RenewableCredential } from "../lib/http.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { RunProgram } from "../lib/exec.ts";
import { AKS_SCOPE, DirectApi } from "./direct/direct-api.ts";
import { readKubeconfig } from "./direct/kubeconfig.ts";
import { KubectlApi } from "./kubectl/kubectl-api.ts";
import { currentContext, pingThroughKubectl } from "./kubectl/context.ts";
import type { KubernetesApi } from "./query.ts";
import { unreachable } from "./reachability.ts";
import { type CommandResult, RunCommandApi } from "./run-command/run-command-api.ts";

/** A way into the cluster, or why there is none. */
export type Connection =
  | { readonly kind: "connected"; readonly api: KubernetesApi; readonly description: string }
  | { readonly kind: "closed"; readonly why: string; readonly remedy: string };

/** What there is to know of the cluster before anyone has reached it. */
interface ClusterTraits {
  readonly name: string;
  readonly usesEntra: boolean;
  readonly runCommandDisabled: boolean;
  /** Host names of its API server. */
  readonly apiServerNames: readonly string[];
}

/** What a connection is made of. */
export interface ConnectionSources {
  readonly access: KubeAccess;
  readonly cluster: ClusterTraits;
  readonly credential: RenewableCredential;
  /** Fetches the kubeconfig of a cluster user, as YAML. */
  readonly kubeconfig: () => Promise<string>;
  /** Has Azure run a command in the cluster, with this Entra token for its API server (empty: none). */
  readonly runCommand: (command: string, clusterToken: string) => Promise<CommandResult>;
  readonly runProgram: RunProgram;
  /** Told of every secret before it is used. */
  readonly mask: (secret: string) => void;
}

/** Connects as `kube-access` says. A cluster that cannot be reached is no error: it is something that could not be looked into. */
export async function connect(sources: ConnectionSources, context: RunContext): Promise<Connection> {
  switch (sources.access) {
    case "none":
      return { kind: "closed", why: "kube-access is none.", remedy: "Set kube-access to auto to have the cluster looked into as well." };
    case "direct":
      return orClosed(context, async () => (await directly(sources, context)).connection);
    case "run-command":
      return byRunCommand(sources, context, "");
    case "kubeconfig":
      return orClosed(context, () => throughKubectl(sources, context));
    case "auto":
      return orClosed(context, () => whicheverWorks(sources, context));
  }
}

/** Direct, unless the API server cannot be reached from here. A refusal is an answer: nothing else would be answered otherwise. */
async function whicheverWorks(sources: ConnectionSources, context: RunContext): Promise<Connection> {
  const direct = await directly(sources, context);
  const why = await unreachable(() => direct.api.ping(), context);
  if (why === undefined) return direct.connection;
  context.log.info(`the API server cannot be reached from here (${why}): trying run commands`);
  return byRunCommand(sources, context, `direct access to ${direct.url} did not work either: ${why}`);
}

async function directly({ cluster, kubeconfig, credential, mask }: ConnectionSources, context: RunContext): Promise<{ readonly api: DirectApi; readonly url: string; readonly connection: Connection }> {
  // The token does not depend on the kubeconfig, so nobody waits for one after the other. A failure is told by whoever needs it.
  // Asked for as the pipeline will ask, which is then given this one.
  if (cluster.usesEntra) credential.getToken(AKS_SCOPE, { abortSignal: context.signal, enableCae: true }).catch(() => undefined);
  const server = readKubeconfig(await kubeconfig());
  if (server.clientCertificate !== undefined) mask(server.clientCertificate.key);
  const api = new DirectApi(server, credential, context);
  const description = `direct, at ${server.url} with ${server.clientCertificate === undefined ? "a Microsoft Entra token" : "the cluster user's certificate"}`;
  return { api, url: server.url, connection: { kind: "connected", api, description } };
}

/** @param because why direct access would not do; empty where it was not tried */
function byRunCommand(sources: ConnectionSources, context: RunContext, because: string): Connection {
  const { cluster, credential, mask, runCommand } = sources;
  const also = because === "" ? "" : ` (${because})`;
  if (cluster.runCommandDisabled) {
    return {
      kind: "closed",
      why: `run commands are disabled for the cluster ${cluster.name} (apiServerAccessProfile.disableRunCommand)${also}.`,
      remedy: `Use a runner that reaches the API server, inside the cluster's network, or allow run commands: az aks update --name ${cluster.name} --enable-run-command.`,
    };
  }
  const masked = new Set<string>();
  const clusterToken = async (): Promise<string> => {
    if (!cluster.usesEntra) return "";
    const token = (await credential.getToken(AKS_SCOPE, { abortSignal: context.signal }))?.token ?? "";
    if (!masked.has(token)) mask(token);
    masked.add(token);
    return token;
  };
  return {
    kind: "connected",
    api: new RunCommandApi(async (command) => runCommand(command, await clusterToken()), context, because),
    description: `run-command through Resource Manager, ${cluster.usesEntra ? "with a Microsoft Entra token" : "as the cluster's administrator"}${because === "" ? "" : `, because ${because.replace(" did not work either", " did not work")}`}`,
  };
}

async function throughKubectl({ runProgram: runProgram, cluster }: ConnectionSources, context: RunContext): Promise<Connection> {
  const current = await currentContext(runProgram, context);
  await pingThroughKubectl(runProgram, context, current);
  const host = URL.canParse(current.server) ? new URL(current.server).hostname : "";
  const isProven = cluster.apiServerNames.some((name) => name.toLowerCase() === host.toLowerCase());
  const proof = isProven ? `which is the API server of ${cluster.name}` : `and nothing proves that this is the cluster ${cluster.name}`;
  const description = `kubeconfig, with kubectl and the context ${current.name} at ${current.server}, ${proof}`;
  if (!isProven) context.log.warning(`kubectl's context ${current.name} leads to ${current.server}; nothing proves that this is the cluster ${cluster.name}, whose API server is ${cluster.apiServerNames.join(" or ") || "not named by Azure"}`);
  return { kind: "connected", api: new KubectlApi(runProgram, context), description };
}

async function orClosed(context: RunContext, open: () => Promise<Connection>): Promise<Connection> {
  try {
    return await open();
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ActionError)) throw error;
    return { kind: "closed", why: `${error.doing}: ${error.message}`, remedy: error.remedy };
  }
}
