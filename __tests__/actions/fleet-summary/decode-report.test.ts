import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import { check, driftedReport, failedReport, report } from "../../report/samples.ts";

const VALID = [report(), driftedReport(), failedReport()];

/** Every path of a JSON value, as names. */
function paths(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [...(at.length > 0 ? [at] : []), ...Object.entries(value).flatMap(([key, item]) => paths(item, [...at, key]))];
}

function replaced(value: unknown, [key = "", ...rest]: readonly string[], by: unknown): unknown {
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const slot = copy as Record<string, unknown>;
  slot[key] = rest.length === 0 ? by : replaced(slot[key], rest, by);
  return copy;
}

describe("decodeReport", () => {
  it("reads a report of an earlier release without guessing what it does not have", () => {
    expect(decodeReport(report())).toMatchObject({ counts: {}, lastWrites: [], missingRoles: [], runUrl: "", error: undefined });
    expect(decodeReport(report())).not.toHaveProperty("diagnosis");
  });

  it("reads causes, numbers, writers and missing roles, each role once, and no write at a time that is none", () => {
    const write = { at: "2026-11-26T02:14:00Z", by: "terraform-prod", application: "", operation: "", status: "Succeeded", correlationId: "" };
    const right = { action: "get daemonsets", scope: "the cluster", role: "RBAC Reader" };
    const json = report({ lastWrites: [write, { ...write, at: "yesterday" }], missingRights: [right, { ...right, action: "list pods" }], counts: { after: { podsInMesh: 7, podsRedirected: 6 } }, run: { url: "https://github.com/x" } });
    expect(decodeReport(json)).toMatchObject({ lastWrites: [{ by: "terraform-prod" }], missingRoles: ["RBAC Reader"], counts: { podsInMesh: 7, podsRedirected: 6 }, runUrl: "https://github.com/x" });
    const decoded = decodeReport(json);
    expect("lastWrites" in decoded && decoded.lastWrites).toHaveLength(1);
  });

  it.each(VALID.map((valid) => ({ valid, status: valid.status })))("takes a $status report", ({ valid }) => {
    expect(decodeReport(JSON.parse(JSON.stringify(valid)))).toMatchObject({ status: valid.status, mode: valid.mode, clusterId: valid.cluster.id });
  });

  it.each([
    ["has further properties", { ...report(), driftedBy: { who: "somebody" } }],
    ["has a check with an id that a later version added", { ...report(), checks: [{ ...check(), id: "ambient-enabled" }] }],
    ["has a cause with an id that a later version added", { ...report(), diagnosis: [{ cause: "ambient-enabled", consequences: ["ztunnel-ready"], message: "", remedy: "", commands: [] }] }],
    ["has further properties in a check", { ...report(), checks: [{ ...check(), since: 1 }] }],
    ["has an error without text", { ...report(), error: {} }],
  ])("accepts a report that %s", (_, json) => {
    expect(decodeReport(json)).toMatchObject({ status: "compliant" });
  });

  it.each([
    [null, "not a JSON object"],
    [[], "not a JSON object"],
    [{}, "schemaVersion is missing"],
    [{ ...report(), schemaVersion: 2 }, "schemaVersion is 2"],
    [{ ...report(), status: "great" }, "status is none of"],
    [{ ...report(), finishedAt: "yesterday" }, "finishedAt is not a time"],
    [{ ...report(), checks: {} }, "checks is not a list"],
    [{ ...report(), checks: [{}] }, "checks.0.title is missing"],
    [{ ...report(), checks: [check(), { ...check(), title: 1 }] }, "checks.1.title is not text"],
    [{ ...report(), checks: [{ ...check(), result: "great" }] }, "checks.0.result is none of pass, fail, warn, skip"],
    [{ ...report(), diagnosis: [{ cause: 1 }] }, "diagnosis.0.consequences is missing"],
    [{ ...report(), counts: { after: { podsInMesh: "7" } } }, "counts.after.podsInMesh is not a whole number"],
    [{ ...report(), counts: { after: { podsInMesh: -1 } } }, "counts.after.podsInMesh is below 0"],
    [{ ...report(), run: "https://github.com" }, "run is not an object"],
    [{ ...report(), schemaVersion: "1" }, "schemaVersion is of another type, not 1"],
    [{ ...report(), mesh: { ...report().mesh, revisions: ["asm-1-27", null] } }, "mesh.revisions.1 is not text"],
    [{ ...report(), cluster: undefined }, "cluster is missing"],
    [{ ...report(), error: "it failed" }, "error is not an object"],
    [{ schemaVersion: 2 }, "schemaVersion is 2, not 1"],
    [{ include: [] }, "schemaVersion is missing"],
  ])("says what is wrong with %j", (json, words) => {
    expect(decodeReport(json)).toMatchObject({ problem: expect.stringContaining(words) as unknown });
  });

  it("names the cluster of a report of another version, and of no other file", () => {
    const id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/a";
    expect(decodeReport({ schemaVersion: 9, cluster: { id } })).toMatchObject({ clusterId: id, problem: expect.stringContaining("use the version of fleet-summary that belongs to the action") as unknown });
    for (const other of [{ cluster: { id } }, { schemaVersion: 9, cluster: { id: "x" } }, { schemaVersion: 0, cluster: id }]) expect(decodeReport(other)).toMatchObject({ clusterId: "" });
  });

  it("survives any JSON, and any report with one value exchanged", () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => void decodeReport(json)));
    const all = paths(VALID[1]);
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.jsonValue(), (path, by) => {
        const decoded = decodeReport(replaced(VALID[1], path, by));
        if (!("problem" in decoded)) expect(typeof decoded.clusterName).toBe("string");
      }),
    );
  });
});
