import { describe, expect, it } from "vitest";
import { readExpectedClusters } from "../../../src/actions/fleet-summary/expected-clusters.ts";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { driftedReport } from "../../report/samples.ts";
import { fleetReport, idOf, listOf, ranBefore, reads } from "./samples.ts";

const drifted = (name: string): ReturnType<typeof fleetReport> => fleetReport(name, driftedReport());
const expected = (...names: readonly string[]): NonNullable<ReturnType<typeof readExpectedClusters>> => listOf(names.map((name) => idOf(name)));

describe("a fleet", () => {
  it("puts the drifted first, then what could not be checked, then the others", () => {
    const fleet = assembleFleet(reads([fleetReport("a"), drifted("b"), fleetReport("c", { status: "unverified" })]), undefined, undefined);
    expect(fleet.members.map(({ name }) => name)).toEqual(["b", "c", "a"]);
    expect(fleet).toMatchObject({ status: "drifted", counts: { compliant: 1, drifted: 1, unverified: 1 }, changes: undefined });
  });

  it("misses what was expected and not heard of, whatever the case of its ID", () => {
    const fleet = assembleFleet(reads([fleetReport("A", {}, idOf("a").replace("resourceGroups", "resourcegroups"))]), expected("a", "b"), undefined);
    expect(fleet.counts).toMatchObject({ compliant: 1, missing: 1 });
    expect(fleet.status).toBe("unverified");
  });

  it("counts subscriptions that could not be listed, and files that are no reports, as could not be checked", () => {
    const gaps = [{ subscriptionId: "s", reason: "403", remedy: "" }];
    const fleet = assembleFleet(reads([fleetReport("a")], [{ path: "x.json", problem: "it is not JSON", clusterId: "" }]), listOf([idOf("a")], { gaps }), undefined);
    expect(fleet.counts).toMatchObject({ compliant: 1, missing: 1, unreadable: 1 });
    expect(fleet.members.filter(({ verdict }) => verdict === "could-not-check")).toHaveLength(2);
  });

  it("takes the latest report of a cluster, and never merges two runs that do not know theirs", () => {
    const early = fleetReport("a", { ...driftedReport(), finishedAt: "2026-05-04T09:00:00.000Z" });
    expect(assembleFleet(reads([fleetReport("a"), early]), undefined, undefined)).toMatchObject({ status: "compliant", superseded: 1 });
    const unnamed = fleetReport("", { status: "failed" }, "");
    expect(assembleFleet(reads([unnamed, unnamed]), undefined, undefined).counts.failed).toBe(2);
  });

  it("is empty without any cluster, and says whether other batches have some", () => {
    expect(assembleFleet(reads([]), expected(), undefined)).toMatchObject({ status: "empty", members: [], hasOtherBatches: false });
    expect(assembleFleet(reads([]), listOf([], { batch: 2, otherBatches: [idOf("a")] }), undefined)).toMatchObject({ status: "empty", hasOtherBatches: true });
  });

  it("counts a report that cannot be read once, for its cluster, and a second file of the cluster as a file", () => {
    const unreadable = { path: "x.json", problem: "schemaVersion is 9", clusterId: idOf("a") };
    expect(assembleFleet(reads([], [unreadable]), expected("a"), undefined)).toMatchObject({ members: [{ name: "a", state: "unreadable" }], counts: { missing: 0, unreadable: 1 } });
    expect(assembleFleet(reads([fleetReport("a")], [unreadable]), expected("a"), undefined).members.map(({ name }) => name)).toEqual(["x.json", "a"]);
  });

  it("tells what changed since the run before", () => {
    const before = ranBefore([fleetReport("a"), drifted("b"), drifted("c"), fleetReport("d"), fleetReport("e", { status: "failed" }), fleetReport("gone")]);
    const now = reads([drifted("a"), fleetReport("b", { status: "changed" }), drifted("c"), fleetReport("d", { status: "unverified" }), fleetReport("e"), fleetReport("f")]);
    const { changes = [], vanished } = assembleFleet(now, undefined, before);
    expect(Object.fromEntries(changes.map(({ member, kind }) => [member.name, kind]))).toEqual({ a: "drifted", b: "fixed", d: "lost", e: "found-again", f: "new" });
    expect(vanished).toMatchObject([{ name: "gone", before: "compliant", reason: "unknown", isLost: true }]);
  });

  it("knows when the previous run ended: with its last report", () => {
    const earlier = fleetReport("b", { finishedAt: "2026-05-03T02:00:00.000Z" });
    expect(assembleFleet(reads([fleetReport("a")]), undefined, ranBefore([earlier, fleetReport("a", { finishedAt: "2026-05-03T02:14:00.000Z" })])).previousAt).toBe(Date.parse("2026-05-03T02:14:00Z"));
    expect(assembleFleet(reads([fleetReport("a")]), undefined, undefined).previousAt).toBeUndefined();
  });
});

describe("a cluster that was there before, in a state that is not known", () => {
  it("is not called new, fixed or lost", () => {
    const newer = { path: "r.json", problem: "schemaVersion is 9", clusterId: idOf("b") };
    const before = { reports: reads([], [newer]), clusters: listOf([idOf("a")]) };
    expect(assembleFleet(reads([fleetReport("a"), fleetReport("b", { status: "unverified" })]), expected("a", "b"), before)).toMatchObject({ changes: [], vanished: [] });
  });
});

describe("the expected matrix", () => {
  it("is read as discover writes it, and refused where it is something else", () => {
    expect(readExpectedClusters({ include: [{ cluster: idOf("a") }] })).toEqual(expected("a"));
    for (const wrong of [undefined, [], {}, { include: {} }, { include: [{ cluster: "a" }] }]) expect(readExpectedClusters(wrong)).toBeUndefined();
  });
});
