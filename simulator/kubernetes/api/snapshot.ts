/** Everything that a client of the API server can see at a time. */
import { settleOperations } from "../../world/operations.ts";
import { createWaitingWorkloads } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { RESOURCES } from "../resources/all-resources.ts";

/** All objects of all resources, and the settings that affect answers, as text: with the same text, the API server answers the same. */
export function clusterSnapshot(world: World, now: number): string {
  settleOperations(world, now);
  createWaitingWorkloads(world.kubernetes.workloads, now);
  const objects = RESOURCES.map(({ group, plural, entries }) => [group, plural, entries(world, now).map((entry) => entry.render())]);
  const { admission, brokenCniNodes, continueTokens, tags, warnings } = world.kubernetes;
  const { mechanisms, runCommand, safeguards } = world.cluster;
  return JSON.stringify([objects, admission, brokenCniNodes, continueTokens, tags, warnings, mechanisms, runCommand, safeguards, world.rights]);
}
