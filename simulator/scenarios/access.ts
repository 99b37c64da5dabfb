/** Scenarios about the way into the cluster. */
import { disableRunCommand, makePrivate } from "../world/cluster-settings.ts";
import type { World } from "../world/world.ts";
import { baseWorld } from "./base.ts";
import { compliant } from "./switch.ts";

/** A private cluster whose mesh is to be switched; a run command is the only way in. */
export function privateCluster(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  makePrivate(world, { publicFqdn: false });
  return world;
}

/** As private, and run commands are forbidden: nobody outside can look into the cluster. */
export function noRunCommand(now: number): World {
  const world = privateCluster(now);
  disableRunCommand(world);
  return world;
}

/** CNI chaining is on and right, and the identity has no more in the cluster than RBAC Reader. */
export function readerOnly(now: number): World {
  const world = compliant(now);
  world.rights.kubernetes = "reader";
  return world;
}
