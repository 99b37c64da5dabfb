/** A part of the fault matrix that is fast enough for each test run; `npm run test:faults` runs the whole matrix. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Needs Node 24, which can set default CA certificates at run time. */
function matrix(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(`${ROOT}node_modules/node/bin/node`, ["--import", "tsx", "__tests__/faults/matrix.ts", "--brief", "--jobs", "1", ...args], { cwd: ROOT, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

describe("the fault matrix", () => {
  it("allows the end of each run with a fault at the PUT", () => {
    const { status, output } = matrix("--scenario", "flag-graduated", "--mode", "apply", "--request", "^PUT");
    expect(status, output).toBe(0);
    expect(output).toMatch(/ 41 runs, 0 of them/);
  });

  it("allows the end of each run in a sample of all other cases", () => {
    const { status, output } = matrix("--scenario", "fresh", "--part", "1/120");
    expect(status, output).toBe(0);
    expect(output).toMatch(/ \d{2,} runs, 0 of them/);
  });
});
