import { describe, expect, it } from "vitest";
import { DeadlineError } from "../../src/lib/errors.ts";
import { poll, type Progress } from "../../src/lib/run-context.ts";
import { simulatedContext } from "../simulated-context.ts";

function states(...list: readonly string[]): () => Promise<Progress<string>> {
  const remaining = [...list];
  return () => {
    const state = remaining.shift() ?? "done";
    return Promise.resolve(state === "done" ? { done: true, value: "done" } : { done: false, state });
  };
}

describe("polling", () => {
  it("logs one line per change of state", async () => {
    const { context, lines } = simulatedContext();
    await poll(context, "the switch", states("InProgress", "InProgress", "ReconcilingAddons", "done"));
    expect(lines).toEqual(["waiting for the switch: InProgress", "waiting for the switch: ReconcilingAddons"]);
  });

  it("logs a heartbeat after a minute without a change", async () => {
    const { context, lines } = simulatedContext();
    await poll(context, "the flag", states(...Array<string>(14).fill("Registering"), "done"));
    expect(lines).toEqual([
      "waiting for the flag: Registering",
      "still waiting for the flag: Registering (1 min so far)",
      "still waiting for the flag: Registering (2 min so far)",
    ]);
  });

  it("polls again within one interval, or after the pause that Azure requests", async () => {
    const { context, clock } = simulatedContext({ random: () => 0.5 });
    const start = clock.now();
    await poll(context, "x", states("a", "done"));
    expect(clock.now() - start).toBe(9000);
    const results: Progress<number>[] = [{ done: false, state: "a", retryAfterMs: 45_000 }, { done: true, value: 1 }];
    await poll(context, "x", () => Promise.resolve(results.shift() ?? { done: true, value: 1 }));
    expect(clock.now() - start).toBe(54_000);
  });

  it("stops at the deadline, and reports the last state", async () => {
    const { context, clock } = simulatedContext({ deadlineInMs: 65_000 });
    const start = clock.now();
    const waiting = poll(context, "the cluster to be idle", () => Promise.resolve({ done: false, state: "cluster is Updating" }));
    await expect(waiting).rejects.toThrow(DeadlineError);
    await expect(waiting).rejects.toThrow("the last state was: cluster is Updating");
    expect(clock.now() - start).toBe(65_000);
  });

  it("ends with the reason of a cancellation", async () => {
    const { context, stop } = simulatedContext();
    stop.abort(new Error("cancelled"));
    await expect(poll(context, "x", states("a"))).rejects.toThrow("cancelled");
  });
});
