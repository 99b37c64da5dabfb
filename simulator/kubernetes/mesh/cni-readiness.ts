/** When the CNI plugin is ready on a node. */
import { mechanismAt, type World } from "../../world/world.ts";

/** Time until the CNI agent is ready on a node that has joined, ms: its image is pulled first. */
const FIRST_START = 60_000;

/**
 * When the CNI DaemonSet's pod on a node becomes ready, given the mechanism at `at`: node after node, over
 * `timing.daemonSetRollout` from the switch. ms since the epoch; undefined: never (a broken node, or no CNI chaining).
 */
export function cniReadyAt(world: World, node: string, at: number): number | undefined {
  const { from, mechanism } = mechanismAt(world, at);
  if (mechanism !== "CNIChaining" || world.kubernetes.brokenCniNodes.includes(node)) return undefined;
  const linux = world.kubernetes.nodes.filter((candidate) => candidate.os === "linux");
  const position = linux.findIndex((candidate) => candidate.name === node);
  if (position < 0) return undefined;
  const joinedAt = linux[position]?.joinedAt;
  return Math.max(from + (world.timing.daemonSetRollout * (position + 1)) / linux.length, joinedAt === undefined ? 0 : joinedAt + FIRST_START);
}
