/** The README's workflow, and what the README and docs/recipes.md say can be changed in it. */
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { isJson, isObject, type Json, type JsonObject, setAt, valueAt } from "../../../simulator/lib/json.ts";
import { codeBlocks, textOf } from "./repository.ts";
import { openStage } from "./stage.ts";
import { startWorld, variables } from "./world.ts";

const RECIPES = "docs/recipes.md";
const [START = ""] = codeBlocks("README.md", "Start", "yaml");
const PRODUCTION = { environment: "production" };

function yaml(text: string): Json {
  const value: unknown = parse(text);
  if (!isJson(value)) throw new Error("YAML that JSON cannot hold.");
  return value;
}

/** The first workflow with changes in its job, as the README describes them in words. */
function changed(change: (workflow: JsonObject, job: JsonObject) => void): string {
  const workflow = yaml(START);
  const job = valueAt(workflow, "jobs", "istio-cni");
  if (!isObject(workflow) || !isObject(job)) throw new Error("The README's workflow has no job istio-cni.");
  change(workflow, job);
  return stringify(workflow);
}

function inputsOf(job: JsonObject): JsonObject {
  const [step] = Array.isArray(job["steps"]) ? job["steps"] : [];
  const inputs = valueAt(step, "with");
  if (!isObject(inputs)) throw new Error("The step has no inputs.");
  return inputs;
}

describe("the README's first workflow", () => {
  it("switches the mesh, and run again has nothing to do", async () => {
    await using stage = await openStage(startWorld("fresh", PRODUCTION));
    const { world, requestLog } = stage.world;
    const vars = variables(world);
    const first = await stage.run({ workflow: START, event: "push", vars });
    expect(first.succeeded, first.log).toBe(true);
    const [step] = first.steps;
    expect(step).toMatchObject({ name: "org/istio-cni-aks@v1", result: "success", outputs: { status: "changed", changed: "true", drift: "false", "redirection-mechanism": "CNIChaining", "feature-state": "Registered" } });
    expect(step?.log).toContain("cloud: AzureCloud at https://management.azure.com, sign-in at https://login.microsoftonline.com");
    expect(step?.log).toContain("with GitHub's OIDC token");
    expect(step?.summary).toContain("## ✅ aks-prod: CNI chaining is on");
    const changes = requestLog.changes();
    expect(changes.filter((change) => /^PUT .*[^)]$/.test(change)), "one write that Azure takes").toHaveLength(1);

    const second = await stage.run({ workflow: START, event: "push", vars });
    expect(second.succeeded, second.log).toBe(true);
    expect(second.steps[0]?.outputs).toMatchObject({ status: "compliant", changed: "false" });
    expect(requestLog.changes(), "the second run changes nothing").toEqual(changes);
  });

  it("fails without permission to write id-token, and says so", async () => {
    await using stage = await openStage(startWorld("fresh", PRODUCTION));
    const workflow = changed((_, job) => setAt(job, ["permissions"], { contents: "read" }));
    const run = await stage.run({ workflow, event: "push", vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(false);
    expect(run.steps[0]?.outputs["status"]).toBe("failed");
    expect(run.steps[0]?.annotations.map(({ message }) => message).join("\n")).toContain("id-token: write");
    expect(stage.world.requestLog.changes()).toEqual([]);
  });

  it("in another environment than the federated credential's fails, and says which subject was sent", async () => {
    await using stage = await openStage(startWorld("fresh", { environment: "production", tweak: (world) => (world.github.subject = "repo:contoso/platform:environment:staging") }));
    const run = await stage.run({ workflow: START, event: "push", vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(false);
    expect(run.steps[0]?.annotations.map(({ message }) => message).join("\n")).toContain("repo:contoso/platform:environment:staging");
  });

  it("after azure/login, without client-id and tenant-id, uses the session of the Azure CLI", async () => {
    await using stage = await openStage(startWorld("compliant", PRODUCTION));
    const ids = ["client-id", "tenant-id"];
    const workflow = changed((_, job) => {
      const inputs = Object.entries(inputsOf(job));
      const those = (areIds: boolean): JsonObject => Object.fromEntries(inputs.filter(([name]) => ids.includes(name) === areIds));
      setAt(job, ["steps"], [{ uses: "azure/login@v2", with: { ...those(true), "subscription-id": "${{ vars.AZURE_SUBSCRIPTION_ID }}" } }, { uses: "org/istio-cni-aks@v1", with: those(false) }]);
    });
    const run = await stage.run({ workflow, event: "push", vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(true);
    const step = run.steps.at(-1);
    expect(step?.outputs).toMatchObject({ status: "compliant", changed: "false" });
    expect(step?.log).toContain("identity: the Azure CLI's session");
  });

  it("with mode: disable goes back to init containers", async () => {
    await using stage = await openStage(startWorld("stale-pods", PRODUCTION));
    const vars = variables(stage.world.world);
    const there = await stage.run({ workflow: START, event: "push", vars });
    expect(there.steps[0]?.outputs, there.log).toMatchObject({ status: "changed", "redirection-mechanism": "CNIChaining" });
    const run = await stage.run({ workflow: changed((_, job) => setAt(inputsOf(job), ["mode"], "disable")), event: "push", vars });
    expect(run.succeeded, run.log).toBe(true);
    expect(run.steps[0]?.outputs).toMatchObject({ status: "changed", "redirection-mechanism": "InitContainers" });
  });

  it("followed by a step that reads the report prints the workloads that predate the switch", async () => {
    await using stage = await openStage(startWorld("stale-pods", PRODUCTION));
    const [block = ""] = codeBlocks(RECIPES, "Use the outputs", "yaml");
    const workflow = changed((_, job) => {
      const steps = yaml(block);
      const [first] = Array.isArray(steps) ? steps : [];
      if (!isObject(first)) throw new Error("The recipe's steps are no list.");
      setAt(first, ["with"], inputsOf(job));
      job["steps"] = steps;
    });
    const run = await stage.run({ workflow, event: "push", vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(true);
    const stale = Number(run.step("mesh").outputs["stale-workloads"]);
    expect(stale).toBeGreaterThan(0);
    const evidence = run.steps[1];
    expect(evidence?.name).toMatch(/^jq/);
    expect(yaml(evidence?.log ?? "")).toHaveLength(stale);
  });
});

describe("the plan in a pull request", () => {
  const [trigger = ""] = codeBlocks(RECIPES, "Plan in a pull request", "yaml");
  const [, condition = ""] = /`if: (github\.event\.pull_request[^`]+)`/.exec(textOf(RECIPES)) ?? [];
  const workflow = changed((whole, job) => {
    setAt(whole, ["on"], valueAt(yaml(trigger), "on") ?? null);
    setAt(inputsOf(job), ["mode"], "plan");
    setAt(job, ["if"], condition);
    job["environment"] = "production-readonly";
  });
  const payload = (head: string): JsonObject => ({ action: "opened", number: 7, pull_request: { number: 7, head: { ref: "topic", repo: { full_name: head } }, base: { ref: "main" } } });
  const open = (): ReturnType<typeof openStage<Awaited<ReturnType<typeof startWorld>>>> =>
    openStage(startWorld("fresh", { environment: "production-readonly" }));

  it("shows the write and changes nothing", async () => {
    await using stage = await open();
    const run = await stage.run({ workflow, event: "pull_request", payload: payload("contoso/platform"), vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(true);
    expect(run.steps[0]?.outputs).toMatchObject({ status: "drifted", changed: "false" });
    expect(run.steps[0]?.summary).toContain("proxyRedirectionMechanism");
    expect(stage.world.requestLog.changes()).toEqual([]);
  });

  it("is skipped for a fork", async () => {
    await using stage = await open();
    const run = await stage.run({ workflow, event: "pull_request", payload: payload("somebody/platform"), vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(true);
    expect(run.steps).toEqual([]);
    expect(stage.world.requestLog.entries).toEqual([]);
  });
});

describe("the scheduled drift check", () => {
  it("fails for drift and changes nothing", async () => {
    await using stage = await openStage(startWorld("reset-by-terraform", { environment: "production-readonly" }));
    const [workflow = ""] = codeBlocks(RECIPES, "A scheduled drift check", "yaml");
    const run = await stage.run({ workflow, event: "schedule", vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(false);
    expect([...run.jobs.values()]).toEqual(["failure"]);
    expect(run.steps[0]).toMatchObject({ result: "failure", outputs: { status: "drifted", drift: "true" } });
    expect(run.steps[0]?.annotations.map(({ level }) => level)).toContain("error");
    expect(stage.world.requestLog.changes()).toEqual([]);
  });
});
