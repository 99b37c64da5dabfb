/** Lists of many pages: 5,000 pods, and a history that etcd drops while a list is read. */
import { beforeAll, describe, expect, it } from "vitest";
import { isObject, type JsonObject, setAt, textAt, valueAt } from "../../simulator/lib/json.ts";
import { eventually, pathOf } from "./api.ts";
import { openAzure, type Run } from "./azure.ts";
import { compact } from "./etcd.ts";
import { type Decide, type FaultProxy, PASS, startFaultProxy } from "./fault-proxy.ts";
import { settleOn } from "./mesh.ts";
import { pod } from "./objects.ts";
import { api, injectedNamespace, target } from "./stage.ts";

const PODS = 5000;
const PAGE = 500;
/** How many are created, or looked at, at the same time. */
const AT_ONCE = 50;
const PATIENCE = 300;
const CONTINUED_PODS = /\/pods\?(?:.*&)?continue=/;

/** Does something for each pod by its number, for some at the same time. */
async function forEachPod(work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < PODS) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A pod as admission leaves it, without what the API server gave to this one. */
async function injectedPod(name: string): Promise<JsonObject> {
  const bare = pod({ namespace: name, name: "sample" });
  const { body } = await api.ask("POST", `${pathOf(bare, false)}?dryRun=All`, bare);
  const [labels, annotations, spec] = [valueAt(body, "metadata", "labels"), valueAt(body, "metadata", "annotations"), valueAt(body, "spec")];
  if (labels === undefined || annotations === undefined || !isObject(spec)) throw new Error("the sample was not admitted");
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace: name, labels, annotations }, spec };
}

/**
 * Copies of one injected pod, made while the namespace is not labelled, so that they do not wait for the injector. They name their nodes,
 * so that they wait neither for a controller nor for the scheduler.
 */
async function makePods(name: string): Promise<void> {
  const sample = await injectedPod(name);
  await api.merge(`/api/v1/namespaces/${name}`, { metadata: { labels: { "istio.io/rev": null } } });
  const nodes = (await api.list("/api/v1/nodes?labelSelector=kubernetes.azure.com%2Fagentpool")).map((node) => textAt(node, "metadata", "name") ?? "");
  await forEachPod(async (index) => {
    const copy = structuredClone(sample);
    setAt(copy, ["metadata", "name"], `pod-${index}`);
    setAt(copy, ["spec", "nodeName"], nodes[index % nodes.length] ?? "");
    await api.create(copy);
  });
  await api.merge(`/api/v1/namespaces/${name}`, { metadata: { labels: { "istio.io/rev": target.revision } } });
  // One by one: lists of so many pods would hold up those who report their status.
  await forEachPod(async (index) => {
    const path = `/api/v1/namespaces/${name}/pods/pod-${index}`;
    await eventually(`${path} to run`, async () => (textAt(await api.get(path), "status", "phase") === "Running" ? true : undefined), PATIENCE, 1000);
  });
}

describe("5,000 pods", () => {
  let name = "";

  async function check(access: string, decide: Decide): Promise<{ readonly run: Run; readonly requests: FaultProxy["requests"] }> {
    await using proxy = await startFaultProxy(target, decide);
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining", through: proxy });
    const env = access === "kubeconfig" ? { KUBECONFIG: await azure.kubeconfig() } : {};
    const run = await azure.run({ mode: "check", namespaces: name, "kube-access": access }, env);
    return { run, requests: proxy.requests };
  }

  beforeAll(async () => {
    await settleOn(api, target.revision, "CNIChaining");
    name = await injectedNamespace("many");
    await makePods(name);
    const remaining = valueAt(await api.get(`/api/v1/namespaces/${name}/pods?limit=1`), "metadata", "remainingItemCount");
    expect(remaining).toBe(PODS - 1);
  }, 600_000);

  it("are read in pages and all counted", async () => {
    const { run, requests } = await check("direct", () => PASS);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.report.pods).toMatchObject({ total: PODS, byState: { cni: PODS } });
    expect(requests.filter(({ path }) => CONTINUED_PODS.test(path)).length).toBeGreaterThanOrEqual(PODS / PAGE - 1);
  });

  it.skipIf(target.etcd === undefined).each(["direct", "kubeconfig", "run-command"])("by %s: a list whose history is dropped starts again (410), and all pods are counted once", async (access) => {
    let dropped = false;
    const { run, requests } = await check(access, async ({ path }) => {
      if (!dropped && CONTINUED_PODS.test(path)) {
        dropped = true;
        // The list's revision must be older than the one that is kept.
        await api.merge(`/api/v1/namespaces/${name}`, { metadata: { annotations: { "conformance/touched": access } } });
        await compact(target.etcd ?? "");
      }
      return PASS;
    });
    const expired = requests.filter(({ status }) => status === 410).map(({ path }) => path.replace(/continue=[^&]*/, ""));
    expect(expired.length, run.log).toBeGreaterThan(0);
    expect(new Set(expired).size, "each list starts again once").toBe(expired.length);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.report.pods).toMatchObject({ total: PODS, byState: { cni: PODS } });
  }, 300_000);
});
