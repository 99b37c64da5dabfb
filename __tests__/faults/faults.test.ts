/** A part of the fault matrix that is fast enough for each test run; `npm run test:faults` runs the whole matrix. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Needs Node 24, which can set default CA certificates at run time. */
function matrix(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(`${ROOT}node_modules/node/bin/node`, ["__tests__/faults/matrix.ts", "--brief", "--jobs", "1", ...args], { cwd: ROOT, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

describe("the fault matrix", () => {
  it("allows the end of each run with a fault at the PUT, of a sixth of the faults", () => {
    const { status, output } = matrix("--scenario", "flag-graduated", "--mode", "apply", "--request", "^PUT", "--part", "1/6");
    expect(status, output).toBe(0);
    expect(output).toMatch(/ \d{1,2} cases, 0 of them/);
  });

  it("allows all ends in a sample of scenarios, modes and faults, and proves no end that a run contradicts", () => {
    const { status, output } = matrix("--scenario", "compliant,forbidden,stuck-rollout,stopped", "--part", "3/250", "--no-pruning");
    expect(status, output).toBe(0);
    expect(output).toMatch(/ \d{2,} cases, 0 of them/);
    expect(output).toMatch(/ \d{2,} are proven by another run/);
  });
});
