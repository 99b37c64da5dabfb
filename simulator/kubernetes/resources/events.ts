/** Events of controllers whose pods are refused. Kubernetes keeps them for an hour. */
import { fingerprint, kubernetesTime } from "../../lib/json.ts";
import type { Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { metadata, uidOf } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";
import type { Attempt } from "../workloads/back-off.ts";
import { type Generation, generationsOf, replicaSetName } from "../workloads/generations.ts";
import { refusalMessage } from "../workloads/refusal-message.ts";

const RETENTION = 3_600_000;

const SOURCES: Readonly<Record<Workload["kind"], string>> = {
  Deployment: "replicaset-controller",
  StatefulSet: "statefulset-controller",
  DaemonSet: "daemonset-controller",
  Job: "job-controller",
  Pod: "kubelet",
};

function eventOf(workload: Workload, generation: Generation, last: Attempt): ObjectEntry {
  const isDeployment = workload.kind === "Deployment";
  const involved = {
    kind: isDeployment ? "ReplicaSet" : workload.kind,
    namespace: workload.namespace,
    name: isDeployment ? replicaSetName(workload, generation.index) : workload.name,
  };
  const name = `${involved.name}.${fingerprint(`${involved.name}/FailedCreate`, 16)}`;
  const text = refusalMessage(workload, generation);
  return {
    namespace: workload.namespace,
    name,
    labels: {},
    fields: { reason: "FailedCreate", type: "Warning", "involvedObject.kind": involved.kind },
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
      lastTimestamp: kubernetesTime(last.at),
      count: last.number,
    }),
  };
}

/** The events that are still kept at a time. */
export function events(world: World, now: number): ObjectEntry[] {
  return world.kubernetes.workloads.flatMap((workload) =>
    generationsOf(world, workload, now).flatMap((generation) => {
      const { refusal, lastRefused } = generation;
      if (refusal === undefined || lastRefused === undefined || now - lastRefused.at > RETENTION) return [];
      return [eventOf(workload, generation, lastRefused)];
    }),
  );
}
