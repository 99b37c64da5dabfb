/** Scenarios in which something stands in the way. */
import { newOperation } from "../world/operations.ts";
import { setAt } from "../lib/json.ts";
import type { World } from "../world/world.ts";
import { applications, baseWorld, DAY, teams } from "./base.ts";

/** As fresh, where Azure does not know the preview flag any more and asks for none. */
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

/** The mesh add-on is not on. */
export function meshOff(now: number): World {
  const world = baseWorld({ now, revisions: [] });
  setAt(world.cluster.body, ["properties", "serviceMeshProfile"], { mode: "Disabled" });
  return world;
}

/** A revision that knows no CNI chaining. */
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

/** The cluster is stopped; nobody answers at its API server. */
export function stopped(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  setAt(world.cluster.body, ["properties", "powerState"], { code: "Stopped" });
  world.cluster.reachable = false;
  return world;
}

/** Somebody else's operation on a node pool is in progress for a minute and a half. */
export function busy(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  world.cluster.operations.push(newOperation(now, 90_000, { pool: "userpool", startsWhenRead: true }));
  return world;
}

/** The identity is Reader at the resource group and nothing else. */
export function forbidden(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  world.rights = {
    arm: [{ action: "Microsoft.ContainerService/managedClusters/read", scope: "cluster" }],
    kubernetes: "none",
  };
  return world;
}
