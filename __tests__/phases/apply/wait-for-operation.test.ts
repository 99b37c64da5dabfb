import { describe, expect, test } from "vitest";
import type { ManagedCluster } from "../../../src/azure/managed-cluster.ts";
import { waitForOperation } from "../../../src/phases/apply/wait-for-operation.ts";
import { simulatedContext } from "../../simulated-context.ts";

type Reading = Awaited<ReturnType<ManagedCluster["readOperation"]>>;

/** Waits for an operation that ends after this many seconds. */
async function waitFor(endsAfter: number, retryAfterMs?: number): Promise<{ readonly polls: readonly number[]; readonly lateness: number }> {
  const { context } = simulatedContext();
  const startedAt = context.clock.now();
  const polls: number[] = [];
  const readOperation = (): Promise<Reading> => {
    const second = (context.clock.now() - startedAt) / 1000;
    polls.push(second);
    return Promise.resolve({ status: second < endsAfter ? "InProgress" : "Succeeded", error: "", remedy: "", retryAfterMs });
  };
  expect(await waitForOperation({ readOperation }, context, "CNIChaining", "https://management.azure.com/operations/1")).toBe("none");
  return { polls, lateness: (polls.at(-1) ?? Number.NaN) - endsAfter };
}

/** The Azure CLI polls when it has sent the PUT and then every 30 seconds. Source: azure-core, ARMPolling. */
const latenessOfAz = (endsAfter: number): number => Math.ceil(endsAfter / 30) * 30 - endsAfter;

describe("the end of an operation", () => {
  test.each([5, 20, 108, 250])("that takes %i seconds is noticed in at most half of the time that the Azure CLI takes", async (endsAfter) => {
    const { lateness } = await waitFor(endsAfter);
    expect(lateness).toBeLessThanOrEqual(latenessOfAz(endsAfter) / 2);
  });
  test("is looked for every half poll interval in the long run", async () => {
    const { polls } = await waitFor(600);
    const pauses = polls.slice(1).map((at, index) => at - (polls[index] ?? 0));
    expect(pauses[0]).toBe(1);
    expect(Math.max(...pauses)).toBe(5);
    expect(polls.length).toBeLessThan(140);
  });
  test("is looked for when Azure says, if it says so", async () => {
    expect((await waitFor(20, 15_000)).polls).toEqual([0, 15, 30]);
  });
});
