/** Runs that outlive their tokens. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../simulator/index.ts";
import { act, startWorld, type WorldOptions } from "./world.ts";

const MINUTE = 60_000;

/** A registration of 45 minutes and an operation of 30, with tokens and assertions of five. */
const LONG: WorldOptions = {
  speed: 800,
  tweak: (world) => {
    world.identity.tokenLifetime = 300;
    world.github.tokenLifetime = 300;
    Object.assign(world.timing, { featureRegistration: 45 * MINUTE, clusterUpdate: 30 * MINUTE });
  },
};
const INPUTS = { "timeout-minutes": "240", "poll-interval-seconds": "60" };

describe("tokens of five minutes", () => {
  it("are renewed under a registration of 45 minutes and an operation of 30", async () => {
    await using simulator = await startWorld("fresh", LONG);
    const run = await act(simulator, INPUTS);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(simulator.journal.entries.filter(({ status }) => status === 401), "no expired token was ever sent").toEqual([]);
    expect(simulator.journal.of("entra", "POST").length).toBeGreaterThan(10);
    expect(simulator.journal.of("arm", "PUT").filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("are renewed although GitHub's OIDC provider and Entra stumble at it", async () => {
    const stumbles: readonly Fault[] = [
      { match: ({ path }) => path === "/oidc/token", every: 5, fault: { kind: "reset" } },
      { match: ({ path }) => path === "/oidc/token", every: 7, fault: { kind: "respond", status: 503 } },
      { match: ({ service, method }) => service === "entra" && method === "POST", every: 6, fault: { kind: "reset" } },
    ];
    await using simulator = await startWorld("fresh", { ...LONG, faults: stumbles });
    const run = await act(simulator, INPUTS);
    expect(run.outputs["status"], run.log).toBe("changed");
  });

  it("cannot be renewed any more: the run ends clearly, and the next one picks the switch up", async () => {
    await using simulator = await startWorld("flag-graduated", LONG);
    let isBroken = true;
    simulator.faults.add({ match: ({ path }) => isBroken && path === "/oidc/token" && simulator.journal.of("arm", "PUT").length > 0, fault: { kind: "respond", status: 500 } });
    const run = await act(simulator, INPUTS);
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(run.report.error?.code).toBe("NoIdToken");
    isBroken = false;
    const again = await act(simulator, INPUTS);
    expect(["changed", "compliant"], again.log).toContain(again.outputs["status"]);
    expect(simulator.journal.of("arm", "PUT").filter(({ status }) => status === 200)).toHaveLength(1);
  });
});
