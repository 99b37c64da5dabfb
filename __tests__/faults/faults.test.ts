/** A part of the fault matrix that is fast enough for each test run; `npm run test:faults` runs the whole matrix. */
import { describe, expect, it } from "vitest";
import { MODES } from "../../src/contract.ts";
import type { Selection } from "./cases.ts";
import { MatrixCounts } from "./counts.ts";
import { runUnit, type Unit } from "./run-unit.ts";

/** Runs a part of the cases in this process. */
async function matrix(scenarios: readonly Unit["scenario"][], selection: Partial<Selection>, more: Partial<Unit> = {}): Promise<MatrixCounts> {
  const counts = new MatrixCounts();
  for (const scenario of scenarios) {
    const unit: Unit = { scenario, modes: MODES, share: 0, shares: 1, selection: { part: 1, parts: 1, kubectl: 40, fault: undefined, nth: undefined, request: undefined, ...selection }, checksPruning: false, verbose: false, ...more };
    await runUnit(unit, (message) => {
      if (message.kind === "done") message.batches.forEach((batch) => counts.add(batch));
    });
  }
  return counts;
}

describe("the fault matrix", () => {
  it("allows the end of each run with a fault at the PUT, of a sixth of the faults", async () => {
    const counts = await matrix(["flag-graduated"], { request: "^PUT", parts: 6 }, { modes: ["apply"] });
    expect(counts.disallowed).toEqual([]);
    expect(counts.cases).toBeGreaterThan(5);
  });

  it("allows all ends in a sample of scenarios, modes and faults, and proves no end that a run contradicts", async () => {
    const counts = await matrix(["compliant", "forbidden", "stuck-rollout", "stopped"], { part: 3, parts: 250 }, { checksPruning: true });
    expect(counts.disallowed).toEqual([]);
    expect(counts.proven).toBeGreaterThanOrEqual(10);
  });
});
