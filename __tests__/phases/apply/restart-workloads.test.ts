import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ActionError, DeadlineError } from "../../../src/lib/errors.ts";
import { at, numberAt, textAt } from "../../../src/lib/json.ts";
import { workloadName, type RestartTarget } from "../../../src/istio/workloads/restart-plan.ts";
import { AT_ONCE, restartWorkloads, STALL_MS } from "../../../src/phases/apply/restart-workloads.ts";
import { InMemoryApi } from "../../in-memory-api.ts";
import { simulatedContext } from "../../simulated-context.ts";

const target = (name: string, kind: RestartTarget["kind"] = "Deployment"): RestartTarget => ({ kind, namespace: "shop", name, pods: 1 });
const pathOf = ({ kind, name }: RestartTarget): string => `/apis/apps/v1/namespaces/shop/${kind.toLowerCase()}s/${name}`;

type Behaviour = "rolls" | "gives up" | "hangs" | "paused" | "on delete" | "partitioned" | "gone" | "refuses";

/** A cluster whose controllers take `rounds` looks to roll a workload, each behaving as it is told. */
function cluster(behaviours: ReadonlyMap<RestartTarget, Behaviour>, rounds = 2) {
  const api = new InMemoryApi();
  const left = new Map<string, number>();
  let most = 0;
  for (const [workload, behaviour] of behaviours) {
    if (behaviour !== "gone") api.objects.set(pathOf(workload), { metadata: { name: workload.name, generation: 1 }, spec: specOf(behaviour), status: settled(workload.kind, 1) });
  }
  api.refuse = ({ path }) => ([...behaviours].some(([workload, behaviour]) => behaviour === "refuses" && pathOf(workload) === path) ? { status: 403, message: "no" } : undefined);
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
      if (behaviour === "gives up") object.status = { observedGeneration: generation, conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded", message: "timed out progressing" }] };
      else if (behaviour === "hangs") object.status = { observedGeneration: generation, readyReplicas: 0 };
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
  let touched = 0;
  const startedAt = context.clock.now();
  const outcome = await restartWorkloads({ api, targets: [...behaviours.keys()], context, touched: () => (touched += 1) }).then(
    (result) => ({ ...result, error: undefined }),
    (error: unknown) => ({ rolled: [], skipped: [], error }),
  );
  return { ...outcome, api, most: most(), touched, lines, tookMs: context.clock.now() - startedAt };
}
const all = (...pairs: readonly (readonly [RestartTarget, Behaviour])[]): ReadonlyMap<RestartTarget, Behaviour> => new Map(pairs);

describe("restarting", () => {
  test("rolls every kind with kubectl's annotation, and waits for the end", async () => {
    const workloads = [target("a"), target("b", "StatefulSet"), target("c", "DaemonSet")];
    const { rolled, error, api, touched } = await run(new Map(workloads.map((workload) => [workload, "rolls"])));
    expect(error).toBeUndefined();
    expect(rolled.toSorted()).toEqual(workloads.map(workloadName).toSorted());
    expect(touched).toBe(3);
    for (const workload of workloads) {
      const object = api.objects.get(pathOf(workload));
      expect(textAt(object, "spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt")).toMatch(/^2026-01-01T/);
      expect(numberAt(object, "status", "observedGeneration")).toBe(2);
    }
    expect(api.writes.map(({ body }) => Object.keys(at(body, "spec", "template", "metadata") as object))).toEqual([["annotations"], ["annotations"], ["annotations"]]);
  });
  test("sends one batch of questions a round, and one of patches where something begins", async () => {
    const { api } = await run(new Map(["a", "b", "c"].map((name) => [target(name), "rolls"])), { rounds: 1 });
    expect(api.batches).toBe(3);
  });

  test("leaves alone what does not move by it, and says why", async () => {
    const { rolled, skipped, api } = await run(
      all([target("a"), "paused"], [target("b", "StatefulSet"), "partitioned"], [target("c", "DaemonSet"), "on delete"], [target("d"), "gone"], [target("e"), "rolls"]),
    );
    expect(rolled).toEqual(["Deployment shop/e"]);
    expect(skipped).toEqual([
      "Deployment shop/a: its rollout is paused",
      "StatefulSet shop/b: its partition is 1: pods with a lower ordinal are not replaced",
      "DaemonSet shop/c: its update strategy is OnDelete: it replaces pods only when they are deleted",
      "Deployment shop/d: there is none of this name in the API group apps (any more)",
    ]);
    expect(api.writes).toHaveLength(1);
  });

  test("stops at the first that fails, and says what was rolled and what was not", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const { error, api } = await run(new Map(names.map((name) => [target(name), name === "d" ? "gives up" : "rolls"])));
    expect(error).toBeInstanceOf(ActionError);
    expect(error).toMatchObject({ code: "RolloutFailed", doing: "restarting workloads" });
    const { message } = error as ActionError;
    expect(message).toContain("the rollout of Deployment shop/d failed: timed out progressing.");
    expect(message).toContain("Rolled: Deployment shop/a, Deployment shop/b, Deployment shop/c.");
    expect(message).toContain("Begun and not waited for: Deployment shop/e, Deployment shop/f.");
    expect(message).toContain("Not restarted: Deployment shop/g, Deployment shop/h.");
    expect(api.writes).toHaveLength(6);
  });
  test("stops where a patch is refused", async () => {
    const { error, touched } = await run(all([target("a"), "rolls"], [target("b"), "refuses"], [target("c"), "rolls"], [target("d"), "rolls"]));
    const { message } = error as ActionError;
    expect(message).toContain("Deployment shop/b could not be restarted: Kubernetes answered 403: Forbidden: no.");
    expect(message).toContain("Not restarted: Deployment shop/b, Deployment shop/d.");
    expect(touched).toBe(2);
  });
  test("gives up on a StatefulSet that shows no progress, since nobody else does", async () => {
    const { error, tookMs } = await run(all([target("a", "StatefulSet"), "hangs"]));
    expect(error).toMatchObject({ message: expect.stringContaining("no progress for 10 minutes (0 of 1 ready)") as unknown });
    expect(tookMs).toBeGreaterThanOrEqual(STALL_MS);
    expect(tookMs).toBeLessThan(STALL_MS + 60_000);
  });
  test("says the same where the run's time is up first", async () => {
    const { error } = await run(all([target("a"), "hangs"], [target("b"), "rolls"]), { deadlineInMs: 60_000 });
    expect(error).toBeInstanceOf(DeadlineError);
    expect((error as DeadlineError).message).toContain("Rolled: Deployment shop/b. Begun and not waited for: Deployment shop/a.");
  });

  test("whatever workloads do: never too many at once, in order, nothing begun after a failure, every one accounted for", async () => {
    const behaviour = fc.constantFrom<Behaviour>("rolls", "rolls", "rolls", "gives up", "paused", "gone", "refuses");
    await fc.assert(
      fc.asyncProperty(fc.array(behaviour, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), async (behaviours, rounds) => {
        const workloads = behaviours.map((how, index) => [target(`w${index}`), how] as const);
        const { rolled, skipped, error, most, api } = await run(new Map(workloads), { rounds });
        expect(most).toBeLessThanOrEqual(AT_ONCE);
        const begun = api.writes.map(({ path }) => path);
        expect(begun).toEqual(workloads.map(([workload]) => pathOf(workload)).filter((path) => begun.includes(path)));
        const fails = behaviours.some((how) => how === "gives up" || how === "refuses");
        expect(error !== undefined).toBe(fails);
        if (!fails) expect(rolled.length + skipped.length).toBe(workloads.length);
        else for (const [workload] of workloads) expect((error as ActionError).message).toContain(workloadName(workload));
      }),
      { numRuns: 60 },
    );
  });
});
