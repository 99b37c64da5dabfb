/** Finding report files. Runs on the action's own Node: an older one has no `fs.glob`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReadReports } from "../../../src/actions/fleet-summary/report-files.ts";
import { report } from "../../report/samples.ts";

const root = mkdtempSync(join(tmpdir(), "reports-"));
const put = (path: string, content: string): void => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
};

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const READ = `import { readReports } from ${JSON.stringify(fromRoot("src/actions/fleet-summary/report-files.ts"))};
console.log(JSON.stringify(await readReports(process.argv.slice(1))));`;

function readReports(paths: readonly string[]): ReadReports {
  const { stdout, stderr } = spawnSync(fromRoot("node_modules/node/bin/node"), ["--input-type=module", "--eval", READ, ...paths], { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as ReadReports;
}

beforeAll(() => {
  for (const place of ["report-0/r.json", "report-1/r.json", "deep/er/report-2/r.json"]) put(place, JSON.stringify(report()));
  put("report-3/r.json", "{");
  put("report-4/r.json", '{"schemaVersion":1}');
  put("notes.txt", "no report");
  symlinkSync(join(root, "report-0"), join(root, "link"));
  symlinkSync(join(root, "report-0"), join(root, "deep", "link"));
  symlinkSync(join(root, "report-0/r.json"), join(root, "report-1", "link.json"));
  put("a[b]{c}/r.json", JSON.stringify(report()));
  put("a[b]{c}/.hidden/r.json", JSON.stringify(report()));
});
afterAll(() => rmSync(root, { recursive: true }));

describe("report files", () => {
  it("are found below a directory; other files are reported as unreadable", () => {
    const { reports, unreadable } = readReports([root]);
    expect(reports).toHaveLength(5);
    expect(unreadable.map(({ problem }) => problem)).toEqual(["it is not JSON", "mode is missing"]);
  });

  it.each([
    ["report-*/r.json", 2],
    ["*/r.json", 3],
    ["**/r.json", 4],
    ["**/**/**/**/r.json", 4],
    ["deep/**", 1],
    ["*/link/r.json", 0],
    ["report-1/*", 1],
    ["link/*", 1],
    ["a[b]{c}", 2],
    ["a[b]{c}/*", 1],
    ["deep/*/r.json", 0],
    ["report-0/r.json", 1],
    ["nothing/here", 0],
  ])("match the path %s", (path, count) => {
    expect(readReports([`${root}/${path}`]).reports).toHaveLength(count);
  });

  it("are read once, even if several paths match them", () => {
    expect(readReports([root, `${root}/**/r.json`]).reports).toHaveLength(5);
  });
});
