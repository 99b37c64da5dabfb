/** Scenarios about the contents of the cluster: admission, revisions, rollouts, the CNI plugin. */
import { workload } from "../world/workload.ts";
import type { World } from "../world/world.ts";
import { applications, baseWorld, DAY, DEFAULT_REVISION, MINUTE, namespace, OLDER_REVISION, switchedWorld } from "./base.ts";

/** A compliant cluster without workloads. */
export function noPodsYet(now: number): World {
  return switchedWorld({ now, workloads: [] });
}

/**
 * A Base cluster whose Azure Policy refuses added capabilities everywhere, and images of unknown registries in one namespace.
 * In that namespace it refuses a Deployment, and any probe pod, with both mechanisms.
 */
export function gatekeeper(now: number): World {
  const createdAt = now - 30 * MINUTE;
  const image = "docker.example/tools/reports:2.0.1";
  const world = baseWorld({
    now,
    automatic: false,
    flagRegistered: true,
    workloads: [
      ...applications(createdAt),
      workload({ namespace: "payments", name: "reports", replicas: 1, createdAt, template: { image } }),
    ],
  });
  world.kubernetes.admission.gatekeeper = [
    {
      name: "azurepolicy-k8sazurev3allowedcapabilities-8b1a5e6dd1d3c4f9a7e2",
      about: "capabilities",
      allowed: [],
      namespaces: undefined,
      enforcement: "deny",
    },
    {
      name: "azurepolicy-k8sazurev2containerallowedimages-2f6c0d9b7e41a8c35d10",
      about: "images",
      allowed: ["registry.example/", "mcr.microsoft.com/oss/v2/istio/"],
      namespaces: ["payments"],
      enforcement: "deny",
    },
  ];
  return world;
}

/** A canary upgrade in progress, with CNI chaining: each team uses another revision. */
export function twoRevisions(now: number): World {
  const createdAt = now - 30 * DAY;
  return switchedWorld({
    now,
    revisions: [OLDER_REVISION, DEFAULT_REVISION],
    namespaces: [
      namespace("shop", createdAt, { "istio.io/rev": OLDER_REVISION }),
      namespace("payments", createdAt, { "istio.io/rev": DEFAULT_REVISION }),
      namespace("docs", createdAt),
    ],
  });
}

/** Namespaces labelled with revision tags; one tag belongs to no revision, so that pods there are not injected. */
export function revisionTags(now: number): World {
  const createdAt = now - 30 * DAY;
  const world = switchedWorld({
    now,
    namespaces: [
      namespace("shop", createdAt, { "istio.io/rev": "prod-stable" }),
      namespace("payments", createdAt, { "istio.io/rev": DEFAULT_REVISION }),
      namespace("edge", createdAt, { "istio.io/rev": "prod-canary" }),
      namespace("docs", createdAt),
    ],
    workloads: [
      ...applications(now - 20 * DAY),
      workload({ namespace: "edge", name: "router", createdAt: now - 20 * DAY }),
    ],
  });
  world.kubernetes.tags = { "prod-stable": DEFAULT_REVISION };
  return world;
}

/** Switched an hour ago, and nothing was restarted since. After a restart, the second workload's new pods never become ready. */
export function stuckRollout(now: number): World {
  const createdAt = now - 20 * DAY;
  return baseWorld({
    now,
    automatic: false,
    flagRegistered: true,
    mechanisms: [
      { from: now - 60 * DAY, mechanism: "InitContainers" },
      { from: now - 60 * MINUTE, mechanism: "CNIChaining" },
    ],
    workloads: [
      workload({ namespace: "payments", name: "ledger", kind: "StatefulSet", createdAt }),
      workload({ namespace: "shop", name: "cart", createdAt, neverReadyFrom: 1 }),
      workload({ namespace: "shop", name: "search", createdAt }),
      workload({ namespace: "shop", name: "storefront", replicas: 3, createdAt }),
      workload({ namespace: "shop", name: "vouchers", createdAt }),
      workload({ namespace: "docs", name: "handbook", replicas: 1, createdAt }),
    ],
  });
}

/** One pod started before the CNI plugin was ready, and is repaired soon; another pod's node has a plugin that does not work. */
export function race126(now: number): World {
  const broken = "aks-userpool-27182818-vmss000002";
  const world = switchedWorld({
    now,
    automatic: false,
    workloads: [
      ...applications(now - 20 * DAY),
      workload({ namespace: "shop", name: "flash-sale", replicas: 1, createdAt: now, createdWhenRead: true, repairedAfter: 25_000 }),
      workload({ namespace: "payments", name: "fraud-check", replicas: 1, createdAt: now - DAY, onNode: broken }),
    ],
  });
  world.kubernetes.nodes.push({ name: broken, os: "linux", pool: "userpool", cordoned: true });
  world.kubernetes.brokenCniNodes = [broken];
  return world;
}
