/** The custom roles of docs/roles/: apply and check work with exactly their actions, and not without any one of them. */
import { describe, expect, it } from "vitest";
import { type Simulator, workload, type World } from "../../simulator/index.ts";
import { textOf } from "../docs/repository.ts";
import { act, checksThat, PUT, type Run, SELDOM, startWorld } from "./world.ts";

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

/** The same, but for one action, which arrives so long after it was first needed; undefined: never. */
function grantLate(world: World, late: Role["Actions"][number], by: number | undefined): void {
  grant(world, APPLY, undefined, FEATURE.Actions);
  const { arm } = world.rights;
  world.rights.arm = by === undefined ? arm.filter(({ action }) => action !== late) : arm.map((one) => (one.action === late ? { ...one, lateBy: by } : one));
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
    const run = await act(simulator, { ...inputs, ...SELDOM });
    expect(run.report.status, run.log).toBe("changed");
  });

  it("the cluster's role alone is enough where the feature is registered", async () => {
    await using simulator = await startWorld("reset-by-terraform", { tweak: (world) => grant(world, APPLY) });
    expect((await act(simulator, { ...inputs, ...SELDOM })).report.status).toBe("changed");
  });

  it.each([...APPLY.Actions, ...FEATURE.Actions, ...APPLY.DataActions.filter((action) => !action.endsWith("batch/jobs/read"))])("is not enough without %s", async (without) => {
    await using simulator = await startWorld("fresh", { tweak: (world) => grant(world, APPLY, without, FEATURE.Actions) });
    const run = await act(simulator, { ...inputs, ...SELDOM });
    expect(["unverified", "failed"]).toContain(run.report.status);
    isRefusal(run, without);
  });
});

describe("a role that was assigned a moment ago", () => {
  const READ = "Microsoft.ContainerService/managedClusters/read";
  const WRITE = "Microsoft.ContainerService/managedClusters/write";
  const REGISTER_FEATURE = "Microsoft.Features/providers/features/register/action";
  const REGISTER_PROVIDER = "Microsoft.ContainerService/register/action";
  const refusals = (simulator: Simulator): string[] => simulator.journal.of("arm").filter(({ status }) => status === 403).map(({ method, path }) => `${method} ${path}`);

  it.each([
    ["the reader's", READ, /reading the cluster demo: the identity lacks \S+managedClusters\/read on the cluster, which the built-in role "Reader" includes \(AuthorizationFailed\)\. Waiting up to 2 min, because a new role assignment needs time to take effect/],
    ["the writer's", WRITE, /switching .*: the identity lacks \S+managedClusters\/write on the cluster/],
    ["for registering the feature", REGISTER_FEATURE, /registering the feature .*: the identity lacks/],
    ["for refreshing the provider", REGISTER_PROVIDER, /refreshing the provider .*: the identity lacks/],
  ] as const)("%s: waited for", async (_, late, words) => {
    await using simulator = await startWorld("fresh", { tweak: (world) => grantLate(world, late, 30_000) });
    const run = await act(simulator);
    expect(run.report.status, run.log).toBe("changed");
    expect(run.log).toMatch(words);
    expect(refusals(simulator).length).toBeGreaterThan(0);
    expect(run.changes.filter((change) => change === PUT)).toHaveLength(1);
    expect(run.report.requests.retried).toBeGreaterThan(0);
  });

  it("for the write, while somebody else changes the cluster: decided anew, so that their change stays", async () => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => grantLate(world, WRITE, 30_000) });
    let done = false;
    simulator.faults.add({
      match: ({ method, path }) => {
        if (method !== "PUT" || !path.endsWith("/managedClusters/demo") || done) return false;
        done = true;
        simulator.world.cluster.body["tags"] = { owner: "another-team" };
        simulator.world.cluster.body["eTag"] = "changed-meanwhile";
        return false;
      },
      fault: { kind: "hang" },
    });
    const run = await act(simulator);
    expect(run.report.status, run.log).toBe("changed");
    expect(simulator.world.cluster.body["tags"]).toEqual({ owner: "another-team" });
  });

  it.each([
    ["the reader's", READ],
    ["the writer's", WRITE],
  ] as const)("%s, and never comes: after six polls the run ends with the role, and nothing is written", async (_, role) => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => grantLate(world, role, undefined) });
    const run = await act(simulator, { "poll-interval-seconds": "10" });
    expect(run.report.status, run.log).toBe("failed");
    isRefusal(run, role);
    // Every eight to ten seconds, since polls are jittered, and once at the end. On a busy machine an answer may come too late at this speed.
    const asked = refusals(simulator);
    const late = run.log.match(/RequestTimeout/g)?.length ?? 0;
    expect(asked.length, run.log).toBeGreaterThanOrEqual(7);
    expect(asked.length, run.log).toBeLessThanOrEqual(9 + late);
    expect(run.changes.filter((change) => !change.endsWith("(403)"))).toEqual([]);
  });

  it.each(["plan", "check"])("is not waited for by %s", async (mode) => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => grantLate(world, READ, 30_000) });
    const run = await act(simulator, { mode });
    expect(run.report.status, run.log).toBe("failed");
    expect(refusals(simulator).filter((request) => request.endsWith("/managedClusters/demo"))).toHaveLength(1);
    expect(run.log).not.toContain("waited for");
  });

  it("is not waited for where nobody needs it: the flag of a compliant cluster, and the way into it", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => {
        grant(world, APPLY);
        world.rights.arm = world.rights.arm.filter(({ action }) => !action.endsWith("listClusterUserCredential/action"));
      },
    });
    const run = await act(simulator, { "kube-access": "direct" });
    expect(run.report.status, run.log).toBe("unverified");
    expect(refusals(simulator)).toHaveLength(2);
    expect(run.log).not.toContain("waited for");
  });
});
