/** Others at the same cluster: whatever they do in the middle of a run, there is one PUT, and the outcome says what happened. */
import { describe, expect, it } from "vitest";
import { MECHANISM_PATH, newOperation } from "../../simulator/world/operations.ts";
import type { SimulatedRequest } from "../../simulator/lib/http.ts";
import { setAt } from "../../simulator/lib/json.ts";
import type { ScenarioName, Simulator } from "../../simulator/index.ts";
import { act, annotated, PUT, type Run, SELDOM, startWorld } from "./world.ts";

const isOperation = ({ path }: SimulatedRequest): boolean => path.includes("/operations/");
const isFeature = ({ path, method }: SimulatedRequest): boolean => method === "GET" && path.endsWith("/IstioCNIPreview");
const isPut = ({ service, method }: SimulatedRequest): boolean => service === "arm" && method === "PUT";
const isAgent = ({ path }: SimulatedRequest): boolean => path.includes("/daemonsets/azure-service-mesh-istio-cni");

/** Something a neighbour does when the n-th of these requests arrives, before it is answered. */
async function withNeighbour(scenario: ScenarioName, match: (request: SimulatedRequest) => boolean, nth: number, deed: (simulator: Simulator) => void, inputs: Readonly<Record<string, string>> = {}): Promise<{ run: Run; accepted: number; simulator: Simulator }> {
  await using simulator = await startWorld(scenario);
  let matched = 0;
  simulator.faults.add({
    match: (request) => {
      if (match(request) && (matched += 1) === nth) deed(simulator);
      return false;
    },
    fault: { kind: "hang" },
  });
  const run = await act(simulator, inputs);
  expect(matched, run.log).toBeGreaterThanOrEqual(nth);
  return { run, simulator, accepted: simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200).length };
}

const operation = (pool: string | undefined) => ({ world, clock }: Simulator): void => {
  world.cluster.operations.push(newOperation(clock.now(), 90_000, { pool }));
};
const says = (...path: string[]) => (value: string) => ({ world }: Simulator): void => setAt(world.cluster.body, path, value);

describe("ten runs at once", () => {
  it("make one PUT, and each of them ends well", async () => {
    await using simulator = await startWorld("flag-graduated", { speed: 20 });
    const runs = await Promise.all(Array.from({ length: 10 }, () => act(simulator)));
    const statuses = runs.map(({ outputs }) => outputs["status"]);
    expect(simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === "changed"), statuses.join()).toHaveLength(1);
    expect(statuses.filter((status) => status === "compliant")).toHaveLength(9);
  });
});

describe("in the middle of a run", () => {
  it.each([
    ["a node pool's operation, while the feature is waited for", "fresh", isFeature, 3, operation("userpool")],
    ["an upgrade of the cluster, while the feature is waited for", "fresh", isFeature, 3, operation(undefined)],
    ["a node pool's operation, a moment before the PUT", "flag-graduated", isPut, 1, operation("userpool")],
    ["an upgrade of the cluster, a moment before the PUT", "flag-graduated", isPut, 1, operation(undefined)],
    ["a node pool's operation, while the switch is followed", "flag-graduated", isOperation, 2, operation("userpool")],
    ["a change of tags, a moment before the PUT", "flag-graduated", isPut, 1, ({ world }: Simulator): void => void (world.cluster.body["eTag"] = "another")],
  ] as const)("%s: waited for, and switched once", async (_, scenario, match, nth, deed) => {
    const { run, accepted } = await withNeighbour(scenario, match, nth, deed);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(accepted).toBe(1);
  });

  it("a terraform apply that puts init containers back, while the switch is followed: told, and not fought", async () => {
    const { run, accepted } = await withNeighbour("flag-graduated", isOperation, 2, says(...MECHANISM_PATH)("InitContainers"));
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "true" });
    expect(annotated(run, "error")[0]).toContain("the cluster has InitContainers");
    expect(accepted).toBe(1);
  });

  it("a terraform apply that puts init containers back, while the node agent rolls out: no success", async () => {
    const { run, accepted } = await withNeighbour("flag-graduated", isAgent, 2, (simulator) => {
      says(...MECHANISM_PATH)("InitContainers")(simulator);
      simulator.world.cluster.mechanisms.push({ from: simulator.clock.now(), mechanism: "InitContainers" });
    }, SELDOM);
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(run.outputs["redirection-mechanism"]).toBe("InitContainers");
    expect(accepted).toBe(1);
  });

  it("an abort of the operation: told in Azure's words", async () => {
    const { run } = await withNeighbour("flag-graduated", isOperation, 2, ({ world, clock }) => {
      const [running] = world.cluster.operations.filter(({ endsAt }) => endsAt > clock.now());
      Object.assign(running!, { status: "Canceled", endsAt: clock.now(), mechanismAfter: undefined, error: { code: "OperationPreempted", message: "aborted by the user" } });
    });
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(annotated(run, "error")[0]).toContain("OperationPreempted: aborted by the user");
  });

  it.each([
    ["before the PUT", isFeature, 3, 0],
    ["after the PUT", isOperation, 2, 1],
  ] as const)("the cluster's deletion, %s: the run ends, and says so", async (_, match, nth, puts) => {
    const { run, accepted } = await withNeighbour("fresh", match, nth, (simulator) => {
      says("properties", "provisioningState")("Deleting")(simulator);
      simulator.world.cluster.operations.length = 0;
    });
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(annotated(run, "error")[0]).toMatch(/being deleted/);
    expect(accepted).toBe(puts);
  });

  it.each([
    ["before the PUT", isFeature, 3, 0, "failed"],
    ["while the node agent rolls out", isAgent, 2, 1, "unverified"],
  ] as const)("a stop of the cluster, %s: no success", async (_, match, nth, puts, status) => {
    const { run, accepted } = await withNeighbour("fresh", match, nth, says("properties", "powerState", "code")("Stopped"));
    expect(run.outputs["status"], run.log).toBe(status);
    expect(run.summary).toMatch(/stopped/i);
    expect(accepted).toBe(puts);
  });

  it("other runs' changes are not undone: the PUT carries the tags that were there last", async () => {
    const { run, simulator } = await withNeighbour("fresh", isFeature, 3, ({ world }) => {
      world.cluster.body["tags"] = { owner: "another-team" };
      world.cluster.body["eTag"] = "changed-meanwhile";
    });
    expect(run.changes.at(-1)).toBe(PUT);
    expect(simulator.world.cluster.body["tags"]).toEqual({ owner: "another-team" });
  });
});
