/** Events of controllers whose pods are refused. Kubernetes keeps them for an hour. */
import { fingerprint, kubernetesTime } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import type { Workload } from "../../world/workload.ts";
import { metadata, uidOf } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";
import { type Generation, generationsOf, replicaSetName } from "../workloads/generations.ts";
import { type RefusalEvent, refusalEvents } from "../workloads/refusal-events.ts";

const RETENTION = 3_600_000;

const SOURCES: Readonly<Record<Workload["kind"], string>> = {
  Deployment: "replicaset-controller",
  StatefulSet: "statefulset-controller",
  DaemonSet: "daemonset-controller",
  Job: "job-controller",
  Pod: "kubelet",
};

function entryOf({ workload, index }: Generation, event: RefusalEvent): ObjectEntry {
  const isDeployment = workload.kind === "Deployment";
  const involved = {
    kind: isDeployment ? "ReplicaSet" : workload.kind,
    namespace: workload.namespace,
    name: isDeployment ? replicaSetName(workload, index) : workload.name,
  };
  const name = `${involved.name}.${fingerprint(`${involved.name}/${event.firstAt}`, 16)}`;
  return {
    namespace: workload.namespace,
    name,
    labels: {},
    fields: { reason: "FailedCreate", type: "Warning", "involvedObject.kind": involved.kind },
    render: () => ({
      metadata: metadata({ kind: "Event", namespace: workload.namespace, name }, event.firstAt, {}),
      involvedObject: {
        apiVersion: workload.kind === "Job" ? "batch/v1" : "apps/v1",
        ...involved,
        uid: uidOf(involved),
      },
      reason: "FailedCreate",
      message: event.message,
      type: "Warning",
      source: { component: SOURCES[workload.kind] },
      // Written by the older of two interfaces for events: the fields of the newer one are there and empty.
      eventTime: null,
      reportingComponent: SOURCES[workload.kind],
      reportingInstance: "",
      firstTimestamp: kubernetesTime(event.firstAt),
      lastTimestamp: kubernetesTime(event.lastAt),
      count: event.count,
    }),
  };
}

/** The events that are still kept at a time. */
export function events(world: World, now: number): ObjectEntry[] {
  return world.kubernetes.workloads.flatMap((workload) =>
    generationsOf(world, workload, now).flatMap((generation) =>
      refusalEvents(generation)
        .filter(({ lastAt }) => now - lastAt <= RETENTION)
        .map((event) => entryOf(generation, event)),
    ),
  );
}
