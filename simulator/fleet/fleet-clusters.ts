/** The clusters of a fleet: one world per cluster, spread over several subscriptions. */
import { setAt, stableUuid, textAt } from "../lib/json.ts";
import { MINUTE } from "../scenarios/base.ts";
import { scenario, type ScenarioName } from "../scenarios/registry.ts";
import { clusterId as idInActivityLog } from "../world/changes.ts";
import type { World } from "../world/world.ts";

/** The state of a cluster in a fleet. */
export type FleetKind = "compliant" | "drifted" | "no-role" | "stopped" | "mesh-off";

export interface FleetCluster {
  readonly world: World;
  kind: FleetKind;
  /** The resource ID as Azure spells it. */
  readonly id: string;
}

export interface FleetClustersOptions {
  readonly clusters: number;
  readonly subscriptions: number;
  /** Start of the simulated time, ms since the epoch. */
  readonly now: number;
  /** The state of the n-th cluster, from 0. */
  readonly kindOf: (index: number) => FleetKind;
}

const SCENARIOS: Readonly<Record<FleetKind, ScenarioName>> = {
  compliant: "compliant",
  drifted: "reset-by-terraform",
  "no-role": "compliant",
  stopped: "stopped",
  "mesh-off": "mesh-off",
};
const TEAMS = ["shop", "payments", "logistics", "search", "identity", "billing", "media", "analytics"];
const STAGES = ["prod", "test", "dev"];
const LOCATIONS = ["westeurope", "northeurope", "eastus2"];

/** The ID of a fleet's n-th subscription, from 0. */
export function subscriptionId(index: number): string {
  return stableUuid(`fleet-subscription-${index}`);
}

/** The name of a fleet's n-th subscription, from 0. */
export function subscriptionName(index: number): string {
  const round = Math.floor(index / STAGES.length);
  return `contoso-${STAGES[index % STAGES.length] ?? ""}${round === 0 ? "" : `-${round + 1}`}`;
}

/** The resource ID of a world's cluster. */
function clusterId({ subscriptionId: subscription, resourceGroup, cluster }: World): string {
  return `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${cluster.name}`;
}

/** The clusters of each fifty that are not compliant, by their place. */
const WRONG: ReadonlyMap<number, FleetKind> = new Map([
  [2, "drifted"],
  [3, "drifted"],
  [5, "drifted"],
  [8, "no-role"],
  [18, "stopped"],
  [23, "mesh-off"],
  [28, "drifted"],
  [33, "no-role"],
  [38, "mesh-off"],
  [43, "stopped"],
]);

/** Four of five clusters are compliant; of the first ten, three drifted and one lacks a role. */
export function mixedKinds(index: number): FleetKind {
  return WRONG.get(index % 50) ?? "compliant";
}

/** Where a cluster of a fleet is. */
interface Place {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location: string;
  readonly stage: string;
}

/** Gives a cluster another subscription, resource group, name and location, also in its activity log. */
function relocate(world: World, to: Place): void {
  const { cluster } = world;
  world.subscriptionId = to.subscriptionId;
  world.resourceGroup = to.resourceGroup;
  cluster.name = to.name;
  cluster.location = to.location;
  const id = idInActivityLog(world);
  world.activity = world.activity.map((event) => ({ ...event, change: { ...event.change, resourceId: id } }));
  const host = `${to.name}-${stableUuid(clusterId(world)).slice(0, 8)}.hcp.${to.location}.azmk8s.io`;
  Object.assign(cluster.body, { id: clusterId(world), name: to.name, location: to.location, eTag: stableUuid(`${clusterId(world)} etag`) });
  setAt(cluster.body, ["tags", "environment"], to.stage);
  setAt(cluster.body, ["properties", "fqdn"], host);
  setAt(cluster.body, ["properties", "dnsPrefix"], to.name);
  setAt(cluster.body, ["properties", "nodeResourceGroup"], `MC_${to.resourceGroup}_${to.name}_${to.location}`);
}

/** Creates the worlds. Clusters of a subscription share its preview flag; all share the identity. */
export function createFleetClusters({ clusters, subscriptions, now, kindOf }: FleetClustersOptions): FleetCluster[] {
  const flags = new Map<string, World["feature"]>();
  return Array.from({ length: clusters }, (_, index) => {
    const kind = kindOf(index);
    // A pipeline goes through the clusters one by one.
    const world = scenario(SCENARIOS[kind]).create(now - index * 4 * MINUTE);
    const team = TEAMS[index % TEAMS.length] ?? "team";
    const stage = STAGES[Math.floor(index / TEAMS.length) % STAGES.length] ?? "prod";
    relocate(world, {
      subscriptionId: subscriptionId(index % subscriptions),
      resourceGroup: `rg-${team}-${stage}`,
      name: `aks-${team}-${stage}-${String(index + 1).padStart(4, "0")}`,
      location: LOCATIONS[index % LOCATIONS.length] ?? "westeurope",
      stage,
    });
    if (kind === "no-role") world.rights.kubernetes = "none";
    const flag = flags.get(world.subscriptionId) ?? world.feature;
    flags.set(world.subscriptionId, flag);
    world.feature = flag;
    return { world, kind, id: clusterId(world) };
  });
}

/** Exchanges the states of two clusters: one is repaired, and the other one drifts. */
export function exchangeStates(one: FleetCluster, other: FleetCluster): void {
  const before = [one, other].map(({ world, kind }) => {
    const { cluster, kubernetes, activity } = world;
    return { kind, mechanisms: cluster.mechanisms, body: cluster.body, kubernetes, activity, place: placeOf(world) };
  });
  const [first, second] = before;
  if (first === undefined || second === undefined) return;
  for (const [to, from, { place }] of [[one, second, first], [other, first, second]] as const) {
    const { kind, mechanisms, body, kubernetes, activity } = from;
    to.kind = kind;
    Object.assign(to.world.cluster, { mechanisms, body });
    Object.assign(to.world, { kubernetes, activity });
    relocate(to.world, place);
  }
}

function placeOf({ subscriptionId: subscription, resourceGroup, cluster }: World): Place {
  return { subscriptionId: subscription, resourceGroup, name: cluster.name, location: cluster.location, stage: textAt(cluster.body, "tags", "environment") ?? "" };
}
