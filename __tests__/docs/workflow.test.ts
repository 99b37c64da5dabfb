import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { textOf } from "./repository.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: readonly string[];
  readonly if?: string;
  readonly "timeout-minutes"?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency?: { readonly group?: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

function read(file: string): { readonly text: string; readonly workflow: Workflow; readonly jobs: readonly (readonly [string, Job])[]; readonly commands: readonly string[] } {
  const text = textOf(`.github/workflows/${file}`);
  const workflow = parse(text) as Workflow;
  const jobs = Object.entries(workflow.jobs);
  return { text, workflow, jobs, commands: jobs.flatMap(([, job]) => job.steps.map(({ run }) => run ?? "")) };
}

describe.each(["ci.yml", "conformance.yml"])("the workflow %s", (file) => {
  const { text, workflow, jobs, commands } = read(file);

  it("pins every action by commit, and says which version that is", () => {
    const uses = text.split("\n").filter((line) => /^\s*-?\s*uses:/.test(line));
    expect(uses).toHaveLength(jobs.flatMap(([, job]) => job.steps).filter((step) => step.uses !== undefined).length);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("grants nothing at the top, and each job no more than reading", () => {
    expect(workflow.permissions).toEqual({});
    for (const [name, job] of jobs) expect(job.permissions, name).toEqual({ contents: "read" });
  });

  it("bounds every job, and keeps no credentials in a checkout", () => {
    expect(workflow.concurrency?.group).toContain("github.ref");
    for (const [name, job] of jobs) {
      expect(job["timeout-minutes"], name).toBeGreaterThan(0);
      for (const step of job.steps) {
        if (step.uses?.startsWith("actions/checkout@") === true) expect(step.with?.["persist-credentials"], name).toBe(false);
      }
    }
  });

  it("puts no expression into a shell", () => {
    for (const command of commands) expect(command).not.toContain("${{");
  });
});

it("the workflows pin an action to one commit", () => {
  const pins = new Map<string, Set<string>>();
  for (const file of ["ci.yml", "conformance.yml", "fleet-check.yml"]) {
    for (const [, name = "", pin = ""] of read(file).text.matchAll(/uses: (\S+)@(\S+ # \S+)/g)) pins.set(name, (pins.get(name) ?? new Set()).add(pin));
  }
  for (const [name, versions] of pins) expect([...versions], name).toHaveLength(1);
});

describe("the conformance workflow", () => {
  const { text, workflow, commands } = read("conformance.yml");

  it("runs every night and on demand, and never for a pull request", () => {
    expect(Object.keys(workflow.on).sort()).toEqual(["schedule", "workflow_dispatch"]);
  });

  it("runs the same suite on two versions of Kubernetes and two of Istio, on kind and without containers", () => {
    expect(text.match(/kubernetes: \[v[\d.]+, v[\d.]+\]/g)).toHaveLength(2);
    expect(text).toMatch(/istio: \[[\d.]+, [\d.]+\]/);
    expect(commands.filter((command) => command === "npm run conformance")).toHaveLength(2);
  });

  it("names images by digest", () => {
    const images = [...text.matchAll(/- kubernetes: (v\S+)\n\s+digest: (sha256:[0-9a-f]{64})$/gm)].map(([, version = ""]) => version);
    const [, versions = ""] = /kubernetes: \[(.*)\]/.exec(text) ?? [];
    expect(images).toEqual(versions.split(", "));
  });

  it("starts what conformance/ has", () => {
    for (const program of ["conformance/kind", "conformance/up", "conformance/down"]) {
      expect(commands.some((command) => command.startsWith(program)), program).toBe(true);
      expect(existsSync(new URL(`../../${program}`, import.meta.url)), program).toBe(true);
    }
  });
});

describe("the CI workflow", () => {
  const { text, workflow, jobs, commands } = read("ci.yml");

  it("ends in a gate that needs every other job, whatever became of it", () => {
    const { gate } = workflow.jobs;
    expect([...(gate?.needs ?? [])].sort()).toEqual(jobs.map(([name]) => name).filter((name) => name !== "gate").sort());
    expect(gate?.if).toBe("always()");
  });

  it("runs the commands of .ci/run", () => {
    const local = [...textOf(".ci/run").matchAll(/^(npm (?:ci|test|run [a-z]+)|git diff --exit-code -- dist)/gm)].map(([, command = ""]) => command);
    expect(local).toEqual(expect.arrayContaining(["npm ci", "npm run typecheck", "npm run lint", "npm run build", "npm run demo", "npm test"]));
    for (const command of local) expect(commands.some((run) => run.startsWith(command)), command).toBe(true);
  });

  it("tests on Node 20 and 24", () => {
    expect(text).toMatch(/node: \[20, 24\]/);
  });
});
