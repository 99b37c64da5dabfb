/** The simulator's ground truth: what is so in a world, not what its services tell. */
import type { Mechanism } from "../../simulator/world/cluster.ts";
import { isStopped } from "../../simulator/world/cluster-settings.ts";
import { mechanismAt, type World } from "../../simulator/world/world.ts";
import { runningOperations, settleOperations } from "../../simulator/world/operations.ts";
import { cniReadyAt } from "../../simulator/kubernetes/mesh/cni-readiness.ts";
import { exists } from "../../simulator/world/workload.ts";
import { meshRevisions } from "../../simulator/kubernetes/mesh/addon.ts";
import { generationsOf } from "../../simulator/kubernetes/workloads/generations.ts";
import { isReady, podsOf, type ScheduledPod, wantedPods } from "../../simulator/kubernetes/workloads/pod-schedule.ts";
import { podPhase } from "../../simulator/kubernetes/workloads/pod-status.ts";
import { isSystemNamespace } from "../../src/istio/injection/system-namespaces.ts";

export interface Truth {
  readonly isMeshOn: boolean;
  readonly isStopped: boolean;
  readonly isBusy: boolean;
  /** The mechanism that the mesh uses, whatever Azure's body says. */
  readonly mechanism: Mechanism;
  /** Pods that the CNI agent redirects: their istio-validation has passed. */
  readonly redirected: readonly string[];
  /** Pods with CNI chaining whose istio-validation has not passed and never will. */
  readonly notRedirected: readonly string[];
  /** Pods that got istio-init from the injector. */
  readonly withIstioInit: readonly { readonly pod: string; readonly owner: string }[];
  /** Workloads whose pods admission refuses for istio-init. */
  readonly refused: readonly string[];
  /** Workloads without all of their pods, for any reason. */
  readonly incomplete: readonly string[];
  /** Nodes on which the CNI agent should run, and is ready. */
  readonly agents: { readonly desired: number; readonly ready: number };
}

/** The truth about a world at a time, in the namespaces that the input selects; none given: all that are not of AKS. */
export function truthOf(world: World, namespaces: readonly string[], now: number): Truth {
  settleOperations(world, now);
  const isSelected = (name: string): boolean => !isSystemNamespace(name) && (namespaces.length === 0 || namespaces.includes("*") || namespaces.includes(name));
  const workloads = world.kubernetes.workloads.filter(({ namespace }) => isSelected(namespace));
  const pods = workloads.flatMap((workload) => podsOf(world, workload, now)).filter((pod) => podPhase(pod, now) !== "Succeeded");
  const usesCni = (pod: ScheduledPod): boolean => pod.generation.injection?.mechanism === "CNIChaining" && !["TPROXY", "NONE"].includes(pod.generation.template.annotations["sidecar.istio.io/interceptionMode"] ?? "");
  const nameOf = ({ workload, name }: ScheduledPod): string => `${workload.namespace}/${name}`;
  const refused = workloads.filter((workload) => {
    const latest = generationsOf(world, workload, now).at(-1);
    return latest !== undefined && latest.admittedAt === undefined && latest.injection?.mechanism === "InitContainers" && /NET_ADMIN|disallowed capability/.test(latest.refusal?.message("pods") ?? "");
  });
  return {
    isMeshOn: meshRevisions(world).length > 0,
    isStopped: isStopped(world),
    isBusy: runningOperations(world, now).length > 0,
    mechanism: mechanismAt(world, now).mechanism,
    redirected: pods.filter((pod) => usesCni(pod) && pod.startedAt !== undefined && pod.startedAt <= now).map(nameOf),
    notRedirected: pods.filter((pod) => usesCni(pod) && pod.startedAt === undefined).map(nameOf),
    withIstioInit: pods.filter(({ generation }) => generation.injection?.mechanism === "InitContainers" && generation.template.annotations["sidecar.istio.io/interceptionMode"] !== "NONE").map((pod) => ({ pod: nameOf(pod), owner: `${pod.workload.namespace}/${pod.workload.name}` })),
    refused: refused.map(({ namespace, name }) => `${namespace}/${name}`),
    incomplete: workloads.filter((workload) => exists(workload, now) && podsOf(world, workload, now).filter((pod) => isReady(pod, now)).length < wantedPods(world, workload)).map(({ namespace, name }) => `${namespace}/${name}`),
    agents: agentsOf(world, now),
  };
}

function agentsOf(world: World, now: number): Truth["agents"] {
  const nodes = mechanismAt(world, now).mechanism === "CNIChaining" && meshRevisions(world).length > 0 ? world.kubernetes.nodes.filter(({ os }) => os === "linux") : [];
  const isReadyOn = ({ name, notReadySince }: (typeof nodes)[number]): boolean => notReadySince === undefined && (cniReadyAt(world, name, now) ?? Number.POSITIVE_INFINITY) <= now;
  return { desired: nodes.length, ready: nodes.filter(isReadyOn).length };
}
