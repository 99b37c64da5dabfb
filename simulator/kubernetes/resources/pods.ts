/** Pods: their entries, and the objects with the specification after admission and the status at the time. */
import { isObject, type JsonObject, stringsAt } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { metadata, ownerReference } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";
import { type Generation, templateHash } from "../workloads/generations.ts";
import { ownerOf, podsOf, type ScheduledPod } from "../workloads/pod-schedule.ts";
import { podPhase, podStatus } from "../workloads/pod-status.ts";
import { admittedPod } from "../workloads/pod-template.ts";
import { cniPods } from "./cni-daemonset.ts";

/** The labels of the pod's template, and those that its controller adds. */
function podLabels(pod: ScheduledPod): Record<string, string> {
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

/** The common part of a generation's pods, created once: a list may have a hundred thousand pods. */
const admittedByGeneration = new WeakMap<Generation, JsonObject>();

function commonPart(pod: ScheduledPod): JsonObject {
  const { workload, generation } = pod;
  const known = admittedByGeneration.get(generation);
  if (known !== undefined) return known;
  const created = admittedPod(workload, generation.template, generation.injection);
  admittedByGeneration.set(generation, created);
  return created;
}

/** The pod. It shares parts with other pods: do not change it. */
function renderPod(pod: ScheduledPod, now: number): JsonObject {
  const { workload } = pod;
  const common = commonPart(pod);
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

/** An entry whose labels and fields are computed when a selector needs them: a list may have a hundred thousand. */
function podEntry(pod: ScheduledPod, now: number): ObjectEntry {
  return {
    name: pod.name,
    namespace: pod.workload.namespace,
    get labels() {
      return {
        ...podLabels(pod),
        ...(pod.generation.injection === undefined ? {} : { "security.istio.io/tlsMode": "istio" }),
      };
    },
    get fields() {
      const restartPolicy = pod.workload.kind === "Job" ? "OnFailure" : "Always";
      return { "spec.nodeName": pod.node, "spec.restartPolicy": restartPolicy, "status.phase": podPhase(pod, now) };
    },
    render: () => renderPod(pod, now),
  };
}

export function pods(world: World, now: number): ObjectEntry[] {
  const ofWorkloads = world.kubernetes.workloads.flatMap((workload) => podsOf(world, workload, now));
  return [...cniPods(world, now), ...ofWorkloads.map((pod) => podEntry(pod, now))];
}
