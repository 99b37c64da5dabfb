import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClusterFilter } from "../../../src/actions/discover/inputs.ts";
import { mismatches } from "../../../src/actions/discover/cluster-filter.ts";
import { type ListedCluster, readListedCluster } from "../../../src/actions/discover/listed-cluster.ts";
import { batchesOf, matrixOf, sliceOf } from "../../../src/actions/discover/matrix.ts";

const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
const entry = (name: string, more: object = {}): object => ({
  id: `/subscriptions/${SUBSCRIPTION}/resourcegroups/Rg-A/providers/Microsoft.ContainerService/managedClusters/${name}`,
  location: "West Europe",
  sku: { name: "Automatic", tier: "Standard" },
  tags: { Team: "shop", Environment: "Production" },
  properties: { serviceMeshProfile: { mode: "Istio" }, apiServerAccessProfile: { enablePrivateCluster: true } },
  ...more,
});

function found(name = "prod", more: object = {}): ListedCluster {
  const cluster = readListedCluster(entry(name, more), SUBSCRIPTION);
  if ("problem" in cluster) throw new Error(cluster.problem);
  return cluster;
}

describe("an entry of the list", () => {
  it("becomes a cluster, its ID spelt as documented", () => {
    expect(found()).toEqual({
      id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/Rg-A/providers/Microsoft.ContainerService/managedClusters/prod`,
      name: "prod",
      resourceGroup: "Rg-A",
      subscriptionId: SUBSCRIPTION,
      location: "westeurope",
      sku: "Automatic",
      isPrivate: true,
      hasMesh: true,
      tags: { team: "shop", environment: "Production" },
    });
  });

  it.each([null, [], "x", {}, { id: 7 }, { id: "/subscriptions/x" }, entry("a\n::error::b"), entry("a'; rm -rf /"), entry("${{ secrets.X }}")])("that is none is told: %j", (json) => {
    expect(readListedCluster(json, SUBSCRIPTION)).toHaveProperty("problem");
  });

  it("of another subscription is told", () => {
    expect(readListedCluster(entry("prod"), "99999999-2222-3333-4444-555555555555")).toHaveProperty("problem");
  });

  it("lets no word of another kind into the matrix", () => {
    expect(found("prod", { location: "x\ny: $(z)", sku: { name: "<b>" } })).toMatchObject({ location: "", sku: "" });
  });

  it("survives any JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => void readListedCluster(json, SUBSCRIPTION)));
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom("id", "location", "sku", "tags", "properties"), (json, key) => void readListedCluster({ ...entry("prod"), [key]: json }, SUBSCRIPTION)));
  });
});

describe("the filter", () => {
  const ANY: ClusterFilter = { resourceGroups: [], locations: [], names: [], tags: [], sku: "any", mesh: "any" };

  it.each<[Partial<ClusterFilter>, readonly string[]]>([
    [{}, []],
    [{ names: ["pr*", "x"] }, []],
    [{ names: ["x*"] }, ["names"]],
    [{ resourceGroups: ["rg-*"] }, []],
    [{ locations: ["northeurope"], resourceGroups: ["x"] }, ["resource-groups", "locations"]],
    [{ sku: "Base" }, ["sku"]],
    [{ mesh: "off" }, ["mesh"]],
    [{ tags: [{ key: "team", value: undefined }] }, []],
    [{ tags: [{ key: "team", value: "s*" }, { key: "environment", value: "production" }] }, ["tags"]],
    [{ tags: [{ key: "constructor", value: undefined }] }, ["tags"]],
  ])("%j is not matched in %j", (wanted, inputs) => {
    expect(mismatches(found(), { ...ANY, ...wanted })).toEqual(inputs);
  });
});

describe("batches", () => {
  it("hold every cluster once, in order, and none more than its size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 1, max: 256 }), (count, size) => {
        const clusters = Array.from({ length: count }, (_, index) => found(`c${index}`));
        const { include } = batchesOf(clusters, size);
        const slices = include.map(({ batch }) => sliceOf(clusters, batch, size));
        expect(slices.flat()).toEqual(clusters);
        expect(slices.map((slice) => slice.length)).toEqual(include.map((batch) => batch.clusters));
        expect(Math.max(0, ...slices.map((slice) => slice.length))).toBeLessThanOrEqual(size);
        expect(sliceOf(clusters, include.length + 1, size)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it("make entries of what the main action needs", () => {
    expect(matrixOf([found()], [found()]).include).toEqual([
      { cluster: found().id, name: "prod", label: "prod", "resource-group": "Rg-A", "subscription-id": SUBSCRIPTION, location: "westeurope", sku: "Automatic", private: true },
    ]);
  });
});
