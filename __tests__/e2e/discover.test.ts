/** discover: complete and sorted, with one request per page, for any size and with throttling. Long lists are listed by the bundle. */
import { describe, expect, it } from "vitest";
import { runFleetAction as runBundled } from "../../simulator/fleet/fleet-flow.ts";
import { type Fleet, type FleetOptions, startFleet as startBundled } from "../../simulator/fleet/start-fleet.ts";
import { setAt } from "../../simulator/lib/json.ts";
import type { ActionRun } from "../../simulator/runner/run-action.ts";
import { certificates } from "../faults/trust.ts";
import { runFleetAction, startFleet } from "./in-process.ts";

interface Entry {
  readonly cluster: string;
  readonly name: string;
  readonly label: string;
  readonly "resource-group": string;
  readonly "subscription-id": string;
  readonly location: string;
  readonly sku: string;
  readonly private: boolean;
}

interface ClusterFile {
  readonly include: readonly Entry[];
  readonly gaps: readonly unknown[];
  readonly subscriptions: readonly string[];
  readonly subscriptionNames: Readonly<Record<string, string>>;
  readonly azureEnvironment: string;
  readonly excluded: readonly { readonly cluster: string; readonly mesh: string; readonly inputs: readonly string[] }[];
}

interface Discovery extends ActionRun {
  readonly entries: readonly Entry[];
  readonly batches: readonly { readonly batch: number; readonly clusters: number; readonly first: string; readonly last: string }[];
  readonly file: ClusterFile;
}

async function discover(fleet: Fleet, inputs: Readonly<Record<string, string>> = {}, runAction: typeof runFleetAction = runFleetAction): Promise<Discovery> {
  const run = await runAction("discover", fleet, inputs);
  const include = (text: string | undefined): never => (JSON.parse(text ?? "null") as { include: never }).include;
  const file = run.outputs["clusters-path"] === undefined ? { include: [], gaps: [], subscriptions: [], subscriptionNames: {}, azureEnvironment: "", excluded: [] } : (JSON.parse(run.files["runner-temp/istio-cni-clusters.json"] ?? "") as ClusterFile);
  if (run.outputs["matrix"] === undefined) return { ...run, entries: [], batches: [], file };
  return { ...run, entries: include(run.outputs["matrix"]), batches: include(run.outputs["batches"]), file };
}

const startLarge = (options: Partial<FleetOptions> = {}): Promise<Fleet> => startBundled({ certificates, speed: 100, clusters: 1000, kindOf: () => "compliant", ...options });
const discoverLarge = (fleet: Fleet, inputs: Readonly<Record<string, string>> = {}): Promise<Discovery> => discover(fleet, inputs, runBundled);
const lists = (fleet: Fleet): string[] => fleet.requestLog.of("arm", "GET").map(({ path }) => path).filter((path) => path !== "/metadata/endpoints");
const key = (entry: Entry): string => `${entry["subscription-id"]} ${entry["resource-group"]} ${entry.name}`;

describe("1,000 clusters in 3 subscriptions", () => {
  it("are listed completely and sorted, with one request per page", async () => {
    await using fleet = await startLarge();
    const run = await discoverLarge(fleet);
    expect(run.exitCode, run.log).toBe(0);
    expect(run.entries).toHaveLength(1000);
    expect(run.entries.map(key)).toEqual([...run.entries.map(key)].sort());
    expect(new Set(run.entries.map(({ cluster }) => cluster.toLowerCase()))).toEqual(new Set(fleet.clusters.map(({ id }) => id.toLowerCase())));
    expect(run.outputs).toMatchObject({ count: "1000", total: "1000", complete: "true", "batch-count": "4" });
    expect(run.file.include).toEqual(run.entries);
    // 334, 333 and 333 clusters in pages of 100, and one page of subscriptions.
    expect(lists(fleet)).toHaveLength(3 * 4 + 1);
    expect(fleet.requestLog.entries.filter(({ status }) => status === 429)).toEqual([]);
    expect(fleet.requestLog.changes()).toEqual([]);

    expect(run.batches.map(({ batch, clusters }) => [batch, clusters])).toEqual([[1, 256], [2, 256], [3, 256], [4, 232]]);
    expect(run.annotations).toMatchObject([{ level: "warning", title: "More clusters than one matrix may have" }]);
    const second = await discoverLarge(fleet, { batch: "2" });
    expect(second.entries).toEqual(run.entries.slice(256, 512));
    expect([second.entries[0]?.cluster, second.entries.at(-1)?.cluster]).toEqual([run.batches[1]?.first, run.batches[1]?.last]);
    expect(second.outputs).toMatchObject({ count: "256", total: "1000" });
    const file = JSON.parse(second.files["runner-temp/istio-cni-clusters-batch-2.json"] ?? "") as { include: unknown; batch: number; otherBatches: unknown[] };
    expect([file.include, file.batch, file.otherBatches.length], "the batch's own file").toEqual([second.entries, 2, 744]);
    expect(second.outputs["expected-path"]).toMatch(/istio-cni-clusters-batch-2\.json$/);
  });

  it("are listed completely when Azure throttles the list", async () => {
    await using fleet = await startLarge({ limits: { list: { burst: 1, perSecond: 0.02 } } });
    const run = await discoverLarge(fleet);
    expect(run.exitCode, run.log).toBe(0);
    expect(run.entries).toHaveLength(1000);
    const answers = fleet.requestLog.of("arm", "GET").filter(({ path }) => path.endsWith("/managedClusters"));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3 * 4);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
  });
});

describe("the filter", () => {
  it("does not take an empty input subscriptions for all of them: a variable may not be set", async () => {
    await using fleet = await startFleet({ clusters: 3, kindOf: () => "compliant" });
    const run = await discover(fleet, { subscriptions: "" });
    expect([run.exitCode, lists(fleet).length], run.log).toEqual([1, 0]);
    expect(run.annotations[0]?.message).toContain("subscriptions: is empty.");
    expect((await discover(fleet, { subscriptions: "*" })).outputs["count"]).toBe("3");
  });

  it("selects by mesh, SKU, tags, names, resource groups, regions and subscriptions", async () => {
    await using fleet = await startFleet({ clusters: 60 });
    const names = async (inputs: Readonly<Record<string, string>>): Promise<string[]> => (await discover(fleet, inputs)).entries.map(({ name }) => name);
    const kinds = (kind: string): string[] => fleet.clusters.filter((cluster) => cluster.kind === kind).map(({ world }) => world.cluster.name).sort();
    expect((await names({ mesh: "off" })).sort()).toEqual(kinds("mesh-off"));
    expect((await names({ sku: "Base" })).sort()).toEqual(kinds("drifted"));
    expect(await names({ mesh: "any" })).toHaveLength(60);
    expect(await names({ tags: "Environment=pro*\ncost-center", names: "AKS-SHOP-*", mesh: "any" })).toEqual(fleet.clusters.filter(({ world }) => /^aks-shop-prod/.test(world.cluster.name)).map(({ world }) => world.cluster.name).sort());
    expect(await names({ "resource-groups": "rg-media-*", locations: "West Europe", subscriptions: fleet.subscriptions[0] ?? "" })).not.toEqual([]);
    const one = await discover(fleet, { subscriptions: fleet.subscriptions[1] ?? "" });
    expect(new Set(one.entries.map((entry) => entry["subscription-id"]))).toEqual(new Set([fleet.subscriptions[1]]));
  });

  it("says which inputs a cluster does not match", async () => {
    await using fleet = await startFleet({ clusters: 3, subscriptions: 1, kindOf: (index) => (index === 0 ? "mesh-off" : "compliant") });
    const [off, kept, other] = fleet.clusters.map(({ world }) => world.cluster.name);
    const run = await discover(fleet, { names: `${off ?? ""},${kept ?? ""}` });
    expect(run.entries.map(({ name }) => name)).toEqual([kept]);
    expect(run.file.excluded.map(({ cluster, ...more }) => ({ name: cluster.split("/").at(-1), ...more })).sort((a, b) => a.mesh.localeCompare(b.mesh))).toEqual([
      { name: off, mesh: "off", inputs: ["mesh"] },
      { name: other, mesh: "on", inputs: ["names"] },
    ]);
    expect(run.file).toMatchObject({ subscriptions: fleet.subscriptions, subscriptionNames: { [fleet.subscriptions[0] ?? ""]: "contoso-prod" }, azureEnvironment: new URL(fleet.inputs["azure-environment"] ?? "").href, subscriptionsFrom: "identity" });
    expect(run.summary).toMatch(/^## ✅ 1 cluster to check in 1 subscription$/m);
    expect(run.summary).toMatch(/<summary>2 clusters filtered out \(filter: mesh on; name /);
    expect(run.summary).toContain(`| <code>${off ?? ""}</code> | rg-shop-prod | <code>mesh</code> |`);
  });

  it("reports all invalid inputs together, before any request", async () => {
    await using fleet = await startFleet({ clusters: 1 });
    const run = await discover(fleet, { sku: "Premium", mesh: "perhaps", subscriptions: "mine", "batch-size": "1000", batch: "0" });
    expect(run.exitCode).toBe(1);
    for (const name of ["sku", "mesh", "subscriptions", "batch-size", "batch"]) expect(run.annotations[0]?.message).toContain(`${name}:`);
    expect(fleet.requestLog.entries).toEqual([]);
  });
});

describe("an empty list", () => {
  const OFF = (): "mesh-off" => "mesh-off";
  const GONE = "The identity sees no subscription: it has no role in any. No cluster is checked.";
  it.each<[string, FleetOptions, Readonly<Record<string, string>>, boolean, string]>([
    ["a filter that matches nothing", { clusters: 3, kindOf: () => "compliant" }, { names: "nothing-like-it" }, false, "None of 3 clusters in 3 subscriptions matches the filters. See the job summary for the filters. No cluster is checked."],
    ["a mesh that is off everywhere", { clusters: 3, kindOf: OFF }, {}, false, "None of 3 clusters in 3 subscriptions matches the filters. See the job summary for the filters. No cluster is checked."],
    ["an identity that sees no subscription", { clusters: 3, kindOf: () => "compliant" }, {}, true, GONE],
  ])("fails for %s, and with allow-empty succeeds with a warning", async (_, options, inputs, hidden, message) => {
    await using fleet = await startFleet(options);
    if (hidden) fleet.subscriptions.forEach((id) => fleet.hideSubscription(id));
    const run = await discover(fleet, inputs);
    expect(run.exitCode, run.log).toBe(1);
    expect(run.outputs).toMatchObject({ matrix: '{"include":[]}', count: "0", batches: '{"include":[]}' });
    expect(run.annotations).toEqual([{ level: "error", title: "No cluster found", message: `${message} Set allow-empty: true if that is intended.` }]);
    const allowed = await discover(fleet, { ...inputs, "allow-empty": "true" });
    expect([allowed.exitCode, allowed.annotations]).toEqual([0, [{ level: "warning", title: "No cluster found", message }]]);
  });

  it("fails also where some subscriptions could not be listed, and that is allowed", async () => {
    await using fleet = await startFleet({ clusters: 6, forbidden: [1], kindOf: () => "compliant" });
    const run = await discover(fleet, { names: "nothing-like-it", "allow-partial": "true" });
    expect([run.exitCode, run.annotations.map(({ level }) => level)]).toEqual([1, ["warning", "error"]]);
  });
});

describe("a cloud that does not know the newest api-version", () => {
  it.each(["NoRegisteredProviderFound", "InvalidApiVersionParameter", "InvalidResourceType"] as const)("is listed with the newest that it knows, after %s", async (refusal) => {
    await using fleet = await startFleet({ clusters: 6, kindOf: () => "compliant" });
    for (const { world } of fleet.clusters) Object.assign(world.resourceManager.apiVersions, { known: ["2025-10-01", "2026-01-01"], refusal });
    const run = await discover(fleet);
    expect([run.exitCode, run.outputs["count"], run.outputs["complete"]], run.log).toEqual([0, "6", "true"]);
    expect(run.log).toContain("asking with 2026-01-01");
  });

  it("is a gap where it knows none that shows the redirection mechanism", async () => {
    await using fleet = await startFleet({ clusters: 1, subscriptions: 1, kindOf: () => "compliant" });
    for (const { world } of fleet.clusters) world.resourceManager.apiVersions.known = ["2025-10-01"];
    const run = await discover(fleet);
    expect([run.exitCode, run.outputs["count"], run.outputs["complete"]], run.log).toEqual([1, "0", "false"]);
  });
});

describe("a subscription that may not be listed", () => {
  it("is reported, the others are listed, and the step fails", async () => {
    await using fleet = await startFleet({ clusters: 12, forbidden: [1], kindOf: () => "compliant" });
    const run = await discover(fleet);
    expect(run.exitCode).toBe(1);
    expect(run.entries).toHaveLength(8);
    expect(run.outputs["complete"]).toBe("false");
    expect(run.file.gaps).toMatchObject([{ subscriptionId: fleet.subscriptions[1] }]);
    const [error] = run.annotations;
    expect(error?.level).toBe("error");
    for (const word of [fleet.subscriptions[1] ?? "", "managedClusters/read", "Reader", "allow-partial"]) expect(error?.message).toContain(word);
    expect(run.summary).toMatch(/^## ⚠️ 8 clusters to check in 3 subscriptions, 1 of them not listed completely$/m);
    expect(run.summary).toMatch(/### ⚠️ Not listed: Resource Manager answered 403: AuthorizationFailed\n\n- contoso-test <code>.*\n\n\*\*What to do:\*\* Grant .*Reader[\s\S]*--scope \/subscriptions\/[0-9a-f-]{36}/);
    expect(run.summary).toMatch(/\| contoso-test<br>.*\| 0, not complete \| 0 \|/);
  });

  it("is a warning with allow-partial, except where no subscription could be listed", async () => {
    await using fleet = await startFleet({ clusters: 12, forbidden: [1], kindOf: () => "compliant" });
    const run = await discover(fleet, { "allow-partial": "true" });
    expect([run.exitCode, run.annotations[0]?.level, run.outputs["complete"]]).toEqual([0, "warning", "false"]);
    const none = await discover(fleet, { "allow-partial": "true", subscriptions: fleet.subscriptions[1] ?? "" });
    expect([none.exitCode, none.outputs["count"], none.annotations.length]).toEqual([1, "0", 1]);
  });
});

describe("clusters of equal names", () => {
  it("are told apart by their labels", async () => {
    await using fleet = await startFleet({ clusters: 6, kindOf: () => "compliant" });
    const [, first, second] = fleet.clusters;
    if (first === undefined || second === undefined) throw new Error("The fleet is too small.");
    second.world.cluster.name = first.world.cluster.name;
    setAt(second.world.cluster.body, ["name"], first.world.cluster.name);
    setAt(second.world.cluster.body, ["id"], `/subscriptions/${second.world.subscriptionId}/resourceGroups/${second.world.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${first.world.cluster.name}`);
    const run = await discover(fleet);
    const labels = run.entries.map(({ label }) => label);
    for (const { world } of [first, second]) expect(labels, run.log).toContain(`${world.cluster.name} (resource group ${world.resourceGroup}, subscription ${world.subscriptionId})`);
    expect(labels.filter((label) => label.includes("(")), "the others need no more than their names").toHaveLength(2);
  });
});

describe("hostile answers", () => {
  const respond = (body: never): NonNullable<FleetOptions["faults"]> => [
    { match: ({ path }) => path.endsWith("/managedClusters"), times: 1, fault: { kind: "respond", status: 200, body } },
  ];

  it("with a next page at another origin are not followed", async () => {
    await using fleet = await startFleet({ clusters: 3, subscriptions: 1, kindOf: () => "compliant", faults: respond({ value: [], nextLink: "https://localhost:9/subscriptions?$skiptoken=x" } as never) });
    const run = await discover(fleet);
    expect(run.exitCode).toBe(1);
    expect(run.annotations[0]?.message).toContain("https://localhost:9");
    expect(lists(fleet)).toHaveLength(2);
  });

  it("do not add entries that are not clusters of the subscription", async () => {
    const other = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/a/providers/Microsoft.ContainerService/managedClusters/other";
    const value = [null, 7, { id: "::error::x" }, { id: other }];
    await using fleet = await startFleet({ clusters: 3, subscriptions: 1, kindOf: () => "compliant", faults: respond({ value } as never) });
    const run = await discover(fleet);
    expect(run.exitCode).toBe(1);
    expect(run.entries).toEqual([]);
    expect(run.file.gaps).toHaveLength(4);
    expect(run.log).not.toMatch(/^::error::x/m);
  });
});
