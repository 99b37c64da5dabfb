import { describe, expect, it } from "vitest";
import type { ExpectedClusters, ListScope } from "../../../src/actions/fleet-summary/expected-clusters.ts";
import { labelsFor } from "../../../src/actions/cluster-label.ts";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { vanishedClusters } from "../../../src/actions/fleet-summary/vanished.ts";
import { fleetReport, idOf, listOf, ranBefore, reads } from "./samples.ts";

const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
const OTHER = "99999999-2222-3333-4444-555555555555";
const GONE = idOf("gone");

/** A list without the cluster, of which the subscription was listed. */
function list(scope: Partial<ListScope> = {}, more: Partial<ExpectedClusters> = {}): ExpectedClusters {
  return listOf([idOf("a")], { scope: { subscriptions: new Set([SUBSCRIPTION]), subscriptionsFrom: "identity", excluded: new Map(), ...scope }, ...more });
}

const excluded = (hasMesh: boolean, ...inputs: readonly string[]): Partial<ListScope> => ({ excluded: new Map([[GONE.toLowerCase(), { hasMesh, inputs }]]) });
const gaps = [{ subscriptionId: SUBSCRIPTION, reason: "Azure answered 403.", remedy: "" }];

describe("a cluster of the previous run that is not in the list", () => {
  it.each<[string, ExpectedClusters | undefined, string, boolean]>([
    ["without a list", undefined, "unknown", true],
    ["where the list does not say what it covers", listOf([]), "unknown", true],
    ["whose subscription the identity does not see", list({ subscriptions: new Set([OTHER]) }), "subscription-not-visible", true],
    ["whose subscription the inputs no longer name", list({ subscriptions: new Set([OTHER]), subscriptionsFrom: "input" }), "subscription-not-selected", false],
    ["whose subscription could not be listed", list({}, { gaps }), "subscription-not-listed", true],
    ["where it is not known which subscription is missing", list({}, { gaps: [{ subscriptionId: "", reason: "an entry without an ID", remedy: "" }] }), "subscription-not-listed", true],
    ["whose mesh is off", list(excluded(false, "mesh")), "mesh-off", true],
    ["whose mesh is off, in a subscription that was listed in part", list(excluded(false, "mesh"), { gaps }), "mesh-off", true],
    ["whose mesh is off, and that has lost its tag", list(excluded(false, "tags", "mesh")), "mesh-off", true],
    ["whose mesh is on, where those with the mesh off are listed", list(excluded(true, "mesh")), "not-matching", false],
    ["that has lost its tag", list(excluded(true, "tags")), "not-matching", false],
    ["that is not in its subscription any more", list(), "deleted", false],
  ])("%s", (_, expected, reason, isLost) => {
    expect(vanishedClusters([GONE], new Set(), expected)).toMatchObject([{ name: "gone", resourceGroup: "rg", subscriptionId: SUBSCRIPTION, reason, isLost }]);
  });

  it("has not vanished where it has a report, is expected or is in another batch, whatever the case of its ID", () => {
    const other = idOf("other");
    expect(vanishedClusters([idOf("A"), GONE, other], new Set([GONE.toLowerCase()]), list({}, { otherBatches: [other.toUpperCase()] }))).toEqual([]);
  });

  it("is told by the first batch, for all of them", () => {
    expect(vanishedClusters([GONE], new Set(), list({}, { batch: 1 }))).toHaveLength(1);
    expect(vanishedClusters([GONE], new Set(), list({}, { batch: 2 }))).toEqual([]);
  });

  it("makes the fleet unverified where sight of it was lost, and not where it was deleted", () => {
    const before = ranBefore([fleetReport("a"), fleetReport("gone")]);
    const statusOf = (expected: ExpectedClusters): string => assembleFleet(reads([fleetReport("a")]), expected, before).status;
    expect(statusOf(list({ subscriptions: new Set() }))).toBe("unverified");
    expect(statusOf(list())).toBe("compliant");
  });

  it("is expected by the next run where its subscription could not be listed, and not where it was deleted", () => {
    const known = (expected: ExpectedClusters): readonly string[] => assembleFleet(reads([fleetReport("a")]), expected, ranBefore([], listOf([GONE]))).known;
    expect(known(list({}, { gaps }))).toEqual([idOf("a"), GONE]);
    expect(known(list())).toEqual([idOf("a")]);
  });
});

describe("the name of a cluster", () => {
  const cluster = (name: string, subscriptionId: string): Parameters<ReturnType<typeof labelsFor>>[0] => ({ name, resourceGroup: "rg", subscriptionId });
  it("has its resource group and subscription where another one has the same name", () => {
    const all = [cluster("prod", SUBSCRIPTION), cluster("Prod", OTHER), cluster("test", OTHER), { name: "file.json", resourceGroup: "", subscriptionId: "" }];
    expect(all.map(labelsFor(all))).toEqual([`prod (resource group rg, subscription ${SUBSCRIPTION})`, `Prod (resource group rg, subscription ${OTHER})`, "test", "file.json"]);
  });
});
