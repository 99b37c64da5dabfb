/** The main scenario: workloads that were refused for minutes, whose controllers now pause for minutes between two tries. */
import { beforeAll, describe, expect, it } from "vitest";
import { textAt } from "../../simulator/lib/json.ts";
import { openAzure, type Run } from "./azure.ts";
import { LONG_REFUSED } from "./long-refused.ts";
import { applyMechanism } from "./mesh.ts";
import { api, podsIn, target } from "./stage.ts";

/** A controller doubles its pause after each refusal: one that has tried for so long waits about as long again, in milliseconds. */
const LONG = 5 * 60_000;

describe.skipIf(target.olderRevision === undefined)("workloads that were refused for minutes", () => {
  const revision = target.olderRevision ?? "";
  let refusedFor = 0;
  let took = 0;
  let run: Run;

  beforeAll(async () => {
    const web = await api.get(`/apis/apps/v1/namespaces/${LONG_REFUSED}/deployments/web`);
    const since = Date.parse(textAt(web, "metadata", "creationTimestamp") ?? "");
    expect(await podsIn(LONG_REFUSED), "all are refused").toEqual([]);
    // The rest of the time that the other expectations did not take.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, since + LONG - Date.now())));
    refusedFor = Date.now() - since;
    await applyMechanism(api, target.revision, "InitContainers");
    await using azure = await openAzure(target, api, { mechanism: "InitContainers", revision });
    const began = Date.now();
    run = await azure.run({ mode: "apply", namespaces: LONG_REFUSED, "restart-workloads": "refused" });
    took = Date.now() - began;
  }, 1_200_000);

  it("apply with restart-workloads: refused ends changed", () => {
    expect(run.outputs, `refused for ${Math.round(refusedFor / 1000)} s\n${run.log}`).toMatchObject({ status: "changed" });
  });

  it("every pod is there and redirected", () => {
    expect(run.report.pods.byState, run.log).toEqual({ cni: 6 });
  });

  it("it does not wait for the controllers' next try", () => {
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(took, run.log).toBeLessThan(60_000);
  });
});
