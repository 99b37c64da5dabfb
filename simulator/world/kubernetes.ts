/** What is inside the cluster. Times are simulated milliseconds since the epoch. */
import type { AdmissionSettings } from "./admission.ts";
import type { Workload } from "./workload.ts";

export interface NamespaceState {
  name: string;
  createdAt: number;
  /** The labels over time; oldest first, never empty. */
  labels: { from: number; labels: Record<string, string> }[];
}

export interface NodeState {
  name: string;
  os: "linux" | "windows";
  pool: string;
  /** Only DaemonSets start new pods on a cordoned node. */
  cordoned?: boolean;
  /** When it joined the cluster, ms since the epoch; undefined: long ago. Only DaemonSets start pods on it. */
  joinedAt?: number;
  /** When its kubelet was last heard of, ms since the epoch; undefined: it is ready. No other pods than those of DaemonSets are left on it. */
  notReadySince?: number;
}

export interface ContinueTokens {
  /** Milliseconds after which a token is answered 410 Gone; undefined: tokens do not expire. */
  lifetime: number | undefined;
  /** The first token that is used is expired, whatever its age; later ones follow `lifetime`. */
  expireFirst: boolean;
}

export interface KubernetesState {
  nodes: NodeState[];
  namespaces: NamespaceState[];
  workloads: Workload[];
  /** Revision tags: tag to revision. */
  tags: Record<string, string>;
  /** Texts for a `Warning` header on every answer. */
  warnings: string[];
  continueTokens: ContinueTokens;
  /** Nodes whose CNI pod never gets ready; istio-validation of pods there fails with exit code 126. */
  brokenCniNodes: string[];
  /** Whether injectors use native sidecars where the pod does not say; undefined: from asm-1-29 on. */
  nativeSidecars: boolean | undefined;
  admission: AdmissionSettings;
}

/** The names of the nodes that run Linux, in order. */
export function linuxNodes({ nodes }: KubernetesState): string[] {
  return nodes.filter(({ os }) => os === "linux").map(({ name }) => name);
}
