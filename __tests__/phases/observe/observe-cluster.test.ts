import { describe, expect, test } from "vitest";
import { CNI_CHAINING } from "../../../src/contract.ts";
import { readClusterFacts } from "../../../src/istio/cluster-facts.ts";
import { namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import type { NamespaceDryRuns, Query } from "../../../src/kubernetes/query.ts";
import { at, isRecord } from "../../../src/lib/json.ts";
import { observeCluster, type ObserveOptions } from "../../../src/phases/observe/observe-cluster.ts";
import { InMemoryApi } from "../../in-memory-api.ts";
import { NATIVE, NOW, VALIDATION } from "../../istio/fixtures.ts";

const BODY = {
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c",
  properties: {
    agentPoolProfiles: [{ name: "system", osType: "Linux" }],
    serviceMeshProfile: { mode: "Istio", istio: { revisions: ["asm-1-28"], components: { proxyRedirectionMechanism: "CNIChaining" } } },
  },
};
const namespace = (name: string, labels: object = {}): object => ({ metadata: { name, labels } });
const event = (kind: string, name: string, inNamespace = "shop"): object => ({
  reason: "FailedCreate",
  message: "Disallowed capabilities detected: NET_ADMIN",
  involvedObject: { kind, name, namespace: inNamespace },
  lastTimestamp: new Date(NOW - 1000).toISOString(),
});

function cluster(): InMemoryApi {
  const api = new InMemoryApi();
  api.objects.set("/api/v1/namespaces", [namespace("shop", { "istio.io/rev": "asm-1-28" }), namespace("plain"), namespace("kube-system", { "istio.io/rev": "x" })]);
  api.objects.set("/api/v1/events", [event("StatefulSet", "db"), event("Job", "done"), event("ReplicaSet", "web"), event("DaemonSet", "x", "kube-system")]);
  api.objects.set("/apis/apps/v1/namespaces/shop/statefulsets/db", { metadata: { name: "db" }, spec: { replicas: 1 }, status: {} });
  api.objects.set("/apis/batch/v1/namespaces/shop/jobs/done", { metadata: { name: "done" }, status: { conditions: [{ type: "Complete", status: "True" }] } });
  api.inject = (pod) => ({ ...(isRecord(pod) ? pod : {}), spec: { ...(at(pod, "spec") as object), initContainers: [VALIDATION, NATIVE] } });
  return api;
}

async function observe(api: InMemoryApi, change: Partial<ObserveOptions> = {}, body: unknown = BODY): Promise<MeshObservation> {
  const options: ObserveOptions = { scope: namespaceScope([]), mechanism: CNI_CHAINING, now: NOW, noProbeReason: undefined, revisionsInUse: false, pause: () => Promise.resolve(), ...change };
  const seen = await observeCluster(readClusterFacts(body), { kind: "connected", api, description: "" }, options);
  if (!seen.seen) throw new Error(seen.why);
  return seen.value;
}
const sent = (api: InMemoryApi): readonly string[] => api.queries.map(({ paths, selectors: query }) => `${paths.join(" ")}${query === undefined ? "" : `?${query}`}`);

describe("observeCluster", () => {
  test("sends a dry-run pod to namespaces of the mesh only, and stores nothing", async () => {
    const api = cluster();
    const before = structuredClone([...api.objects]);
    const { probes } = await observe(api);
    expect(api.writes.map(({ verb, path, dryRun }) => [verb, path, dryRun])).toEqual([["create", "/api/v1/namespaces/shop/pods", true]]);
    expect(probes).toMatchObject({ seen: true, value: { answers: [{ namespace: "shop", outcome: { kind: "admitted", state: "cni" } }] } });
    expect([...api.objects]).toEqual(before);
  });
  test("sends everything that is read as one batch to a transport that answers in order, with the same result", async () => {
    const POD = "/api/v1/pods";
    const pods = [{ metadata: { name: "web", namespace: "shop", annotations: { "sidecar.istio.io/status": "{}" } }, spec: { nodeName: "n", containers: [{ name: "app" }], initContainers: [VALIDATION, NATIVE] }, status: { phase: "Running" } }];
    const [parallel, inOrder] = [cluster(), cluster()];
    for (const api of [parallel, inOrder]) {
      api.objects.set("/api/v1/events", []);
      api.objects.set(POD, pods);
    }
    inOrder.answersInOrder = true;
    const observed = await observe(inOrder);
    expect(observed).toEqual(await observe(parallel));
    expect(observed.pods).toMatchObject({ seen: true, value: { total: 1 } });
    expect(inOrder.queries.map(({ paths }) => paths[0])).toContain(POD);
    expect(inOrder.queriesByBatch.filter((queries) => queries > 0)).toHaveLength(1);
    expect(parallel.queriesByBatch.filter((queries) => queries > 0)).toHaveLength(2);
  });
  test("probes only the namespaces that the batch of a transport has not probed, and judges only those in scope", async () => {
    const api = cluster();
    api.answersInOrder = true;
    api.objects.set("/api/v1/namespaces", ["one", "shop", "two"].map((name) => namespace(name, { "istio.io/rev": "asm-1-28" })));
    const early = new Map(["one", "other"].map((name) => [name, { accepted: true, object: api.inject({ metadata: { namespace: name }, spec: {} }), warnings: [] } as const]));
    const asked: NamespaceDryRuns[] = [];
    const withProbes = Object.assign(api, { queryAndDryRun: (batch: readonly Query[], each: NamespaceDryRuns) => (asked.push(each), api.query(batch).then(() => early)) });
    const { probes } = await observe(withProbes);
    expect(asked).toEqual([expect.objectContaining({ label: "istio.io/rev", most: 50 })]);
    expect(api.writes.map(({ path }) => path)).toEqual(["/api/v1/namespaces/shop/pods", "/api/v1/namespaces/two/pods"]);
    expect(probes).toMatchObject({ seen: true, value: { answers: [{ namespace: "one" }, { namespace: "shop" }, { namespace: "two" }] } });
  });
  test("writes nothing if the probe is off", async () => {
    const api = cluster();
    const { probes } = await observe(api, { noProbeReason: "The input probe is false." });
    expect(api.writes).toEqual([]);
    expect(probes).toMatchObject({ value: { skipReason: "The input probe is false." } });
  });
  test("asks once more where an API server that is starting refuses everything", async () => {
    const api = cluster();
    api.refuseQuery = () => (api.batches === 1 ? 403 : undefined);
    const pauses: number[] = [];
    const { namespaces, probes } = await observe(api, { pause: (ms) => Promise.resolve(void pauses.push(ms)) });
    expect(pauses).toHaveLength(1);
    expect([namespaces.seen, probes.seen]).toEqual([true, true]);
  });
  test.each([
    ["an identity without any right", () => 403, 2],
    ["a server that answers 500", () => 500, 1],
  ])("gives up on %s", async (_, refuseQuery, batches) => {
    const api = cluster();
    api.refuseQuery = refuseQuery;
    await expect(observe(api)).rejects.toThrow("Kubernetes answered");
    expect(api.batches).toBe(batches);
  });
  test("confirms events by reading the workload, outside the namespaces of AKS", async () => {
    const api = cluster();
    const { refusedWorkloads } = await observe(api);
    expect(refusedWorkloads).toMatchObject({ seen: true, value: { workloads: [{ kind: "StatefulSet", name: "db" }], notChecked: 0 } });
    expect(sent(api)).toContain("/api/v1/events?fieldSelector=reason%3DFailedCreate");
    expect(sent(api).filter((path) => path.includes("kube-system"))).toEqual([]);
  });
  test("sends two batches of queries", async () => {
    const api = cluster();
    await observe(api, { noProbeReason: "no" });
    expect(api.batches).toBe(2);
  });
  const injected = { initContainers: [VALIDATION, NATIVE], containers: [{ name: "app" }], nodeName: "n" };
  const pod = (name: string, status: object): object => ({ metadata: { namespace: "shop", name, creationTimestamp: new Date(NOW - 3_600_000).toISOString() }, spec: injected, status });
  test("asks for failed pods that are not restarted, and counts one once", async () => {
    const api = cluster();
    const ended = { name: "istio-validation", restartCount: 0, state: { terminated: { exitCode: 126, finishedAt: new Date(NOW - 3_000_000).toISOString() } } };
    api.objects.set("/api/v1/pods", [pod("nightly", { phase: "Failed", initContainerStatuses: [ended] })]);
    const { pods } = await observe(api);
    expect(sent(api)).toContain("/api/v1/pods?fieldSelector=status.phase%3DFailed%2Cspec.restartPolicy%21%3DAlways");
    expect(pods).toMatchObject({ seen: true, value: { total: 0, stuck: { failed: 1 }, offenders: [{ name: "nightly", state: "cni" }] } });
  });
  test("reads the events about sandboxes only where a pod has none", async () => {
    const api = cluster();
    api.objects.set("/api/v1/pods", [pod("stuck", { phase: "Pending" })]);
    api.objects.set("/api/v1/events", [{ reason: "FailedCreatePodSandBox", message: "plugin istio-cni\nfailed", involvedObject: { kind: "Pod", namespace: "shop", name: "stuck" } }]);
    const { pods } = await observe(api, { noProbeReason: "no" });
    expect(api.batches).toBe(3);
    expect(sent(api)).toContain("/api/v1/events?fieldSelector=reason%3DFailedCreatePodSandBox");
    expect(pods).toMatchObject({ seen: true, value: { failedByPlugin: 1, offenders: [{ detail: expect.stringContaining("plugin istio-cni failed") as unknown }] } });
  });
  test("lists nodes only if Azure lists a Windows pool, and revisions in use only for labelling", async () => {
    const [plain, more] = [cluster(), cluster()];
    await observe(plain);
    expect(sent(plain).filter((path) => path.includes("/nodes") || path.includes("labelSelector"))).toEqual([]);
    more.objects.set("/api/v1/nodes", [{ metadata: { name: "win-1" } }]);
    const pools = { ...BODY, properties: { ...BODY.properties, agentPoolProfiles: [{ name: "win", osType: "Windows" }] } };
    const { windowsNodes, revisionsInUse } = await observe(more, { revisionsInUse: true }, pools);
    expect(windowsNodes).toEqual({ seen: true, value: ["win-1"] });
    expect(revisionsInUse).toEqual({ seen: true, value: ["asm-1-28"] });
  });
});
