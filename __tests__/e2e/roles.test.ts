/** The custom roles of docs/roles/: apply and check work with exactly their actions, and not without any one of them. */
import { describe, expect, it } from "vitest";
import { workload, type World } from "../../simulator/index.ts";
import { textOf } from "../docs/repository.ts";
import { act, checksThat, type Run, startWorld } from "./world.ts";

interface Role {
  readonly Actions: readonly World["rights"]["arm"][number]["action"][];
  readonly DataActions: readonly string[];
}

const role = (name: string): Role => JSON.parse(textOf(`docs/roles/${name}.json`)) as Role;
const CHECK = role("check");
const APPLY = role("apply");
const FEATURE = role("register-feature");

/** Gives the identity the roles, but for one action: cluster roles on the cluster, the feature's on the subscription. */
function grant(world: World, cluster: Role, without?: string, subscription: readonly Role["Actions"][number][] = []): void {
  const arm = [
    ...cluster.Actions.map((action) => ({ action, scope: "cluster" as const })),
    ...subscription.map((action) => ({ action, scope: "subscription" as const })),
  ];
  world.rights = {
    arm: arm.filter(({ action }) => action !== without),
    kubernetes: "none",
    dataActions: cluster.DataActions.filter((action) => action !== without),
  };
}

/** The last words of an action, as refusals spell them: `managedClusters/write`, `pods`. */
function named(action: string): string {
  const [, resource = ""] = /\/([^/]+)\/read$/.exec(action) ?? [];
  return /managedClusters\/(?:[a-z.]+\/)?[a-z]+\/read$/.test(action) ? resource : action;
}

function isRefusal(run: Run, action: string): void {
  const told = [run.report.error?.message ?? "", run.report.error?.remedy ?? "", ...run.report.checks.filter(({ result }) => result === "skip").map(({ message, remedy }) => `${message} ${remedy}`)].join("\n");
  expect(told, "says what was refused").toContain("403");
  expect(told.toLowerCase(), "and which right is missing").toContain(named(action).toLowerCase());
}

/** Only where a workload of that kind is refused pods is it asked about. */
const OF_REFUSED_WORKLOADS: readonly string[] = ["apps/statefulsets/read", "batch/jobs/read"].map((action) => `Microsoft.ContainerService/managedClusters/${action}`);

/** Leaves one refused workload of this kind, and no other in the mesh. */
function onlyRefused(world: World, kind: "StatefulSet" | "Job"): void {
  const { kubernetes } = world;
  kubernetes.workloads = kubernetes.workloads.filter(({ namespace, kind: other }) => !["shop", "payments"].includes(namespace) || other === kind);
  if (kind === "Job") refusedJob(world);
}

function refusedJob(world: World): void {
  world.kubernetes.workloads.push(workload({ namespace: "shop", name: "reindex", kind: "Job", replicas: 1, createdAt: world.startedAt - 600_000, completesAfter: 60_000 }));
}

describe("check.json", () => {
  const inputs = { mode: "check", probe: "false" };

  it("holds nothing that changes anything", () => {
    for (const action of [...CHECK.Actions, ...CHECK.DataActions]) expect(action).toMatch(/\/read$|\/listClusterUserCredential\/action$/);
  });

  it("is enough for check, on a compliant cluster and on one whose workloads are refused", async () => {
    await using good = await startWorld("compliant", { tweak: (world) => grant(world, CHECK) });
    expect((await act(good, inputs)).report.status).toBe("compliant");
    await using bad = await startWorld("fresh", {
      tweak: (world) => {
        refusedJob(world);
        grant(world, CHECK);
      },
    });
    const run = await act(bad, inputs);
    expect(run.report.status).toBe("drifted");
    expect(checksThat(run.report, "fail")).toContain("workloads-admitted");
    expect([...good.journal.changes(), ...bad.journal.changes()]).toEqual([]);
  });

  it.each([...CHECK.Actions, ...CHECK.DataActions])("is not enough without %s", async (without) => {
    const refused = OF_REFUSED_WORKLOADS.includes(without);
    const kind = without.includes("jobs") ? "Job" : "StatefulSet";
    await using simulator = await startWorld(refused ? "fresh" : "compliant", {
      tweak: (world) => {
        if (refused) onlyRefused(world, kind);
        grant(world, CHECK, without);
      },
    });
    const run = await act(simulator, inputs);
    if (refused) expect(checksThat(run.report, "skip")).toContain("workloads-admitted");
    else expect(["unverified", "failed"]).toContain(run.report.status);
    isRefusal(run, without);
  });
});

describe("apply.json with register-feature.json", () => {
  const inputs = { mode: "apply", "timeout-minutes": "10" };

  it("is enough for a cluster whose feature is not registered", async () => {
    await using simulator = await startWorld("fresh", {
      tweak: (world) => {
        refusedJob(world);
        grant(world, APPLY, undefined, FEATURE.Actions);
      },
    });
    const run = await act(simulator, inputs);
    expect(run.report.status, run.log).toBe("changed");
  });

  it("the cluster's role alone is enough where the feature is registered", async () => {
    await using simulator = await startWorld("reset-by-terraform", { tweak: (world) => grant(world, APPLY) });
    expect((await act(simulator, inputs)).report.status).toBe("changed");
  });

  it.each([...APPLY.Actions, ...FEATURE.Actions, ...APPLY.DataActions.filter((action) => !action.endsWith("batch/jobs/read"))])("is not enough without %s", async (without) => {
    await using simulator = await startWorld("fresh", { tweak: (world) => grant(world, APPLY, without, FEATURE.Actions) });
    const run = await act(simulator, inputs);
    expect(["unverified", "failed"]).toContain(run.report.status);
    isRefusal(run, without);
  });
});
