/** All that a reader of the API server could see at a moment. */
import { settleOperations } from "../../world/operations.ts";
import type { World } from "../../world/world.ts";
import { RESOURCES } from "../resources/all-resources.ts";
import { createWaitingWorkloads } from "../../world/workload.ts";

/** Every object of every resource, and what decides who may see it, as text: two moments with the same text answer the same. */
export function kubernetesView(world: World, now: number): string {
  settleOperations(world, now);
  createWaitingWorkloads(world.kubernetes.workloads, now);
  const objects = RESOURCES.map(({ group, plural, entries }) => [group, plural, entries(world, now).map((entry) => entry.render())]);
  const { admission, brokenCniNodes, continueTokens, tags, warnings } = world.kubernetes;
  const { mechanisms, runCommand, safeguards } = world.cluster;
  return JSON.stringify([objects, admission, brokenCniNodes, continueTokens, tags, warnings, mechanisms, runCommand, safeguards, world.rights]);
}
