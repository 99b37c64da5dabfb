import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import { cniCoversNodes } from "../../src/checks/cni-covers-nodes.ts";
import { cniDaemonsetReady } from "../../src/checks/cni-daemonset-ready.ts";
import { injectorConfigured } from "../../src/checks/injector-configured.ts";
import { namespacesLabelled } from "../../src/checks/namespaces-labelled.ts";
import { workloadsAdmitted } from "../../src/checks/workloads-admitted.ts";
import { standardWebhooks } from "../../src/istio/injection/injection-rules.ts";
import { census, cluster, goal, pool, PROVEN, seen, SHOP, showing, snapshot, UNSEEN } from "../istio/fixtures.ts";
import { remedyCommands } from "../../src/lib/remedy.ts";
import type { DaemonSetFacts, NamespaceFacts, ReplicaSetFacts } from "../../src/istio/kubernetes-facts.ts";
import type { RefusedWorkload } from "../../src/istio/workloads/refused-workloads.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);

describe("injector-configured", () => {
  const injector = (cniEnabled: boolean | undefined, target = CNI) =>
    injectorConfigured(showing({ injectors: seen([{ revision: "asm-1-26", cniEnabled }]) }), target).result;
  test.each([
    [true, CNI, "pass"],
    [false, CNI, "fail"],
    [undefined, CNI, "warn"],
    [false, INIT, "pass"],
    [true, INIT, "fail"],
  ] as const)("with pilot.cni.enabled %s", (cniEnabled, target, result) => {
    expect(injector(cniEnabled, target)).toBe(result);
  });
  test("fails where an installed revision has no ConfigMap", () => {
    const facts = cluster({
      mesh: { mode: "Istio", revisions: ["asm-1-26", "asm-1-27"], redirectionMechanism: CNI_CHAINING },
    });
    const webhooks = seen([...standardWebhooks("asm-1-26"), ...standardWebhooks("asm-1-27")]);
    const checkResult = injectorConfigured({ ...showing({ webhooks }), cluster: facts }, CNI);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.message).toBe("ConfigMap istio-sidecar-injector-asm-1-27 does not exist.");
  });
  test("fails where the webhook of an installed revision does not exist, and not where webhooks could not be read", () => {
    const checkResult = injectorConfigured(showing({ webhooks: seen([]) }), CNI);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.message).toContain("MutatingWebhookConfiguration istio-sidecar-injector-asm-1-26-aks-istio-system does not exist");
    expect(injectorConfigured(showing({ webhooks: UNSEEN }), CNI).result).toBe("pass");
  });
  test("skips without a revision", () => {
    const facts = cluster({ mesh: { mode: "", revisions: [], redirectionMechanism: "" } });
    const checkResult = injectorConfigured({ ...showing({ injectors: seen([]) }), cluster: facts }, CNI);
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
  });
});

describe("cni-daemonset-ready", () => {
  const HEALTHY: DaemonSetFacts = {
    generation: 2, observedGeneration: 2, desired: 3, updated: 3, ready: 3, available: 3, matchLabels: {},
  };
  const daemonSetWith = (change: Partial<DaemonSetFacts> | undefined, target = CNI) => {
    const daemonSet = change === undefined ? undefined : { ...HEALTHY, ...change };
    return cniDaemonsetReady(showing({ daemonSet: seen(daemonSet) }), target);
  };
  test("passes when every node runs the current specification, and shows on how many", () => {
    expect(daemonSetWith({}).result).toBe("pass");
    expect(daemonSetWith({}).message).toContain("3/3");
    expect(daemonSetWith({ observedGeneration: 3 }).result).toBe("pass");
  });
  test.each([
    ["not observed yet", { generation: 3 }],
    ["on no node", { desired: 0, updated: 0, ready: 0, available: 0 }],
    ["not updated", { updated: 2 }],
    ["not ready", { ready: 2 }],
    ["not available", { available: 2 }],
    ["on more nodes than desired", { ready: 4 }],
  ])("fails when it is %s", (_, change) => {
    expect(daemonSetWith(change).result).toBe("fail");
  });
  test("names the policy that refuses the agent's own pods, and does not count them among the workloads", () => {
    const template = { labels: {}, hasIstioInit: false };
    const message = 'Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-hostpath-1] HostPath volume is not allowed.';
    const agent = { namespace: "aks-istio-system", kind: "DaemonSet", name: "azure-service-mesh-istio-cni-addon-node", owner: undefined, message, template };
    const observation = showing({ daemonSet: seen({ ...HEALTHY, updated: 0, ready: 0, available: 0 }), refusedWorkloads: seen({ workloads: [agent], notChecked: 0 }) });
    const checkResult = cniDaemonsetReady(observation, CNI);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.message).toContain("0/3 nodes: Gatekeeper azurepolicy-hostpath-1 refuses its pods");
    expect(checkResult.remedy).toContain("Exclude the namespace aks-istio-system from Gatekeeper azurepolicy-hostpath-1");
    expect(workloadsAdmitted(observation, CNI).result).toBe("pass");
  });
  describe("where an agent is not ready", () => {
    const LABELS = { app: "agent" };
    const agent = (nodeName: string, ready: boolean, isNew: boolean) => ({ name: nodeName, nodeName, ready, labels: LABELS, isNew });
    const withAgents = (agents: readonly ReturnType<typeof agent>[], change: Partial<DaemonSetFacts> = { ready: 2, available: 2 }) =>
      cniDaemonsetReady(showing({ daemonSet: seen({ ...HEALTHY, ...change, matchLabels: LABELS }), agentPods: seen(agents) }), CNI);
    const OLD = [agent("node-1", true, false), agent("node-2", true, false)];

    test("warns while a node that has just joined starts it", () => {
      const checkResult = withAgents([...OLD, agent("node-3", false, true)]);
      expect(checkResult).toMatchObject({ result: "warn", message: "The CNI agent is ready on 2/3 nodes, and is starting on 1 node." });
    });
    test("fails once it has had minutes, and names the node", () => {
      const checkResult = withAgents([...OLD, agent("node-3", false, false)]);
      expect(checkResult.result).toBe("fail");
      expect(checkResult.message).toContain("(node-3)");
      expect(checkResult.evidence).toContain("node node-3: the agent is not ready");
    });
    test.each<[string, readonly ReturnType<typeof agent>[], Partial<DaemonSetFacts>]>([
      ["one agent is new and another is not", [agent("node-1", true, false), agent("node-2", false, false), agent("node-3", false, true)], { ready: 1, available: 1 }],
      ["a node has no pod of it at all", OLD, { ready: 2, available: 2 }],
      ["the DaemonSet itself rolls out", [...OLD, agent("node-3", false, true)], { ready: 2, available: 2, updated: 1 }],
      ["none is ready yet", [agent("node-1", false, true), agent("node-2", false, true), agent("node-3", false, true)], { ready: 0, available: 0 }],
    ])("fails where %s", (_, agents, change) => {
      expect(withAgents(agents, change).result).toBe("fail");
    });
  });
  test("fails when it does not exist", () => {
    expect(daemonSetWith(undefined).result).toBe("fail");
  });
  test("for init containers passes once it is gone", () => {
    expect(daemonSetWith(undefined, INIT).result).toBe("pass");
    expect(daemonSetWith({}, INIT).result).toBe("warn");
  });
});

describe("cni-covers-nodes", () => {
  const LABELS = { app: "agent" };
  const agent = (nodeName: string, ready = true, labels: Record<string, string> = LABELS) => ({ name: "a", nodeName, ready, labels });
  const coverage = (agents: ReturnType<typeof agent>[], nodes: readonly string[], matchLabels: Record<string, string> = LABELS) =>
    cniCoversNodes(
      showing({
        daemonSet: seen({ generation: 1, observedGeneration: 1, desired: 1, updated: 1, ready: 1, available: 1, matchLabels }),
        agentPods: seen(agents),
        pods: seen(census({ meshedNodes: nodes.map((name) => ({ name, pods: 2 })) })),
      }),
      CNI,
    );
  test("passes where every node with pods of the mesh has a ready agent", () => {
    expect(coverage([agent("n1"), agent("n2"), agent("n3")], ["n1", "n2"]).result).toBe("pass");
  });
  test("fails, and names the nodes without a ready agent", () => {
    const checkResult = coverage([agent("n1"), agent("n2", false), agent("n3", true, { app: "other" })], ["n1", "n2", "n3"]);
    expect(checkResult).toMatchObject({
      result: "fail",
      evidence: ["node n2: 2 pods of the mesh", "node n3: 2 pods of the mesh"],
    });
  });
  test("identifies the agent by its documented label where the selector is empty", () => {
    const labels = { "k8s-app": "azure-service-mesh-istio-cni-addon-node" };
    expect(coverage([agent("n1", true, labels)], ["n1"], {}).result).toBe("pass");
    expect(coverage([agent("n1")], ["n1"], {}).result).toBe("fail");
  });
  test("warns while the agent of a node that has just joined starts", () => {
    const pods = seen(census({ meshedNodes: [{ name: "node-9", pods: 2 }] }));
    const starting = { name: "agent-9", nodeName: "node-9", ready: false, labels: { "k8s-app": "azure-service-mesh-istio-cni-addon-node" }, isNew: true };
    expect(cniCoversNodes(showing({ pods, agentPods: seen([starting]) }), CNI)).toMatchObject({ result: "warn", evidence: ["node node-9: 2 pods of the mesh"] });
    expect(cniCoversNodes(showing({ pods, agentPods: seen([{ ...starting, isNew: false }]) }), CNI).result).toBe("fail");
  });
  test("warns of nodes that by their names are Windows nodes, where nodes cannot be listed", () => {
    const facts = cluster({ agentPools: [pool(), pool({ name: "win", osType: "Windows" })] });
    const on = (...names: readonly string[]) =>
      cniCoversNodes({ ...showing({ pods: seen(census({ meshedNodes: names.map((name) => ({ name, pods: 1 })) })), windowsNodes: UNSEEN }), cluster: facts }, CNI);
    expect(on("node-1", "akswin000002")).toMatchObject({ result: "warn", evidence: ["node akswin000002: 1 pod of the mesh"] });
    expect(on("akswin000002", "aks-nodes-1234-vmss000001").result).toBe("fail");
    expect(cniCoversNodes({ ...showing({ pods: seen(census({ meshedNodes: [{ name: "akswin000002", pods: 1 }] })) }), cluster: facts }, CNI).result).toBe("fail");
  });
  test("leaves Windows nodes out, where the agent does not run", () => {
    const pods = seen(census({ meshedNodes: [{ name: "node-1", pods: 2 }, { name: "win", pods: 1 }] }));
    expect(cniCoversNodes(showing({ pods }), CNI).result).toBe("fail");
    expect(cniCoversNodes(showing({ pods, windowsNodes: UNSEEN }), CNI).result).toBe("fail");
    const checkResult = cniCoversNodes(showing({ pods, windowsNodes: seen(["win"]) }), CNI);
    expect(checkResult).toMatchObject({ result: "pass", evidence: ["1 Windows node left out: the CNI agent does not run on Windows"] });
  });
  test("skips where no node has pods of the mesh, and for init containers", () => {
    expect(coverage([], [])).toMatchObject({ result: "skip", unverifiable: false });
    expect(cniCoversNodes(snapshot(), INIT)).toMatchObject({ result: "skip", unverifiable: false });
  });
  test("names a limited number of nodes, and counts the others", () => {
    const { evidence } = coverage([], Array.from({ length: 100 }, (_, index) => `n${index}`));
    expect(evidence).toHaveLength(21);
    expect(evidence.at(-1)).toBe("and 80 more");
  });
});

describe("namespaces-labelled", () => {
  const labelled = (namespaces: NamespaceFacts[], names: string[] = [], webhooks?: typeof UNSEEN) =>
    namespacesLabelled(
      showing({ namespaces: seen(namespaces), probes: UNSEEN, ...(webhooks && { webhooks }) }),
      goal(CNI_CHAINING, ...names),
    );
  const namespace = (name: string, labels: Record<string, string> = {}): NamespaceFacts => ({ name, labels });
  const rev = (revision: string) => ({ "istio.io/rev": revision });

  test("passes with injection on", () => {
    expect(labelled([SHOP, namespace("plain")])).toMatchObject({ result: "pass" });
    expect(labelled([SHOP, namespace("plain")], ["shop"])).toMatchObject({ result: "pass" });
  });
  test("skips where no namespace requests injection", () => {
    expect(labelled([namespace("plain"), namespace("kube-system", rev("x"))])).toMatchObject({ result: "skip", unverifiable: false });
  });
  test("fails for a named namespace without a label, with the command to label it", () => {
    const checkResult = labelled([SHOP, namespace("plain")], ["plain"]);
    expect(checkResult).toMatchObject({ result: "fail", evidence: ["plain: the namespace has no label istio.io/rev"] });
    expect(remedyCommands(checkResult.remedy)[0]).toBe("kubectl label namespace plain istio.io/rev=asm-1-26 --overwrite");
  });
  test("warns where AKS may exclude a namespace and the webhooks could not be read", () => {
    const checkResult = labelled([namespace("shop", { ...rev("asm-1-26"), "control-plane": "x" })], [], UNSEEN);
    expect(checkResult).toMatchObject({ result: "warn" });
    expect(checkResult.remedy).toContain("mutatingwebhookconfigurations");
  });
  test.each([
    ["a revision tag", "shop", rev("prod")],
    ["a label that the injector may exclude", "shop", { ...rev("asm-1-26"), "control-plane": "x" }],
  ])("passes with %s where the webhooks could not be read, but a probe was injected", (_, name, labels) => {
    const given = { namespaces: seen([namespace(name, labels)]), webhooks: UNSEEN };
    expect(namespacesLabelled(showing(given), CNI).result).toBe("pass");
    const plain = { ...PROVEN, outcome: { kind: "admitted", state: "out-of-mesh", injection: { kind: "unlabelled" } } } as const;
    expect(namespacesLabelled(showing({ ...given, probes: seen({ skipReason: "", answers: [plain], leftOut: 0 }) }), CNI).result).toBe("warn");
  });
  test("leaves out a namespace of an ambient mesh, and warns where the input names it", () => {
    const ambient = namespace("mesh", { "istio.io/dataplane-mode": "ambient", ...rev("x") });
    expect(labelled([SHOP, ambient]).result).toBe("pass");
    expect(labelled([SHOP, ambient], ["mesh"]).result).toBe("warn");
  });
  test("fails for a named namespace that does not exist", () => {
    expect(labelled([SHOP], ["shop", "nowhere"])).toMatchObject({ result: "fail", evidence: ["nowhere: the namespace does not exist"] });
  });
  test("fails where istio-injection switches injection off beside a revision", () => {
    const checkResult = labelled([namespace("shop", { ...rev("asm-1-26"), "istio-injection": "enabled" })]);
    expect(checkResult.result).toBe("fail");
    expect(remedyCommands(checkResult.remedy)).toEqual(["kubectl label namespace shop istio-injection-"]);
  });
  test("with only istio-injection=enabled warns, and fails if the input names the namespace", () => {
    const namespaces = [SHOP, namespace("old", { "istio-injection": "enabled" })];
    expect(labelled(namespaces).result).toBe("warn");
    const named = labelled(namespaces, ["old"]);
    expect(named.result).toBe("fail");
    expect(remedyCommands(named.remedy)).toEqual([
      "kubectl label namespace old istio-injection-",
      "kubectl label namespace old istio.io/rev=asm-1-26 --overwrite",
    ]);
  });
  test("ignores a namespace with istio-injection=disabled", () => {
    expect(labelled([SHOP, namespace("off", { ...rev("asm-1-26"), "istio-injection": "disabled" })]).result).toBe("pass");
  });
  test("fails where no injector serves the revision", () => {
    expect(labelled([SHOP, namespace("gone", rev("asm-1-20"))])).toMatchObject({
      result: "fail",
      evidence: ["gone: no injector serves istio.io/rev=asm-1-20"],
    });
  });
  test("warns where the revision may be a tag that could not be read", () => {
    expect(labelled([SHOP, namespace("tagged", rev("prod"))], [], UNSEEN)).toMatchObject({ result: "warn" });
    expect(labelled([SHOP], [], UNSEEN).result).toBe("pass");
  });
  test("warns where a glob matches nothing", () => {
    expect(labelled([SHOP], ["team-*"])).toMatchObject({ result: "warn" });
  });
  test("inserts no name into a command that a shell would not read as one plain word", () => {
    const { remedy } = labelled([namespace("$(reboot)")], ["$(reboot)"]);
    expect(remedyCommands(remedy)).toEqual(["kubectl label namespace NAMESPACE istio.io/rev=asm-1-26 --overwrite"]);
  });
});

describe("workloads-admitted", () => {
  const replicaSet = (failure: string | undefined, change: Partial<ReplicaSetFacts> = {}): ReplicaSetFacts => ({
    namespace: "shop", name: "web-5d9", owner: { kind: "Deployment", name: "web" }, failure, template: { labels: {}, hasIstioInit: false }, desired: 1, ...change,
  });
  /** The probe is refused as the workloads are. */
  const probes = seen({ skipReason: "", answers: [{ ...PROVEN, outcome: { kind: "refused", refusal: { source: "PodSecurity", policy: "baseline", reason: "NET_ADMIN", causes: ["istio-init"], refusesRedirection: true } } as const }], leftOut: 0 });
  const admitted = (replicaSets: ReplicaSetFacts[], target = CNI) =>
    workloadsAdmitted(showing({ replicaSets: seen(replicaSets), namespaces: seen([SHOP, { name: "plain", labels: {} }]), probes }), target);
  const DENIED =
    "pods \"web-5d9-\" is forbidden: ValidatingAdmissionPolicy 'aks-managed-baseline-capabilities' denied request: Disallowed capabilities detected: NET_ADMIN, NET_RAW";

  test("passes where ReplicaSets have their pods, or are scaled to 0", () => {
    expect(admitted([replicaSet(undefined), replicaSet(DENIED, { desired: 0 })]).result).toBe("pass");
  });
  test("fails where admission refuses what istio-init needs, with workload and message", () => {
    const checkResult = admitted([replicaSet(DENIED)]);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.evidence).toEqual([`Deployment shop/web: ${DENIED}`]);
  });
  test.each([
    ["a quota", "exceeded quota: compute, requested: pods=1"],
    ["a capability of the application", "Disallowed capabilities detected: SYS_ADMIN"],
  ])("warns where it is %s", (_, failure) => {
    expect(admitted([replicaSet(failure)]).result).toBe("warn");
  });
  test("counts a refused capability in every namespace where a pod may request injection, and other failures only in scope", () => {
    const template = { labels: { "istio.io/rev": "asm-1-26" }, hasIstioInit: false };
    expect(admitted([replicaSet(DENIED, { namespace: "plain", template })]).result).toBe("warn");
    expect(admitted([replicaSet(DENIED, { namespace: "plain" })]).result).toBe("pass");
    expect(admitted([replicaSet("exceeded quota", { namespace: "plain" })]).result).toBe("pass");
    expect(admitted([replicaSet(DENIED, { namespace: "kube-system" })]).result).toBe("pass");
    expect(admitted([replicaSet(DENIED, { namespace: "plain" })], goal(CNI_CHAINING, "shop")).result).toBe("pass");
  });
  test("fails for StatefulSets, DaemonSets and Jobs, and shows the CronJob of a Job", () => {
    const workload = (kind: string, name: string, owner?: RefusedWorkload["owner"]): RefusedWorkload => ({ namespace: "shop", kind, name, owner, message: DENIED, template: { labels: {}, hasIstioInit: false } });
    const workloads = [workload("StatefulSet", "db"), workload("Job", "nightly-1", { kind: "CronJob", name: "nightly" })];
    const checkResult = workloadsAdmitted(showing({ refusedWorkloads: seen({ workloads, notChecked: 3 }), probes }), CNI);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.evidence).toEqual([
      `StatefulSet shop/db: ${DENIED}`,
      "Job shop/nightly-1 (of CronJob nightly): refused as StatefulSet shop/db",
      "3 more workloads with FailedCreate events not checked",
    ]);
  });
  test("fails for a ReplicaSet also where events could not be read", () => {
    expect(workloadsAdmitted(showing({ replicaSets: seen([replicaSet(DENIED)]), refusedWorkloads: UNSEEN, probes }), CNI).result).toBe("fail");
  });
  test.each<[string, string, string, RegExp, RegExp]>([
    ["istio-init", "warn", "container vpn adds NET_ADMIN", /pod template itself/, /CNI chaining/],
    ["an image of Istio", "fail", "Container image mcr.microsoft.com/oss/istio/proxyv2:1 for container istio-proxy has not been allowed.", /mcr\.microsoft\.com/, /NET_ADMIN/],
    ["TPROXY", "fail", "container istio-proxy adds NET_ADMIN", /CNI chaining alone does not/, /need neither/],
    ["a webhook", "warn", 'failed calling webhook "v.kyverno.svc": Post "https://k.kyverno.svc:443/": connection refused', /v\.kyverno\.svc does not answer/, /istiod/],
    ["the injector", "fail", 'failed calling webhook "rev.object.sidecar-injector.istio.io": service "istiod-asm-1-26" not found', /service of istiod.*does not exist/, /NET_ADMIN/],
    ["seccomp", "fail", 'violates PodSecurity "restricted:latest": seccompProfile (pod or container "istio-proxy" must set securityContext.seccompProfile.type to "RuntimeDefault")', /seccompProfile/, /NET_ADMIN/],
  ])("has a remedy of its own for %s", (_, result, failure, remedy, not) => {
    const checkResult = admitted([replicaSet(failure)]);
    expect(checkResult.result).toBe(result);
    expect(checkResult.remedy).toMatch(remedy);
    expect(checkResult.remedy).not.toMatch(not);
  });
  test("a refusal that names no container counts as the mesh's only where injection selects the pod", () => {
    const optedOut = { labels: { "sidecar.istio.io/inject": "false" }, hasIstioInit: false };
    expect(admitted([replicaSet(DENIED, { template: optedOut })])).toMatchObject({ result: "warn" });
    expect(admitted([replicaSet(DENIED, { template: optedOut })]).remedy).not.toContain("NET_ADMIN");
  });
  test("an application that is refused in a namespace without injection is no finding", () => {
    const failure = 'violates PodSecurity "restricted:latest": unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"])';
    expect(admitted([replicaSet(failure, { namespace: "plain" })]).result).toBe("pass");
    expect(admitted([replicaSet(failure)]).result).toBe("warn");
  });
  test("says that a template has istio-init itself", () => {
    const byHand = { labels: {}, hasIstioInit: true };
    const checkResult = admitted([replicaSet(DENIED, { namespace: "plain", template: byHand })]);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.message).toContain("Deployment plain/web (istio-init is in its own template)");
    expect(checkResult.remedy).toContain("injected by hand");
    expect(checkResult.remedy).not.toContain("NET_ADMIN");
  });
  test("names a bare ReplicaSet, and shortens a long message", () => {
    const { evidence } = admitted([replicaSet("NET_RAW ".repeat(1000), { owner: undefined })]);
    expect(evidence[0]).toMatch(/^ReplicaSet shop\/web-5d9: NET_RAW/);
    expect(evidence[0]?.length).toBeLessThan(400);
  });
});
