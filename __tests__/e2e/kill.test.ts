/** SIGKILL at all important requests: the next run completes the switch, with one PUT in total. */
import type { ChildProcess } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../simulator/index.ts";
import type { SimulatedRequest } from "../../simulator/lib/http.ts";
import { act, startWorld } from "./world.ts";
import { runAction } from "../../simulator/runner/run-action.ts";

const isCluster = ({ service, path }: SimulatedRequest): boolean => service === "arm" && path.endsWith("/managedClusters/demo");
const isPut = (request: SimulatedRequest): boolean => isCluster(request) && request.method === "PUT";

/** The request at which the run is killed: the n-th one that matches. */
const REQUESTS: Readonly<Record<string, readonly [(request: SimulatedRequest) => boolean, number]>> = {
  "the first GET of the cluster": [(request) => isCluster(request) && request.method === "GET", 1],
  "registering the feature": [({ path }) => path.endsWith("/IstioCNIPreview/register"), 1],
  "waiting for the feature": [({ path, method }) => path.endsWith("/IstioCNIPreview") && method === "GET", 3],
  "refreshing the provider": [({ path }) => path.endsWith("/Microsoft.ContainerService/register"), 1],
  "the last GET before the PUT": [(request) => isCluster(request) && request.method === "GET", 2],
  "the PUT that is refused without the flag": [isPut, 1],
  "the PUT that Azure accepts": [isPut, 2],
  "the first poll of the operation": [({ path }) => path.includes("/operations/"), 1],
  "reading the node agent after the switch": [({ path }) => path.includes("/daemonsets/"), 2],
  "the last poll of the rollout": [({ path }) => path.includes("/daemonsets/"), 4],
};

describe("a run that is killed", () => {
  it.each(Object.entries(REQUESTS))("at %s: the next run completes the switch, with one PUT in total", async (_, [match, nth]) => {
    let child: ChildProcess | undefined;
    let matched = 0;
    const killer: Fault = {
      match: (request) => {
        if (child !== undefined && match(request) && (matched += 1) === nth) child.kill("SIGKILL");
        return false;
      },
      fault: { kind: "hang" },
    };
    await using simulator = await startWorld("fresh", { faults: [killer] });
    const killed = await runAction({ simulator, onStart: (started) => (child = started) });
    expect(killed.signal ?? killed.exitCode, "killed, or ended before that request").toSatisfy((end: unknown) => end === "SIGKILL" || matched < nth);
    child = undefined;
    const again = await act(simulator);
    expect(["changed", "compliant"], again.log).toContain(again.outputs["status"]);
    const accepted = simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200);
    expect(accepted).toHaveLength(1);
    expect(again.report.mesh.redirectionMechanism.after).toBe("CNIChaining");
  });

  it("before its PUT arrived: the next run sends it", async () => {
    let child: ChildProcess | undefined;
    const lost: Fault = {
      match: (request) => {
        if (child === undefined || !isPut(request)) return false;
        child.kill("SIGKILL");
        return true;
      },
      times: 1,
      fault: { kind: "reset" },
    };
    await using simulator = await startWorld("flag-graduated", { faults: [lost] });
    const killed = await runAction({ simulator, onStart: (started) => (child = started) });
    expect(killed.signal).toBe("SIGKILL");
    child = undefined;
    const again = await act(simulator);
    expect(again.outputs["status"], again.log).toBe("changed");
    expect(simulator.requestLog.of("arm", "PUT").map(({ status }) => status)).toEqual([0, 200]);
  });

  // Takes minutes; the requests above are those with different effects.
  if (process.env["EVERY_REQUEST"] === "true") it("at each request: the next run completes the switch, with one PUT in total", { timeout: 900_000 }, async () => {
    let ended: string | undefined;
    let nth = 0;
    while (ended === undefined) {
      nth += 1;
      let child: ChildProcess | undefined;
      let arrived = 0;
      const killer: Fault = {
        match: () => {
          if (child !== undefined && (arrived += 1) === nth) child.kill("SIGKILL");
          return false;
        },
        fault: { kind: "hang" },
      };
      await using simulator = await startWorld("fresh", { faults: [killer] });
      const killed = await act(simulator, {}, { onStart: (started) => (child = started) }).catch(() => undefined);
      ended = killed?.outputs["status"];
      child = undefined;
      const again = await act(simulator);
      expect(["changed", "compliant"], `killed at request ${nth}\n${again.log}`).toContain(again.outputs["status"]);
      const accepted = simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200);
      expect(accepted, `accepted PUTs, killed at request ${nth}`).toHaveLength(1);
    }
    expect(ended, "the run that was not killed").toBe("changed");
    expect(nth, "requests of a run").toBeGreaterThan(40);
  });
});
