/** The managed cluster as Azure keeps it. Times are simulated milliseconds since the epoch unless a name says otherwise. */
import type { JsonObject } from "../lib/json.ts";
import type { Change } from "./activity.ts";

/** Values of proxyRedirectionMechanism. */
export type Mechanism = "InitContainers" | "CNIChaining";

/** A long-running operation on the cluster. */
export interface Operation {
  id: string;
  /** Part of the operation's URL; a poll without it is refused. */
  signature: string;
  startedAt: number;
  endsAt: number;
  /** The node pool that the operation works on; undefined for the cluster itself. */
  pool: string | undefined;
  status: "Succeeded" | "Failed" | "Canceled";
  /** The `error` of the poll's answer; recorded operations carry it while they run and even when they end as Succeeded. */
  error: JsonObject | undefined;
  /** The mechanism that the mesh uses afterwards; undefined where the operation does not change it. */
  mechanismAfter: Mechanism | undefined;
  /** The mechanism that the cluster's body reports afterwards, where it differs from the requested one. */
  reportedMechanismAfter: string | undefined;
  /** The operation starts when the cluster is first read, so that a slow client sees its whole duration. */
  startsWhenRead: boolean;
  /** What the activity log says about it; undefined: nothing. */
  change: Change | undefined;
  /** Whether the results of the ended operation are in the cluster's state. */
  settled: boolean;
}

/** How the next PUT of the cluster ends. */
export interface UpdateOutcome {
  status: "Succeeded" | "Failed" | "Canceled";
  error: JsonObject | undefined;
  /** The mechanism that the cluster reports afterwards; undefined: the requested one. */
  mechanism: Mechanism | undefined;
}

/** How run commands behave. The cluster's body decides whether they are allowed: apiServerAccessProfile.disableRunCommand. */
export interface RunCommandSettings {
  /**
   * Whether a node takes the command's pod. "times-out": none does, and the result says so after 60 s. "is-refused": none does,
   * and the request itself is refused. Both are known from the service.
   */
  scheduling: "works" | "times-out" | "is-refused";
  /** Bytes of output that are kept, from the start. */
  outputLimit: number;
  /** Real milliseconds after which a command is killed. */
  killAfter: number;
}

export interface Cluster {
  name: string;
  location: string;
  /** The managed cluster as Resource Manager returns it while no operation runs. */
  body: JsonObject;
  operations: Operation[];
  updateOutcome: UpdateOutcome;
  kubeconfig: "exec" | "client-certificate";
  /** False: no API server listens, inside the cluster's network as well. */
  reachable: boolean;
  /**
   * How connections from outside of the cluster's network fail: "refused"; "blackhole": accepted, without an answer (authorised IP
   * ranges); "dns": the name does not resolve. undefined: they work.
   */
  unreachable: "refused" | "blackhole" | "dns" | undefined;
  /** A private cluster (see `makePrivate`). Its name does not resolve outside, except for the public name where that is enabled and asked for. */
  private: { publicFqdn: boolean } | undefined;
  runCommand: RunCommandSettings;
  /** Deployment Safeguards with the baseline Pod Security Standard, as on AKS Automatic. */
  safeguards: boolean;
  /** The mechanism that the mesh uses, over time; oldest first, never empty. */
  mechanisms: { from: number; mechanism: Mechanism }[];
}
