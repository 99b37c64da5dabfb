/** Changes by other clients during a run: the run sends one PUT, and its status reports what happened. */
import { describe, expect, it } from "vitest";
import { MECHANISM_PATH, newOperation } from "../../simulator/world/operations.ts";
import type { SimulatedRequest } from "../../simulator/lib/http.ts";
import { setAt } from "../../simulator/lib/json.ts";
import type { ScenarioName, Simulator } from "../../simulator/index.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { annotated, PUT, type Run, SLOW_POLLS } from "./world.ts";

const isOperation = ({ path }: SimulatedRequest): boolean => path.includes("/operations/");
const isFeature = ({ path, method }: SimulatedRequest): boolean => method === "GET" && path.endsWith("/IstioCNIPreview");
const isPut = ({ service, method }: SimulatedRequest): boolean => service === "arm" && method === "PUT";
const isAgent = ({ path }: SimulatedRequest): boolean => path.includes("/daemonsets/azure-service-mesh-istio-cni");

/** Runs the action. Another client makes its change when the n-th matching request arrives, before it is answered. */
async function withChange(scenario: ScenarioName, match: (request: SimulatedRequest) => boolean, nth: number, change: (simulator: Simulator) => void, inputs: Readonly<Record<string, string>> = {}): Promise<{ run: Run; accepted: number; simulator: Simulator }> {
  await using simulator = await startWorld(scenario);
  let matched = 0;
  simulator.faults.add({
    match: (request) => {
      if (match(request) && (matched += 1) === nth) change(simulator);
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
const setProperty = (...path: string[]) => (value: string) => ({ world }: Simulator): void => setAt(world.cluster.body, path, value);

describe("four runs at the same time", () => {
  it("send one accepted PUT, and all succeed", async () => {
    await using simulator = await bundled.startWorld("flag-graduated");
    const runs = await Promise.all(Array.from({ length: 4 }, () => bundled.act(simulator)));
    const statuses = runs.map(({ outputs }) => outputs["status"]);
    expect(simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === "changed"), statuses.join()).toHaveLength(1);
    expect(statuses.filter((status) => status === "compliant")).toHaveLength(3);
  });
});

describe("during a run", () => {
  it.each([
    ["a node pool's operation, while the run waits for the feature", "fresh", isFeature, 3, operation("userpool")],
    ["an upgrade of the cluster, while the run waits for the feature", "fresh", isFeature, 3, operation(undefined)],
    ["a node pool's operation, just before the PUT", "flag-graduated", isPut, 1, operation("userpool")],
    ["an upgrade of the cluster, just before the PUT", "flag-graduated", isPut, 1, operation(undefined)],
    ["a node pool's operation, while the run polls the switch", "flag-graduated", isOperation, 2, operation("userpool")],
    ["a change of tags, just before the PUT", "flag-graduated", isPut, 1, ({ world }: Simulator): void => void (world.cluster.body["eTag"] = "another")],
  ] as const)("%s: the run waits for it and switches once", async (_, scenario, match, nth, change) => {
    const { run, accepted } = await withChange(scenario, match, nth, change);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(accepted).toBe(1);
  });

  it("a terraform apply that restores init containers while the run polls the switch: the run fails and does not switch again", async () => {
    const { run, accepted } = await withChange("flag-graduated", isOperation, 2, setProperty(...MECHANISM_PATH)("InitContainers"));
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "true" });
    expect(annotated(run, "error")[0]).toContain("the cluster has InitContainers");
    expect(accepted).toBe(1);
  });

  it("a terraform apply that restores init containers during the rollout of the node agent: the run fails", async () => {
    const { run, accepted } = await withChange("flag-graduated", isAgent, 2, (simulator) => {
      setProperty(...MECHANISM_PATH)("InitContainers")(simulator);
      simulator.world.cluster.mechanisms.push({ from: simulator.clock.now(), mechanism: "InitContainers" });
    }, SLOW_POLLS);
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(run.outputs["redirection-mechanism"]).toBe("InitContainers");
    expect(accepted).toBe(1);
  });

  it("an abort of the operation: the run fails with Azure's message", async () => {
    const { run } = await withChange("flag-graduated", isOperation, 2, ({ world, clock }) => {
      const [running] = world.cluster.operations.filter(({ endsAt }) => endsAt > clock.now());
      Object.assign(running!, { status: "Canceled", endsAt: clock.now(), mechanismAfter: undefined, error: { code: "OperationPreempted", message: "aborted by the user" } });
    });
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(annotated(run, "error")[0]).toContain("OperationPreempted: aborted by the user");
  });

  it.each([
    ["before the PUT", isFeature, 3, 0],
    ["after the PUT", isOperation, 2, 1],
  ] as const)("a deletion of the cluster, %s: the run fails with the reason", async (_, match, nth, puts) => {
    const { run, accepted } = await withChange("fresh", match, nth, (simulator) => {
      setProperty("properties", "provisioningState")("Deleting")(simulator);
      simulator.world.cluster.operations.length = 0;
    });
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(annotated(run, "error")[0]).toMatch(/being deleted/);
    expect(accepted).toBe(puts);
  });

  it.each([
    ["before the PUT", isFeature, 3, 0, "failed"],
    ["during the rollout of the node agent", isAgent, 2, 1, "unverified"],
  ] as const)("a stop of the cluster, %s: the run does not succeed", async (_, match, nth, puts, status) => {
    const { run, accepted } = await withChange("fresh", match, nth, setProperty("properties", "powerState", "code")("Stopped"));
    expect(run.outputs["status"], run.log).toBe(status);
    expect(run.summary).toMatch(/stopped/i);
    expect(accepted).toBe(puts);
  });

  it("a change of tags: the PUT contains the new tags", async () => {
    const { run, simulator } = await withChange("fresh", isFeature, 3, ({ world }) => {
      world.cluster.body["tags"] = { owner: "another-team" };
      world.cluster.body["eTag"] = "changed-meanwhile";
    });
    expect(run.changes.at(-1)).toBe(PUT);
    expect(simulator.world.cluster.body["tags"]).toEqual({ owner: "another-team" });
  });
});
