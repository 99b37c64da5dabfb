/** drift-check.yml: what a caller's inputs, or those of a run by hand, make of its jobs. */
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { textOf } from "./repository.ts";
import { expressionEvaluator, type Workflow } from "./workflow-files.ts";

interface Triggers {
  readonly on: Readonly<Record<"workflow_call" | "workflow_dispatch", { readonly inputs: Readonly<Record<string, { readonly default?: unknown }>> }>>;
}

const TEXT = textOf(".github/workflows/drift-check.yml");
const { jobs, concurrency } = parse(TEXT) as Workflow;
const triggers = (parse(TEXT) as Triggers).on;
const { check, repair } = jobs;

let evaluate: Awaited<ReturnType<typeof expressionEvaluator>>;
beforeAll(async () => {
  evaluate = await expressionEvaluator();
});

/** The contexts of a run that was started in this way, with its defaults. An input that the way does not have is empty. */
function started(way: keyof Triggers["on"], given: object): object {
  const known = Object.keys(triggers.workflow_call.inputs).map((name) => [name, null] as const);
  const defaults = Object.entries(triggers[way].inputs).map(([name, input]) => [name, input.default ?? ""] as const);
  return { inputs: { ...Object.fromEntries([...known, ...defaults]), ...given } };
}

/** What a step of ours is given: every input is an expression or a constant. */
function inputsOf(job: keyof typeof jobs, contexts: object): Record<string, unknown> {
  const [step] = jobs[job]?.steps ?? [];
  return Object.fromEntries(Object.entries(step?.with ?? {}).map(([name, value]) => [name, typeof value === "string" && value.startsWith("${{") ? evaluate(value, contexts) : value]));
}

const CALLED = { cluster: "/subscriptions/s", "tenant-id": "t", "client-id": "reader" };

describe("drift-check.yml", () => {
  it("checks without writing, keeps an issue, and fails on drift, where nothing is to be repaired", () => {
    expect(inputsOf("check", started("workflow_call", CALLED))).toMatchObject({
      mode: "check",
      cluster: "/subscriptions/s",
      "client-id": "reader",
      "azure-environment": "AzureCloud",
      "kube-access": "auto",
      probe: false,
      "drift-issue": true,
      "fail-on-drift": true,
    });
  });

  it("by hand has the same defaults, and keeps no issue", () => {
    const byHand = inputsOf("check", started("workflow_dispatch", CALLED));
    expect(byHand).toEqual({ ...inputsOf("check", started("workflow_call", { ...CALLED, "drift-issue": false })), namespaces: null });
    expect(evaluate(check?.["runs-on"] ?? "", started("workflow_dispatch", CALLED))).toBe("ubuntu-24.04");
  });

  it.each([
    ["", "true", false],
    ["production", "true", true],
    ["production", "false", false],
    ["production", "", false],
  ])("with the repair environment %j and drift %j: repairs is %s", (environment, drift, repairs) => {
    const contexts = { ...started("workflow_call", { ...CALLED, "repair-environment": environment }), needs: { check: { outputs: { drift } } } };
    expect(evaluate(`\${{ ${repair?.if ?? ""} }}`, contexts)).toBe(repairs);
    expect(repair?.if, "a check that failed is not followed by a repair").not.toMatch(/always|cancelled|failure/);
  });

  it("leaves the verdict to the reviewers where there are some, and repairs in their environment", () => {
    const contexts = started("workflow_call", { ...CALLED, environment: "readonly", "repair-environment": "production", "repair-client-id": "writer", "restart-workloads": "stale" });
    expect(inputsOf("check", contexts)["fail-on-drift"]).toBe(false);
    expect(inputsOf("repair", contexts)).toMatchObject({ mode: "apply", "client-id": "writer", "restart-workloads": "stale" });
    expect([check, repair].map((job) => evaluate(job?.environment ?? "", contexts))).toEqual(["readonly", "production"]);
  });

  it("repairs with the identity of the check where no other is named", () => {
    expect(inputsOf("repair", started("workflow_call", CALLED))["client-id"]).toBe("reader");
  });

  it.each([
    ["ubuntu-24.04", "ubuntu-24.04"],
    ['["self-hosted", "linux"]', ["self-hosted", "linux"]],
  ] as const)("runs every job on the caller's runner %s", (given, runner) => {
    for (const job of Object.values(jobs)) expect(evaluate(job["runs-on"] ?? "", started("workflow_call", { ...CALLED, "runs-on": given }))).toEqual(runner);
  });

  it("can be called twice in one workflow: each call has artifacts and a group of its own", () => {
    const artifacts = Object.values(jobs).flatMap((job) => (job.steps ?? []).flatMap(({ uses = "", with: inputs = {} }) => (uses.startsWith("actions/upload-artifact@") ? [inputs["name"]] : [])));
    expect(new Set(artifacts).size).toBe(2);
    for (const name of [...artifacts, concurrency?.group]) expect(name).toContain("${{ inputs.name || 'mesh' }}");
  });

  it("runs the action of its own commit, and needs no shell", () => {
    const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);
    expect(steps.flatMap(({ uses = "" }) => (uses.startsWith("actions/") ? [] : [uses]))).toEqual(["$/istio-cni", "$/istio-cni"]);
    expect(steps.filter(({ run }) => run !== undefined)).toEqual([]);
  });
});
