/** The main scenario: workloads that were refused for minutes, whose controllers now pause for minutes between two tries. */
import { beforeAll, describe, expect, it } from "vitest";
import { objectsAt, textAt } from "../../simulator/lib/json.ts";
import { eventually } from "./api.ts";
import { openAzure, type Run } from "./azure.ts";
import { LONG_REFUSED } from "./long-refused.ts";
import { applyMechanism } from "./mesh.ts";
import { api, podsIn, target } from "./stage.ts";

const MINUTE = 60_000;
/**
 * How long they are to have been refused, in minutes. A controller doubles its pause after each refusal, from 5 ms on: it tries after 328 s,
 * then after 655 s, then after 1311 s.
 */
const REFUSED_FOR = Number(process.env["CONFORMANCE_REFUSED_MINUTES"] ?? "6");
/** A run takes less. */
const RUN = 60_000;

/** How long to wait from a time on, so that no try falls into a run; both since the first refusal, in milliseconds. */
function untilFarFromTry(elapsed: number): number {
  const next = Array.from({ length: 20 }, (_, doublings) => 5 * (2 ** doublings - 1)).find((at) => at > elapsed) ?? Number.POSITIVE_INFINITY;
  return next - elapsed < RUN ? next - elapsed + RUN / 4 : 0;
}

/** A Job's pause is at most a minute. */
const JOB_PAUSE = 75;

describe.skipIf(target.olderRevision === undefined)("workloads that were refused for minutes", () => {
  const revision = target.olderRevision ?? "";
  let refusedFor = "";
  let waiting: Run;
  let restarted: Run;

  beforeAll(async () => {
    const web = await api.get(`/apis/apps/v1/namespaces/${LONG_REFUSED}/deployments/web`);
    const since = Date.parse(textAt(web, "metadata", "creationTimestamp") ?? "");
    // The rest of the time that the other expectations did not take.
    const elapsed = Math.max(REFUSED_FOR * MINUTE, Date.now() - since);
    await new Promise((resolve) => setTimeout(resolve, since + elapsed + untilFarFromTry(elapsed) - Date.now()));
    expect(await podsIn(LONG_REFUSED), "all are refused").toEqual([]);
    refusedFor = `refused for ${Math.round((Date.now() - since) / 1000)} s`;
    await applyMechanism(api, target.revision, "InitContainers");
    await using azure = await openAzure(target, api, { mechanism: "InitContainers", revision });
    waiting = await azure.run({ mode: "apply", namespaces: LONG_REFUSED, "restart-workloads": "never" });
    restarted = await azure.run({ mode: "apply", namespaces: LONG_REFUSED, "restart-workloads": "refused" });
  }, 1_800_000);

  it("apply with restart-workloads: never succeeds, and warns when the controllers try again", () => {
    expect(waiting.outputs, `${refusedFor}\n${waiting.log}`).toMatchObject({ status: "changed", drift: "false", "redirection-mechanism": "CNIChaining" });
    expect(waiting.exitCode).toBe(0);
    const { result, message } = waiting.check("workloads-admitted");
    expect(result, waiting.log).toBe("warn");
    expect(message).toContain("at the latest 17 minutes after the last refusal");
  });

  it.each([
    ["Deployment", "deployment/web"],
    ["StatefulSet", "statefulset/store"],
    ["DaemonSet", "daemonset/agent"],
  ])("the warning has the command that brings the %s at once", (_, words) => {
    expect(waiting.check("workloads-admitted").remedy, waiting.log).toMatch(new RegExp(`^kubectl --namespace ${LONG_REFUSED} rollout restart .*${words}`, "m"));
  });

  it("apply with restart-workloads: refused restarts them, and does not wait for the controllers' next try", async () => {
    expect(restarted.outputs, `${refusedFor}\n${restarted.log}`).toMatchObject({ status: "changed", "stale-workloads": "0" });
    expect(restarted.report.plan.find(({ id }) => id === "restart-workloads")).toMatchObject({ outcome: "done" });
    const owners = (await podsIn(LONG_REFUSED)).flatMap((pod) => objectsAt(pod, "metadata", "ownerReferences").map((owner) => textAt(owner, "kind")));
    for (const kind of ["ReplicaSet", "StatefulSet", "DaemonSet"]) expect(owners).toContain(kind);
  });

  it("every pod is there and redirected, and nothing is left to say", () => {
    expect(restarted.report.pods.byState.cni, restarted.log).toBeGreaterThanOrEqual(2 + 1 + 3);
    expect(Object.keys(restarted.report.pods.byState)).toEqual(["cni"]);
  });

  it("the Job's pod comes by itself", async () => {
    await eventually("the Job's pod", async () => ((await podsIn(LONG_REFUSED, "job-name=migrate")).length === 1 ? true : undefined), JOB_PAUSE);
  }, 2 * JOB_PAUSE * 1000);
});
