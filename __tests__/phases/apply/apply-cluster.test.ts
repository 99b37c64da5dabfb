import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { MeshObservation, Snapshot } from "../../../src/istio/observation.ts";
import { RESTARTED_AT_ANNOTATION } from "../../../src/istio/workloads/rollout.ts";
import { applyCluster } from "../../../src/phases/apply/apply-cluster.ts";
import { StepTracker } from "../../../src/phases/apply/step-tracker.ts";
import { goalOf, type PlanConfig, planFor } from "../../../src/phases/plan/plan.ts";
import { InMemoryApi } from "../../in-memory-api.ts";
import { census, clusterWithMechanism, observation, PROVEN, seen, SHOP, showing, snapshot, UNSEEN } from "../../istio/fixtures.ts";
import { simulatedContext } from "../../simulated-context.ts";

const CONFIG: PlanConfig = {
  mode: "apply",
  namespaces: [],
  registerFeature: "auto",
  labelNamespaces: false,
  revision: undefined,
  removeInjectionLabel: false,
  restartWorkloads: "never",
  force: false,
};
const STALE = { namespace: "shop", owner: { kind: "Deployment", name: "web" }, state: "legacy-init", pods: 2 } as const;
const WEB = "/apis/apps/v1/namespaces/shop/deployments/web";
const withStale = (...staleWorkloads: (typeof STALE)[]): Snapshot => showing({ pods: seen(census({ staleWorkloads })) });

function cluster(): InMemoryApi {
  const api = new InMemoryApi();
  api.objects.set(WEB, { metadata: { name: "web", generation: 1 }, spec: { replicas: 1 }, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } });
  api.objects.set("/api/v1/namespaces/pay", { metadata: { name: "pay", labels: {} } });
  return api;
}

/** Applies the plan of `before` in the cluster. Each observation of everything returns the next of `snapshots`; the last one is repeated. */
async function apply(change: Partial<PlanConfig>, before: Snapshot, snapshots: readonly Snapshot[] = [], { api = cluster(), switched = false }: { api?: InMemoryApi | undefined; switched?: boolean } = {}) {
  const config = { ...CONFIG, ...change };
  const goal = goalOf(config);
  const { context } = simulatedContext();
  const plan = planFor(before, config);
  const tracker = new StepTracker(plan.steps, context.clock);
  if (switched) await tracker.run("switch-redirection", () => Promise.resolve("done"));
  const observed: ("all" | "rollout" | "refused")[] = [];
  let next = 0;
  const at = (index: number): Snapshot => snapshots[Math.min(index, snapshots.length - 1)] ?? before;
  const observe = {
    all: () => Promise.resolve((observed.push("all"), at(next++))),
    rollout: () => Promise.resolve((observed.push("rollout"), at(next))),
    refused: () => Promise.resolve((observed.push("refused"), at(next))),
  };
  const startedAt = context.clock.now();
  const outcome = await applyCluster(before, { config, goal, tracker, context, api, observe }).then(
    (last) => ({ last, error: undefined }),
    (error: unknown) => ({ last: undefined, error }),
  );
  const step = (id: string) => tracker.steps.find((candidate) => candidate.id === id);
  return { ...outcome, plan, tracker, step, observed, api, tookMs: context.clock.now() - startedAt };
}

describe("a compliant cluster", () => {
  test("is not observed again and not changed", async () => {
    const before = snapshot();
    const { last, observed, tracker, api } = await apply({ restartWorkloads: "stale", labelNamespaces: true, namespaces: ["shop"] }, before);
    expect(last).toBe(before);
    expect(observed).toEqual([]);
    expect(api.writes).toEqual([]);
    expect(tracker.changed).toBe(false);
    expect(tracker.steps.map(({ outcome }) => outcome)).toEqual(tracker.steps.map(() => "unneeded"));
  });
});

describe("stale workloads", () => {
  test("are restarted after the rollout, and observed afterwards", async () => {
    const healthy = snapshot();
    const { step, observed, tracker, api, last } = await apply({ restartWorkloads: "stale" }, withStale(STALE), [withStale(STALE), healthy], { switched: true });
    expect(step("restart-workloads")).toMatchObject({ outcome: "done", reason: "restarted 1 workload" });
    expect(api.writes.map(({ path, body }) => [path, JSON.stringify(body).includes(RESTARTED_AT_ANNOTATION)])).toEqual([[WEB, true]]);
    expect(observed).toEqual(["rollout", "rollout", "all", "all"]);
    expect(tracker.changed).toBe(true);
    expect(last).toBe(healthy);
  });
  test("are restarted without a wait if no rollout is in progress", async () => {
    const { step, observed } = await apply({ restartWorkloads: "stale" }, withStale(STALE));
    expect(step("restart-workloads")?.outcome).toBe("done");
    expect(observed).toEqual(["all"]);
  });
  test("are restarted in mode disable as well", async () => {
    const back = snapshot({
      cluster: clusterWithMechanism(INIT_CONTAINERS, { sku: "Base/Standard" }),
      observation: seen(observation({ injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]), daemonSet: seen(undefined), probes: seen({ skipReason: "The input probe is false.", answers: [], leftOut: 0 }), pods: seen(census({ staleWorkloads: [{ ...STALE, state: "cni" }] })) })),
    });
    const { step } = await apply({ mode: "disable", restartWorkloads: "stale" }, back);
    expect(step("restart-workloads")?.outcome).toBe("done");
  });
  test.each<[string, Partial<MeshObservation>]>([
    ["the injector", { injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]) }],
    ["the CNI agent", { daemonSet: seen(undefined) }],
  ])("are skipped with a reason until %s is ready", async (_, change) => {
    const broken = showing({ ...change, pods: seen(census({ staleWorkloads: [STALE] })) });
    const { step, api } = await apply({ restartWorkloads: "stale" }, broken);
    expect(step("restart-workloads")).toMatchObject({ outcome: "skipped", reason: expect.stringContaining("only after the injector and the CNI agent are ready") as unknown });
    expect(api.writes).toEqual([]);
  });
  test("whose rollout fails: the run fails, counts as changed, and observes the cluster afterwards", async () => {
    const api = cluster();
    api.tick = () => {
      const web = api.objects.get(WEB) as { spec: { template?: object }; status: object };
      if (web.spec.template !== undefined) web.status = { observedGeneration: 1, conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded", message: "timed out" }] };
    };
    const { error, step, tracker, observed } = await apply({ restartWorkloads: "stale" }, withStale(STALE), [], { api });
    expect(error).toMatchObject({ code: "RolloutFailed" });
    expect(step("restart-workloads")?.outcome).toBe("failed");
    expect(tracker.changed).toBe(true);
    expect(observed).toEqual(["all"]);
  });
  test("that cannot be restarted are listed in the plan", async () => {
    const before = withStale({ ...STALE, owner: { kind: "Job", name: "migrate" } } as never);
    const { step, plan } = await apply({ restartWorkloads: "stale" }, before);
    expect(plan.steps.at(-1)).toMatchObject({ needed: false, reason: expect.stringContaining("skipped: Job shop/migrate: runs to its end") as unknown });
    expect(step("restart-workloads")?.outcome).toBe("skipped");
  });
});

describe("refused workloads", () => {
  const DENIED = "container istio-init must not add NET_ADMIN";
  const replicaSets = seen([{ namespace: "shop", name: "web-1", owner: { kind: "Deployment", name: "web" }, failure: DENIED, desired: 1, template: { labels: {}, hasIstioInit: false } }]);
  const waiting = showing({ replicaSets });
  const withoutPods = (status: object): InMemoryApi => {
    const api = cluster();
    api.objects.set(WEB, { metadata: { name: "web", generation: 1 }, spec: { replicas: 1 }, status });
    api.tick = () => {
      const object = api.objects.get(WEB) as { spec: { template?: object }; status: object };
      if (object.spec.template !== undefined) object.status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    };
    return api;
  };

  test.each(["refused", "stale"] as const)("are restarted with %s as soon as the probe proves their admission, without a wait for their controllers", async (restartWorkloads) => {
    const { step, api, last, tracker } = await apply({ restartWorkloads }, snapshot(), [waiting, snapshot()], { switched: true, api: withoutPods({ observedGeneration: 1 }) });
    expect(step("restart-workloads")).toMatchObject({ outcome: "done", reason: "restarted 1 workload" });
    expect(api.writes).toHaveLength(1);
    expect(tracker.changed).toBe(true);
    expect(last?.observation.seen).toBe(true);
  });
  test("that have got pods since are not touched", async () => {
    const { step, api } = await apply({ restartWorkloads: "refused" }, waiting);
    expect(step("restart-workloads")).toMatchObject({ outcome: "unneeded", reason: expect.stringContaining("it has a pod, and only workloads without pods are restarted") as unknown });
    expect(api.writes).toEqual([]);
  });
  test("are left to their controllers with never, and waited for only briefly", async () => {
    const { step, api, tookMs, error } = await apply({}, waiting, [waiting], { switched: true });
    expect(error).toBeUndefined();
    expect(step("restart-workloads")?.outcome).toBe("unneeded");
    expect(api.writes).toEqual([]);
    expect(tookMs).toBeLessThan(60_000);
  });
  test("that are still refused are waited for, and not restarted", async () => {
    const probes = seen({ skipReason: "", answers: [{ ...PROVEN, outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } } as const }], leftOut: 0 });
    const { step, tookMs, api } = await apply({ restartWorkloads: "refused" }, snapshot(), [showing({ replicaSets, probes })], { switched: true });
    expect(tookMs).toBeGreaterThan(4 * 60_000);
    expect(step("restart-workloads")).toMatchObject({ outcome: "skipped", reason: expect.stringContaining("see admission-probe") as unknown });
    expect(api.writes).toEqual([]);
  });
});

describe("the plan of restart-workloads", () => {
  const replicaSets = seen([{ namespace: "shop", name: "web-1", owner: { kind: "Deployment", name: "web" }, failure: "container istio-init must not add NET_ADMIN", desired: 1, template: { labels: {}, hasIstioInit: false } }]);
  const LEGACY = seen({ skipReason: "", answers: [{ ...PROVEN, outcome: { kind: "refused", refusal: { source: "unknown", policy: "", reason: "", causes: ["istio-init"], refusesRedirection: true } } as const }], leftOut: 0 });
  test.each(["refused", "stale"] as const)("%s shows the refused workloads that the switch will let in", (restartWorkloads) => {
    const before = snapshot({ cluster: clusterWithMechanism(INIT_CONTAINERS), observation: seen(observation({ replicaSets, probes: LEGACY })) });
    const { steps } = planFor(before, { ...CONFIG, mode: "plan", restartWorkloads });
    expect(steps.at(-1)).toMatchObject({ id: "restart-workloads", needed: true, reason: "1 workload without pods: Deployment shop/web" });
  });
  test("never shows none", () => {
    expect(planFor(showing({ replicaSets }), CONFIG).steps.at(-1)).toMatchObject({ needed: false });
  });
});

describe("mode disable", () => {
  const CNI = clusterWithMechanism(CNI_CHAINING);
  test.each<[string, Partial<PlanConfig>, Partial<typeof CNI>, boolean]>([
    ["is refused on AKS Automatic", {}, {}, true],
    ["is refused on AKS Automatic of any tier and case", {}, { sku: "automatic/Premium" }, true],
    ["is not refused with force", { force: true }, {}, false],
    ["is not refused on a Base cluster", {}, { sku: "Base/Standard" }, false],
    ["is not refused where nothing has to be switched", {}, { mesh: { ...CNI.mesh, redirectionMechanism: INIT_CONTAINERS } }, false],
    ["is not refused where the mesh is off", {}, { mesh: { mode: "", revisions: [], redirectionMechanism: "" } }, false],
  ])("%s", (_, config, facts, isRefused) => {
    const { blocker } = planFor(snapshot({ cluster: { ...CNI, ...facts } }), { ...CONFIG, mode: "disable", ...config });
    expect(blocker?.code).toBe(isRefused ? "WouldRefusePods" : undefined);
    if (isRefused) expect(blocker?.message).toContain("no pod with a sidecar could be created");
  });
  test("of the mode apply never is", () => {
    expect(planFor(snapshot({ cluster: clusterWithMechanism(INIT_CONTAINERS) }), CONFIG).blocker).toBeUndefined();
  });
});

describe("namespaces", () => {
  const two = (labels: Readonly<Record<string, string>>): Partial<MeshObservation> => ({ namespaces: seen([SHOP, { name: "pay", labels }]) });
  const LABEL: Partial<PlanConfig> = { labelNamespaces: true, namespaces: ["shop", "pay"] };

  test("are labelled, and the next observation sends the admission probe", async () => {
    const { step, api, observed, tracker } = await apply(LABEL, showing(two({})), [snapshot()]);
    expect(step("label-namespaces")).toMatchObject({ outcome: "done", reason: "pay: istio.io/rev=asm-1-26" });
    expect(api.writes.map(({ dryRun }) => dryRun)).toEqual([true, false]);
    expect(observed).toEqual(["all"]);
    expect(tracker.changed).toBe(true);
  });
  test("are labelled after a switch: everything is observed again, since the labels changed it", async () => {
    const { observed } = await apply(LABEL, showing(two({})), [showing(two({})), snapshot()], { switched: true });
    expect(observed).toEqual(["rollout", "rollout", "all", "all"]);
  });
  test("that have pods without a proxy: their workloads are restarted in the same run", async () => {
    const labelled = showing({ ...two({ "istio.io/rev": "asm-1-26" }), pods: seen(census({ staleWorkloads: [{ ...STALE, state: "not-injected" }] })) });
    const { step, plan } = await apply({ ...LABEL, restartWorkloads: "stale" }, showing(two({})), [labelled]);
    expect(plan.steps.at(-1)).toMatchObject({ id: "restart-workloads", needed: true });
    expect(step("restart-workloads")?.outcome).toBe("done");
  });
  test("with conflicting labels are listed in the plan and not changed", async () => {
    const { step, api } = await apply(LABEL, showing(two({ "istio-injection": "enabled" })));
    expect(step("label-namespaces")).toMatchObject({ outcome: "unneeded", reason: expect.stringContaining("pay: conflict") as unknown });
    expect(api.writes).toEqual([]);
  });
  test("that could not be observed: the step is skipped, and not reported as unneeded", async () => {
    const { step } = await apply(LABEL, showing({ namespaces: UNSEEN }));
    expect(step("label-namespaces")).toMatchObject({ outcome: "skipped", reason: expect.stringContaining(UNSEEN.why) as unknown });
  });
  test("with an ambiguous revision: the plan refuses before anything is changed", () => {
    const facts = clusterWithMechanism(INIT_CONTAINERS);
    const before = { ...showing(two({})), cluster: { ...facts, mesh: { ...facts.mesh, revisions: ["asm-1-26", "asm-1-27"] } } };
    const plan = planFor(before, { ...CONFIG, ...LABEL });
    expect(plan.blocker).toMatchObject({ code: "AmbiguousRevision", message: expect.stringContaining("Several revisions are installed") as unknown });
    expect(planFor(before, { ...CONFIG, ...LABEL, revision: "asm-1-27" }).blocker).toBeUndefined();
  });
});

describe("after a switch", () => {
  const legacyProbe = { ...PROVEN, outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } } } as const;
  const probing = (...answers: readonly (typeof PROVEN)[]): Snapshot => showing({ probes: seen({ skipReason: "", answers, leftOut: 0 }) });

  test("the run waits until admission injects for the CNI", async () => {
    const { observed, last } = await apply({}, snapshot(), [probing(legacyProbe), probing(PROVEN)], { switched: true });
    expect(observed).toEqual(["rollout", "rollout", "all", "all"]);
    expect(last).toEqual(probing(PROVEN));
  });
  test("the observation that proves the rollout is the only one, if nothing else is pending", async () => {
    const { observed, last } = await apply({}, snapshot(), [probing(PROVEN)], { switched: true });
    expect(observed).toEqual(["rollout", "rollout", "all"]);
    expect(last).toEqual(probing(PROVEN));
  });
  test("the run does not wait for what needs a change by a person", async () => {
    const unlabelled = { ...PROVEN, outcome: { kind: "admitted", state: "out-of-mesh", injection: { kind: "unlabelled" } } } as const;
    const { tookMs } = await apply({}, snapshot(), [probing(unlabelled)], { switched: true });
    expect(tookMs).toBeLessThan(30_000);
  });
  test("the plan of a compliant cluster has every step of the contract, and none is needed", () => {
    const { steps } = planFor(snapshot(), CONFIG);
    expect(steps.map(({ id }) => id)).toEqual(["register-feature", "refresh-provider", "wait-until-idle", "switch-redirection", "label-namespaces", "restart-workloads"]);
    expect(steps.filter(({ needed }) => needed)).toEqual([]);
    expect(goalOf(CONFIG).mechanism).toBe(CNI_CHAINING);
  });
});
