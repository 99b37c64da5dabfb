import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import { applyCluster } from "../../../src/phases/apply/apply-cluster.ts";
import { StepTracker } from "../../../src/phases/apply/step-tracker.ts";
import type { MeshObservation, Snapshot } from "../../../src/istio/observation.ts";
import { RESTARTED_AT_ANNOTATION } from "../../../src/istio/workloads/rollout.ts";
import { type PlanConfig, planFor } from "../../../src/phases/plan/plan.ts";
import { goalOf } from "../../../src/phases/plan/plan.ts";
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

/** Walks the second half of apply over a series of looks; the last one is seen for ever after. */
async function walk(change: Partial<PlanConfig>, before: Snapshot, looks: readonly Snapshot[] = [], { api = cluster(), switched = false }: { api?: InMemoryApi | undefined; switched?: boolean } = {}) {
  const config = { ...CONFIG, ...change };
  const goal = goalOf(config);
  const { context } = simulatedContext();
  const plan = planFor(before, config);
  const tracker = new StepTracker(plan.steps, context.clock);
  if (switched) await tracker.run("switch-redirection", () => Promise.resolve("done"));
  const probed: boolean[] = [];
  let next = 0;
  const observe = (probing: boolean): Promise<Snapshot> => {
    probed.push(probing);
    const shown = looks[Math.min(next, looks.length - 1)] ?? before;
    next += 1;
    return Promise.resolve(shown);
  };
  const startedAt = context.clock.now();
  const outcome = await applyCluster(before, { config, goal, tracker, context, api, observe }).then(
    (last) => ({ last, error: undefined }),
    (error: unknown) => ({ last: undefined, error }),
  );
  const step = (id: string) => tracker.steps.find((candidate) => candidate.id === id);
  return { ...outcome, plan, tracker, step, probed, api, tookMs: context.clock.now() - startedAt };
}

describe("a cluster in which all is right", () => {
  test("is neither looked at again nor changed", async () => {
    const before = snapshot();
    const { last, probed, tracker, api } = await walk({ restartWorkloads: "stale", labelNamespaces: true, namespaces: ["shop"] }, before);
    expect(last).toBe(before);
    expect(probed).toEqual([]);
    expect(api.writes).toEqual([]);
    expect(tracker.changed).toBe(false);
    expect(tracker.steps.map(({ outcome }) => outcome)).toEqual(tracker.steps.map(() => "unneeded"));
  });
});

describe("stale workloads", () => {
  test("are restarted after the rollout, and looked at once more", async () => {
    const healthy = snapshot();
    const { step, probed, tracker, api, last } = await walk({ restartWorkloads: "stale" }, withStale(STALE), [withStale(STALE), withStale(STALE), withStale(STALE), healthy], { switched: true });
    expect(step("restart-workloads")).toMatchObject({ outcome: "done", reason: "rolled 1 workload" });
    expect(api.writes.map(({ path, body }) => [path, JSON.stringify(body).includes(RESTARTED_AT_ANNOTATION)])).toEqual([[WEB, true]]);
    expect(probed).toEqual([false, false, true, true]);
    expect(tracker.changed).toBe(true);
    expect(last).toBe(healthy);
  });
  test("wait for nothing where nothing moves", async () => {
    const { step, probed } = await walk({ restartWorkloads: "stale" }, withStale(STALE));
    expect(step("restart-workloads")?.outcome).toBe("done");
    expect(probed).toEqual([true]);
  });
  test("are restarted on the way back as well", async () => {
    const back = snapshot({
      cluster: clusterWithMechanism(INIT_CONTAINERS, { sku: "Base/Standard" }),
      observation: seen(observation({ injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]), daemonSet: seen(undefined), probes: seen({ skipReason: "The input probe is false.", answers: [], leftOut: 0 }), pods: seen(census({ staleWorkloads: [{ ...STALE, state: "cni" }] })) })),
    });
    const { step } = await walk({ mode: "disable", restartWorkloads: "stale" }, back);
    expect(step("restart-workloads")?.outcome).toBe("done");
  });
  test.each<[string, Partial<MeshObservation>]>([
    ["the injector", { injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]) }],
    ["the node agent", { daemonSet: seen(undefined) }],
  ])("are not touched before %s is right; the step says so", async (_, change) => {
    const broken = showing({ ...change, pods: seen(census({ staleWorkloads: [STALE] })) });
    const { step, api } = await walk({ restartWorkloads: "stale" }, broken);
    expect(step("restart-workloads")).toMatchObject({ outcome: "skipped", reason: expect.stringContaining("before injector and node agent are right") as unknown });
    expect(api.writes).toEqual([]);
  });
  test("that fail are told, the run still counts as one that changed something, and the end is looked at", async () => {
    const api = cluster();
    api.tick = () => {
      const web = api.objects.get(WEB) as { spec: { template?: object }; status: object };
      if (web.spec.template !== undefined) web.status = { observedGeneration: 1, conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded", message: "timed out" }] };
    };
    const { error, step, tracker, probed } = await walk({ restartWorkloads: "stale" }, withStale(STALE), [], { api });
    expect(error).toMatchObject({ code: "RolloutFailed" });
    expect(step("restart-workloads")?.outcome).toBe("failed");
    expect(tracker.changed).toBe(true);
    expect(probed).toEqual([true]);
  });
  test("that nothing can restart are told of", async () => {
    const before = withStale({ ...STALE, owner: { kind: "Job", name: "migrate" } } as never);
    const { step, plan } = await walk({ restartWorkloads: "stale" }, before);
    expect(plan.steps.at(-1)).toMatchObject({ needed: false, reason: expect.stringContaining("left alone: Job shop/migrate: runs to its end") as unknown });
    expect(step("restart-workloads")?.outcome).toBe("skipped");
  });
});

describe("namespaces", () => {
  const two = (labels: Readonly<Record<string, string>>): Partial<MeshObservation> => ({ namespaces: seen([SHOP, { name: "pay", labels }]) });
  const WISH: Partial<PlanConfig> = { labelNamespaces: true, namespaces: ["shop", "pay"] };

  test("are labelled, and followed by a look that asks admission", async () => {
    const { step, api, probed, tracker } = await walk(WISH, showing(two({})), [snapshot()]);
    expect(step("label-namespaces")).toMatchObject({ outcome: "done", reason: "pay: istio.io/rev=asm-1-26" });
    expect(api.writes.map(({ dryRun }) => dryRun)).toEqual([true, false]);
    expect(probed).toEqual([true]);
    expect(tracker.changed).toBe(true);
  });
  test("whose pods run without a proxy then are restarted in the same run", async () => {
    const labelled = showing({ ...two({ "istio.io/rev": "asm-1-26" }), pods: seen(census({ staleWorkloads: [{ ...STALE, state: "not-injected" }] })) });
    const { step, plan } = await walk({ ...WISH, restartWorkloads: "stale" }, showing(two({})), [labelled]);
    expect(plan.steps.at(-1)).toMatchObject({ id: "restart-workloads", needed: true });
    expect(step("restart-workloads")?.outcome).toBe("done");
  });
  test("in conflict are told of in the plan, and left as they are", async () => {
    const { step, api } = await walk(WISH, showing(two({ "istio-injection": "enabled" })));
    expect(step("label-namespaces")).toMatchObject({ outcome: "unneeded", reason: expect.stringContaining("pay: conflict") as unknown });
    expect(api.writes).toEqual([]);
  });
  test("that could not be seen make the step one that is skipped, not one that is not needed", async () => {
    const { step } = await walk(WISH, showing({ namespaces: UNSEEN }));
    expect(step("label-namespaces")).toMatchObject({ outcome: "skipped", reason: expect.stringContaining(UNSEEN.why) as unknown });
  });
  test("with a choice to make make the plan refuse before anything is changed", () => {
    const facts = clusterWithMechanism(INIT_CONTAINERS);
    const before = { ...showing(two({})), cluster: { ...facts, mesh: { ...facts.mesh, revisions: ["asm-1-26", "asm-1-27"] } } };
    const plan = planFor(before, { ...CONFIG, ...WISH });
    expect(plan.refused).toContain("Several revisions are installed");
    expect(planFor(before, { ...CONFIG, ...WISH, revision: "asm-1-27" }).refused).toBeUndefined();
  });
});

describe("after a switch, the run waits", () => {
  const legacyProbe = { ...PROVEN, outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } } } as const;
  const probing = (...answers: readonly (typeof PROVEN)[]): Snapshot => showing({ probes: seen({ skipReason: "", answers, leftOut: 0 }) });

  test("until admission injects as wanted", async () => {
    const { probed, last } = await walk({}, snapshot(), [snapshot(), snapshot(), probing(legacyProbe), probing(PROVEN)], { switched: true });
    expect(probed).toEqual([false, false, true, true]);
    expect(last).toEqual(probing(PROVEN));
  });
  test("not for what only a person can change", async () => {
    const unlabelled = { ...PROVEN, outcome: { kind: "admitted", state: "out-of-mesh", injection: { kind: "unlabelled" } } } as const;
    const { tookMs } = await walk({}, snapshot(), [snapshot(), snapshot(), probing(unlabelled)], { switched: true });
    expect(tookMs).toBeLessThan(30_000);
  });
  test("and the plan of a compliant cluster has every step of the contract, none needed", () => {
    const { steps } = planFor(snapshot(), CONFIG);
    expect(steps.map(({ id }) => id)).toEqual(["register-feature", "refresh-provider", "wait-until-idle", "switch-redirection", "label-namespaces", "restart-workloads"]);
    expect(steps.filter(({ needed }) => needed)).toEqual([]);
    expect(goalOf(CONFIG).mechanism).toBe(CNI_CHAINING);
  });
});
