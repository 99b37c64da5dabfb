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

const TEXT = textOf(".github/workflows/ci.yml");
const workflow = parse(TEXT) as { readonly permissions: unknown; readonly concurrency?: { readonly group?: string }; readonly jobs: Readonly<Record<string, Job>> };
const jobs = Object.entries(workflow.jobs);
const commands = jobs.flatMap(([, job]) => job.steps.map(({ run }) => run ?? ""));

describe("the CI workflow", () => {
  it("pins every action by commit, and says which version that is", () => {
    const uses = TEXT.split("\n").filter((line) => /^\s*-?\s*uses:/.test(line));
    expect(uses).toHaveLength(jobs.flatMap(([, job]) => job.steps).filter((step) => step.uses !== undefined).length);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("pins an action to one commit everywhere", () => {
    const pins = new Map<string, Set<string>>();
    for (const [, name = "", pin = ""] of TEXT.matchAll(/uses: (\S+)@(\S+ # \S+)/g)) pins.set(name, (pins.get(name) ?? new Set()).add(pin));
    for (const [name, versions] of pins) expect([...versions], name).toHaveLength(1);
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
    expect(TEXT).toMatch(/node: \[20, 24\]/);
  });
});
