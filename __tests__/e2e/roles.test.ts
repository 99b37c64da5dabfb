/** The custom roles of docs/roles/: apply and check work with exactly their actions, and need each of them. */
import { describe, expect, it } from "vitest";
import { type Simulator, workload, type World } from "../../simulator/index.ts";
import { textOf } from "../docs/repository.ts";
import { act, startWorld } from "./in-process.ts";
import { checksThat, PUT, type Run, SLOW_POLLS } from "./world.ts";

interface Role {
  readonly Actions: readonly World["rights"]["arm"][number]["action"][];
  readonly DataActions: readonly string[];
}

const role = (name: string): Role => JSON.parse(textOf(`docs/roles/${name}.json`)) as Role;
const CHECK = role("check");
const APPLY = role("apply");
const FEATURE = role("register-feature");

/** Assigns the roles except for one action: the cluster's role on the cluster, the feature's on the subscription. */
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

/** The part of an action that refusals contain: `managedClusters/write`, `pods`. */
function shortName(action: string): string {
  const [, resource = ""] = /\/([^/]+)\/read$/.exec(action) ?? [];
  return /managedClusters\/(?:[a-z.]+\/)?[a-z]+\/read$/.test(action) ? resource : action;
}

/** Assigns the roles, with one action that takes effect this many ms after it was first needed; undefined: never. */
function grantLater(world: World, later: Role["Actions"][number], propagation: number | undefined): void {
  // With the right to send the probe: refused workloads may still wait for their controllers when the run ends.
  grant(world, { ...APPLY, DataActions: [...APPLY.DataActions, "Microsoft.ContainerService/managedClusters/pods/write"] }, undefined, FEATURE.Actions);
  const { arm } = world.rights;
  world.rights.arm = propagation === undefined ? arm.filter(({ action }) => action !== later) : arm.map((one) => (one.action === later ? { ...one, propagation } : one));
}

function expectRefusal(run: Run, action: string): void {
  const texts = [run.report.error?.message ?? "", run.report.error?.remedy ?? "", ...run.report.checks.filter(({ result }) => result === "skip" || result === "warn").map(({ message, evidence, remedy }) => `${message} ${evidence.join(" ")} ${remedy}`)].join("\n");
  expect(texts, "contains the status of the refusal").toContain("403");
  expect(texts.toLowerCase(), "names the missing action").toContain(shortName(action).toLowerCase());
}

/** Queried only where a workload of that kind has refused pods. */
const OF_REFUSED_WORKLOADS: readonly string[] = ["apps/statefulsets/read", "batch/jobs/read"].map((action) => `Microsoft.ContainerService/managedClusters/${action}`);

/** Keeps one refused workload of this kind, and no others in the mesh. */
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

  it("contains no action that changes anything", () => {
    for (const action of [...CHECK.Actions, ...CHECK.DataActions]) expect(action).toMatch(/\/read$|\/listClusterUserCredential\/action$/);
  });

  it("is sufficient for check, on a compliant cluster and on one with refused workloads", async () => {
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
    expect([...good.requestLog.changes(), ...bad.requestLog.changes()]).toEqual([]);
  });

  it.each([...CHECK.Actions, ...CHECK.DataActions])("is not sufficient without %s", async (without) => {
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
    expectRefusal(run, without);
  });
});

describe("apply.json with register-feature.json", () => {
  const inputs = { mode: "apply", "timeout-minutes": "10" };

  it("is sufficient for a cluster whose feature is not registered", async () => {
    await using simulator = await startWorld("fresh", {
      tweak: (world) => {
        refusedJob(world);
        grant(world, APPLY, undefined, FEATURE.Actions);
      },
    });
    const run = await act(simulator, { ...inputs, ...SLOW_POLLS });
    expect(run.report.status, run.log).toBe("changed");
  });

  it("is sufficient without register-feature.json where the feature is registered", async () => {
    await using simulator = await startWorld("reset-by-terraform", { tweak: (world) => grant(world, APPLY) });
    expect((await act(simulator, { ...inputs, ...SLOW_POLLS })).report.status).toBe("changed");
  });

  it.each([...APPLY.Actions, ...FEATURE.Actions, ...APPLY.DataActions.filter((action) => !action.endsWith("batch/jobs/read"))])("is not sufficient without %s", async (without) => {
    await using simulator = await startWorld("fresh", { tweak: (world) => grant(world, APPLY, without, FEATURE.Actions) });
    const run = await act(simulator, { ...inputs, ...SLOW_POLLS });
    expect(["unverified", "failed"]).toContain(run.report.status);
    expectRefusal(run, without);
  });
});

describe("a role assignment that is still propagating", () => {
  const READ = "Microsoft.ContainerService/managedClusters/read";
  const WRITE = "Microsoft.ContainerService/managedClusters/write";
  const REGISTER_FEATURE = "Microsoft.Features/providers/features/register/action";
  const REGISTER_PROVIDER = "Microsoft.ContainerService/register/action";
  const refusals = (simulator: Simulator): string[] => simulator.requestLog.of("arm").filter(({ status, path }) => status === 403 && !/\/(?:meshRevisionProfiles|eventtypes\/management\/values)$/.test(path)).map(({ method, path }) => `${method} ${path}`);

  it.each([
    ["for reading the cluster", READ, /reading the cluster demo: the identity lacks \S+managedClusters\/read on the cluster, which the built-in role "Reader" includes \(AuthorizationFailed\)\. Waiting up to 6 min, because a new role assignment needs time to take effect/],
    ["for writing the cluster", WRITE, /switching .*: the identity lacks \S+managedClusters\/write on the cluster/],
    ["for registering the feature", REGISTER_FEATURE, /registering the feature .*: the identity lacks/],
    ["for refreshing the provider", REGISTER_PROVIDER, /refreshing the provider .*: the identity lacks/],
  ] as const)("%s: the run waits for it", async (_, later, words) => {
    await using simulator = await startWorld("fresh", { tweak: (world) => grantLater(world, later, 30_000) });
    const run = await act(simulator);
    expect(run.report.status, run.log).toBe("changed");
    expect(run.log).toMatch(words);
    expect(refusals(simulator).length).toBeGreaterThan(0);
    expect(run.changes.filter((change) => change === PUT)).toHaveLength(1);
    expect(run.report.requests.retried).toBeGreaterThan(0);
  });

  it("for writing the cluster, while another client changes it: the run keeps that change", async () => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => grantLater(world, WRITE, 30_000) });
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
    ["for reading the cluster", READ],
    ["for writing the cluster", WRITE],
  ] as const)("%s, and never takes effect: after six polls the run fails with the role, and nothing is written", async (_, role) => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => grantLater(world, role, undefined) });
    const run = await act(simulator, { "poll-interval-seconds": "10" });
    expect(run.report.status, run.log).toBe("failed");
    expectRefusal(run, role);
    // Every eight to ten seconds, since polls have jitter, with the first and one at the end. On a busy machine an answer may time out at this speed.
    const refused = refusals(simulator);
    const timeouts = run.log.match(/RequestTimeout/g)?.length ?? 0;
    expect(refused.length, run.log).toBeGreaterThanOrEqual(7);
    expect(refused.length, run.log).toBeLessThanOrEqual(10 + timeouts);
    expect(run.changes.filter((change) => !change.endsWith("(403)"))).toEqual([]);
  });

  it.each(["plan", "check"])("is not waited for by %s", async (mode) => {
    await using simulator = await startWorld("flag-graduated", { tweak: (world) => grantLater(world, READ, 30_000) });
    const run = await act(simulator, { mode });
    expect(run.report.status, run.log).toBe("failed");
    expect(refusals(simulator).filter((request) => request.endsWith("/managedClusters/demo"))).toHaveLength(1);
    expect(run.log).not.toContain("waited for");
  });

  it("is not waited for where it is not needed: the flag of a compliant cluster, and access to the cluster", async () => {
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
