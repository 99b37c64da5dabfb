/** Scenarios in which something blocks the switch or has to happen first. */
import { setAt } from "../lib/json.ts";
import { addNeighboursChange, clusterChange, clusterId, OPERATOR, STOP_CLUSTER } from "../world/changes.ts";
import { newOperation } from "../world/operations.ts";
import type { World } from "../world/world.ts";
import { applications, baseWorld, DAY, teams } from "./base.ts";

/** As fresh, where Azure no longer knows the preview flag and does not need it. */
export function flagGraduated(now: number): World {
  const world = baseWorld({ now });
  world.feature.variant = "graduated";
  return world;
}

/** As fresh, where registering the flag waits for an approval. */
export function flagPending(now: number): World {
  const world = baseWorld({ now });
  world.feature.variant = "pending";
  return world;
}

/** The mesh add-on is not enabled. */
export function meshOff(now: number): World {
  const world = baseWorld({ now, revisions: [] });
  setAt(world.cluster.body, ["properties", "serviceMeshProfile"], { mode: "Disabled" });
  addNeighboursChange(world, now - DAY, clusterChange(world, OPERATOR));
  return world;
}

/** A revision without CNI chaining. */
export function revisionTooOld(now: number): World {
  const revision = "asm-1-24";
  return baseWorld({
    now,
    automatic: false,
    revisions: [revision],
    namespaces: teams(now, revision),
    workloads: applications(now - 20 * DAY),
  });
}

/** As flag-graduated on a Base cluster, with a revision that AKS no longer supports. It has CNI chaining, and classic sidecars. */
export function revisionOutOfSupport(now: number): World {
  const revision = "asm-1-28";
  const world = baseWorld({
    now,
    automatic: false,
    revisions: [revision],
    namespaces: teams(now, revision),
    workloads: applications(now - 20 * DAY),
  });
  world.feature.variant = "graduated";
  return world;
}

/** The cluster is stopped; its API server does not answer. */
export function stopped(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  setAt(world.cluster.body, ["properties", "powerState"], { code: "Stopped" });
  world.cluster.reachable = false;
  addNeighboursChange(world, now - DAY / 2, clusterChange(world, OPERATOR, STOP_CLUSTER));
  return world;
}

/** Another client's operation on a node pool runs for a minute and a half. */
export function busy(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  const change = { ...clusterChange(world, OPERATOR), operation: "Microsoft.ContainerService/managedClusters/agentPools/write", resourceId: `${clusterId(world)}/agentPools/userpool` };
  world.cluster.operations.push(newOperation(now, 90_000, { pool: "userpool", startsWhenRead: true, change }));
  return world;
}

/** The identity is only Reader of the resource group. */
export function forbidden(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  world.rights = {
    arm: [{ action: "Microsoft.ContainerService/managedClusters/read", scope: "cluster" }],
    kubernetes: "none",
  };
  return world;
}
