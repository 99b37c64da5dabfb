/** Reads an entry of the list of clusters. Its texts become part of a job matrix, so each of them is validated. */
import { clusterParts, resourceId } from "../../azure/resource-id.ts";
import { at, booleanAt, isRecord, stringMapAt, type StringMap, textAt } from "../../lib/json.ts";

/** A cluster from the list. */
export interface ListedCluster {
  /** In the letter case of Azure's documentation. */
  readonly id: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  /** `westeurope`; empty if the entry has no valid one. */
  readonly location: string;
  /** `Automatic`, `Base`; empty if the entry has no valid one. */
  readonly sku: string;
  readonly isPrivate: boolean;
  readonly hasMesh: boolean;
  /** With keys in lower case. */
  readonly tags: StringMap;
}

/** An entry that is not a cluster of the requested subscription, and why. */
export interface InvalidEntry {
  readonly problem: string;
}

/** Names of regions and SKUs. */
const WORD = /^[A-Za-z0-9]{1,50}$/;

/**
 * Reads one entry of the list of a subscription. Never throws.
 *
 * @param subscriptionId the requested subscription; an entry of another one is invalid
 */
export function readListedCluster(entry: unknown, subscriptionId: string): ListedCluster | InvalidEntry {
  if (!isRecord(entry)) return { problem: "an entry is not an object" };
  const id = textAt(entry, "id");
  const parts = clusterParts(id);
  if (parts === undefined) return { problem: id === "" ? "an entry has no resource ID" : `an entry has the ID ${JSON.stringify(id.slice(0, 200))}, which is not a cluster's` };
  if (parts.subscriptionId.toLowerCase() !== subscriptionId.toLowerCase()) {
    return { problem: `the cluster ${parts.name} is listed, but belongs to the subscription ${parts.subscriptionId}` };
  }
  const tags = Object.entries(stringMapAt(entry, "tags")).map(([key, value]) => [key.toLowerCase(), value] as const);
  return {
    ...parts,
    id: resourceId(parts),
    location: word(textAt(entry, "location").toLowerCase().replaceAll(" ", "")),
    sku: word(textAt(entry, "sku", "name")),
    isPrivate: booleanAt(entry, "properties", "apiServerAccessProfile", "enablePrivateCluster") === true,
    hasMesh: at(entry, "properties", "serviceMeshProfile", "mode") === "Istio",
    tags: Object.fromEntries(tags.filter(([key]) => key !== "__proto__")),
  };
}

function word(text: string): string {
  return WORD.test(text) ? text : "";
}
