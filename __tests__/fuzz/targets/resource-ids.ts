/**
 * Resource IDs, the addresses that Resource Manager gives, and paths of the Kubernetes API. An ID that is accepted comes back as it
 * was, and stays where it is in a URL; an address elsewhere is not followed.
 */
import assert from "node:assert/strict";
import { pathAt } from "../../../src/azure/arm-client.ts";
import { clusterParts, isAllowed, resourceId } from "../../../src/azure/resource-id.ts";
import { parsePath, pathSegment } from "../../../src/kubernetes/resource-path.ts";
import { ActionError } from "../../../src/lib/errors.ts";
import { portalLinks } from "../../../src/report/links.ts";
import type { Target } from "../target.ts";

const ORIGIN = "https://management.azure.com";

function fuzz(data: Buffer): string {
  const text = data.toString("utf8");
  const isId = readId(text);
  const path = pathAt(ORIGIN, text);
  if (path !== undefined) assert.equal(placeOf(`${ORIGIN}${path}`), placeOf(text), "an address is followed to where it is");
  const isPath = readPath(text);
  assert.equal(new URL(`/a/${pathSegment(text)}/b`, ORIGIN).origin, ORIGIN, "a name stays in its path");
  return `${isId ? "ID" : ""} ${isPath ? "path" : ""} ${path === undefined ? "" : "address"}`;
}

function placeOf(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search}`;
}

function readId(text: string): boolean {
  const parts = clusterParts(text);
  if (parts === undefined) return false;
  const id = resourceId(parts);
  assert.equal(id.toLowerCase(), text.toLowerCase().replace(/\/$/, ""), "an ID comes back as it was");
  assert.deepEqual(clusterParts(id), parts, "an ID reads as itself");
  const { subscriptionId, resourceGroup, name } = parts;
  const url = new URL(`${ORIGIN}/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(resourceGroup)}/providers/Microsoft.ContainerService/managedClusters/${name}`);
  assert.equal(decodeURIComponent(url.pathname), id, "an ID keeps its segments in a URL");
  assert(isAllowed(subscriptionId, [subscriptionId.toLowerCase()]), "a subscription is the same in any letter case");
  assert(!isAllowed(subscriptionId, ["00000000-0000-0000-0000-00000000000x"]), "another subscription is not allowed");
  const { portal } = portalLinks("AzureCloud", id);
  assert.match(portal, /^https:\/\/portal\.azure\.com\/#@\/resource\/[\w.~%/-]+$/, "the link to the portal is one word");
  return true;
}

function readPath(text: string): boolean {
  try {
    const { group, version, namespace, resource, name } = parsePath(text, "");
    const expected = [group === "" ? "/api" : `/apis/${group}`, version, ...(namespace === "" ? [] : ["namespaces", namespace]), resource, ...(name === "" ? [] : [name])].join("/");
    assert.equal(text, expected, "a path has no other parts");
    assert.equal(new URL(text, ORIGIN).pathname, text, "a path stays as it is in a URL");
    return true;
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "InvalidName") throw error;
    return false;
  }
}

const ID = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-prod/providers/Microsoft.ContainerService/managedClusters/aks-prod";

export const target: Target = {
  covers: ["src/azure/resource-id.ts", "src/kubernetes/resource-path.ts", "src/report/links.ts"],
  seeds: () =>
    [ID, ID.replace("rg-prod", "Gruppe_(ä).1"), ID.toUpperCase(), `${ID}/`, ID.replace("rg-prod", ".."), ID.replace("aks-prod", ".."), ID.replace("rg-prod", "a%2Fb"), `${ORIGIN}${ID}/commandResults/1?api-version=2026-08-01`, "/apis/apps/v1/namespaces/shop/deployments/cart", "/api/v1/pods", "/api/v1/namespaces/../pods", "https://management.azure.com@evil.example/x", "https://management.azure.com.evil.example/x"].map((text) => Buffer.from(text)),
  tokens: ["..", ".", "/", "//", "%2e%2e", "%2F", "\\", "?", "#", "@", "\n", "\r", "\0", " ", "(", ")", "ß", "İ", "ſ", "K", "\u0301", "\u202e", "\ud83d\ude00", "/subscriptions/", "/resourceGroups/", "/providers/Microsoft.ContainerService/managedClusters/", "/commandResults/", ORIGIN, "https://evil.example", "/api/v1/", "/apis/apps/v1/", "namespaces/"],
  fuzz,
};
