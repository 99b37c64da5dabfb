/** The workflows to copy and the one to call: they are what GitHub takes, and keep the rules that ours keep. */
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readActionFile } from "../../scripts/docs.ts";
import { textOf } from "./repository.ts";
import { ACTION_FILES, lint, schemaValidator, type Workflow, workflowFiles } from "./workflow-files.ts";

const OURS: Readonly<Record<string, string>> = {
  "org/istio-cni-aks@v1": "action.yml",
  "org/istio-cni-aks/discover@v1": "discover/action.yml",
  "org/istio-cni-aks/fleet-summary@v1": "fleet-summary/action.yml",
};
const CALLED = "org/istio-cni-aks/.github/workflows/fleet-check.yml@v1";

let validate: Awaited<ReturnType<typeof schemaValidator>>;
beforeAll(async () => {
  validate = await schemaValidator();
});

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
    const uses = [...text.matchAll(/uses: (\S+)(.*)$/gm)].filter(([, name = ""]) => OURS[name] === undefined && name !== CALLED);
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
        if (OURS[uses] === undefined || OURS[uses] === "fleet-summary/action.yml") continue;
        expect(granted["id-token"], name).toBe("write");
        if (inputs["drift-issue"] === true) expect(granted["issues"], name).toBe("write");
      }
      if (job.uses !== CALLED) continue;
      for (const called of Object.values(workflow(".github/workflows/fleet-check.yml").jobs)) expect(granted, name).toMatchObject(called.permissions ?? {});
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
      if (job.uses !== CALLED) continue;
      const called = parse(textOf(".github/workflows/fleet-check.yml")) as { on: { workflow_call: { inputs: Record<string, { required?: boolean }> } } };
      const { inputs } = called.on.workflow_call;
      expect(Object.keys(inputs), name).toEqual(expect.arrayContaining(Object.keys(job.with ?? {})));
      for (const [needed] of Object.entries(inputs).filter(([, { required }]) => required === true)) expect(Object.keys(job.with ?? {})).toContain(needed);
    }
  });
});

describe("fleet-check.yml", () => {
  const jobs = Object.values(workflow(".github/workflows/fleet-check.yml").jobs);
  const steps = jobs.flatMap((job) => job.steps ?? []);

  it("runs every job on the caller's runner: there may be no other", () => {
    expect(new Set(jobs.map((job) => job["runs-on"]))).toEqual(new Set(["${{ inputs.runs-on }}"]));
  });

  it("puts no matrix into a variable of the environment, which holds 128 kB: 256 clusters with long names have more", () => {
    const variables = steps.flatMap(({ env = {} }) => Object.values(env));
    expect(variables.length).toBeGreaterThan(2);
    for (const value of variables) expect(value).not.toContain("outputs.matrix");
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

it("each example says what to set up in Azure", () => {
  for (const path of workflowFiles().filter((file) => file.startsWith("examples/"))) expect(textOf(path), path).toMatch(/^#[\s\S]*(?:Once in Azure|What to set up is the same)/);
});
