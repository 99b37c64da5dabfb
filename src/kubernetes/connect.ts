/** How a run gets to the Kubernetes API: one transport, and why it is this one. */
import type { TokenCredential } from "@azure/core-auth";
import type { KubeAccess } from "../contract.ts";
import { ActionError } from "../errors.ts";
import type { RunContext } from "../run-context.ts";
import { DirectApi } from "./direct.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import type { KubernetesApi } from "./question.ts";

/** A way into the cluster, or why there is none. */
export type Connection =
  | { readonly kind: "connected"; readonly api: KubernetesApi; readonly description: string }
  | { readonly kind: "closed"; readonly why: string; readonly remedy: string };

/** What a connection is made of. */
export interface ConnectionSources {
  readonly access: KubeAccess;
  readonly credential: TokenCredential;
  /** Fetches the kubeconfig of a cluster user, as YAML. */
  readonly kubeconfig: () => Promise<string>;
  /** Told of every secret before it is used. */
  readonly mask: (secret: string) => void;
}

/** Connects as `kube-access` says. A cluster that cannot be reached is no error: it is something that could not be looked into. */
export async function connect(sources: ConnectionSources, context: RunContext): Promise<Connection> {
  switch (sources.access) {
    case "none":
      return { kind: "closed", why: "kube-access is none.", remedy: "Set kube-access to auto to have the cluster looked into as well." };
    case "auto":
    case "direct":
      return connectDirectly(sources, context);
    case "run-command":
    case "kubeconfig":
      throw new ActionError({
        code: "NotAvailable",
        doing: "connecting to the Kubernetes API",
        message: `kube-access: ${sources.access} is not available in this version.`,
        remedy: "Use kube-access: auto, direct or none.",
      });
  }
}

async function connectDirectly(sources: ConnectionSources, context: RunContext): Promise<Connection> {
  try {
    const server = readKubeconfig(await sources.kubeconfig());
    if (server.clientCertificate !== undefined) sources.mask(server.clientCertificate.key);
    return {
      kind: "connected",
      api: new DirectApi(server, sources.credential, context),
      description: `direct, at ${server.url} with ${server.clientCertificate === undefined ? "a Microsoft Entra token" : "the cluster user's certificate"}`,
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ActionError)) throw error;
    return { kind: "closed", why: `${error.doing}: ${error.message}`, remedy: error.remedy };
  }
}
