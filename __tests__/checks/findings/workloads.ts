/** Situations of `workloads-admitted`. */
import { workloadsAdmitted } from "../../../src/checks/workloads-admitted.ts";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { PodTemplateFacts, ReplicaSetFacts } from "../../../src/istio/kubernetes-facts.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import type { RefusedWorkload } from "../../../src/istio/workloads/refused-workloads.ts";
import { readWorkload } from "../../../src/istio/workloads/rollout.ts";
import { clusterWithMechanism, goal, observation, PROVEN, seen, SHOP, showing, snapshot, UNSEEN } from "../../istio/fixtures.ts";
import type { Situation } from "./as-text.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const POLICY = "ValidatingAdmissionPolicy 'no-extra-capabilities' with binding 'b' denied request: ";
const OF_INIT = `${POLICY}container istio-init adds NET_ADMIN`;
const OF_PROXY = `${POLICY}container istio-proxy adds NET_ADMIN`;
const OF_APP = `${POLICY}container app adds SYS_ADMIN`;
const INIT_AND_APP = `${POLICY}containers istio-init, app add NET_ADMIN`;
const PROXY_AND_APP = `${POLICY}containers istio-proxy, app add NET_ADMIN`;
const INJECTOR = 'failed calling webhook "rev.object.sidecar-injector.istio.io": service "istiod-asm-1-26" not found';
const IMAGE = "denied: [allowedimages] Container image mcr.microsoft.com/oss/istio/proxyv2:1 for container istio-proxy has not been allowed.";
const template: PodTemplateFacts = { labels: {}, hasIstioInit: false };
const BY_HAND: PodTemplateFacts = { labels: {}, hasIstioInit: true };
const replicaSet = (failure: string, name = "web", change: Partial<ReplicaSetFacts> = {}): ReplicaSetFacts => ({ namespace: "shop", name: `${name}-5d9`, owner: { kind: "Deployment", name }, failure, template, desired: 1, ...change });
const other = (kind: string, name: string, message = OF_INIT, change: Partial<RefusedWorkload> = {}): RefusedWorkload => ({ namespace: "shop", kind, name, owner: undefined, message, template, ...change });
const answered = (message: string) => ({ probes: seen({ skipReason: "", answers: [{ ...PROVEN, outcome: { kind: "refused", refusal: { source: "PodSecurity", policy: "baseline", reason: message, causes: ["istio-init"], refusesRedirection: true } } as const }], leftOut: 0 }) });
const REFUSED_AS_WELL = answered("NET_ADMIN");
const check = (replicaSets: readonly ReplicaSetFacts[], change: Partial<MeshObservation> = REFUSED_AS_WELL, target = CNI) =>
  workloadsAdmitted(showing({ replicaSets: seen(replicaSets), namespaces: seen([SHOP, { name: "plain", labels: {} }]), ...change }), target);
const others = (notChecked: number, ...workloads: readonly RefusedWorkload[]) => ({ ...REFUSED_AS_WELL, refusedWorkloads: seen({ workloads, notChecked }) });
const waiting = (change: Partial<MeshObservation>, ...replicaSets: readonly ReplicaSetFacts[]) => check(replicaSets, change);
const paused = (name: string) => ({ namespace: "shop", kind: "Deployment" as const, name, facts: readWorkload("Deployment", { metadata: { name }, spec: { paused: true }, status: {} })! });
const onlyOthers = (...workloads: readonly RefusedWorkload[]) => ({ refusedWorkloads: seen({ workloads, notChecked: 0 }) });
const NO_PROBES = { probes: seen({ skipReason: "The input probe is false.", answers: [], leftOut: 0 }) };

export const WORKLOADS = (): readonly Situation[] => [
  ["No workload is refused", check([])],
  ["No workload is refused, and some were not checked", check([], others(2))],
  ["The ReplicaSets could not be read", workloadsAdmitted(showing({ replicaSets: UNSEEN }), CNI)],
  ["Other workloads could not be read", check([], { refusedWorkloads: UNSEEN })],
  ["istio-init of a Deployment is refused", check([replicaSet(OF_INIT)])],
  ["istio-init of a Deployment is refused, and other workloads could not be read", check([replicaSet(OF_INIT)], { ...REFUSED_AS_WELL, refusedWorkloads: UNSEEN })],
  ["istio-init is refused where init containers should redirect", check([replicaSet(OF_INIT)], REFUSED_AS_WELL, INIT)],
  ["istio-init of three workloads is refused", check([replicaSet(OF_INIT)], others(3, other("Job", "nightly-1", OF_INIT, { owner: { kind: "CronJob", name: "nightly" } }), other("DaemonSet", "log", `(combined from similar events): ${OF_INIT}`)))],
  ["istio-proxy is refused", check([replicaSet(OF_PROXY)])],
  ["istio-proxy and the application are refused", check([replicaSet(PROXY_AND_APP)])],
  ["istio-init of one workload and istio-proxy of another are refused", check([replicaSet(OF_INIT), replicaSet(OF_PROXY, "api")])],
  ["istio-init and the application are refused", check([replicaSet(INIT_AND_APP)])],
  ["The application of one workload and istio-init of another are refused", check([replicaSet(OF_APP), replicaSet(OF_INIT, "api")])],
  ["istio-init of a template is refused", check([replicaSet(OF_INIT, "web", { template: BY_HAND })])],
  ["istio-init of two templates is refused, and that of an injected one", check([replicaSet(OF_INIT, "web", { template: BY_HAND }), replicaSet(OF_INIT, "api", { template: BY_HAND }), replicaSet(OF_INIT, "pay")])],
  ["istio-init of a template and the image of istio-proxy are refused", check([replicaSet(OF_INIT, "web", { template: BY_HAND }), replicaSet(IMAGE, "api")])],
  ["The image of istio-proxy is refused", check([replicaSet(IMAGE)])],
  ["The injector does not answer", check([replicaSet(INJECTOR)])],
  ["The injector does not answer for one workload, and istio-init of another is refused", check([replicaSet(INJECTOR), replicaSet(OF_INIT, "api")])],
  ["A quota refuses", check([replicaSet("exceeded quota: compute, requested: pods=1")])],
  ["A LimitRange refuses", check([replicaSet("maximum cpu usage per Container is 1, but limit is 2")])],
  ["Another webhook does not answer", check([replicaSet('failed calling webhook "v.example.com": connection refused')])],
  ["A namespace of AKS is protected", check([replicaSet("ValidatingAdmissionPolicy 'aks-managed-protect-system-namespaces' with binding 'b' denied request: no")])],
  ["The application is refused, and some workloads were not checked", check([replicaSet(OF_APP)], others(1))],
  ["Four policies refuse applications", check(["a", "b", "c", "d"].map((name) => replicaSet(`ValidatingAdmissionPolicy '${name}' with binding 'b' denied request: container app adds SYS_ADMIN`, name)))],
  ["Three policies refuse applications", check(["a", "b", "c"].map((name) => replicaSet(`ValidatingAdmissionPolicy '${name}' with binding 'b' denied request: container app adds SYS_ADMIN`, name)))],
  ["A message of 300 characters", check([replicaSet("x".repeat(300))])],
  ["A message of 301 characters", check([replicaSet("x".repeat(301))])],
  ["A Deployment waits for its controller", waiting({}, replicaSet(OF_INIT))],
  ["A Deployment, a StatefulSet and a Job wait for their controllers", waiting(onlyOthers(other("StatefulSet", "db"), other("Job", "migrate")), replicaSet(OF_INIT))],
  ["A Job waits for its controller", waiting(onlyOthers(other("Job", "migrate")))],
  ["A paused Deployment waits for its controller", waiting({ refusedRollables: seen([paused("web")]) }, replicaSet(OF_INIT))],
  ["A paused Deployment waits beside one that is not", waiting({ refusedRollables: seen([paused("web")]) }, replicaSet(OF_INIT), replicaSet(OF_INIT, "api"))],
  ["A Deployment waits, and was not probed", waiting(NO_PROBES, replicaSet(OF_INIT))],
  ["A Deployment waits, and one in another namespace was not probed", waiting({ namespaces: seen([SHOP, { ...SHOP, name: "pay" }]) }, replicaSet(OF_INIT), replicaSet(OF_INIT, "web", { namespace: "pay" }))],
  ["A Deployment waits, and other workloads could not be read", waiting({ refusedWorkloads: UNSEEN }, replicaSet(OF_INIT))],
  ["A Deployment waits, and other workloads could not be read for an unknown reason", waiting({ refusedWorkloads: { seen: false, why: "500", remedy: "" } }, replicaSet(OF_INIT))],
  ["A Deployment waits, and another is refused by its own template", waiting({}, replicaSet(OF_INIT), replicaSet(OF_INIT, "api", { template: BY_HAND }))],
  ["A Deployment waits, and the probe of another namespace is refused", check([replicaSet(OF_INIT, "web", { namespace: "pay" }), replicaSet(OF_INIT)], { ...REFUSED_AS_WELL, namespaces: seen([SHOP, { ...SHOP, name: "pay" }]) })],
  ["Azure has init containers", workloadsAdmitted(snapshot({ cluster: clusterWithMechanism(INIT_CONTAINERS), observation: seen(observation({ ...NO_PROBES, replicaSets: seen([replicaSet(OF_INIT)]) })) }), CNI)],
];
