/** The workflow fleet-check: discover, a check of each cluster, one summary. The first fleet is checked by the bundle. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { FleetKind } from "../../simulator/fleet/fleet-clusters.ts";
import { type FleetFlow, runFleetFlow as runBundled } from "../../simulator/fleet/fleet-flow.ts";
import { type Fleet, startFleet as startBundled } from "../../simulator/fleet/start-fleet.ts";
import { setAt } from "../../simulator/lib/json.ts";
import { certificates } from "../faults/trust.ts";
import { report } from "../report/samples.ts";
import { runFleetAction, runFleetFlow, startFleet } from "./in-process.ts";

const directory = mkdtempSync(join(tmpdir(), "fleet-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

const KINDS: readonly FleetKind[] = ["compliant", "drifted", "compliant", "no-role", "mesh-off", "compliant"];
const kindOf = (index: number): FleetKind => KINDS[index % KINDS.length] ?? "compliant";

describe("a fleet of twelve clusters", () => {
  it("has a correct summary, and the next summary reports the changes", async () => {
    await using fleet = await startBundled({ certificates, clusters: 12, speed: 100, kubernetes: true, kindOf });
    const nameOf = (index: number): string => fleet.clusters[index]?.world.cluster.name ?? "";
    const first = await runBundled({ fleet, directory: join(directory, "first"), parallel: 2, keepsReport: (name) => name !== nameOf(5) });
    expect(first.discovery.exitCode, first.discovery.log).toBe(0);
    expect(first.checks.size).toBe(10);
    expect(first.summary.exitCode).toBe(1);
    expect(first.summary.outputs).toMatchObject({ status: "drifted", total: "10", compliant: "5", drifted: "2", unverified: "2", missing: "1", "could-not-check": "3", "newly-drifted": "" });
    const page = first.summary.summary;
    expect(page).toMatch(/^## ⚠️ Fleet: 2 of 10 clusters drifted, 3 not checked$/m);
    expect(page.indexOf("### ⚠️ 2 clusters drifted: CNI chaining is off")).toBeLessThan(page.indexOf("### ❓ 2 clusters not checked: the identity lacks the role Azure Kubernetes Service RBAC Reader"));
    expect(page).toMatch(/Last written by terraform-prod, \d+ \w+ /);
    expect(page, "a link to the job").toContain(`[<code>${nameOf(1)}</code>](https://github.com/contoso/platform/actions/runs/`);
    expect(page, "the name of a subscription").toContain("| contoso-prod<br>");
    for (const index of [1, 7]) expect(page).toContain(`\n${fleet.clusters[index]?.world.subscriptionId ?? ""} ${fleet.clusters[index]?.world.resourceGroup ?? ""} ${nameOf(index)}\n`);
    for (const index of [1, 7, 3, 9, 5]) expect(page).toContain(nameOf(index));
    expect(page).not.toContain(nameOf(4));
    expect(first.summary.annotations.map(({ level, title }) => `${level}: ${title}`)).toEqual([
      "error: 2 clusters drifted: CNI chaining is off",
      "error: 2 clusters not checked: the identity lacks the role Azure Kubernetes Service RBAC Reader",
      "error: 1 cluster not checked: no report",
    ]);
    expect(first.summary.annotations[0]?.message).toMatch(new RegExp(`${nameOf(1)}|${nameOf(7)}`));
    expect(first.summary.outputs["message"]).toMatch(/^Fleet: 2 of 10 clusters drifted, 3 not checked\. First: CNI chaining is off, last written by terraform-prod, .* UTC\. Run this action with mode: apply/);
    expect(first.summary.log.trimEnd().split("\n").at(-1), "the last line of the log").toContain(first.summary.outputs["message"]);
    expect(fleet.requestLog.changes()).toEqual([]);

    // One cluster is repaired, and the identity gets its role in another one.
    const repaired = fleet.clusters[1]?.world;
    const compliant = fleet.clusters[2]?.world;
    if (repaired === undefined || compliant === undefined) throw new Error("The fleet is too small.");
    const { name, body } = repaired.cluster;
    Object.assign(repaired.cluster, structuredClone({ mechanisms: compliant.cluster.mechanisms, body: { ...compliant.cluster.body, id: body["id"] ?? "", name } }));
    repaired.kubernetes = compliant.kubernetes;
    const granted = fleet.clusters[3]?.world;
    if (granted !== undefined) granted.rights.kubernetes = "cluster-admin";
    const changed = [fleet.clusters[1]?.id, fleet.clusters[3]?.id].map((id = "") => id.toLowerCase());
    const known = new Map([...first.checks].filter(([id]) => !changed.includes(id.toLowerCase())));
    expect(known.size).toBe(first.checks.size - 2);
    const second = await runBundled({ fleet, directory: join(directory, "second"), parallel: 2, summary: first.left, known });
    expect(second.summary.outputs).toMatchObject({ drifted: "1", unverified: "1", missing: "0", "newly-drifted": "0", fixed: "1" });
    const changes = second.summary.summary.slice(second.summary.summary.indexOf("### Since "));
    expect(changes).toMatch(new RegExp(`\\*\\*1 was repaired:\\*\\* \\[<code>${name}</code>`));
    expect(changes).toMatch(new RegExp(`\\*\\*1 could be checked again:\\*\\* \\[<code>${nameOf(3)}</code>`));
    expect(changes).toContain("1 drifted before and still does.");
    expect(changes, "the trend").toMatch(/The last 2 runs[\s\S]*\| 8 \| 1 \| 1 \| 0 \|\n\| .* \| 5 \| 2 \| 3 \| 0 \|/);
  });
});

describe("what vanishes from a fleet", () => {
  const start = (clusters: number): Promise<Fleet> => startFleet({ clusters, kubernetes: true, kindOf: () => "compliant" });
  const discover = { tags: "environment" };

  it("is told first, with the reason, and fails where sight was lost or the mesh was switched off", async () => {
    await using fleet = await start(9);
    const [, vanishing = ""] = fleet.subscriptions;
    const first = await runFleetFlow({ fleet, directory: join(directory, "before"), discover });
    expect([first.summary.exitCode, first.summary.outputs["status"], first.summary.outputs["vanished"]], first.summary.log).toEqual([0, "compliant", ""]);

    const [meshOff, , deleted, untagged] = fleet.clusters;
    if (meshOff === undefined || deleted === undefined || untagged === undefined) throw new Error("The fleet is too small.");
    fleet.hideSubscription(vanishing);
    fleet.deleteCluster(deleted);
    setAt(meshOff.world.cluster.body, ["properties", "serviceMeshProfile", "mode"], "Disabled");
    setAt(untagged.world.cluster.body, ["tags"], {});
    const second = await runFleetFlow({ fleet, directory: join(directory, "after"), discover, summary: first.left, known: first.checks });
    const { summary, exitCode, outputs, annotations } = second.summary;
    expect([second.discovery.exitCode, exitCode], second.summary.log).toEqual([0, 1]);
    expect(outputs).toMatchObject({ status: "unverified", total: "3", compliant: "3", vanished: "4", removed: "2" });
    expect(summary).toMatch(/^## ❓ Fleet: 4 clusters vanished, 3 compliant$/m);
    expect(summary.indexOf("gone from the list")).toBeLessThan(summary.indexOf("| Subscription |"));
    const reasonOf = (cluster: Fleet["clusters"][number] | undefined): string => new RegExp(`gone from the list:.*<code>${cluster?.world.cluster.name ?? ""}</code>.*?\\. (.+)`).exec(summary)?.[1] ?? "";
    expect([meshOff, fleet.clusters[1], deleted, untagged].map(reasonOf)).toEqual([
      "The managed mesh is off.",
      "The identity no longer sees its subscription: it lost its role there, or the subscription was deleted or moved.",
      "It was deleted or moved: its subscription was listed completely, and the cluster is not in it.",
      "It no longer matches tags.",
    ]);
    expect(annotations.map(({ level, title }) => `${level}: ${title}`).sort()).toEqual([
      "error: 1 cluster vanished since the previous run",
      "error: 3 clusters vanished since the previous run",
      "warning: 1 cluster no longer in the list",
      "warning: 1 cluster no longer in the list",
    ]);

    const third = await runFleetFlow({ fleet, directory: join(directory, "later"), discover, summary: second.left, known: first.checks });
    expect([third.summary.exitCode, third.summary.outputs["vanished"]], "it is told once").toEqual([0, "0"]);
  });

  it("succeeds for a cluster that was deleted, and where vanished is not in fail-on", async () => {
    await using fleet = await start(3);
    const [deleted] = fleet.clusters;
    const first = await runFleetFlow({ fleet, directory: join(directory, "all") });
    if (deleted !== undefined) fleet.deleteCluster(deleted);
    const second = await runFleetFlow({ fleet, directory: join(directory, "one-deleted"), summary: first.left, known: first.checks });
    expect([second.summary.exitCode, second.summary.outputs["removed"], second.summary.outputs["vanished"]], second.summary.log).toEqual([0, "1", "0"]);
    fleet.subscriptions.forEach((id) => fleet.hideSubscription(id));
    const none = await runFleetFlow({ fleet, directory: join(directory, "none"), summary: { ...first.left, "fail-on": "drift" } });
    expect([none.discovery.exitCode, none.summary.exitCode], "the list is empty").toEqual([1, 1]);
    expect(none.summary.outputs).toMatchObject({ status: "unverified", total: "0", vanished: "3" });
    expect(none.summary.annotations.map(({ level, title }) => `${level}: ${title}`)).toEqual(["error: No cluster was checked", "warning: 3 clusters vanished since the previous run"]);
  });

  it("is told although its report was lost in the previous run, and every night while its subscription cannot be listed", async () => {
    await using fleet = await startFleet({ clusters: 3, kubernetes: true, kindOf: () => "compliant" });
    const flow = (name: string, summary: Readonly<Record<string, string>>, known: FleetFlow["checks"] = new Map()): Promise<FleetFlow> => runFleetFlow({ fleet, directory: join(directory, name), keepsReport: (cluster) => cluster !== fleet.clusters[1]?.world.cluster.name, summary, known });
    const first = await flow("night-1", {});
    expect(first.summary.outputs["missing"]).toBe("1");
    fleet.hideSubscription(fleet.subscriptions[1] ?? "");
    const subscriptions = { subscriptions: fleet.subscriptions.join(",") };
    const second = await runFleetFlow({ fleet, directory: join(directory, "night-2"), discover: { ...subscriptions, "allow-partial": "true" }, summary: first.left, known: first.checks });
    expect([second.summary.outputs["vanished"], second.summary.outputs["missing"]]).toEqual(["1", "1"]);
    const third = await flow("night-3", second.left, first.checks);
    expect(third.summary.summary, "the list of night 2 does not have it").toContain("The identity no longer sees its subscription");
  });
});

describe("fleet-summary", () => {
  it("reads reports of an earlier release, and does not guess what a later one means", async () => {
    const folder = join(directory, "releases");
    mkdirSync(folder);
    const of = (name: string, more: object): string => JSON.stringify({ ...report(), cluster: { ...report().cluster, name, id: report().cluster.id.replace("demo-aks", name) }, ...more });
    writeFileSync(join(folder, "earlier.json"), of("earlier", { checks: [], requests: undefined, feature: undefined }));
    writeFileSync(join(folder, "later.json"), of("later", { schemaVersion: 2, status: "compliant" }));
    const include = ["earlier", "later"].map((name) => ({ cluster: report().cluster.id.replace("demo-aks", name) }));
    const run = await runFleetAction("fleet-summary", undefined, { reports: folder, expected: JSON.stringify({ include }) });
    expect(run.outputs).toMatchObject({ total: "2", compliant: "1", unreadable: "1", missing: "0" });
    expect(run.summary).toContain("schemaVersion is 2, not 1");
  });

  it("names the subscriptions of clusters with equal names", async () => {
    const folder = join(directory, "equal-names");
    mkdirSync(folder);
    const subscriptions = ["11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"];
    for (const [index, subscription] of subscriptions.entries()) {
      const { cluster } = report();
      writeFileSync(join(folder, `${index}.json`), JSON.stringify({ ...report({ status: "drifted" }), cluster: { ...cluster, id: cluster.id.replace(/(?<=subscriptions\/)[^/]+/, subscription) } }));
    }
    const run = await runFleetAction("fleet-summary", undefined, { reports: folder });
    for (const subscription of subscriptions) expect(run.annotations[0]?.message).toContain(`demo-aks (resource group demo, subscription ${subscription})`);
  });

  it("fails for an empty fleet unless allow-empty, and never calls it compliant", async () => {
    const inputs = { reports: join(directory, "nowhere"), expected: '{"include":[]}' };
    const run = await runFleetAction("fleet-summary", undefined, inputs);
    expect([run.exitCode, run.outputs["status"], run.outputs["total"]]).toEqual([1, "empty", "0"]);
    expect(run.summary).toBe("## ⚠️ Fleet: no cluster was checked\n");
    const allowed = await runFleetAction("fleet-summary", undefined, { ...inputs, "allow-empty": "true" });
    expect([allowed.exitCode, allowed.annotations.map(({ level }) => level)]).toEqual([0, ["warning"]]);
  });

  it("fails with the reason where there are no reports", async () => {
    const run = await runFleetAction("fleet-summary", undefined, { reports: join(directory, "nowhere") });
    expect([run.exitCode, run.annotations[0]?.title]).toEqual([1, "Failed while looking for reports"]);
  });

  it("does not take an empty input expected for none: the matrix of discover may not be there", async () => {
    const folder = join(directory, "without-list");
    mkdirSync(folder);
    writeFileSync(join(folder, "report.json"), JSON.stringify(report({ status: "compliant" })));
    const run = await runFleetAction("fleet-summary", undefined, { reports: folder, expected: "" });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.annotations[0]?.message).toContain("expected: is empty.");
    expect((await runFleetAction("fleet-summary", undefined, { reports: folder, expected: "none" })).outputs).toMatchObject({ status: "compliant", total: "1" });
  });

  it("reports all invalid inputs together", async () => {
    const run = await runFleetAction("fleet-summary", undefined, { reports: "", "fail-on": "drift, never, sometimes", expected: "{}" });
    expect(run.exitCode).toBe(1);
    for (const name of ["reports:", "fail-on:", "expected:"]) expect(run.annotations[0]?.message).toContain(name);
  });
});
