import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RestartTarget, workloadName } from "../../../src/istio/workloads/restart-plan.ts";
import { ActionError, DeadlineError } from "../../../src/lib/errors.ts";
import { at, numberAt, textAt } from "../../../src/lib/json.ts";
import { MAX_PARALLEL, restartWorkloads, STALL_TIMEOUT_MS } from "../../../src/phases/apply/restart-workloads.ts";
import { InMemoryApi } from "../../in-memory-api.ts";
import { simulatedContext } from "../../simulated-context.ts";

const target = (name: string, kind: RestartTarget["kind"] = "Deployment"): RestartTarget => ({ kind, namespace: "shop", name, pods: 1 });
const pathOf = ({ kind, name }: RestartTarget): string => `/apis/apps/v1/namespaces/shop/${kind.toLowerCase()}s/${name}`;

type Behaviour = "succeeds" | "exceeds deadline" | "stalls" | "paused" | "on delete" | "partitioned" | "missing" | "refused";

/** A cluster whose controllers need `rounds` batches of queries for a rollout; `behaviours` says how each rollout goes. */
function cluster(behaviours: ReadonlyMap<RestartTarget, Behaviour>, rounds = 2) {
  const api = new InMemoryApi();
  const left = new Map<string, number>();
  let most = 0;
  for (const [workload, behaviour] of behaviours) {
    if (behaviour !== "missing") api.objects.set(pathOf(workload), { metadata: { name: workload.name, generation: 1 }, spec: specOf(behaviour), status: settled(workload.kind, 1) });
  }
  api.refuse = ({ path }) => ([...behaviours].some(([workload, behaviour]) => behaviour === "refused" && pathOf(workload) === path) ? { status: 403, message: "no" } : undefined);
  const write = api.write.bind(api);
  api.write = async (batch) => {
    const answers = await write(batch);
    for (const [index, { path }] of batch.entries()) {
      if (answers[index]?.accepted !== true) continue;
      const object = api.objects.get(path) as { metadata: { generation: number } };
      object.metadata.generation += 1;
      left.set(path, rounds);
      most = Math.max(most, left.size);
    }
    return answers;
  };
  api.tick = () => {
    for (const [workload, behaviour] of behaviours) {
      const path = pathOf(workload);
      const rest = left.get(path);
      if (rest === undefined) continue;
      const object = api.objects.get(path) as { metadata: { generation: number }; status: object };
      const generation = object.metadata.generation;
      if (behaviour === "exceeds deadline") object.status = { observedGeneration: generation, conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded", message: "timed out progressing" }] };
      else if (behaviour === "stalls") object.status = { observedGeneration: generation, readyReplicas: 0 };
      else if (rest > 1) left.set(path, rest - 1);
      else {
        object.status = settled(workload.kind, generation);
        left.delete(path);
      }
    }
  };
  return { api, most: () => most };
}

function specOf(behaviour: Behaviour): object {
  if (behaviour === "paused") return { replicas: 1, paused: true };
  if (behaviour === "on delete") return { replicas: 1, updateStrategy: { type: "OnDelete" } };
  if (behaviour === "partitioned") return { replicas: 1, updateStrategy: { rollingUpdate: { partition: 1 } } };
  return { replicas: 1 };
}

function settled(kind: RestartTarget["kind"], observedGeneration: number): object {
  return kind === "DaemonSet"
    ? { observedGeneration, desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 }
    : { observedGeneration, replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1, currentRevision: "r", updateRevision: "r" };
}

async function run(behaviours: ReadonlyMap<RestartTarget, Behaviour>, { rounds = 2, deadlineInMs = 3_600_000 } = {}) {
  const { api, most } = cluster(behaviours, rounds);
  const { context, lines } = simulatedContext({ deadlineInMs });
  let accepted = 0;
  const startedAt = context.clock.now();
  const outcome = await restartWorkloads({ api, targets: [...behaviours.keys()], context, onRestarted: () => (accepted += 1), onUnanswered: () => undefined }).then(
    (result) => ({ ...result, error: undefined }),
    (error: unknown) => ({ restarted: [], skipped: [], error }),
  );
  return { ...outcome, api, most: most(), accepted, lines, tookMs: context.clock.now() - startedAt };
}
const all = (...pairs: readonly (readonly [RestartTarget, Behaviour])[]): ReadonlyMap<RestartTarget, Behaviour> => new Map(pairs);

describe("restartWorkloads", () => {
  test("restarts every kind with the annotation of kubectl, and waits for the rollouts", async () => {
    const workloads = [target("a"), target("b", "StatefulSet"), target("c", "DaemonSet")];
    const { restarted, error, api, accepted } = await run(new Map(workloads.map((workload) => [workload, "succeeds"])));
    expect(error).toBeUndefined();
    expect(restarted.toSorted()).toEqual(workloads.map(workloadName).toSorted());
    expect(accepted).toBe(3);
    for (const workload of workloads) {
      const object = api.objects.get(pathOf(workload));
      expect(textAt(object, "spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt")).toMatch(/^2026-01-01T/);
      expect(numberAt(object, "status", "observedGeneration")).toBe(2);
    }
    expect(api.writes.map(({ body }) => Object.keys(at(body, "spec", "template", "metadata") as object))).toEqual([["annotations"], ["annotations"], ["annotations"]]);
  });
  test("sends one batch of queries per update, and one of patches if a rollout starts", async () => {
    const { api } = await run(new Map(["a", "b", "c"].map((name) => [target(name), "succeeds"])), { rounds: 1 });
    expect(api.batches).toBe(3);
  });

  test("skips workloads that a patch does not restart, with a reason", async () => {
    const { restarted, skipped, api } = await run(
      all([target("a"), "paused"], [target("b", "StatefulSet"), "partitioned"], [target("c", "DaemonSet"), "on delete"], [target("d"), "missing"], [target("e"), "succeeds"]),
    );
    expect(restarted).toEqual(["Deployment shop/e"]);
    expect(skipped).toEqual([
      "Deployment shop/a: its rollout is paused",
      "StatefulSet shop/b: its partition is 1: pods with a lower ordinal are not replaced",
      "DaemonSet shop/c: its update strategy is OnDelete: it replaces pods only when they are deleted",
      "Deployment shop/d: it does not exist in the API group apps",
    ]);
    expect(api.writes).toHaveLength(1);
  });

  test("stops at the first rollout that fails, and lists the outcome of every workload", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const { error, api } = await run(new Map(names.map((name) => [target(name), name === "d" ? "exceeds deadline" : "succeeds"])));
    expect(error).toBeInstanceOf(ActionError);
    expect(error).toMatchObject({ code: "RolloutFailed", doing: "restarting workloads" });
    const { message } = error as ActionError;
    expect(message).toContain("the rollout of Deployment shop/d failed: timed out progressing.");
    expect(message).toContain("Restarted: Deployment shop/a, Deployment shop/b, Deployment shop/c.");
    expect(message).toContain("Rollout still in progress: Deployment shop/e, Deployment shop/f.");
    expect(message).toContain("Not restarted: Deployment shop/g, Deployment shop/h.");
    expect(api.writes).toHaveLength(6);
  });
  test("stops if a patch is refused", async () => {
    const { error, accepted } = await run(all([target("a"), "succeeds"], [target("b"), "refused"], [target("c"), "succeeds"], [target("d"), "succeeds"]));
    const { message } = error as ActionError;
    expect(message).toContain("Deployment shop/b could not be restarted: Kubernetes answered 403: Forbidden: no.");
    expect(message).toContain("Not restarted: Deployment shop/b, Deployment shop/d.");
    expect(accepted).toBe(2);
  });
  test("fails a StatefulSet without progress, because Kubernetes sets no deadline for it", async () => {
    const { error, tookMs } = await run(all([target("a", "StatefulSet"), "stalls"]));
    expect(error).toMatchObject({ message: expect.stringContaining("no progress for 10 minutes (0 of 1 ready)") as unknown });
    expect(tookMs).toBeGreaterThanOrEqual(STALL_TIMEOUT_MS);
    expect(tookMs).toBeLessThan(STALL_TIMEOUT_MS + 60_000);
  });
  test("lists the outcome of every workload if the run reaches its deadline", async () => {
    const { error } = await run(all([target("a"), "stalls"], [target("b"), "succeeds"]), { deadlineInMs: 60_000 });
    expect(error).toBeInstanceOf(DeadlineError);
    expect((error as DeadlineError).message).toContain("Restarted: Deployment shop/b. Rollout still in progress: Deployment shop/a.");
  });

  test("limits parallel rollouts, keeps their order, starts none after a failure, and reports every workload", async () => {
    const behaviour = fc.constantFrom<Behaviour>("succeeds", "succeeds", "succeeds", "exceeds deadline", "paused", "missing", "refused");
    await fc.assert(
      fc.asyncProperty(fc.array(behaviour, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), async (behaviours, rounds) => {
        const workloads = behaviours.map((how, index) => [target(`w${index}`), how] as const);
        const { restarted, skipped, error, most, api } = await run(new Map(workloads), { rounds });
        expect(most).toBeLessThanOrEqual(MAX_PARALLEL);
        const started = api.writes.map(({ path }) => path);
        expect(started).toEqual(workloads.map(([workload]) => pathOf(workload)).filter((path) => started.includes(path)));
        const fails = behaviours.some((behaviour) => behaviour === "exceeds deadline" || behaviour === "refused");
        expect(error !== undefined).toBe(fails);
        if (!fails) expect(restarted.length + skipped.length).toBe(workloads.length);
        else for (const [workload] of workloads) expect((error as ActionError).message).toContain(workloadName(workload));
      }),
      { numRuns: 60 },
    );
  });
});
