import { mkdtemp, mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as contract from "../../src/contract.ts";
import { writeReport } from "../../src/github/report-file.ts";
import schema from "../../report.schema.json" with { type: "json" };
import { check, driftedReport, failedReport, report } from "../report/samples.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "report-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("the report file", () => {
  it("is written whole, for its owner only, in directories made as needed", async () => {
    const path = await writeReport(join(directory, "a/b/report.json"), report());
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(report());
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, "a/b"))).toEqual(["report.json"]);
  });

  it("replaces the report of an earlier run", async () => {
    const path = join(directory, "report.json");
    await writeReport(path, report());
    await writeReport(path, driftedReport());
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ status: "drifted" });
  });

  it("cuts short what nobody would read, says so, and stays valid", async () => {
    const long = "\u0000".repeat(1_000_000);
    const lists = { mesh: { mode: long, revisions: Array.from({ length: 200_000 }, () => long), redirectionMechanism: { before: long, after: long } } };
    const path = await writeReport(join(directory, "report.json"), report({ ...lists, checks: [check({ message: long, remedy: "r".repeat(4000) })] }));
    const written = JSON.parse(await readFile(path, "utf8")) as contract.Report;
    expect((await stat(path)).size).toBeLessThan(4 * 1024 * 1024);
    expect(written.checks[0]?.message).toBe(`${"\u0000".repeat(4000)}… (996,000 more characters)`);
    expect(written.checks[0]?.remedy, "what is not too long stays as it is").toBe("r".repeat(4000));
    expect(written.mesh.revisions).toHaveLength(101);
    expect(written.mesh.revisions.at(-1)).toBe("and 199,900 more");
    expect(Object.keys(written)).toEqual(Object.keys(report()));
  });

  it("leaves nothing behind where it cannot be written", async () => {
    const path = join(directory, "taken");
    await mkdir(path);
    await expect(writeReport(path, report())).rejects.toThrow();
    expect(await readdir(directory)).toEqual(["taken"]);
  });
});

describe("the report's schema", () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(schema);

  it.each([
    ["a compliant run", report()],
    ["a drifted cluster", driftedReport()],
    ["a failed run", failedReport()],
  ])("holds for %s", (_, sample) => {
    validate(JSON.parse(JSON.stringify(sample)));
    expect(validate.errors).toBeNull();
  });

  it.each([
    ["an unknown property", { ...report(), extra: 1 }],
    ["an unknown status", { ...report(), status: "fine" }],
    ["another version", { ...report(), schemaVersion: 2 }],
    ["a missing part", { ...report(), requests: undefined }],
    ["a time that is none", { ...report(), startedAt: "yesterday" }],
    ["an unknown pod state", { ...report(), pods: { total: 1, byState: { odd: 1 }, offenders: [], offendersNotListed: 0 } }],
    ["an error that does not say what to do", { ...report(), error: { code: "x", doing: "y", message: "z" } }],
  ])("refuses %s", (_, sample) => {
    expect(validate(JSON.parse(JSON.stringify(sample)))).toBe(false);
  });

  it("knows exactly the words of the contract", () => {
    const { $defs: words } = schema;
    expect(words.mode.enum).toEqual([...contract.MODES]);
    expect(words.status.enum).toEqual([...contract.STATUSES]);
    expect(words.stepId.enum).toEqual([...contract.STEP_IDS]);
    expect(words.stepOutcome.enum).toEqual([...contract.STEP_OUTCOMES]);
    expect(words.checkId.enum).toEqual([...contract.AZURE_CHECK_IDS, ...contract.CLUSTER_CHECK_IDS]);
    expect(words.checkResult.enum).toEqual([...contract.CHECK_OUTCOMES]);
    expect(words.podState.enum).toEqual([...contract.POD_STATES]);
  });
});
