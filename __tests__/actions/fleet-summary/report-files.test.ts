import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readReports } from "../../../src/actions/fleet-summary/report-files.ts";
import { report } from "../../report/samples.ts";

const root = mkdtempSync(join(tmpdir(), "reports-"));
const put = (path: string, content: string): void => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
};

beforeAll(() => {
  for (const place of ["report-0/r.json", "report-1/r.json", "deep/er/report-2/r.json"]) put(place, JSON.stringify(report()));
  put("report-3/r.json", "{");
  put("report-4/r.json", '{"schemaVersion":1}');
  put("notes.txt", "no report");
  symlinkSync(join(root, "report-0"), join(root, "link"));
});
afterAll(() => rmSync(root, { recursive: true }));

describe("report files", () => {
  it("are found below a directory, and what is none is told", async () => {
    const { reports, unreadable } = await readReports([root]);
    expect(reports).toHaveLength(3);
    expect(unreadable.map(({ problem }) => problem)).toEqual(["it is not JSON", "mode is missing"]);
  });

  it.each([
    ["report-*/r.json", 2],
    ["*/r.json", 2],
    ["**/r.json", 3],
    ["deep/**", 1],
    ["deep/*/r.json", 0],
    ["report-0/r.json", 1],
    ["nothing/here", 0],
  ])("fit the glob %s", async (glob, count) => {
    expect((await readReports([`${root}/${glob}`])).reports).toHaveLength(count);
  });

  it("are read once, however often they are named", async () => {
    expect((await readReports([root, `${root}/**/r.json`])).reports).toHaveLength(3);
  });
});
