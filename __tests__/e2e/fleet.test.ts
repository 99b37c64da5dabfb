/** The workflow fleet-check with the bundle: discover, a check of each cluster, one summary. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { FleetKind } from "../../simulator/fleet/fleet-clusters.ts";
import { startFleet } from "../../simulator/fleet/start-fleet.ts";
import { runFleetFlow, runFleetAction } from "../../simulator/fleet/fleet-flow.ts";

const directory = mkdtempSync(join(tmpdir(), "fleet-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

const KINDS: readonly FleetKind[] = ["compliant", "drifted", "compliant", "no-role", "mesh-off", "compliant"];
const kindOf = (index: number): FleetKind => KINDS[index % KINDS.length] ?? "compliant";

describe("a fleet of twelve clusters", () => {
  it("has a correct summary, and the next summary reports the changes", async () => {
    await using fleet = await startFleet({ clusters: 12, speed: 100, kubernetes: true, kindOf });
    const nameOf = (index: number): string => fleet.clusters[index]?.world.cluster.name ?? "";
    const first = await runFleetFlow({ fleet, directory: join(directory, "first"), parallel: 2, keepsReport: (name) => name !== nameOf(5) });
    expect(first.discovery.exitCode, first.discovery.log).toBe(0);
    expect(first.checks.size).toBe(10);
    expect(first.summary.exitCode).toBe(1);
    expect(first.summary.outputs).toMatchObject({ status: "drifted", total: "10", compliant: "5", drifted: "2", unverified: "2", missing: "1", "could-not-check": "3", "newly-drifted": "" });
    const page = first.summary.summary;
    expect(page.indexOf("### Drifted")).toBeLessThan(page.indexOf("### Could not be checked"));
    for (const index of [1, 7, 3, 9, 5]) expect(page).toContain(nameOf(index));
    expect(page).not.toContain(nameOf(4));
    expect(first.summary.annotations.map(({ title }) => title)).toEqual(["Drifted: 2 clusters", "Could not be checked: 3 clusters"]);
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
    const second = await runFleetFlow({ fleet, directory: join(directory, "second"), parallel: 2, summary: { previous: first.reports } });
    expect(second.summary.outputs).toMatchObject({ drifted: "1", unverified: "1", missing: "0", "newly-drifted": "0", fixed: "1" });
    const changes = second.summary.summary.slice(second.summary.summary.indexOf("### Since the previous run"));
    expect(changes).toMatch(new RegExp(`fixed \\| <code>${name}</code>`));
    expect(changes).toMatch(new RegExp(`checked again \\| <code>${nameOf(3)}</code>`));
    expect(changes).toContain("1 cluster drifted before and still does.");
  });
});

describe("fleet-summary", () => {
  it("fails with the reason where there are no reports", async () => {
    const run = await runFleetAction("fleet-summary", undefined, { reports: join(directory, "nowhere") });
    expect([run.exitCode, run.annotations[0]?.title]).toEqual([1, "Failed while looking for reports"]);
  });

  it("reports all invalid inputs together", async () => {
    const run = await runFleetAction("fleet-summary", undefined, { reports: "", "fail-on": "drift, never, sometimes", expected: "{}" });
    expect(run.exitCode).toBe(1);
    for (const name of ["reports:", "fail-on:", "expected:"]) expect(run.annotations[0]?.message).toContain(name);
  });
});
