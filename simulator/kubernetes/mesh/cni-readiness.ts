/** When the CNI plugin is ready on a node. */
import { mechanismAt, type World } from "../../world/world.ts";

/**
 * When the CNI DaemonSet's pod on a node becomes ready, given the mechanism at `at`: node after node, over
 * `timing.daemonSetRollout` from the switch. ms since the epoch; undefined: never (a broken node, or no CNI chaining).
 */
export function cniReadyAt(world: World, node: string, at: number): number | undefined {
  const { from, mechanism } = mechanismAt(world, at);
  if (mechanism !== "CNIChaining" || world.kubernetes.brokenCniNodes.includes(node)) return undefined;
  const linux = world.kubernetes.nodes.filter((candidate) => candidate.os === "linux");
  const position = linux.findIndex((candidate) => candidate.name === node);
  return position < 0 ? undefined : from + (world.timing.daemonSetRollout * (position + 1)) / linux.length;
}
