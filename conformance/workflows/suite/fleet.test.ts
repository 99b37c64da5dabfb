/** The fleet's examples and the workflow that they call, word for word, with artifacts and a cache between the jobs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FleetKind } from "../../../simulator/fleet/fleet-clusters.ts";
import { type Fleet, startFleet } from "../../../simulator/fleet/start-fleet.ts";
import type { WorkflowRun } from "./act.ts";
import type { StepRun } from "./act-log.ts";
import { PUBLIC_CLOUD } from "../../../simulator/server/public-internet.ts";
import { textOf } from "./repository.ts";
import { openStage, type Stage } from "./stage.ts";
import { certificates, SPEED } from "./world.ts";

const ENVIRONMENT = "repo:contoso/platform:environment:fleet-readonly";

/** A fleet of clusters of these kinds in three subscriptions. The first eight are tagged `environment: prod`. */
async function openFleet(kinds: readonly FleetKind[], kubernetes = true): Promise<Stage<Fleet>> {
  const starting = startFleet({ clusters: kinds.length, speed: SPEED, kubernetes, kindOf: (index) => kinds[index] ?? "compliant", certificates, publicNames: PUBLIC_CLOUD });
  const [first] = (await starting).clusters;
  if (first === undefined) throw new Error("The fleet has no cluster.");
  // The fleet's services know the repository and the identity of its first world.
  first.world.github.subject = ENVIRONMENT;
  first.world.identity.federatedCredentials = [{ issuer: "", subject: ENVIRONMENT, audience: "api://AzureADTokenExchange" }];
  return openStage(starting);
}

function vars({ world }: Stage<Fleet>): Readonly<Record<string, string>> {
  return { AZURE_TENANT_ID: world.inputs["tenant-id"] ?? "", AZURE_CLIENT_ID: world.inputs["client-id"] ?? "" };
}

/** The steps of a run that carry these IDs, in any job. */
function stepsWith(run: WorkflowRun, id: string): readonly StepRun[] {
  return run.steps.filter((step) => step.id === id);
}

function nameOf({ world }: Stage<Fleet>, index: number): string {
  return world.clusters[index]?.world.cluster.name ?? "";
}

describe("examples/fleet-drift-check.yml", () => {
  const workflow = textOf("examples/fleet-drift-check.yml");

  it("checks every cluster, fails once for what has drifted and could not be checked, and next time tells what changed", async () => {
    await using fleet = await openFleet(["compliant", "drifted", "no-role", "mesh-off", "compliant"]);
    const first = await fleet.run({ workflow, event: "schedule", vars: vars(fleet) });
    expect(first.succeeded, first.log).toBe(false);
    expect(stepsWith(first, "discover")[0]?.outputs, first.log).toMatchObject({ count: "4", total: "4", "batch-count": "1", complete: "true" });
    expect(stepsWith(first, "check").map(({ outputs }) => outputs["status"]).sort()).toEqual(["compliant", "compliant", "drifted", "unverified"]);
    expect([...first.jobs].filter(([, result]) => result === "failure").map(([name]) => name), "only the summary fails").toEqual([expect.stringMatching(/summary$/)]);
    const summary = first.step("summary");
    expect(summary.outputs).toMatchObject({ status: "drifted", total: "4", compliant: "2", drifted: "1", unverified: "1", missing: "0", "newly-drifted": "" });
    for (const index of [1, 2]) expect(summary.summary).toContain(nameOf(fleet, index));
    expect(fleet.world.requestLog.changes()).toEqual([]);

    const [compliant, drifted] = fleet.world.clusters;
    if (compliant === undefined || drifted === undefined) throw new Error("The fleet is too small.");
    const { name, body } = drifted.world.cluster;
    Object.assign(drifted.world.cluster, structuredClone({ mechanisms: compliant.world.cluster.mechanisms, body: { ...compliant.world.cluster.body, id: body["id"] ?? "", name, tags: body["tags"] ?? {} } }));
    drifted.world.kubernetes = compliant.world.kubernetes;
    const second = await fleet.run({ workflow, event: "workflow_dispatch", vars: vars(fleet) });
    expect(second.step("summary").outputs, second.log).toMatchObject({ drifted: "0", unverified: "1", fixed: "1", "newly-drifted": "0" });
    expect(second.step("summary").summary).toMatch(new RegExp(`fixed \\| <code>${name}</code>`));
  });

  it("has its page where the name of the workflow cannot be part of a cache's key", async () => {
    await using fleet = await openFleet(["compliant"]);
    const run = await fleet.run({ workflow: workflow.replace("name: fleet drift", "name: fleet, drift"), called: (text) => text.replace("name: fleet check", "name: fleet, check"), event: "schedule", vars: vars(fleet) });
    expect(run.step("summary").outputs, run.log).toMatchObject({ status: "compliant", total: "1", "newly-drifted": "" });
    expect(run.succeeded, run.log).toBe(true);
  });

  it("expects a report of each of 256 clusters with the longest names that Azure allows", async () => {
    await using fleet = await openFleet(Array.from({ length: 256 }, () => "compliant"), false);
    for (const [index, { world }] of fleet.world.clusters.entries()) {
      world.resourceGroup = `rg-${index}`.padEnd(90, "x");
      world.cluster.name = `aks-${index}`.padEnd(63, "x");
      const id = `/subscriptions/${world.subscriptionId}/resourcegroups/${world.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${world.cluster.name}`;
      Object.assign(world.cluster.body, { id, name: world.cluster.name });
    }
    const everyTag = workflow.replace(/^ +tags: .*\n/m, "");
    const run = await fleet.run({ workflow: everyTag, called: (text) => text.replace(/^ {4}if: .*needs\.discover\.outputs\.count.*$/m, "    if: false"), event: "schedule", vars: vars(fleet) });
    expect(run.step("summary").outputs, run.log).toMatchObject({ total: "256", missing: "256" });
  });

  it("fails where no cluster can be listed, and checks none", async () => {
    await using fleet = await openFleet(["compliant"]);
    const [only] = fleet.world.clusters;
    if (only !== undefined) only.world.github.subject = "repo:contoso/platform:ref:refs/heads/main";
    const run = await fleet.run({ workflow, event: "schedule", vars: vars(fleet) });
    expect(run.succeeded, run.log).toBe(false);
    expect(stepsWith(run, "check")).toEqual([]);
    expect(stepsWith(run, "discover")[0]?.annotations.map(({ message }) => message).join()).toContain("refs/heads/main");
  });

  it("fails where no cluster matches, and with allow-empty succeeds with warnings", async () => {
    await using fleet = await openFleet(["mesh-off"]);
    const run = await fleet.run({ workflow, event: "schedule", vars: vars(fleet) });
    expect(run.succeeded, run.log).toBe(false);
    expect(run.step("summary").outputs).toMatchObject({ status: "empty", total: "0" });
    expect(run.step("discover").annotations).toMatchObject([{ level: "error", title: "No cluster found" }]);
    const allowed = await fleet.run({ workflow: workflow.replace(/^ +max-parallel: .*$/m, "      allow-empty: true"), event: "schedule", vars: vars(fleet) });
    expect(allowed.succeeded, allowed.log).toBe(true);
  });

  it("tells once which subscription vanished; a second attempt tells the same again", async () => {
    await using fleet = await openFleet(["compliant", "compliant", "compliant"]);
    expect((await fleet.run({ workflow, event: "schedule", vars: vars(fleet) })).succeeded).toBe(true);
    fleet.world.hideSubscription(fleet.world.subscriptions[1] ?? "");
    const second = await fleet.run({ workflow, event: "schedule", vars: vars(fleet) });
    const again = await fleet.run({ workflow, event: "schedule", vars: vars(fleet), again: true });
    for (const run of [second, again]) {
      expect(run.succeeded, run.log).toBe(false);
      expect(run.step("summary").outputs, run.log).toMatchObject({ status: "unverified", total: "2", vanished: "1" });
      expect(run.step("summary").summary).toContain(nameOf(fleet, 1));
    }
    const third = await fleet.run({ workflow, event: "schedule", vars: vars(fleet) });
    expect([third.succeeded, third.step("summary").outputs["vanished"]], third.log).toEqual([true, "0"]);
  });

  it("can be called twice in one workflow, each call with its own clusters and history", async () => {
    await using fleet = await openFleet(["compliant", "drifted", "compliant"]);
    const [, head = "", job = ""] = /^([\s\S]*?^jobs:\n)([\s\S]*)$/m.exec(workflow) ?? [];
    const call = (name: string, names: string): string => job.replace("  fleet:", `  ${name}:`).replace(/^ +tags: .*$/m, `      name: ${name}\n      names: "${names}"`);
    const run = await fleet.run({ workflow: `${head}${call("first", "*-0001")}${call("second", "*-0002,*-0003")}`, event: "schedule", vars: vars(fleet) });
    expect(stepsWith(run, "summary").map(({ outputs }) => `${outputs["total"] ?? ""} ${outputs["drifted"] ?? ""}`).sort(), run.log).toEqual(["1 0", "2 1"]);
  });
});

describe("a copy of fleet-check.yml with a drift issue for each cluster, as docs/fleet.md describes it", () => {
  it("opens one issue for each cluster that has drifted", async () => {
    await using fleet = await openFleet(["drifted", "compliant", "drifted", "no-role"]);
    const workflow = textOf("examples/fleet-drift-check.yml")
      .replace("org/istio-cni-aks/.github/workflows/fleet-check.yml@v1", "./.github/workflows/fleet-check.yml")
      .replace("id-token: write", "issues: write\n      id-token: write");
    const called = textOf(".github/workflows/fleet-check.yml")
      .replace(/(?<=uses: )\$\/(\S+)/g, "org/istio-cni-aks/$1@v1")
      .replace("          mode: check\n", "          mode: check\n          drift-issue: true\n")
      .replace("    strategy:", "      issues: write\n    strategy:");
    const run = await fleet.run({ workflow, event: "schedule", vars: vars(fleet), files: { ".github/workflows/fleet-check.yml": called } });
    expect(run.succeeded, run.log).toBe(false);
    const issues = fleet.world.clusters[0]?.world.github.issues ?? [];
    expect(issues.map(({ title }) => /: (\S+) in/.exec(title)?.[1]).sort()).toEqual([0, 2].map((index) => nameOf(fleet, index)).sort());
  });
});

describe("examples/fleet-drift-check-large.yml", () => {
  it("calls the check once a batch, each with a summary and a history of its own", async () => {
    await using fleet = await openFleet(["compliant", "drifted", "compliant"]);
    // GitHub's limit is 256 jobs. Here it is two, so that three clusters make two batches.
    const action = join(fleet.release, "discover/action.yml");
    writeFileSync(action, readFileSync(action, "utf8").replace('default: "256"', 'default: "2"'));
    const called = (text: string): string => text.replaceAll("256", "2");
    const run = await fleet.run({ workflow: textOf("examples/fleet-drift-check-large.yml"), called, event: "schedule", vars: vars(fleet) });
    expect(run.succeeded, run.log).toBe(false);
    expect(stepsWith(run, "check")).toHaveLength(3);
    expect(stepsWith(run, "summary").map(({ outputs }) => outputs["total"]).sort()).toEqual(["1", "2"]);
    expect(stepsWith(run, "summary").map(({ result }) => result).sort()).toEqual(["failure", "success"]);
    const again = await fleet.run({ workflow: textOf("examples/fleet-drift-check-large.yml"), called, event: "schedule", vars: vars(fleet) });
    expect(stepsWith(again, "summary").map(({ outputs }) => outputs["newly-drifted"]), again.log).toEqual(["0", "0"]);
  });

  it("goes on where a subscription cannot be listed, and its first batch tells what vanished from all", async () => {
    await using fleet = await openFleet(["compliant", "compliant", "compliant"]);
    const action = join(fleet.release, "discover/action.yml");
    writeFileSync(action, readFileSync(action, "utf8").replace('default: "256"', 'default: "2"'));
    const request = { workflow: textOf("examples/fleet-drift-check-large.yml"), called: (text: string): string => text.replaceAll("256", "2"), event: "schedule", vars: vars(fleet) } as const;
    expect((await fleet.run(request)).succeeded).toBe(true);
    fleet.world.clusters.slice(0, 2).forEach((cluster) => fleet.world.deleteCluster(cluster));
    fleet.world.hideSubscription(fleet.world.subscriptions[1] ?? "");
    const run = await fleet.run(request);
    expect(stepsWith(run, "summary").map(({ outputs }) => [outputs["total"], outputs["vanished"], outputs["removed"]]), run.log).toEqual([["1", "1", "1"]]);
    fleet.world.hideSubscription(fleet.world.subscriptions[2] ?? "");
    const none = await fleet.run(request);
    expect(stepsWith(none, "summary").map(({ outputs }) => [outputs["total"], outputs["vanished"]]), none.log).toEqual([["0", "1"]]);
  });
});
