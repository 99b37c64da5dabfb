import { expect, test } from "vitest";
import type { PodTemplateFacts } from "../../../src/istio/kubernetes-facts.ts";
import { refusedByAdmission } from "../../../src/istio/workloads/refused-by-admission.ts";
import { CNI_CHAINING } from "../../../src/contract.ts";
import { goal, seen, SHOP, showing, snapshot, UNSEEN } from "../fixtures.ts";

const CAPABILITY = "Disallowed capabilities detected: NET_ADMIN";
const PLAIN: PodTemplateFacts = { labels: {}, hasIstioInit: false };

function judged(failure: string, template: PodTemplateFacts = PLAIN, namespace = "shop", more: Parameters<typeof showing>[0] = {}) {
  const replicaSet = { namespace, name: "web-1", owner: { kind: "Deployment", name: "web" }, failure, template, desired: 1 };
  const namespaces = seen([SHOP, { name: "plain", labels: {} }, { name: "tagged", labels: { "istio.io/rev": "prod" } }]);
  return refusedByAdmission(showing({ namespaces, replicaSets: seen([replicaSet]), ...more }), goal())[0];
}

test.each<[string, string, PodTemplateFacts, boolean, boolean]>([
  ["a capability without a container", CAPABILITY, PLAIN, true, true],
  ["istio-init", "container istio-init adds NET_ADMIN", PLAIN, true, true],
  ["istio-init and the application", "container istio-init adds NET_ADMIN; container vpn adds SYS_ADMIN", PLAIN, true, false],
  ["istio-init and a profile that is missing", "container istio-init adds NET_ADMIN; containers istio-init, istio-proxy lack a seccompProfile", PLAIN, true, false],
  ["istio-proxy", "container istio-proxy adds NET_ADMIN", PLAIN, true, false],
  ["a template with istio-init", CAPABILITY, { labels: {}, hasIstioInit: true }, true, false],
  ["the application", "container vpn adds NET_ADMIN", PLAIN, false, false],
])("%s: whether it is of the mesh, and whether it ends with CNI chaining", (_, failure, template, isOfMesh, endsWithCni) => {
  expect(judged(failure, template)).toMatchObject({ kind: "Deployment", name: "web", isOfMesh, endsWithCni });
});

test("a pod that injection may select counts where that cannot be read", () => {
  expect(judged(CAPABILITY, PLAIN, "tagged", { webhooks: UNSEEN })?.isOfMesh).toBe(true);
  expect(judged(CAPABILITY, PLAIN, "shop", { namespaces: UNSEEN })?.isOfMesh).toBe(true);
  expect(judged(CAPABILITY, { ...PLAIN, labels: { "sidecar.istio.io/inject": "false" } }, "tagged", { webhooks: UNSEEN })?.isOfMesh).toBe(false);
  expect(judged(CAPABILITY, PLAIN, "plain")).toBeUndefined();
});

test("a capability of a pod that is not injected is the application's", () => {
  const replicaSet = { namespace: "plain", name: "web-1", owner: undefined, failure: CAPABILITY, template: PLAIN, desired: 1 };
  const found = refusedByAdmission(showing({ namespaces: seen([{ name: "plain", labels: {} }]), replicaSets: seen([replicaSet]) }), goal(CNI_CHAINING, "plain"));
  expect(found).toMatchObject([{ causes: ["application"], isOfMesh: false, endsWithCni: false, meshEndsWithCni: false }]);
});

test("a rule of the application beside what a switch removes does not end with it, and the mesh's own part does", () => {
  expect(judged("container istio-init adds NET_ADMIN; container vpn adds SYS_ADMIN")).toMatchObject({ causes: ["istio-init", "application"], meshEndsWithCni: true, endsWithCni: false });
});

test("what is injected by hand is told by istio-init, also beside another rule", () => {
  const byHand = { labels: {}, hasIstioInit: true };
  expect(judged("container istio-init adds NET_ADMIN; container vpn adds SYS_ADMIN", byHand)).toMatchObject({ isHandInjected: true, meshEndsWithCni: false });
  expect(judged("container vpn adds SYS_ADMIN", byHand)).toMatchObject({ isHandInjected: false });
});

test("a ReplicaSet without an owner and without a template is named itself", () => {
  const replicaSet = { namespace: "shop", name: "bare", owner: undefined, failure: CAPABILITY, template: undefined, desired: 1 };
  const read = (desired: number): unknown => refusedByAdmission(showing({ replicaSets: seen([{ ...replicaSet, desired }]) }), goal());
  expect(read(1)).toMatchObject([{ kind: "ReplicaSet", name: "bare", isOfMesh: true, isHandInjected: false }]);
  expect(read(0), "one that shall have no pods").toEqual([]);
});

test("nothing is refused where nothing was observed, and other workloads are judged where ReplicaSets were not", () => {
  expect(refusedByAdmission(snapshot({ observation: UNSEEN }), goal())).toEqual([]);
  const workload = (name: string, namespace = "shop") => ({ namespace, kind: "DaemonSet", name, owner: undefined, message: CAPABILITY, template: PLAIN });
  const workloads = [workload("agent"), workload("azure-service-mesh-istio-cni-addon-node", "aks-istio-system")];
  const found = refusedByAdmission(showing({ replicaSets: UNSEEN, refusedWorkloads: seen({ workloads, notChecked: 0 }) }), goal(CNI_CHAINING, "shop", "aks-istio-system"));
  expect(found.map(({ name }) => name), "the CNI agent has a check of its own").toEqual(["agent"]);
});
