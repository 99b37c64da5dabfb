/** Scenarios about access to the cluster. */
import { disableRunCommand, makePrivate } from "../world/cluster-settings.ts";
import type { World } from "../world/world.ts";
import { baseWorld } from "./base.ts";
import { compliant } from "./switch.ts";

/** A private cluster with init containers; only run commands reach its API server. */
export function privateCluster(now: number): World {
  const world = baseWorld({ now, flagRegistered: true });
  makePrivate(world, { publicFqdn: false });
  return world;
}

/** As private, with run commands disabled: the API server cannot be reached. */
export function noRunCommand(now: number): World {
  const world = privateCluster(now);
  disableRunCommand(world);
  return world;
}

/** A compliant cluster; the identity is only RBAC Reader in it. */
export function readerOnly(now: number): World {
  const world = compliant(now);
  world.rights.kubernetes = "reader";
  return world;
}
