/** Scenarios before and after the switch. */
import { istioInit, istioProxy } from "../kubernetes/mesh/istio-containers.ts";
import { addNeighboursChange, clusterChange, OPERATOR, terraformPipeline } from "../world/changes.ts";
import { workload } from "../world/workload.ts";
import type { World } from "../world/world.ts";
import { applications, baseWorld, DAY, DEFAULT_REVISION, MINUTE, namespace, OLDER_REVISION, switchedWorld } from "./base.ts";

/**
 * AKS Automatic with the mesh and init containers: Deployment Safeguards have refused all workloads of the mesh since yesterday, so that
 * their controllers pause for minutes between two attempts.
 */
export function fresh(now: number): World {
  const createdAt = now - DAY;
  return baseWorld({
    now,
    workloads: [
      ...applications(createdAt),
      workload({ namespace: "payments", name: "audit-agent", kind: "DaemonSet", createdAt }),
      workload({ namespace: "shop", name: "reindex", kind: "Job", replicas: 1, createdAt }),
    ],
  });
}

/** CNI chaining for weeks; all pods are redirected by it. */
export function compliant(now: number): World {
  return switchedWorld({
    now,
    workloads: [
      ...applications(now - 20 * DAY),
      workload({
        namespace: "shop",
        name: "reindex",
        kind: "Job",
        replicas: 1,
        createdAt: now - DAY,
        completesAfter: MINUTE,
      }),
    ],
  });
}

/** A Base cluster with CNI chaining until a `terraform apply` two hours ago restored init containers. */
export function resetByTerraform(now: number): World {
  const resetAt = now - 120 * MINUTE;
  const world = baseWorld({
    now,
    automatic: false,
    flagRegistered: true,
    mechanisms: [
      { from: now - 60 * DAY, mechanism: "InitContainers" },
      { from: now - 40 * DAY, mechanism: "CNIChaining" },
      { from: resetAt, mechanism: "InitContainers" },
    ],
    workloads: [
      ...applications(now - 20 * DAY),
      workload({ namespace: "shop", name: "vouchers", createdAt: now - 60 * MINUTE }),
    ],
  });
  const { body } = world.cluster;
  body["tags"] = { environment: "production", "managed-by": "terraform", workspace: "aks-production" };
  body["systemData"] = {
    createdBy: "platform-team@contoso.example",
    createdByType: "User",
    createdAt: new Date(now - 60 * DAY).toISOString(),
    lastModifiedBy: "terraform-prod",
    lastModifiedByType: "Application",
    lastModifiedAt: new Date(resetAt).toISOString(),
  };
  const terraform = terraformPipeline(world);
  addNeighboursChange(world, now - 3 * DAY, clusterChange(world, OPERATOR));
  addNeighboursChange(world, resetAt - 30 * MINUTE, clusterChange(world, terraform), "Failed");
  // Azure used the new mechanism when the operation ended.
  addNeighboursChange(world, resetAt - world.timing.clusterUpdate, clusterChange(world, terraform));
  return world;
}

/** A canary upgrade: two revisions, and one namespace with a revision tag. */
export function canary(now: number): World {
  const createdAt = now - 30 * DAY;
  const world = baseWorld({
    now,
    revisions: [OLDER_REVISION, DEFAULT_REVISION],
    flagRegistered: true,
    namespaces: [
      namespace("shop", createdAt, { "istio.io/rev": OLDER_REVISION }),
      namespace("payments", createdAt, { "istio.io/rev": DEFAULT_REVISION }),
      namespace("edge", createdAt, { "istio.io/rev": "stable" }),
      namespace("docs", createdAt),
    ],
    workloads: [
      ...applications(now - 30 * MINUTE),
      workload({ namespace: "edge", name: "router", createdAt: now - 30 * MINUTE }),
    ],
  });
  world.kubernetes.tags = { stable: OLDER_REVISION };
  return world;
}

/** A Base cluster without safeguards: pods run with istio-init, and keep it after the switch until they are restarted. */
export function stalePods(now: number): World {
  const createdAt = now - 20 * DAY;
  return baseWorld({
    now,
    automatic: false,
    flagRegistered: true,
    workloads: [
      ...applications(createdAt),
      workload({ namespace: "payments", name: "audit-agent", kind: "DaemonSet", createdAt }),
      workload({ namespace: "shop", name: "debug-shell", kind: "Pod", replicas: 1, createdAt }),
    ],
  });
}

/** A compliant cluster, except for one Deployment whose template contains a manually injected istio-init. */
export function refusedBySafeguards(now: number): World {
  const world = compliant(now);
  const status = {
    initContainers: ["istio-init"],
    containers: ["istio-proxy"],
    volumes: [],
    imagePullSecrets: null,
    revision: DEFAULT_REVISION,
  };
  world.kubernetes.workloads.push(
    workload({
      namespace: "shop",
      name: "legacy-search",
      createdAt: now - 50 * MINUTE,
      template: {
        annotations: { "sidecar.istio.io/status": JSON.stringify(status) },
        initContainers: [istioInit(DEFAULT_REVISION)],
        extraContainers: [istioProxy(DEFAULT_REVISION, "legacy-search", 8080)],
      },
    }),
  );
  return world;
}
