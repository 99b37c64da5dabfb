import { describe, expect, it } from "vitest";
import { DeadlineError } from "../../src/lib/errors.ts";
import { poll, type Progress } from "../../src/lib/run-context.ts";
import { simulatedContext } from "../simulated-context.ts";

function states(...list: readonly string[]): () => Promise<Progress<string>> {
  const left = [...list];
  return () => {
    const state = left.shift() ?? "done";
    return Promise.resolve(state === "done" ? { done: true, value: "done" } : { done: false, state });
  };
}

describe("waiting", () => {
  it("says a line per change of state and none while nothing changes", async () => {
    const { context, lines } = simulatedContext();
    await poll(context, "the switch", states("InProgress", "InProgress", "ReconcilingAddons", "done"));
    expect(lines).toEqual(["waiting for the switch: InProgress", "waiting for the switch: ReconcilingAddons"]);
  });

  it("shows a heartbeat after a minute of silence", async () => {
    const { context, lines } = simulatedContext();
    await poll(context, "the flag", states(...Array<string>(14).fill("Registering"), "done"));
    expect(lines).toEqual([
      "waiting for the flag: Registering",
      "still waiting for the flag: Registering (1 min so far)",
      "still waiting for the flag: Registering (2 min so far)",
    ]);
  });

  it("looks again within one interval, and after the pause that Azure asks for", async () => {
    const { context, clock } = simulatedContext({ random: () => 0.5 });
    const start = clock.now();
    await poll(context, "x", states("a", "done"));
    expect(clock.now() - start).toBe(9000);
    const looks: Progress<number>[] = [{ done: false, state: "a", retryAfterMs: 45_000 }, { done: true, value: 1 }];
    await poll(context, "x", () => Promise.resolve(looks.shift() ?? { done: true, value: 1 }));
    expect(clock.now() - start).toBe(54_000);
  });

  it("stops at the deadline with what was being waited for", async () => {
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
