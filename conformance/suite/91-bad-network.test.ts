/** Answers that come late, are cut off, or do not come, and an API server that is killed and comes back in the middle of a run. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./api.ts";
import { openAzure, type Run } from "./azure.ts";
import { type Decide, type FaultProxy, PASS, type PassedRequest, startFaultProxy } from "./fault-proxy.ts";
import { settleOn } from "./mesh.ts";
import { deployment, WITHOUT_SAFEGUARDS } from "./objects.ts";
import { api, injectedNamespace, readyPods, target, trace } from "./stage.ts";

const LATE = 1500;
/** The action tries for a minute, twice. */
const FAST = 20;
/** How long the API server stays away. */
const AWAY_SECONDS = "5";
const INTERRUPT = fileURLToPath(new URL("../control-plane/interrupt", import.meta.url));

const isListOfPods = ({ method, path }: PassedRequest): boolean => method === "GET" && /\/pods(?:\?|$)/.test(path);

async function runThrough(decide: Decide, inputs: Readonly<Record<string, string>>, speed = 1): Promise<{ readonly run: Run; readonly requests: FaultProxy["requests"] }> {
  await using proxy = await startFaultProxy(target, decide);
  await using azure = await openAzure(target, api, { mechanism: "CNIChaining", through: proxy, speed });
  const run = await azure.run(inputs, inputs["kube-access"] === "kubeconfig" ? { KUBECONFIG: await azure.kubeconfig() } : {});
  return { run, requests: proxy.requests };
}

describe("a bad way to the API server", () => {
  let name = "";
  const check = (decide: Decide, access = "auto", speed = 1): ReturnType<typeof runThrough> => runThrough(decide, { mode: "check", namespaces: name, "kube-access": access }, speed);

  beforeAll(async () => {
    await settleOn(api, target.revision, "CNIChaining");
    name = await injectedNamespace("network");
    await api.create(deployment({ namespace: name, name: "web", replicas: 2 }));
    await readyPods(name, "web", 2);
  });

  it("answers that come late change nothing, and are not asked for twice", async () => {
    const { run, requests } = await check(() => ({ kind: "late", ms: LATE }));
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.report.pods.byState).toEqual({ cni: 2 });
    expect(run.report.requests.retried).toBe(0);
    expect(requests.length).toBe(run.report.requests.kubernetes);
  });

  it.each([
    ["direct", "reset"],
    ["direct", "cut"],
    ["kubeconfig", "reset"],
    ["kubeconfig", "cut"],
  ] as const)("by %s, each request's first answer is lost (%s): asked again, and the verdict is the same", async (access, kind) => {
    const { run } = await check((_, nth) => (nth === 1 ? { kind } : PASS), access);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.report.pods.byState).toEqual({ cni: 2 });
    expect(run.report.requests.retried).toBeGreaterThan(0);
  });

  it("lists of pods never come whole: unverified, with the reason, and the step succeeds", async () => {
    const { run } = await check((request) => (isListOfPods(request) ? { kind: "cut" } : PASS), "auto", FAST);
    expect(run.outputs["status"], run.log).toBe("unverified");
    expect(run.exitCode).toBe(0);
    expect(run.check("pods-redirected")).toMatchObject({ result: "skip" });
    expect(run.check("cni-daemonset-ready").result, "what could be read is told").toBe("pass");
  });

  describe.skipIf(target.state === undefined)("an API server that is killed and comes back", () => {
    const interrupt = (): Promise<unknown> => promisify(execFile)(INTERRUPT, [target.state ?? "", "kube-apiserver", AWAY_SECONDS]);

    /** Kills it before the first request that meets a condition is passed on; the others go on meanwhile. */
    function killAt(condition: (request: PassedRequest) => boolean): { readonly decide: Decide; readonly wasKilled: () => Promise<boolean> } {
      let killed: Promise<unknown> | undefined;
      return {
        decide: (request) => {
          if (killed === undefined && condition(request)) killed = interrupt();
          return PASS;
        },
        wasKilled: async () => {
          await killed;
          await eventually("the API server to be ready again", async () => ((await api.ask("GET", "/readyz").then(({ status }) => status, () => 0)) === 200 ? true : undefined), 90);
          return killed !== undefined;
        },
      };
    }

    // First: after each interruption the controllers wait longer before they look again.
    it("apply restarts each workload once", async () => {
      await settleOn(api, target.revision, "InitContainers");
      const stale = await injectedNamespace("network", WITHOUT_SAFEGUARDS);
      await api.create(deployment({ namespace: stale, name: "web", replicas: 2 }));
      await readyPods(stale, "web", 2);
      await settleOn(api, target.revision, "CNIChaining");
      const path = `/apis/apps/v1/namespaces/${stale}/deployments/web`;
      const before = trace(await api.get(path));
      let patched = false;
      const { decide, wasKilled } = killAt(({ method }) => {
        const isAfterPatch = patched;
        patched ||= method === "PATCH";
        return isAfterPatch;
      });
      const { run } = await runThrough(decide, { mode: "apply", namespaces: stale, "restart-workloads": "stale" });
      expect(await wasKilled()).toBe(true);
      expect(run.outputs["status"], run.log).toBe("changed");
      expect(run.report.pods.byState).toEqual({ cni: 2 });
      expect(trace(await api.get(path)).generation).toBe(before.generation + 1);
    }, 300_000);

    // Not by kubectl: it repeats reads by itself and does not say so. That the server has just started then shows nowhere, and its 403 counts.
    it("check waits for it and ends with the same verdict", async () => {
      const { decide, wasKilled } = killAt(isListOfPods);
      const { run } = await check(decide, "direct");
      expect(await wasKilled()).toBe(true);
      expect(run.outputs["status"], run.log).toBe("compliant");
      expect(run.report.pods.byState).toEqual({ cni: 2 });
    }, 300_000);
  });
});
