/** Two uses of an action in one job: the files of the first one stay. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import type { ActionRun } from "../../simulator/runner/run-action.ts";
import { runFleetAction, start, startFleet, startWorld } from "./in-process.ts";

describe("two uses of the main action in one job", () => {
  it("have a report each, and report-path names each use's own", async () => {
    await using simulator = await startWorld("compliant");
    using job = temporaryFolder();
    const use = (inputs: Readonly<Record<string, string>>): Promise<ActionRun> => start(simulator, { inputs: { "timeout-minutes": "600", ...inputs }, env: { RUNNER_TEMP: job.path } });
    const runs = [await use({ mode: "check" }), await use({ mode: "plan" }), await use({ mode: "check" })];
    expect(runs.map(({ outputs }) => outputs["report-path"])).toEqual(["istio-cni-report.json", "istio-cni-report-2.json", "istio-cni-report-3.json"].map((name) => join(job.path, name)));
    const modes = runs.map(({ outputs }) => (JSON.parse(readFileSync(outputs["report-path"] ?? "", "utf8")) as { mode: string }).mode);
    expect(modes).toEqual(["check", "plan", "check"]);
  });

  it("write to the path that both name", async () => {
    await using simulator = await startWorld("compliant");
    using job = temporaryFolder();
    const use = (mode: string): Promise<ActionRun> => start(simulator, { inputs: { mode, "timeout-minutes": "600", "report-path": join(job.path, "report.json") }, env: { RUNNER_TEMP: job.path } });
    await use("check");
    const second = await use("plan");
    expect(second.report).toMatchObject({ mode: "plan" });
    expect(readdirSync(job.path)).toEqual(["report.json"]);
  });
});

describe("two uses of discover in one job", () => {
  it("have a list each", async () => {
    await using fleet = await startFleet({ clusters: 3, kindOf: () => "compliant" });
    using job = temporaryFolder();
    const paths: string[] = [];
    for (const names of ["*-0001", "*-0002"]) {
      const { outputs } = await runFleetAction("discover", fleet, { names }, { RUNNER_TEMP: job.path });
      paths.push(outputs["clusters-path"] ?? "");
    }
    expect(paths.map((path) => basename(path))).toEqual(["istio-cni-clusters.json", "istio-cni-clusters-2.json"]);
    const lists = paths.map((path) => (JSON.parse(readFileSync(path, "utf8")) as { include: { name: string }[] }).include.map(({ name }) => name));
    expect(lists).toEqual([[expect.stringMatching(/0001$/)], [expect.stringMatching(/0002$/)]]);
  });
});
