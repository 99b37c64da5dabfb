/** The examples for one cluster, word for word. */
import { describe, expect, it } from "vitest";
import type { Simulator } from "../../../simulator/index.ts";
import { type JsonObject, setAt, textAt } from "../../../simulator/lib/json.ts";
import { pullRequest } from "../../../simulator/world/github.ts";
import type { WorkflowRun } from "./act.ts";
import { textOf } from "./repository.ts";
import { openStage } from "./stage.ts";
import { clusterId, startWorld, variables } from "./world.ts";

const MECHANISM = ["properties", "serviceMeshProfile", "istio", "components", "proxyRedirectionMechanism"];

function resetMechanism({ world, clock }: Simulator): void {
  setAt(world.cluster.body, MECHANISM, "InitContainers");
  world.cluster.mechanisms.push({ from: clock.now(), mechanism: "InitContainers" });
}

function uploaded(run: WorkflowRun): readonly string[] {
  return run.steps.flatMap(({ log }) => [...log.matchAll(/Artifact (\S+) has been uploaded/g)].map(([, name = ""]) => name));
}

describe("examples/drift-check.yml", () => {
  const workflow = textOf("examples/drift-check.yml");

  it("fails for drift and opens an issue; repaired, it succeeds and closes the issue", async () => {
    await using stage = await openStage(startWorld("compliant", { environment: "production-readonly" }));
    const { world } = stage.world;
    const request = { workflow, event: "schedule", vars: variables(world) } as const;
    const cluster = structuredClone({ body: world.cluster.body, mechanisms: world.cluster.mechanisms });
    resetMechanism(stage.world);
    const drifted = await stage.run(request);
    expect(drifted.succeeded, drifted.log).toBe(false);
    expect(drifted.step("mesh").outputs).toMatchObject({ status: "drifted", drift: "true", "issue-number": "1" });
    expect(uploaded(drifted), "the report of a failed check is kept").toEqual(["istio-cni-report_mesh_check"]);
    expect(world.github.issues).toMatchObject([{ state: "open", title: "Istio CNI drift: aks-prod in rg-prod" }]);
    expect(world.github.issues[0]?.body).toMatch(/https:\/\/github\.com\/contoso\/platform\/actions\/runs\/42\d+/);

    const still = await stage.run({ ...request, event: "workflow_dispatch" });
    expect(still.succeeded, still.log).toBe(false);
    expect(world.github.issues).toMatchObject([{ state: "open", comments: [] }]);

    Object.assign(world.cluster, cluster);
    const repaired = await stage.run(request);
    expect(repaired.succeeded, repaired.log).toBe(true);
    expect(repaired.step("mesh").outputs).toMatchObject({ status: "compliant", "issue-number": "1" });
    expect(world.github.issues).toMatchObject([{ state: "closed", stateReason: "completed" }]);
    expect(stage.world.requestLog.changes(), "nothing is written to Azure or the cluster").toEqual([]);
  });
});

describe("examples/drift-check-and-repair.yml", () => {
  const workflow = textOf("examples/drift-check-and-repair.yml");

  it("repairs drift in the second job, and is green; without drift there is no second job", async () => {
    await using stage = await openStage(startWorld("compliant", { environment: "production-readonly" }));
    const { world, requestLog } = stage.world;
    const request = { workflow, event: "schedule", vars: variables(world) } as const;
    resetMechanism(stage.world);
    const repaired = await stage.run(request);
    expect(repaired.succeeded, repaired.log).toBe(true);
    const [check, repair] = repaired.steps.filter(({ id }) => id === "mesh");
    expect(check?.outputs).toMatchObject({ status: "drifted", changed: "false" });
    expect(repair?.outputs).toMatchObject({ status: "changed", "redirection-mechanism": "CNIChaining" });
    expect(uploaded(repaired)).toEqual(["istio-cni-report_mesh_check", "istio-cni-report_mesh_repair"]);
    expect(requestLog.changes().map((change) => change.split(" ")[0]), "one write").toEqual(["PUT"]);
    expect(world.github.issues, "the issue of the check is closed by the repair").toMatchObject([{ state: "closed" }]);

    const compliant = await stage.run(request);
    expect(compliant.succeeded, compliant.log).toBe(true);
    expect(compliant.step("mesh").outputs["status"]).toBe("compliant");
    expect(requestLog.changes()).toHaveLength(1);
  });
});

describe("examples/drift-check-with-notification.yml", () => {
  const workflow = textOf("examples/drift-check-with-notification.yml");

  it("comes to both messages after a check that failed, and to none after one that did not", async () => {
    await using stage = await openStage(startWorld("compliant", { environment: "production-readonly" }));
    const request = { workflow, event: "schedule", vars: variables(stage.world.world) } as const;
    const compliant = await stage.run(request);
    expect(compliant.succeeded, compliant.log).toBe(true);
    expect(compliant.steps.map(({ name }) => name)).not.toContain("tell Slack");
    resetMechanism(stage.world);
    const drifted = await stage.run(request);
    expect(drifted.succeeded, drifted.log).toBe(false);
    expect(drifted.steps.slice(1).map(({ name, log }) => [name, log.trim()])).toEqual([
      ["tell Slack", "SLACK_WEBHOOK_URL is not set."],
      ["tell Teams", "TEAMS_WEBHOOK_URL is not set."],
    ]);
  });
});

describe("examples/plan-on-pull-request.yml", () => {
  const workflow = textOf("examples/plan-on-pull-request.yml");
  const subject = "repo:contoso/platform:pull_request";
  const payload = (head: string): JsonObject => ({ action: "opened", number: 7, pull_request: { number: 7, state: "open", head: { ref: "topic", repo: { full_name: head } }, base: { ref: "main", repo: { full_name: "contoso/platform" } } } });
  const open = (): ReturnType<typeof openStage<Simulator>> =>
    openStage(
      startWorld("fresh", {
        environment: "",
        tweak(world) {
          world.github.subject = subject;
          world.identity.federatedCredentials = [{ issuer: "", subject, audience: "api://AzureADTokenExchange" }];
          world.github.issues.push(pullRequest(7, "octocat", world.startedAt));
          world.github.issuesPermission = "none";
        },
      }),
    );

  it("keeps one comment with the plan, and changes nothing in Azure or the cluster", async () => {
    await using stage = await open();
    const { world, requestLog } = stage.world;
    for (const time of ["first", "second"]) {
      const run = await stage.run({ workflow, event: "pull_request", payload: payload("contoso/platform"), vars: variables(world) });
      expect(run.succeeded, `${time}: ${run.log}`).toBe(true);
      expect(run.steps[0]?.outputs).toMatchObject({ status: "drifted", changed: "false" });
    }
    const writes = requestLog.of("github").filter(({ method, path }) => method !== "GET" && path.includes("/comments"));
    expect(writes.map(({ method }) => method), "one comment, and nothing the second time, since the plan is the same").toEqual(["POST"]);
    expect(world.github.issues[0]?.comments[0]?.body).toContain("Switch proxyRedirectionMechanism to CNIChaining");
    expect(requestLog.changes()).toEqual([]);
  });

  it("is skipped for a fork", async () => {
    await using stage = await open();
    const run = await stage.run({ workflow, event: "pull_request", payload: payload("somebody/platform"), vars: variables(stage.world.world) });
    expect(run.succeeded, run.log).toBe(true);
    expect(run.steps).toEqual([]);
    expect(stage.world.requestLog.entries).toEqual([]);
  });
});

describe("examples/by-hand.yml", () => {
  const workflow = textOf("examples/by-hand.yml");

  it("plans by default, applies, checks and disables as the inputs say", async () => {
    await using stage = await openStage(startWorld("stale-pods", { environment: "production" }));
    const { world, requestLog } = stage.world;
    const dispatch = (inputs: Readonly<Record<string, string>>): Promise<WorkflowRun> =>
      stage.run({ workflow, event: "workflow_dispatch", inputs: { cluster: clusterId(world), ...inputs }, vars: variables(world) });

    const plan = await dispatch({});
    expect(plan.succeeded, plan.log).toBe(true);
    expect(plan.steps[0]?.outputs).toMatchObject({ status: "drifted", changed: "false" });
    const check = await dispatch({ mode: "check" });
    expect(check.succeeded, check.log).toBe(false);
    expect(requestLog.changes(), "neither plan nor check changes anything").toEqual([]);
    const apply = await dispatch({ mode: "apply" });
    expect(apply.succeeded, apply.log).toBe(true);
    expect(apply.steps[0]?.outputs).toMatchObject({ status: "changed", "redirection-mechanism": "CNIChaining" });
    const disable = await dispatch({ mode: "disable" });
    expect(disable.succeeded, disable.log).toBe(true);
    expect(disable.steps[0]?.outputs).toMatchObject({ status: "changed", "redirection-mechanism": "InitContainers" });
  });

  it("does not disable CNI chaining on AKS Automatic", async () => {
    await using stage = await openStage(startWorld("compliant", { environment: "production" }));
    const { world, requestLog } = stage.world;
    const run = await stage.run({ workflow, event: "workflow_dispatch", inputs: { cluster: clusterId(world), mode: "disable" }, vars: variables(world) });
    expect(run.succeeded, run.log).toBe(false);
    expect(run.steps[0]?.annotations.map(({ message }) => message).join("\n")).toContain("force");
    expect(requestLog.changes()).toEqual([]);
  });
});

describe("examples/deploy-with-terraform.yml", () => {
  it("switches the mesh after each apply of Terraform that has put init containers back", async () => {
    await using stage = await openStage(startWorld("compliant", { environment: "production" }));
    const { world, requestLog } = stage.world;
    const deploy = (): Promise<WorkflowRun> =>
      stage.run({ workflow: textOf("examples/deploy-with-terraform.yml"), event: "push", vars: variables(world), files: { "terraform/main.tf": "# the cluster\n" } });
    for (const time of ["first", "second"]) {
      const before = requestLog.changes().length;
      const run = await deploy();
      expect(run.succeeded, `${time}: ${run.log}`).toBe(true);
      expect([...run.jobs]).toEqual([["deploy/terraform", "success"], ["deploy/mesh", "success"]]);
      expect(run.steps.at(-1)?.outputs).toMatchObject({ status: "changed", "redirection-mechanism": "CNIChaining" });
      expect(requestLog.changes().slice(before).map((change) => change.split(" ")[0]), "Terraform's write, then the action's").toEqual(["PUT", "PUT"]);
      expect(textAt(world.cluster.body, ...MECHANISM)).toBe("CNIChaining");
    }
  });
});
