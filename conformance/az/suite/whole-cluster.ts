/** A cluster whose body has every property that the newest api-version has, made from the list of its paths. */
import { readOracle } from "../../../__tests__/oracles/folder.ts";
import { isJson, type Json, type JsonObject, isObject, setAt, valueAt } from "../../../simulator/lib/json.ts";
import type { RecordedCluster } from "./recorded-clusters.ts";

/** The objects whose keys are free; below every other `*` there is an array. */
const MAPS = /(?:^identity\.userAssignedIdentities|delegatedResources|addonProfiles|config|identityProfile|nodeLabels|tags|podLabels|kubeDNSOverrides|vnetDNSOverrides)$/;
const KEY = "one";

/** Puts a value at a path whose arrays have one item. */
function put(root: JsonObject, path: readonly string[], value: Json): void {
  let node: Json = root;
  path.forEach((name, index) => {
    const isLast = index === path.length - 1;
    const next: Json = isLast ? value : path[index + 1] === "*" && !MAPS.test(path.slice(0, index + 1).join(".")) ? [] : {};
    if (Array.isArray(node)) node = node[0] ??= next;
    else if (isObject(node)) {
      const key = name === "*" ? KEY : name;
      if (node[key] === undefined || (isLast && !isObject(node[key]) && !Array.isArray(node[key]))) node[key] = next;
      node = node[key] ?? next;
    }
  });
}

function pathsOf(schema: unknown, kind: "writable" | "readOnly"): string[] {
  const list = isJson(schema) ? valueAt(schema, kind) : undefined;
  return Array.isArray(list) ? list.filter((path) => typeof path === "string") : [];
}

/** The cluster. Its values mean nothing, but for those that az and the simulator read. */
export function wholeCluster(): RecordedCluster {
  const schema = readOracle("schema/managedClusters.2026-08-01.paths.json");
  const body: JsonObject = {};
  const paths = [...pathsOf(schema, "writable"), ...pathsOf(schema, "readOnly")];
  // Longer paths first: a path with others below it is an object.
  for (const path of paths.sort((a, b) => b.split(".").length - a.split(".").length)) put(body, path.split("."), "value");
  const subscription = "/subscriptions/00000000-0000-0000-0000-000000000000";
  const known: readonly (readonly [string, Json])[] = [
    ["id", `${subscription}/resourcegroups/whole/providers/Microsoft.ContainerService/managedClusters/whole`],
    ["name", "whole"],
    ["location", "westeurope"],
    ["type", "Microsoft.ContainerService/ManagedClusters"],
    ["properties.provisioningState", "Succeeded"],
    ["properties.powerState", { code: "Running" }],
    ["properties.serviceMeshProfile.mode", "Istio"],
    ["properties.serviceMeshProfile.istio.revisions", ["asm-1-30"]],
    ["properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism", "InitContainers"],
  ];
  for (const [path, value] of known) setAt(body, path.split("."), value);
  const pools = valueAt(body, "properties", "agentPoolProfiles");
  if (Array.isArray(pools) && isObject(pools[0])) Object.assign(pools[0], { name: "nodepool1", mode: "System", provisioningState: "Succeeded", powerState: { code: "Running" } });
  return { from: "every property of 2026-08-01", body };
}
