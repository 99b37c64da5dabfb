/** Connects to the Kubernetes API: selects the transport, and says why it was selected. */
import type { KubeAccess } from "../contract.ts";
import { ActionError, ServiceError } from "../lib/errors.ts";
import { missingRight } from "../lib/error-table.ts";
import type { RenewableCredential } from "../lib/http/http-sender.ts";
import type { Unobserved } from "../lib/observed.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { RunProgram } from "../lib/exec.ts";
import { AKS_SCOPE, DirectApi } from "./direct/direct-api.ts";
import { readKubeconfig } from "./direct/kubeconfig.ts";
import { KubectlApi } from "./kubectl/kubectl-api.ts";
import { contextAuthority, currentContext, type KubectlContext, pingByKubectl } from "./kubectl/context.ts";
import type { KubernetesApi } from "./query.ts";
import { unreachableReason } from "./reachability.ts";
import { type CommandResult, RunCommandApi } from "./run-command/run-command-api.ts";

/** The connection to a cluster's Kubernetes API, or why there is none. */
export type Connection =
  | { readonly kind: "connected"; readonly api: KubernetesApi; readonly description: string }
  | (Omit<Unobserved, "seen"> & { readonly kind: "unavailable" });

/** What Azure says about the cluster. */
interface ClusterTraits {
  readonly name: string;
  readonly usesEntra: boolean;
  readonly runCommandDisabled: boolean;
  /** Host names of its API server. */
  readonly apiServerNames: readonly string[];
}

/** What the transports need. */
export interface ConnectionSources {
  readonly access: KubeAccess;
  readonly cluster: ClusterTraits;
  /** `-g <group> -n <name>`, for the commands of remedies. */
  readonly clusterArguments: string;
  readonly credential: RenewableCredential;
  /** Fetches the kubeconfig of a cluster user, as YAML. */
  readonly kubeconfig: () => Promise<string>;
  /** Runs a command in the cluster through Azure. `clusterToken`: an Entra token for the API server; empty for none. */
  readonly runCommand: (command: string, clusterToken: string, purpose: string) => Promise<CommandResult>;
  readonly runProgram: RunProgram;
  /** Called with every secret before it is used. */
  readonly mask: (secret: string) => void;
}

/** Connects as `kube-access` says. A cluster that cannot be reached is not an error: its checks are skipped. */
export async function connect(sources: ConnectionSources, context: RunContext): Promise<Connection> {
  switch (sources.access) {
    case "none":
      return { kind: "unavailable", why: "kube-access is none.", remedy: "Set kube-access to auto to run the checks inside the cluster as well." };
    case "direct":
      return orUnavailable(context, async () => (await connectDirect(sources, context)).connection);
    case "run-command":
      return connectByRunCommand(sources, context, "");
    case "kubeconfig":
      return orUnavailable(context, () => connectByKubectl(sources, context));
    case "auto":
      return orUnavailable(context, () => connectAuto(sources, context));
  }
}

/** Uses direct access if this runner reaches the API server, else run commands. A refusal does not change the transport: the identity is the same. */
async function connectAuto(sources: ConnectionSources, context: RunContext): Promise<Connection> {
  const direct = await connectDirect(sources, context);
  const why = await unreachableReason(() => direct.api.ping(), context);
  if (why === undefined) return direct.connection;
  context.log.info(`the API server cannot be reached from this runner (${why}): using run commands`);
  return connectByRunCommand(sources, context, `direct access to ${direct.url} failed: ${why}`);
}

async function connectDirect({ cluster, kubeconfig, credential, mask }: ConnectionSources, context: RunContext): Promise<{ readonly api: DirectApi; readonly url: string; readonly connection: Connection }> {
  // The token does not depend on the kubeconfig, so both are fetched at the same time. With the same options as the pipeline's
  // request, which then gets this token. A failure is reported by the request that needs the token.
  if (cluster.usesEntra) credential.getToken(AKS_SCOPE, { abortSignal: context.signal, enableCae: true }).catch(() => undefined);
  const server = readKubeconfig(await kubeconfig());
  if (server.clientCertificate !== undefined) mask(server.clientCertificate.key);
  if (server.clientCertificate === undefined && !cluster.usesEntra) {
    throw new ActionError({
      code: "NoClusterCredential",
      doing: `connecting to the API server of ${cluster.name}`,
      message: "the kubeconfig has no client certificate, and the cluster has no AKS-managed Microsoft Entra integration, so no token is sent to it.",
      remedy: "Use kube-access: run-command, or kubeconfig with a context that signs in by itself.",
    });
  }
  const api = new DirectApi(server, credential, context);
  const description = `direct, at ${server.url} with ${server.clientCertificate === undefined ? "a Microsoft Entra token" : "the cluster user's certificate"}`;
  return { api, url: server.url, connection: { kind: "connected", api, description } };
}

/** @param directFailure why direct access failed; empty if it was not tried */
function connectByRunCommand(sources: ConnectionSources, context: RunContext, directFailure: string): Connection {
  const { cluster, clusterArguments, credential, mask, runCommand } = sources;
  if (cluster.runCommandDisabled) {
    return {
      kind: "unavailable",
      why: `run commands are disabled for the cluster ${cluster.name} (apiServerAccessProfile.disableRunCommand)${directFailure === "" ? "" : `, and ${directFailure}`}.`,
      remedy: `Use a runner that reaches the API server, inside the cluster's network, or allow run commands:\naz aks update ${clusterArguments} --enable-run-command`,
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
    api: new RunCommandApi(async (command, purpose) => runCommand(command, await clusterToken(), purpose), context, directFailure),
    description: `run-command through Resource Manager, ${cluster.usesEntra ? "with a Microsoft Entra token" : "as the cluster's administrator"}${directFailure === "" ? "" : `, because ${directFailure}`}`,
  };
}

async function connectByKubectl(sources: ConnectionSources, context: RunContext): Promise<Connection> {
  const { runProgram, cluster } = sources;
  const current = await currentContext(runProgram, context);
  const proof = await proofOfContext(sources, context, current);
  if (!proof.proven) {
    return {
      kind: "unavailable",
      why: `kubectl's context ${current.name} is not proven to be the cluster ${cluster.name}: its server is ${current.server}, ${proof.why}.`,
      remedy: `Select the context of the cluster ${cluster.name} in an earlier step, for example with azure/aks-set-context, or use another kube-access. Nothing was read from the other API server, and nothing was written to it.`,
    };
  }
  await pingByKubectl(runProgram, context, current);
  const description = `kubeconfig, with kubectl and the context ${current.name} at ${current.server}, the API server of ${cluster.name} by its ${proof.by}`;
  return { kind: "connected", api: new KubectlApi(runProgram, context), description };
}

type ContextProof = { readonly proven: true; readonly by: "name" | "certificate authority" } | { readonly proven: false; readonly why: string };

/**
 * Whether the server of kubectl's context is the API server of the cluster: it has the name that Azure gives, or kubectl verifies its
 * certificate by the authority that Azure gives. Each cluster has an authority of its own.
 */
async function proofOfContext({ runProgram, cluster, kubeconfig }: ConnectionSources, context: RunContext, { server }: KubectlContext): Promise<ContextProof> {
  const { protocol = "", hostname: host = "" } = URL.canParse(server) ? new URL(server) : {};
  if (protocol === "http:") return { proven: false, why: "and without TLS nothing proves whose server that is" };
  if (cluster.apiServerNames.some((name) => name.toLowerCase() === host.toLowerCase())) return { proven: true, by: "name" };
  const names = cluster.apiServerNames.length === 0 ? "Azure returned no name of the cluster's API server" : `the cluster's API server is ${cluster.apiServerNames.join(" or ")}`;
  const authority = await contextAuthority(runProgram, context);
  if (authority === undefined) return { proven: false, why: `${names}, and the context has no certificate authority to compare` };
  let expected: string | undefined;
  try {
    expected = readKubeconfig(await kubeconfig()).ca;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ActionError)) throw error;
    return { proven: false, why: `${names}, and its certificate authority could not be read: ${error.message.replace(/\.$/, "")}` };
  }
  if (expected !== undefined && withoutSpace(expected) === withoutSpace(authority)) return { proven: true, by: "certificate authority" };
  return { proven: false, why: `${names}, and its certificate authority is another one` };
}

function withoutSpace(pem: string): string {
  return pem.replace(/\s/g, "");
}

async function orUnavailable(context: RunContext, connectTo: () => Promise<Connection>): Promise<Connection> {
  try {
    return await connectTo();
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ActionError)) throw error;
    return { kind: "unavailable", why: `${error.doing}: ${error.message}`, remedy: error.remedy, missing: error instanceof ServiceError ? missingRight(error.failure) : undefined };
  }
}
