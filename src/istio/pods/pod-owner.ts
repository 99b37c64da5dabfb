/** The workload that owns a pod: the Deployment rather than its ReplicaSet. */
import type { ObjectName } from "../../contract.ts";
import { entry } from "../../lib/json.ts";
import type { PodFacts } from "./pod.ts";
import type { ReplicaSetFacts } from "../kubernetes-facts.ts";

/** Finds the workload that owns a ReplicaSet; undefined for an unknown ReplicaSet. */
export type OwnerLookup = (namespace: string, replicaSet: string) => ObjectName | undefined;

/** A lookup in the observed ReplicaSets. A ReplicaSet without a controller is itself the workload. */
export function ownersByReplicaSet(replicaSets: readonly ReplicaSetFacts[]): OwnerLookup {
  const owners = new Map<string, ObjectName>();
  for (const { namespace, name, owner } of replicaSets) {
    owners.set(`${namespace}/${name}`, owner ?? { kind: "ReplicaSet", name });
  }
  return (namespace, replicaSet) => owners.get(`${namespace}/${replicaSet}`);
}

/** The workload that owns a pod; the pod itself where it has no controller. */
export function workloadOf(pod: PodFacts, ownerOf: OwnerLookup): ObjectName {
  const { controller } = pod;
  if (controller === undefined) return { kind: "Pod", name: pod.name };
  if (controller.kind !== "ReplicaSet") return controller;
  return ownerOf(pod.namespace, controller.name) ?? deploymentByHash(pod, controller.name) ?? controller;
}

/**
 * The Deployment by the name of its ReplicaSet, for ReplicaSets that could not be read. The Deployment controller names them
 * `<deployment>-<hash>` and labels their pods with the hash; no other owner of ReplicaSets uses this label.
 */
function deploymentByHash(pod: PodFacts, replicaSet: string): ObjectName | undefined {
  const hash = entry(pod.labels, "pod-template-hash") ?? "";
  if (hash === "" || !replicaSet.endsWith(`-${hash}`)) return undefined;
  const name = replicaSet.slice(0, -hash.length - 1);
  return name === "" ? undefined : { kind: "Deployment", name };
}
