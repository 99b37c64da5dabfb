/** A cluster as the list shows it. The list is somebody else's JSON: what it says ends up in a matrix, so it is checked to the letter. */
import { clusterParts, resourceId } from "../../azure/resource-id.ts";
import { at, booleanAt, isRecord, stringMapAt, type StringMap, textAt } from "../../lib/json.ts";

export interface ListedCluster {
  /** Spelt as the documentation spells it, whatever case the list uses. */
  readonly id: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  /** `westeurope`; empty where the list names none. */
  readonly location: string;
  /** `Automatic`, `Base`; empty where the list names none. */
  readonly sku: string;
  readonly isPrivate: boolean;
  readonly hasMesh: boolean;
  /** Keys in lower case. */
  readonly tags: StringMap;
}

/** An entry that is no cluster of the subscription asked for; the reason is fit for people. */
export interface InvalidEntry {
  readonly problem: string;
}

/** Words that Azure makes up: regions, SKUs. */
const WORD = /^[A-Za-z0-9]{1,50}$/;

/**
 * Reads one entry of the list of a subscription. Never throws, whatever the entry is.
 *
 * @param subscriptionId the subscription that was asked for: an entry of another one is refused
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
