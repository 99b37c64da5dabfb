/** Settings in the cluster's body that several services depend on, and functions that change them. */
import { isObject, setAt, stableUuid, textAt, valueAt } from "../lib/json.ts";
import { MECHANISM_PATH } from "./operations.ts";
import type { World } from "./world.ts";

/** Whether users sign in with Entra; without it the cluster has local accounts only. */
export function hasEntra(world: World): boolean {
  return valueAt(world.cluster.body, "properties", "aadProfile") !== undefined;
}

/** Whether run commands are disabled on the cluster. */
export function runCommandDisabled(world: World): boolean {
  return valueAt(world.cluster.body, "properties", "apiServerAccessProfile", "disableRunCommand") === true;
}

/** Whether the cluster is stopped. */
export function isStopped(world: World): boolean {
  return textAt(world.cluster.body, "properties", "powerState", "code") === "Stopped";
}

/** Disables run commands. */
export function disableRunCommand(world: World): void {
  setAt(world.cluster.body, ["properties", "apiServerAccessProfile", "disableRunCommand"], true);
}

/** Makes the cluster private, in the body that Azure returns and in the addresses at which it can be reached. */
export function makePrivate(world: World, { publicFqdn }: { readonly publicFqdn: boolean }): void {
  const { cluster, subscriptionId } = world;
  const host = textAt(cluster.body, "properties", "fqdn")?.split(".")[0] ?? cluster.name;
  const zone = `${stableUuid(`${subscriptionId}/zone`)}.privatelink.${cluster.location}.azmk8s.io`;
  cluster.private = { publicFqdn };
  const profile = ["properties", "apiServerAccessProfile"];
  setAt(cluster.body, [...profile, "enablePrivateCluster"], true);
  setAt(cluster.body, [...profile, "privateDNSZone"], "system");
  setAt(cluster.body, [...profile, "enablePrivateClusterPublicFQDN"], publicFqdn);
  setAt(cluster.body, ["properties", "privateFQDN"], `${host}.${zone}`);
  const properties = valueAt(cluster.body, "properties");
  if (!publicFqdn && typeof properties === "object" && properties !== null) Reflect.deleteProperty(properties, "fqdn");
}

/**
 * Takes the redirection mechanism out of the cluster's body, as on a mesh that was made on asm-1-30 or later by a client that never named it.
 * The mesh itself stays as it is.
 */
export function leaveMechanismUnnamed({ cluster }: World): void {
  const components = valueAt(cluster.body, ...MECHANISM_PATH.slice(0, -1));
  if (isObject(components)) Reflect.deleteProperty(components, MECHANISM_PATH[MECHANISM_PATH.length - 1] ?? "");
}
