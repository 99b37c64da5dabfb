/** DaemonSets: those of applications, and the one of the CNI plugin. */
import type { JsonObject } from "../../lib/json.ts";
import type { Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { nonZero } from "../objects/counts.ts";
import type { ObjectEntry } from "../objects/resource.ts";
import { generationsOf, observedGeneration } from "../workloads/generations.ts";
import { countPods } from "../workloads/pod-counts.ts";
import { wantedPods } from "../workloads/pod-schedule.ts";
import { cniDaemonSet } from "./cni-daemonset.ts";
import { latestTemplate, selector, templateObject, updateStrategy, workloadEntries, workloadMetadata } from "./workload-object.ts";

/** A DaemonSet of an application: one pod per Linux node. */
function renderDaemonSet(world: World, workload: Workload, now: number): JsonObject {
  const latest = generationsOf(world, workload, now).at(-1);
  const { total, ready } = countPods(world, workload, now);
  const updated = latest === undefined ? 0 : countPods(world, workload, now, latest).total;
  const desired = wantedPods(world, workload);
  return {
    metadata: workloadMetadata(workload),
    spec: {
      selector: selector(workload),
      template: templateObject(workload, latestTemplate(workload)),
      updateStrategy: updateStrategy(workload, { maxSurge: 0, maxUnavailable: 1 }),
    },
    status: {
      observedGeneration: observedGeneration(workload, now),
      desiredNumberScheduled: desired,
      currentNumberScheduled: total,
      numberMisscheduled: 0,
      numberReady: ready,
      ...nonZero({ updatedNumberScheduled: updated, numberAvailable: ready, numberUnavailable: desired - ready }),
    },
  };
}

const ofApplications = workloadEntries("DaemonSet", renderDaemonSet);

export function daemonSets(world: World, now: number): ObjectEntry[] {
  return [...cniDaemonSet(world, now), ...ofApplications(world, now)];
}
