import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import { cniCoversNodes } from "../../src/checks/cni-covers-nodes.ts";
import { cniDaemonsetReady } from "../../src/checks/cni-daemonset-ready.ts";
import { injectorConfigured } from "../../src/checks/injector-configured.ts";
import { namespacesLabelled } from "../../src/checks/namespaces-labelled.ts";
import { workloadsAdmitted } from "../../src/checks/workloads-admitted.ts";
import { census, cluster, goal, seen, SHOP, showing, snapshot, UNSEEN } from "../istio/fixtures.ts";
import type { DaemonSetFacts, NamespaceFacts, ReplicaSetFacts } from "../../src/istio/kubernetes-facts.ts";
import type { RefusedWorkload } from "../../src/istio/workloads/refused-workloads.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);

describe("injector-configured", () => {
  const judge = (cniEnabled: boolean | undefined, wanted = CNI) =>
    injectorConfigured(showing({ injectors: seen([{ revision: "asm-1-26", cniEnabled }]) }), wanted).result;
  test.each([
    [true, CNI, "pass"],
    [false, CNI, "fail"],
    [undefined, CNI, "warn"],
    [false, INIT, "pass"],
    [true, INIT, "fail"],
  ] as const)("with pilot.cni.enabled %s", (cniEnabled, wanted, result) => {
    expect(judge(cniEnabled, wanted)).toBe(result);
  });
  test("fails where an installed revision has no ConfigMap", () => {
    const facts = cluster({
      mesh: { mode: "Istio", revisions: ["asm-1-26", "asm-1-27"], redirectionMechanism: CNI_CHAINING },
    });
    const checkResult = injectorConfigured({ ...snapshot(), cluster: facts }, CNI);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.message).toBe("ConfigMap istio-sidecar-injector-asm-1-27 does not exist.");
  });
  test("has nothing to judge without a revision", () => {
    const facts = cluster({ mesh: { mode: "", revisions: [], redirectionMechanism: "" } });
    const checkResult = injectorConfigured({ ...showing({ injectors: seen([]) }), cluster: facts }, CNI);
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
  });
});

describe("cni-daemonset-ready", () => {
  const HEALTHY: DaemonSetFacts = {
    generation: 2, observedGeneration: 2, desired: 3, updated: 3, ready: 3, available: 3, matchLabels: {},
  };
  const judge = (change: Partial<DaemonSetFacts> | undefined, wanted = CNI) => {
    const daemonSet = change === undefined ? undefined : { ...HEALTHY, ...change };
    return cniDaemonsetReady(showing({ daemonSet: seen(daemonSet) }), wanted);
  };
  test("passes when every node runs it as specified now, and says on how many", () => {
    expect(judge({}).result).toBe("pass");
    expect(judge({}).message).toContain("3/3");
    expect(judge({ observedGeneration: 3 }).result).toBe("pass");
  });
  test.each([
    ["not observed yet", { generation: 3 }],
    ["on no node", { desired: 0, updated: 0, ready: 0, available: 0 }],
    ["not updated", { updated: 2 }],
    ["not ready", { ready: 2 }],
    ["not available", { available: 2 }],
    ["on more nodes than desired", { ready: 4 }],
  ])("fails when it is %s", (_, change) => {
    expect(judge(change).result).toBe("fail");
  });
  test("fails when it does not exist", () => {
    expect(judge(undefined).result).toBe("fail");
  });
  test("is to be gone where init containers are wanted", () => {
    expect(judge(undefined, INIT).result).toBe("pass");
    expect(judge({}, INIT).result).toBe("warn");
  });
});

describe("cni-covers-nodes", () => {
  const LABELS = { app: "agent" };
  const agent = (nodeName: string, ready = true, labels: Record<string, string> = LABELS) => ({ name: "a", nodeName, ready, labels });
  const judge = (agents: ReturnType<typeof agent>[], nodes: readonly string[], matchLabels: Record<string, string> = LABELS) =>
    cniCoversNodes(
      showing({
        daemonSet: seen({ generation: 1, observedGeneration: 1, desired: 1, updated: 1, ready: 1, available: 1, matchLabels }),
        agentPods: seen(agents),
        pods: seen(census({ meshedNodes: nodes.map((name) => ({ name, pods: 2 })) })),
      }),
      CNI,
    );
  test("passes where every node with pods of the mesh has a ready agent", () => {
    expect(judge([agent("n1"), agent("n2"), agent("n3")], ["n1", "n2"]).result).toBe("pass");
  });
  test("fails naming the nodes that have none", () => {
    const checkResult = judge([agent("n1"), agent("n2", false), agent("n3", true, { app: "other" })], ["n1", "n2", "n3"]);
    expect(checkResult).toMatchObject({
      result: "fail",
      evidence: ["node n2: 2 pods of the mesh", "node n3: 2 pods of the mesh"],
    });
  });
  test("knows the agent by its documented label where the selector says nothing", () => {
    const labels = { "k8s-app": "azure-service-mesh-istio-cni-addon-node" };
    expect(judge([agent("n1", true, labels)], ["n1"], {}).result).toBe("pass");
    expect(judge([agent("n1")], ["n1"], {}).result).toBe("fail");
  });
  test("leaves Windows nodes out, where the agent does not run", () => {
    const pods = seen(census({ meshedNodes: [{ name: "node-1", pods: 2 }, { name: "win", pods: 1 }] }));
    expect(cniCoversNodes(showing({ pods }), CNI).result).toBe("fail");
    expect(cniCoversNodes(showing({ pods, windowsNodes: UNSEEN }), CNI).result).toBe("fail");
    const checkResult = cniCoversNodes(showing({ pods, windowsNodes: seen(["win"]) }), CNI);
    expect(checkResult).toMatchObject({ result: "pass", evidence: ["1 Windows node left out: the node agent does not run there"] });
  });
  test("skips where no pod is meshed, and for init containers", () => {
    expect(judge([], [])).toMatchObject({ result: "skip", unverifiable: false });
    expect(cniCoversNodes(snapshot(), INIT)).toMatchObject({ result: "skip", unverifiable: false });
  });
  test("names some nodes of very many, and counts the rest", () => {
    const { evidence } = judge([], Array.from({ length: 100 }, (_, index) => `n${index}`));
    expect(evidence).toHaveLength(21);
    expect(evidence.at(-1)).toBe("and 80 more");
  });
});

describe("namespaces-labelled", () => {
  const judge = (namespaces: NamespaceFacts[], names: string[] = [], webhooks?: typeof UNSEEN) =>
    namespacesLabelled(
      showing({ namespaces: seen(namespaces), ...(webhooks && { webhooks }) }),
      goal(CNI_CHAINING, ...names),
    );
  const namespace = (name: string, labels: Record<string, string> = {}): NamespaceFacts => ({ name, labels });
  const rev = (revision: string) => ({ "istio.io/rev": revision });

  test("passes with injection on", () => {
    expect(judge([SHOP, namespace("plain")])).toMatchObject({ result: "pass" });
    expect(judge([SHOP, namespace("plain")], ["shop"])).toMatchObject({ result: "pass" });
  });
  test("skips where no namespace wants injection", () => {
    expect(judge([namespace("plain"), namespace("kube-system", rev("x"))])).toMatchObject({ result: "skip", unverifiable: false });
  });
  test("fails for a named namespace without a label, and says how to label it", () => {
    const checkResult = judge([SHOP, namespace("plain")], ["plain"]);
    expect(checkResult).toMatchObject({ result: "fail", evidence: ["plain: has no label istio.io/rev"] });
    expect(checkResult.remedy).toBe("kubectl label namespace plain istio.io/rev=asm-1-26 --overwrite");
  });
  test("fails for a named namespace that does not exist", () => {
    expect(judge([SHOP], ["shop", "nowhere"])).toMatchObject({ result: "fail", evidence: ["nowhere: does not exist"] });
  });
  test("fails where istio-injection switches injection off beside a revision", () => {
    const checkResult = judge([namespace("shop", { ...rev("asm-1-26"), "istio-injection": "enabled" })]);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.remedy).toBe("kubectl label namespace shop istio-injection-");
  });
  test("where istio-injection=enabled stands alone warns, and fails if that namespace was named", () => {
    const namespaces = [SHOP, namespace("old", { "istio-injection": "enabled" })];
    expect(judge(namespaces).result).toBe("warn");
    const named = judge(namespaces, ["old"]);
    expect(named.result).toBe("fail");
    expect(named.remedy.split("\n")).toEqual([
      "kubectl label namespace old istio-injection-",
      "kubectl label namespace old istio.io/rev=asm-1-26 --overwrite",
    ]);
  });
  test("leaves a namespace alone that says istio-injection=disabled", () => {
    expect(judge([SHOP, namespace("off", { ...rev("asm-1-26"), "istio-injection": "disabled" })]).result).toBe("pass");
  });
  test("fails where nobody serves the revision", () => {
    expect(judge([SHOP, namespace("gone", rev("asm-1-20"))])).toMatchObject({
      result: "fail",
      evidence: ["gone: istio.io/rev=asm-1-20 is served by no injector"],
    });
  });
  test("warns where the revision may be a tag that could not be looked up", () => {
    expect(judge([SHOP, namespace("tagged", rev("prod"))], [], UNSEEN)).toMatchObject({ result: "warn" });
    expect(judge([SHOP], [], UNSEEN).result).toBe("pass");
  });
  test("warns where a glob fits nothing", () => {
    expect(judge([SHOP], ["team-*"])).toMatchObject({ result: "warn" });
  });
  test("puts no name into a command that a shell would read as more than a name", () => {
    const { remedy } = judge([namespace("$(reboot)")], ["$(reboot)"]);
    expect(remedy).toBe("kubectl label namespace <namespace> istio.io/rev=asm-1-26 --overwrite");
  });
});

describe("workloads-admitted", () => {
  const replicaSet = (failure: string | undefined, change: Partial<ReplicaSetFacts> = {}): ReplicaSetFacts => ({
    namespace: "shop", name: "web-5d9", owner: { kind: "Deployment", name: "web" }, failure, desired: 1, ...change,
  });
  const judge = (replicaSets: ReplicaSetFacts[], wanted = CNI) =>
    workloadsAdmitted(showing({ replicaSets: seen(replicaSets) }), wanted);
  const DENIED =
    "pods \"web-5d9-\" is forbidden: ValidatingAdmissionPolicy 'aks-managed-baseline-capabilities' denied request: Disallowed capabilities detected: NET_ADMIN, NET_RAW";

  test("passes where ReplicaSets get their pods, or want none", () => {
    expect(judge([replicaSet(undefined), replicaSet(DENIED, { desired: 0 })]).result).toBe("pass");
  });
  test("fails where admission refuses what istio-init needs, naming workload and message", () => {
    const checkResult = judge([replicaSet(DENIED)]);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.evidence).toEqual([`Deployment shop/web: ${DENIED}`]);
  });
  test.each([
    ["a quota", "exceeded quota: compute, requested: pods=1"],
    ["a capability of the application's own", "Disallowed capabilities detected: SYS_ADMIN"],
  ])("warns where it is %s", (_, failure) => {
    expect(judge([replicaSet(failure)]).result).toBe("warn");
  });
  test("counts a refused capability wherever a pod may ask for injection itself, and other failures only in scope", () => {
    expect(judge([replicaSet(DENIED, { namespace: "plain" })]).result).toBe("fail");
    expect(judge([replicaSet("exceeded quota", { namespace: "plain" })]).result).toBe("pass");
    expect(judge([replicaSet(DENIED, { namespace: "kube-system" })]).result).toBe("pass");
    expect(judge([replicaSet(DENIED, { namespace: "plain" })], goal(CNI_CHAINING, "shop")).result).toBe("pass");
  });
  test("fails for StatefulSets, DaemonSets and Jobs all the same, a Job with the CronJob behind it", () => {
    const workload = (kind: string, name: string, owner?: RefusedWorkload["owner"]): RefusedWorkload => ({ namespace: "shop", kind, name, owner, message: DENIED });
    const workloads = [workload("StatefulSet", "db"), workload("Job", "nightly-1", { kind: "CronJob", name: "nightly" })];
    const checkResult = workloadsAdmitted(showing({ refusedWorkloads: seen({ workloads, notLookedAt: 3 }) }), CNI);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.evidence).toEqual([
      `StatefulSet shop/db: ${DENIED}`,
      `Job shop/nightly-1 (of CronJob nightly): ${DENIED}`,
      "3 more workloads with FailedCreate events not looked at",
    ]);
  });
  test("fails for a ReplicaSet also where events could not be seen", () => {
    expect(workloadsAdmitted(showing({ replicaSets: seen([replicaSet(DENIED)]), refusedWorkloads: UNSEEN }), CNI).result).toBe("fail");
  });
  test("names a bare ReplicaSet itself, and cuts an endless message", () => {
    const { evidence } = judge([replicaSet("NET_RAW ".repeat(1000), { owner: undefined })]);
    expect(evidence[0]).toMatch(/^ReplicaSet shop\/web-5d9: NET_RAW/);
    expect(evidence[0]?.length).toBeLessThan(400);
  });
});
