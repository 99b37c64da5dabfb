/** What the objects of all workload kinds have in common: metadata, selector, template. */
import type { JsonObject } from "../../lib/json.ts";
import { createdAt, exists, type PodTemplate, type Workload, type WorkloadKind } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { metadata, resourceVersion } from "../objects/metadata.ts";
import type { Entries } from "../objects/resource.ts";
import { templateSpec } from "../workloads/pod-template.ts";

/** The entries of all workloads of a kind. */
export function workloadEntries(kind: WorkloadKind, render: (world: World, workload: Workload, now: number) => JsonObject): Entries {
  return (world, now) =>
    world.kubernetes.workloads
      .filter((workload) => workload.kind === kind && exists(workload, now))
      .map((workload) => ({
        name: workload.name,
        namespace: workload.namespace,
        labels: { app: workload.name },
        fields: {},
        render: () => render(world, workload, now),
      }));
}

/** The metadata of a workload. */
export function workloadMetadata(workload: Workload): JsonObject {
  const changedAt = workload.templates.at(-1)?.at ?? createdAt(workload);
  return metadata(workload, createdAt(workload), { app: workload.name }, {
    generation: workload.templates.length,
    resourceVersion: resourceVersion(changedAt),
  });
}

/** The selector of a workload. */
export function selector(workload: Workload): JsonObject {
  return { matchLabels: { app: workload.templates[0]?.template.labels["app"] ?? workload.name } };
}

/** The newest template of a workload. */
export function latestTemplate(workload: Workload): PodTemplate {
  const latest = workload.templates.at(-1);
  if (latest === undefined) throw new Error(`The workload ${workload.namespace}/${workload.name} has no template.`);
  return latest.template;
}

/** A pod template as the object of a workload contains it. */
export function templateObject(workload: Workload, template: PodTemplate): JsonObject {
  return {
    metadata: {
      labels: { ...template.labels },
      ...(Object.keys(template.annotations).length === 0 ? {} : { annotations: { ...template.annotations } }),
    },
    spec: templateSpec(workload, template),
  };
}

/** The updateStrategy of a StatefulSet or DaemonSet. */
export function updateStrategy(workload: Workload, rollingUpdate: JsonObject): JsonObject {
  return workload.updateStrategy === "OnDelete" ? { type: "OnDelete" } : { type: "RollingUpdate", rollingUpdate };
}
