/** The workflows to copy and the one to call: they are what GitHub takes, and keep the rules that ours keep. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readActionFile } from "../../scripts/docs.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { textOf } from "./repository.ts";
import { ACTION_FILES, CALLED_WORKFLOWS, expressionEvaluator, lint, schemaValidator, type Step, type Workflow, workflowFiles } from "./workflow-files.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const OURS: Readonly<Record<string, string>> = {
  "org/istio-cni-aks@v1": "action.yml",
  "org/istio-cni-aks/discover@v1": "discover/action.yml",
  "org/istio-cni-aks/fleet-summary@v1": "fleet-summary/action.yml",
  "$/discover": "discover/action.yml",
  "$/istio-cni": "istio-cni/action.yml",
  "$/fleet-summary": "fleet-summary/action.yml",
};

let validate: Awaited<ReturnType<typeof schemaValidator>>;
let evaluate: Awaited<ReturnType<typeof expressionEvaluator>>;
beforeAll(async () => {
  [validate, evaluate] = await Promise.all([schemaValidator(), expressionEvaluator()]);
});

/** Runs the script of a step as the runner does. */
function bash(script: string, cwd: string, env: Readonly<Record<string, string>>): { readonly status: number | null; readonly stdout: string } {
  return spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd, env: { PATH: process.env["PATH"], ...env }, encoding: "utf8" });
}

function workflow(path: string): Workflow {
  return parse(textOf(path)) as Workflow;
}

describe("the official schema", () => {
  it.each([...workflowFiles(), ...ACTION_FILES])("accepts %s", async (path) => {
    expect(await validate(path, textOf(path))).toEqual([]);
  });

  it("refuses what is wrong, so that its silence means something", async () => {
    expect(await validate(".github/workflows/wrong.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@v1\n        wiht: {}\n")).not.toEqual([]);
    expect(await validate("wrong/action.yml", "name: x\ndescription: y\nruns:\n  using: node24\n")).not.toEqual([]);
  });
});

describe("actionlint", () => {
  it.each(workflowFiles())("accepts %s", async (path) => {
    expect(await lint(path)).toEqual([]);
  });
});

describe.each(workflowFiles())("%s", (path) => {
  const text = textOf(path);
  const { permissions, concurrency, jobs } = workflow(path);
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);

  it("pins foreign actions by commit, and says which version that is", () => {
    const uses = [...text.matchAll(/uses: (\S+)(.*)$/gm)].filter(([, name = ""]) => OURS[name] === undefined && !CALLED_WORKFLOWS.has(name));
    for (const [line] of uses) expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("grants nothing at the top, says what each job may, and bounds each job and the number of runs", () => {
    expect(permissions).toEqual({});
    expect(concurrency?.group).toBeTruthy();
    for (const [name, job] of Object.entries(jobs)) {
      expect(job.permissions, name).toBeDefined();
      if (job.uses === undefined) expect(job["timeout-minutes"], name).toBeGreaterThan(0);
    }
  });

  it("puts no expression into a shell, and keeps no credentials in a checkout", () => {
    for (const { run, uses, with: inputs } of steps) {
      expect(run ?? "").not.toContain("${{");
      if (uses?.startsWith("actions/checkout@") === true) expect(inputs?.["persist-credentials"]).toBe(false);
    }
  });

  it("permits what our actions and the called workflow need: id-token for signing in, issues for the drift issue", () => {
    for (const [name, job] of Object.entries(jobs)) {
      const granted = job.permissions ?? {};
      for (const { uses = "", with: inputs = {} } of job.steps ?? []) {
        if (OURS[uses] === undefined || OURS[uses] === OURS["$/fleet-summary"]) continue;
        expect(granted["id-token"], name).toBe("write");
        if ((inputs["drift-issue"] ?? false) !== false) expect(granted["issues"], name).toBe("write");
        if (inputs["pr-comment"] === true) expect(granted["pull-requests"], name).toBe("write");
      }
      const path = CALLED_WORKFLOWS.get(job.uses ?? "");
      if (path === undefined) continue;
      for (const called of Object.values(workflow(path).jobs)) expect(granted, name).toMatchObject(called.permissions ?? {});
    }
  });

  it("gives our actions inputs that they have, and the job more time than the action", () => {
    for (const [name, job] of Object.entries(jobs)) {
      for (const { uses = "", with: inputs = {} } of job.steps ?? []) {
        const file = OURS[uses];
        if (file === undefined) continue;
        const known = readActionFile(file).inputs;
        expect(known.map((input) => input.name), `${name}: ${uses}`).toEqual(expect.arrayContaining(Object.keys(inputs)));
        for (const { name: needed } of known.filter(({ required }) => required)) expect(Object.keys(inputs)).toContain(needed);
        if (typeof inputs["timeout-minutes"] === "number") expect(inputs["timeout-minutes"]).toBeLessThan(job["timeout-minutes"] ?? 0);
      }
      const path = CALLED_WORKFLOWS.get(job.uses ?? "");
      if (path === undefined) continue;
      const called = parse(textOf(path)) as { on: { workflow_call: { inputs: Record<string, { required?: boolean }> } } };
      const { inputs } = called.on.workflow_call;
      expect(Object.keys(inputs), name).toEqual(expect.arrayContaining(Object.keys(job.with ?? {})));
      for (const [needed] of Object.entries(inputs).filter(([, { required }]) => required === true)) expect(Object.keys(job.with ?? {})).toContain(needed);
    }
  });
});

describe("fleet-check.yml", () => {
  const jobs = Object.values(workflow(".github/workflows/fleet-check.yml").jobs);
  const steps = jobs.flatMap((job) => job.steps ?? []);

  it.each<[string, unknown]>([
    ["ubuntu-24.04", "ubuntu-24.04"],
    ['["self-hosted", "linux"]', ["self-hosted", "linux"]],
    ['{"group": "aks", "labels": ["linux"]}', { group: "aks", labels: ["linux"] }],
  ])("runs every job on the caller's runner %s: there may be no other", (given, runner) => {
    for (const job of jobs) expect(evaluate(job["runs-on"] ?? "", { inputs: { "runs-on": given } })).toEqual(runner);
  });

  it("runs the actions of its own commit, and nothing else of this repository", () => {
    const own = steps.flatMap(({ uses = "" }) => (OURS[uses] === undefined && !uses.startsWith("$") ? [] : [uses]));
    expect(own).toEqual(["$/discover", "$/istio-cni", "$/fleet-summary"]);
  });

  it("can be called twice in one workflow: each call has artifacts, a history and a group of its own", () => {
    const { concurrency } = workflow(".github/workflows/fleet-check.yml");
    const names = steps.flatMap(({ uses = "", with: inputs = {} }) => {
      if (/^actions\/(?:upload|download)-artifact@/.test(uses)) return [inputs["name"] ?? inputs["pattern"]];
      return uses.startsWith("actions/cache/") ? [inputs["key"], ...("restore-keys" in inputs ? [inputs["restore-keys"]] : [])] : [];
    });
    expect(names).toHaveLength(7);
    for (const name of [...names, concurrency?.group]) expect(name).toContain("${{ inputs.name }}");
  });

  it("needs no program but bash and those of every system: a self-hosted runner may have no other", () => {
    const words = steps.flatMap(({ run = "" }) => [...run.matchAll(/(?<=^ *|&& |\$\()[a-z]+/gm)].map(([word]) => word));
    const programs = new Set(words.filter((word) => !["if", "fi", "echo", "exit"].includes(word)));
    expect([...programs].sort()).toEqual(["cat", "cp", "mkdir", "mv", "rm"]);
    for (const { run, shell } of steps) if (run !== undefined) expect(shell).toBe("bash");
  });

  it("refuses a name that would become part of another name", () => {
    const { run = "" } = named("check the name");
    for (const [name, status] of [["fleet", 0], ["prod-2", 0], ["", 1], ["a_b", 1], ["a b", 1], ["a,b", 1], ["x".repeat(51), 1]] as const) expect(bash(run, ".", { NAME: name }).status, name).toBe(status);
  });

  it("compares with the previous run, also in a second attempt, and keeps both", () => {
    using folder = temporaryFolder();
    const file = (path: string): string => readFileSync(join(folder.path, path), "utf8").trim();
    const attempt = (run: string, cluster: string): string => {
      const env = { GITHUB_RUN_ID: run, RESTORED: "success", CLUSTERS: join(folder.path, "list") };
      mkdirSync(join(folder.path, "reports"));
      writeFileSync(join(folder.path, "reports/r.json"), cluster);
      writeFileSync(join(folder.path, "list"), cluster);
      expect(bash(named("choose the run to compare with").run ?? "", folder.path, env)).toMatchObject({ status: 0, stdout: "" });
      const before = existsSync(join(folder.path, "history/before/run")) ? file("history/before/clusters.json") : "none";
      expect(bash(named("add this run to the history").run ?? "", folder.path, env).status).toBe(0);
      expect([file("history/this/clusters.json"), file("history/this/reports/r.json")]).toEqual([cluster, cluster]);
      return before;
    };
    const compared = [attempt("1", "first"), attempt("1", "first again"), attempt("2", "second"), attempt("2", "second again"), attempt("3", "third")];
    expect(compared).toEqual(["none", "none", "first again", "first again", "second again"]);
  });

  it("begins its summary without the files of an earlier run, which a self-hosted runner keeps", () => {
    using folder = temporaryFolder();
    for (const kept of ["reports", "expected", "history"]) mkdirSync(join(folder.path, kept));
    const [first] = workflow(".github/workflows/fleet-check.yml").jobs["summary"]?.steps ?? [];
    expect(bash(first?.run ?? "", folder.path, {}).status).toBe(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("warns where there is no history because the cache failed", () => {
    using folder = temporaryFolder();
    expect(bash(named("choose the run to compare with").run ?? "", folder.path, { GITHUB_RUN_ID: "1", RESTORED: "failure" }).stdout).toContain("::warning title=No history::");
  });

  it("is made ready for Enterprise Server and older runners by the command of docs/fleet.md", async () => {
    const [, command = ""] = /^(sed [^\n]*fleet-check\.yml)[^\n]*$/m.exec(textOf("docs/fleet.md")) ?? [];
    const commit = "0123456789abcdef0123456789abcdef01234567";
    const { stdout, status } = bash(command.replace("COMMIT", commit).replace("fleet-check.yml", ".github/workflows/fleet-check.yml"), ROOT, {});
    expect([status, stdout.includes("$/")]).toEqual([0, true]);
    const copied = parse(stdout) as Workflow;
    const own = Object.values(copied.jobs).flatMap((job) => job.steps ?? []).flatMap(({ uses = "" }) => (uses.startsWith("org/istio-cni-aks/") ? [uses] : []));
    expect(own).toEqual(["discover", "istio-cni", "fleet-summary"].map((action) => `org/istio-cni-aks/${action}@${commit}`));
    expect(await validate("copy/.github/workflows/fleet-check.yml", stdout)).toEqual([]);
  });

  function named(name: string): Step {
    const found = steps.find((step) => step.name === name);
    if (found === undefined) throw new Error(`There is no step "${name}".`);
    return found;
  }

  it("puts no matrix into a variable or an input, which holds 128 kB: 256 clusters with long names have more", () => {
    const values = steps.flatMap(({ env = {}, with: inputs = {} }) => [...Object.values(env), ...Object.values(inputs)]);
    expect(values.length).toBeGreaterThan(20);
    for (const value of values) expect(value).not.toContain("outputs.matrix");
  });

  it("has its page without a cache", () => {
    const restoring = steps.filter(({ uses = "" }) => uses.startsWith("actions/cache/restore@"));
    expect(restoring.map((step) => step["continue-on-error"])).toEqual([true]);
  });
});

it("an action is pinned to one commit in all workflows", () => {
  const pins = new Map<string, Set<string>>();
  for (const path of workflowFiles()) {
    for (const [, name = "", pin = ""] of textOf(path).matchAll(/uses: (\S+)@([0-9a-f]{40} # \S+)/g)) pins.set(name, (pins.get(name) ?? new Set()).add(pin));
  }
  expect(pins.size).toBeGreaterThan(4);
  for (const [name, versions] of pins) expect([...versions], name).toHaveLength(1);
});

it("the federated credential that an example asks for is for the environment in which its jobs sign in", () => {
  const credentials = workflowFiles().flatMap((path) => [...textOf(path).matchAll(/repo:ORG\/REPO:environment:([\w-]+)/g)].map(([, environment]) => ({ path, environment })));
  expect(credentials.length).toBeGreaterThan(3);
  for (const { path, environment } of credentials) {
    for (const job of Object.values(workflow(path).jobs)) expect(job.environment ?? job.with?.["environment"], path).toBe(environment);
  }
});

it("the large example goes on where one subscription cannot be listed, and where there is no cluster left", () => {
  const { if: condition = "", strategy } = workflow("examples/fleet-drift-check-large.yml").jobs["fleet"] ?? {};
  const needs = (batches: string, count: string): object => ({ needs: { batches: { result: "failure", outputs: { batches, count } } } });
  const two = '{"include":[{"batch":1},{"batch":2}]}';
  const runs = (batches: string, count: string): unknown => evaluate(condition.replace("!cancelled()", "true"), needs(batches, count));
  expect(condition, "a failed job does not keep it from running").toContain("!cancelled()");
  expect([runs(two, "2"), runs('{"include":[]}', "0"), runs("", "")]).toEqual([true, true, false]);
  expect(evaluate(strategy?.matrix ?? "", needs(two, "2"))).toEqual(JSON.parse(two));
  expect(evaluate(strategy?.matrix ?? "", needs('{"include":[]}', "0"))).toEqual({ include: [{ batch: 1 }] });
});

it("each example says what to set up in Azure", () => {
  for (const path of workflowFiles().filter((file) => file.startsWith("examples/"))) expect(textOf(path), path).toMatch(/^#[\s\S]*(?:Once in Azure|What to set up is the same)/);
});
