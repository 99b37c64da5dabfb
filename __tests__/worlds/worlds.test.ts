/** Random worlds that are the same in each test run, and those that failed once; `npm run test:worlds` plays ten thousand others. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Needs Node 24, which can set default CA certificates at run time. */
function worlds(...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(`${ROOT}node_modules/node/bin/node`, ["--import", "tsx", "__tests__/worlds/main.ts", "--brief", "--jobs", "1", ...args], { cwd: ROOT, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

describe("in random worlds", () => {
  it.each([1, 2])("the guarantees of the design hold (seed %i)", (seed) => {
    const { status, output } = worlds("--kind", "direct", "--worlds", "30", "--seed", String(seed));
    expect(status, output).toBe(0);
    expect(output).toMatch(/^30 worlds, 0 batches with a violation/m);
  });

  it("the guarantees hold where they did not once", () => {
    const { status, output } = worlds("--kind", "regressions");
    expect(status, output).toBe(0);
  });
});
