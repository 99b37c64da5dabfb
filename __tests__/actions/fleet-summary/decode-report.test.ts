import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import { driftedReport, failedReport, report } from "../../report/samples.ts";

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
  it.each(VALID.map((valid) => ({ valid, status: valid.status })))("takes a $status report", ({ valid }) => {
    expect(decodeReport(JSON.parse(JSON.stringify(valid)))).toMatchObject({ status: valid.status, mode: valid.mode, clusterId: valid.cluster.id });
  });

  it("overlooks properties that a later version may have", () => {
    expect(decodeReport({ ...report(), driftedBy: { who: "somebody" } })).toMatchObject({ status: "compliant" });
  });

  it.each([
    [null, "not a JSON object"],
    [[], "not a JSON object"],
    [{}, "schemaVersion is missing"],
    [{ ...report(), schemaVersion: 2 }, "schemaVersion is 2"],
    [{ ...report(), status: "great" }, "status is none of"],
    [{ ...report(), finishedAt: "yesterday" }, "finishedAt is not a time"],
    [{ ...report(), checks: {} }, "checks is not a list"],
    [{ ...report(), checks: [{}] }, "id is not text"],
    [{ include: [] }, "schemaVersion is missing"],
  ])("says what is wrong with %j", (json, words) => {
    expect(decodeReport(json)).toMatchObject({ problem: expect.stringContaining(words) as unknown });
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
