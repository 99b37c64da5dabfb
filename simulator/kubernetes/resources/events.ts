/** Events of controllers whose pods were refused; Kubernetes keeps them for an hour. */
import { fingerprint, type JsonObject, kubernetesTime } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { metadata, uidOf } from "../objects/metadata.ts";
import { type Generation, generationsOf } from "../workloads/generations.ts";
import type { Workload } from "../../world/workload.ts";
import { refusalMessage, replicaSetName } from "../workloads/workload-status.ts";

const RETENTION = 3_600_000;
/** A controller that fails keeps trying, less and less often; the longest pause is about a quarter of an hour. */
const RETRY = 15 * 60_000;

export interface ClusterEvent {
  readonly namespace: string;
  readonly name: string;
  readonly involvedKind: string;
  readonly reason: string;
  readonly render: () => JsonObject;
}

const SOURCES: Readonly<Record<Workload["kind"], string>> = {
  Deployment: "replicaset-controller",
  StatefulSet: "statefulset-controller",
  DaemonSet: "daemonset-controller",
  Job: "job-controller",
  Pod: "kubelet",
};

function eventOf(workload: Workload, generation: Generation, lastAt: number): ClusterEvent {
  const isDeployment = workload.kind === "Deployment";
  const involved = {
    kind: isDeployment ? "ReplicaSet" : workload.kind,
    namespace: workload.namespace,
    name: isDeployment ? replicaSetName(workload, generation) : workload.name,
  };
  const name = `${involved.name}.${fingerprint(`${involved.name}/FailedCreate`, 16)}`;
  const text = refusalMessage(workload, generation);
  return {
    namespace: workload.namespace,
    name,
    involvedKind: involved.kind,
    reason: "FailedCreate",
    render: () => ({
      metadata: metadata({ kind: "Event", namespace: workload.namespace, name }, generation.at, {}),
      involvedObject: {
        apiVersion: workload.kind === "Job" ? "batch/v1" : "apps/v1",
        ...involved,
        uid: uidOf(involved),
      },
      reason: "FailedCreate",
      message: workload.kind === "StatefulSet" ? text : `Error creating: ${text}`,
      type: "Warning",
      source: { component: SOURCES[workload.kind] },
      reportingComponent: SOURCES[workload.kind],
      firstTimestamp: kubernetesTime(generation.at),
      lastTimestamp: kubernetesTime(lastAt),
      count: Math.max(1, Math.round((lastAt - generation.at) / RETRY) + 9),
    }),
  };
}

/** The events that are still kept at a moment. */
export function eventsAt(world: World, now: number): ClusterEvent[] {
  return world.kubernetes.workloads.flatMap((workload) =>
    generationsOf(world, workload, now).flatMap((generation) => {
      if (generation.refusal === undefined) return [];
      const until = generation.admittedAt ?? workload.templates[generation.index + 1]?.at ?? now;
      const last = generation.at + Math.floor((Math.min(until, now) - generation.at) / RETRY) * RETRY;
      return now - last > RETENTION ? [] : [eventOf(workload, generation, last)];
    }),
  );
}
