/** The clusters of a fleet: full worlds, each with a place of its own in one of several subscriptions. */
import { setAt, stableUuid } from "./json.ts";
import { scenario, type ScenarioName } from "./scenarios/registry.ts";
import type { World } from "./world.ts";

/** What is the matter with a cluster of a fleet. */
export type FleetKind = "compliant" | "drifted" | "no-role" | "stopped" | "mesh-off";

export interface FleetCluster {
  readonly world: World;
  readonly kind: FleetKind;
  /** As Azure spells it. */
  readonly id: string;
}

export interface FleetWorldsOptions {
  readonly clusters: number;
  readonly subscriptions: number;
  /** The first moment, ms since the epoch. */
  readonly now: number;
  /** What is the matter with the n-th cluster, from 0. */
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

/** The path of a world's cluster. */
function clusterPath({ subscriptionId: subscription, resourceGroup, cluster }: World): string {
  return `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${cluster.name}`;
}

/** One in ten has something the matter, of every kind. */
export function mixedKinds(index: number): FleetKind {
  const wrong: readonly FleetKind[] = ["drifted", "no-role", "drifted", "stopped", "mesh-off"];
  return index % 5 === 3 ? (wrong[Math.floor(index / 5) % wrong.length] ?? "drifted") : "compliant";
}

/** Gives a scenario's cluster another name and place. */
function place(world: World, at: { subscriptionId: string; resourceGroup: string; name: string; location: string; stage: string }): void {
  const { cluster } = world;
  world.subscriptionId = at.subscriptionId;
  world.resourceGroup = at.resourceGroup;
  cluster.name = at.name;
  cluster.location = at.location;
  const host = `${at.name}-${stableUuid(clusterPath(world)).slice(0, 8)}.hcp.${at.location}.azmk8s.io`;
  Object.assign(cluster.body, { id: clusterPath(world), name: at.name, location: at.location, eTag: stableUuid(`${clusterPath(world)} etag`) });
  setAt(cluster.body, ["tags", "environment"], at.stage);
  setAt(cluster.body, ["properties", "fqdn"], host);
  setAt(cluster.body, ["properties", "dnsPrefix"], at.name);
  setAt(cluster.body, ["properties", "nodeResourceGroup"], `MC_${at.resourceGroup}_${at.name}_${at.location}`);
}

/** Makes the worlds. Those of a subscription share its preview flag; all share the identity. */
export function fleetWorlds({ clusters, subscriptions, now, kindOf }: FleetWorldsOptions): FleetCluster[] {
  const flags = new Map<string, World["feature"]>();
  return Array.from({ length: clusters }, (_, index) => {
    const kind = kindOf(index);
    const world = scenario(SCENARIOS[kind]).create(now);
    const team = TEAMS[index % TEAMS.length] ?? "team";
    const stage = STAGES[Math.floor(index / TEAMS.length) % STAGES.length] ?? "prod";
    place(world, {
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
    return { world, kind, id: clusterPath(world) };
  });
}
