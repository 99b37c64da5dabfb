/** Pods as the API server returns them: specification after admission, and status at the moment. */
import { isObject, type JsonObject, stringsAt } from "../../lib/json.ts";
import { type Generation, templateHash } from "../workloads/generations.ts";
import { metadata, ownerReference } from "../objects/metadata.ts";
import { podStatus } from "../workloads/pod-status.ts";
import { admittedPod } from "../workloads/pod-template.ts";
import { ownerOf, type PodSlot } from "../workloads/pod-schedule.ts";

/** The labels that a pod's controller adds to its template's. */
export function podLabels(pod: PodSlot): Record<string, string> {
  const { workload, generation } = pod;
  const { labels } = generation.template;
  switch (workload.kind) {
    case "Deployment":
      return { ...labels, "pod-template-hash": templateHash(workload, generation.index) };
    case "StatefulSet":
      return {
        ...labels,
        "statefulset.kubernetes.io/pod-name": pod.name,
        "controller-revision-hash": templateHash(workload, generation.index),
      };
    case "DaemonSet":
      return { ...labels, "controller-revision-hash": templateHash(workload, generation.index) };
    case "Job":
      return { ...labels, "job-name": workload.name, "batch.kubernetes.io/job-name": workload.name };
    case "Pod":
      return labels;
  }
}

/** What the pods of one generation have in common, made once: a list may hold a hundred thousand of them. */
const admittedByGeneration = new WeakMap<Generation, JsonObject>();

function admitted(pod: PodSlot): JsonObject {
  const { workload, generation } = pod;
  const known = admittedByGeneration.get(generation);
  if (known !== undefined) return known;
  const made = admittedPod(workload, generation.template, generation.injection);
  admittedByGeneration.set(generation, made);
  return made;
}

/** Renders a pod. Parts of it are shared with other pods: do not change it. */
export function renderPod(pod: PodSlot, now: number): JsonObject {
  const { workload } = pod;
  const common = admitted(pod);
  const spec = common["spec"];
  const full: JsonObject = { ...(isObject(spec) ? spec : {}), nodeName: pod.node };
  const owner = ownerOf(pod);
  const labels = { ...stringsAt(common, "metadata", "labels"), ...podLabels(pod) };
  const annotations = stringsAt(common, "metadata", "annotations");
  const hasAnnotations = Object.keys(annotations).length > 0;
  return {
    metadata: metadata({ kind: "Pod", namespace: workload.namespace, name: pod.name }, pod.createdAt, labels, {
      ...(hasAnnotations ? { annotations } : {}),
      ...(owner === undefined ? {} : { ownerReferences: [ownerReference(owner)], generateName: `${owner.name}-` }),
    }),
    spec: full,
    status: podStatus(pod, full, now),
  };
}
