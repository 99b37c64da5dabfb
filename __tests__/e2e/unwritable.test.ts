/** Everything that a run writes, made unwritable in turn: the exit code stays right, the rest is published, and nothing hangs. */
import { type ChildProcess, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ScenarioName } from "../../simulator/index.ts";
import { type TemporaryFolder, temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { cancel } from "../../simulator/runner/cancel.ts";
import { type ActionRun, runAction, type RunOptions } from "../../simulator/runner/run-action.ts";
import * as inProcess from "./in-process.ts";
import * as bundled from "./world.ts";

const { annotated, startWorld } = bundled;

type Lost = "report" | "job summary" | "outputs";

/** A place to write to. The test runs as any user, root included: permissions alone keep nobody out. */
interface Place {
  readonly env?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Then a process of its own runs: the log is lost, or an open file may keep the process from ending. */
  readonly options?: Omit<RunOptions, "simulator" | "inputs" | "env">;
  /** What cannot be written there. */
  readonly lost: readonly Lost[];
  /** Part of the reason in the annotation. */
  readonly because?: RegExp;
  /** The log has no reader, so there is nothing to look for annotations in. */
  readonly isLogLost?: boolean;
}

const folder: TemporaryFolder = temporaryFolder({ file: "not a directory" });
const at = (name: string): string => join(folder.path, name);
const disk = at("full-disk");
/** A file system of 64 KiB, full to the last byte. Only root can mount one. */
const hasDisk = mountFullDisk();
const NODE = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));

function mountFullDisk(): boolean {
  mkdirSync(disk);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status !== 0) return false;
  for (const name of ["output", "summary.md", "report.json"]) writeFileSync(join(disk, name), "");
  try {
    writeFileSync(join(disk, "rest"), Buffer.alloc(1024 * 1024));
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  }
  return true;
}

/** A node that writes its log to a device without space. Bash passes on variables such as INPUT_RESOURCE-GROUP; other shells drop them. */
function nodeWithFullLog(): string {
  writeFileSync(at("node"), `#!/usr/bin/env bash\nexec '${NODE}' "$@" >/dev/full 2>&1\n`, { mode: 0o700 });
  return at("node");
}

function namedPipe(name: string): string {
  execFileSync("mkfifo", [at(name)]);
  return at(name);
}

beforeAll(() => {
  mkdirSync(at("directory"));
  // A link, so that an action that replaces devices cannot harm the machine.
  symlinkSync("/dev/null", at("device"));
});
afterAll(() => {
  if (hasDisk) spawnSync("umount", [disk]);
  folder[Symbol.dispose]();
});

const OUTPUTS: readonly Lost[] = ["outputs"];
const SUMMARY: readonly Lost[] = ["job summary"];
const REPORT: readonly Lost[] = ["report"];

const PLACES: Readonly<Record<string, Place>> = {
  "outputs at a path that does not exist": { env: { GITHUB_OUTPUT: at("none/output") }, lost: OUTPUTS, because: /Missing file/ },
  "outputs in a directory": { env: { GITHUB_OUTPUT: at("directory") }, lost: OUTPUTS, because: /EISDIR/ },
  "outputs on a full device": { env: { GITHUB_OUTPUT: "/dev/full" }, options: {}, lost: OUTPUTS, because: /ENOSPC/ },
  "outputs in a pipe that nobody reads": { env: { GITHUB_OUTPUT: namedPipe("output-pipe") }, options: {}, lost: OUTPUTS, because: /named pipe/ },
  "the summary at a path that does not exist": { env: { GITHUB_STEP_SUMMARY: at("none/summary.md") }, lost: SUMMARY, because: /summary file/ },
  "the summary in a directory": { env: { GITHUB_STEP_SUMMARY: at("directory") }, lost: SUMMARY, because: /EISDIR/ },
  "the summary on a full device": { env: { GITHUB_STEP_SUMMARY: "/dev/full" }, options: {}, lost: SUMMARY, because: /ENOSPC/ },
  "the summary in a pipe that nobody reads": { env: { GITHUB_STEP_SUMMARY: namedPipe("summary-pipe") }, options: {}, lost: SUMMARY, because: /named pipe/ },
  "no file for the summary": { env: { GITHUB_STEP_SUMMARY: "" }, lost: SUMMARY, because: /GITHUB_STEP_SUMMARY/ },
  "the report below /proc": { inputs: { "report-path": "/proc/istio-cni/reports/report.json" }, lost: REPORT, because: /ENOENT/ },
  "the report in /proc": { inputs: { "report-path": "/proc/report.json" }, lost: REPORT, because: /ENOENT|EACCES|EPERM/ },
  "the report in /sys, which is read-only or refuses new files": { inputs: { "report-path": "/sys/istio-cni/report.json" }, lost: REPORT, because: /EROFS|EPERM|EACCES|ENOENT/ },
  "the report in place of a directory": { inputs: { "report-path": at("directory") }, lost: REPORT, because: /is a directory/ },
  "the report in place of a device": { inputs: { "report-path": at("device") }, lost: REPORT, because: /not a regular file/ },
  "the report below a file": { inputs: { "report-path": at("file/report.json") }, options: {}, lost: REPORT, because: /ENOTDIR/ },
  "a path that no file system takes": { inputs: { "report-path": at("x".repeat(5000)) }, lost: REPORT, because: /ENAMETOOLONG/ },
  "RUNNER_TEMP below a file": { env: { RUNNER_TEMP: at("file/temp") }, lost: REPORT, because: /ENOTDIR/ },
  "HOME below a file": { env: { HOME: at("file/home") }, lost: [] },
  "all at once": { env: { GITHUB_OUTPUT: "/dev/full", GITHUB_STEP_SUMMARY: "/dev/full", RUNNER_TEMP: "/proc/temp", HOME: "/proc/home" }, options: {}, lost: ["report", "job summary", "outputs"] },
  "a log without a reader": { options: { onStart: ({ stdout, stderr }) => [stdout, stderr].forEach((stream) => stream?.destroy()) }, lost: [], isLogLost: true },
  "a log on a full device": { options: { node: nodeWithFullLog() }, lost: [], isLogLost: true },
};
const ON_FULL_DISK: Readonly<Record<string, Place>> = {
  "outputs on a full disk": { env: { GITHUB_OUTPUT: join(disk, "output") }, lost: OUTPUTS, because: /ENOSPC/ },
  "the summary on a full disk": { env: { GITHUB_STEP_SUMMARY: join(disk, "summary.md") }, lost: SUMMARY, because: /ENOSPC/ },
  "the report on a full disk": { inputs: { "report-path": join(disk, "report.json") }, lost: REPORT, because: /ENOSPC/ },
  "RUNNER_TEMP on a full disk": { env: { RUNNER_TEMP: disk }, lost: REPORT, because: /ENOSPC/ },
};

/** Runs the action with the bundle where the place has options for its process, and else in the test's process. */
async function runAt(scenario: ScenarioName, { env = {}, inputs = {}, options }: Place, mode: string): Promise<ActionRun> {
  await using simulator = await (options === undefined ? inProcess : bundled).startWorld(scenario);
  if (options === undefined) return await inProcess.start(simulator, { inputs: { mode, ...inputs }, env });
  return await runAction({ simulator, killAfter: 30_000, ...options, inputs: { mode, ...inputs }, env });
}

/** Runs the check, and expects all that holds for any place. */
async function check(scenario: ScenarioName, place: Place, mode = "check"): Promise<ActionRun> {
  const { lost, because, isLogLost = false } = place;
  const run = await runAt(scenario, place, mode);
  expect(run.signal, `the run ends by itself\n${run.log}`).toBeNull();
  if (!isLogLost) {
    const errors = run.annotations.filter(({ level, title }) => level === "error" && title.startsWith("No "));
    expect(errors.map(({ title }) => title), run.log).toEqual(lost.map((result) => `No ${result}`));
    if (because !== undefined) expect(errors[0]?.message).toMatch(because);
  }
  expect(run.summary === "", "the summary").toBe(lost.includes("job summary"));
  expect(Object.keys(run.outputs).length === 0, "the outputs").toBe(lost.includes("outputs"));
  if (lost.includes("report")) expect(run.outputs["report-path"] ?? "", "no path of a report that this run did not write").toBe("");
  const path = run.outputs["report-path"] ?? "";
  if (path !== "") expect(run.report).toMatchObject({ mode });
  return run;
}

describe.each([...Object.entries(PLACES), ...(hasDisk ? Object.entries(ON_FULL_DISK) : [])])("%s", (_, place) => {
  const fails = place.lost.includes("report") || place.lost.includes("outputs");

  it(`a compliant cluster ${fails ? "fails" : "does not fail"} the step`, async () => {
    const run = await check("compliant", place);
    expect(run.exitCode, run.log).toBe(fails ? 1 : 0);
    if (!place.lost.includes("outputs")) expect(run.outputs["status"]).toBe("compliant");
  });
});

describe("a drifted cluster", () => {
  it.each(["outputs on a full device", "the summary in a directory", "the report below a file", "all at once", "a log without a reader"])("%s: fails the step, and the findings are annotated", async (name) => {
    const place = PLACES[name]!;
    const run = await check("reset-by-terraform", place);
    expect(run.exitCode, run.log).toBe(1);
    if (place.isLogLost !== true) expect(annotated(run, "error").join("\n")).toContain("CNI chaining");
    if (!place.lost.includes("outputs")) expect(run.outputs).toMatchObject({ status: "drifted", drift: "true" });
  });
});

describe("a failed apply", () => {
  it("fails the step where its outputs cannot be written", async () => {
    const run = await check("forbidden", PLACES["outputs on a full device"]!, "apply");
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[1]).toContain("Failed while");
  });
});

describe("discover", () => {
  it("fails where its outputs cannot be written, and says so", async () => {
    await using simulator = await startWorld("compliant");
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const inputs = { subscriptions: simulator.world.subscriptionId, cluster: "", "resource-group": "", mode: "" };
    const run = await runAction({ simulator, entry: join(root, "discover/index.js"), actionFile: join(root, "discover/action.yml"), inputs, env: { GITHUB_OUTPUT: at("none/output") }, killAfter: 30_000 });
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error").join()).toContain("Missing file");
    expect(run.summary).toContain("failed");
  });
});

describe("the report of an earlier run", () => {
  it("stays, and is not named by a run that could not replace it", async ({ skip }) => {
    if (!hasDisk) skip("only root can mount a file system");
    const run = await check("compliant", ON_FULL_DISK["the report on a full disk"]!);
    expect(run.outputs["report-path"]).toBe("");
    expect(readFileSync(join(disk, "report.json"), "utf8"), "no half of a report").toBe("");
    expect(run.summary).toContain("JSON report: could not be written");
  });
});

/**
 * A preload of the action's process: operations on files below these paths block a thread for good, and synchronous ones the whole process,
 * as on a network file system whose server is gone.
 */
function silentFileSystem(below: readonly string[]): string {
  const preload = at(`silent-${String(below.length)}.mjs`);
  writeFileSync(
    preload,
    `import fs from "node:fs"; import promises from "node:fs/promises"; import { syncBuiltinESMExports } from "node:module";
const isSilent = (path) => ${JSON.stringify(below)}.some((start) => String(path).startsWith(start));
const { open } = promises;
for (const name of ["access", "mkdir", "open", "stat", "writeFile"]) {
  const real = promises[name];
  promises[name] = (path, ...rest) => (isSilent(path) ? open(${JSON.stringify(at("silence"))}, "w") : real(path, ...rest));
}
for (const name of ["appendFileSync", "existsSync", "statSync"]) {
  const real = fs[name];
  fs[name] = (path, ...rest) => (isSilent(path) ? Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) : real(path, ...rest));
}
syncBuiltinESMExports();
`,
  );
  return preload;
}

describe("a file system that does not answer", () => {
  const GONE: Readonly<Record<Lost, string>> = { report: at("gone/reports"), "job summary": at("gone/summary.md"), outputs: at("gone/output") };
  /** Runs a check of which these results are on the file system. */
  async function checkWith(lost: readonly Lost[], options: Omit<RunOptions, "simulator" | "inputs" | "env"> = {}): Promise<ActionRun> {
    await using simulator = await startWorld("compliant");
    const preload = silentFileSystem(lost.map((result) => GONE[result]));
    const env = { NODE_OPTIONS: `${simulator.env["NODE_OPTIONS"] ?? ""} --import ${preload}`, ...(lost.includes("job summary") ? { GITHUB_STEP_SUMMARY: GONE["job summary"] } : {}), ...(lost.includes("outputs") ? { GITHUB_OUTPUT: GONE.outputs } : {}) };
    return await runAction({ simulator, killAfter: 30_000, ...options, inputs: { mode: "check", ...(lost.includes("report") ? { "report-path": `${GONE.report}/report.json` } : {}) }, env });
  }
  beforeAll(() => void namedPipe("silence"));

  it("is given up: the run publishes the rest, and ends", async () => {
    const run = await checkWith(REPORT);
    expect(run.outputs, run.log).toMatchObject({ status: "compliant", "report-path": "" });
    expect(annotated(run, "error")).toEqual([expect.stringContaining("did not answer in time")]);
    expect(run.summary).toContain("could not be written");
    expect(run.exitCode).not.toBe(0);
  }, 60_000);

  it.each<[readonly Lost[]]>([[["report", "job summary"]], [OUTPUTS]])("is given up before the runner kills a cancelled run: %s", async (lost) => {
    let child: ChildProcess | undefined;
    let isCancelled = false;
    const run = await checkWith(lost, {
      onStart: (started) => (child = started),
      onLog: (text) => {
        if (isCancelled || child === undefined || !text.includes("::group::Report")) return;
        isCancelled = true;
        cancel(child);
      },
    });
    expect(annotated(run, "error").map((text) => text.replace(/:.*/, "")), run.log).toEqual(lost.map((result) => `No ${result}`));
    for (const text of annotated(run, "error")) expect(text).toContain("did not answer in time");
    if (!lost.includes("outputs")) expect(run.outputs).toMatchObject({ status: "compliant" });
    if (!lost.includes("job summary")) expect(run.summary).toContain("CNI chaining is on");
    expect(run.exitCode).not.toBe(0);
  });
});
