/** The same question to the real API server and to the simulated one: same status, same words, same properties. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { probePod } from "./probe-pod.ts";
import { isJson, type Json, setAt, textAt, valueAt } from "../../simulator/lib/json.ts";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { namespace as simulatedNamespace } from "../../simulator/scenarios/base.ts";
import { workload } from "../../simulator/world/workload.ts";
import type { KubernetesRole } from "../../simulator/world/world.ts";
import { ACCEPTED } from "./accepted-differences.ts";
import { type Answer, type Api, createApi, eventually } from "./api.ts";
import type { User } from "./kubeconfig.ts";
import { CNI_DAEMONSET, MESH_NAMESPACE, settleOn } from "./mesh.ts";
import { daemonSet, deployment, statefulSet } from "./objects.ts";
import { differences, withItems } from "./shape.ts";
import { api, injectedNamespace, isReady, podsIn, refusalOf, target } from "./stage.ts";
import type { Mechanism } from "../../simulator/world/cluster.ts";

interface Question {
  readonly what: string;
  /** `{ns}` is the namespace of the comparison. */
  readonly path: string;
  readonly method?: "POST" | "PATCH";
  readonly body?: (namespace: string) => Json;
  /** Whom both see; the cluster's administrator unless told. */
  readonly as?: Exclude<User, "two-namespaces"> | "stranger";
  /** Which items of a list are compared. */
  readonly items?: (name: string) => boolean;
}

const ROLES: Readonly<Record<Exclude<User, "two-namespaces">, KubernetesRole>> = { reader: "reader", writer: "writer", "cluster-admin": "cluster-admin", nobody: "none" };
const REASON = "fieldSelector=reason%3DFailedCreate";
const PATCH_TEMPLATE = { spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" } } } } };

const READS: readonly Question[] = [
  { what: "a namespace", path: "/api/v1/namespaces/{ns}" },
  { what: "the list of namespaces", path: "/api/v1/namespaces?limit=500", items: (name) => name.startsWith("compared") },
  { what: "the injector's ConfigMap", path: `/api/v1/namespaces/${MESH_NAMESPACE}/configmaps/istio-sidecar-injector-${target.revision}` },
  { what: "the webhooks", path: "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", items: (name) => name.includes(target.revision) },
  { what: "a Deployment", path: "/apis/apps/v1/namespaces/{ns}/deployments/web" },
  { what: "a StatefulSet", path: "/apis/apps/v1/namespaces/{ns}/statefulsets/store" },
  { what: "a DaemonSet", path: "/apis/apps/v1/namespaces/{ns}/daemonsets/agent" },
  { what: "the list of ReplicaSets", path: "/apis/apps/v1/namespaces/{ns}/replicasets?limit=500" },
  { what: "the events of refusals", path: `/api/v1/namespaces/{ns}/events?limit=500&${REASON}` },
  { what: "the list of pods", path: "/api/v1/namespaces/{ns}/pods?limit=500" },
];
const REFUSED_READS: readonly Question[] = [
  { what: "a Deployment that is not there", path: "/apis/apps/v1/namespaces/{ns}/deployments/none" },
  { what: "a list of a namespace that is not there", path: "/api/v1/namespaces/none/pods?limit=500" },
  { what: "a continue token of nobody's", path: "/api/v1/namespaces/{ns}/pods?limit=500&continue=abc" },
  { what: "pods, without rights", path: "/api/v1/pods?limit=500", as: "nobody" },
  { what: "nodes, as a reader", path: "/api/v1/nodes?limit=500", as: "reader" },
  { what: "one DaemonSet, without rights", path: `/apis/apps/v1/namespaces/${MESH_NAMESPACE}/daemonsets/${CNI_DAEMONSET}`, as: "nobody" },
  { what: "a token that nobody knows", path: "/api/v1/namespaces", as: "stranger" },
];
const WRITES: readonly Question[] = [
  { what: "the probe pod", path: "/api/v1/namespaces/{ns}/pods?dryRun=All", method: "POST", body: probePod },
  { what: "the probe pod, in a namespace that is not there", path: "/api/v1/namespaces/none/pods?dryRun=All", method: "POST", body: () => probePod("none") },
  { what: "the probe pod, in a protected namespace", path: `/api/v1/namespaces/${MESH_NAMESPACE}/pods?dryRun=All`, method: "POST", body: () => probePod(MESH_NAMESPACE) },
  { what: "the probe pod, as a reader", path: "/api/v1/namespaces/{ns}/pods?dryRun=All", method: "POST", body: probePod, as: "reader" },
  { what: "a restart of what is not there", path: "/apis/apps/v1/namespaces/{ns}/deployments/none", method: "PATCH", body: () => PATCH_TEMPLATE },
  { what: "a restart as a reader", path: "/apis/apps/v1/namespaces/{ns}/deployments/web", method: "PATCH", body: () => PATCH_TEMPLATE, as: "reader" },
  { what: "a label, as a writer", path: "/api/v1/namespaces/{ns}", method: "PATCH", body: () => ({ metadata: { labels: { "istio.io/rev": "x" } } }), as: "writer" },
  { what: "a label that is none", path: "/api/v1/namespaces/{ns}", method: "PATCH", body: () => ({ metadata: { labels: { "istio.io/rev": "not a label" } } }) },
];

function startCompared(mechanism: Mechanism, name: string): Promise<Simulator> {
  return startSimulator({
    scenario: mechanism === "CNIChaining" ? "compliant" : "flag-graduated",
    tweak: (world) => {
      const createdAt = world.startedAt - 10 * 60_000;
      setAt(world.cluster.body, ["properties", "serviceMeshProfile", "istio", "revisions"], [target.revision]);
      world.kubernetes.namespaces.push(simulatedNamespace(name, createdAt, { "istio.io/rev": target.revision }));
      const within = { namespace: name, createdAt };
      world.kubernetes.workloads.push(
        workload({ ...within, name: "web" }),
        workload({ ...within, name: "store", kind: "StatefulSet", replicas: 1 }),
        workload({ ...within, name: "agent", kind: "DaemonSet" }),
      );
    },
  });
}

function tokenIn(kubeconfig: string): string {
  const document: unknown = parse(kubeconfig);
  const users = isJson(document) ? valueAt(document, "users") : undefined;
  const token = Array.isArray(users) ? textAt(users[0], "user", "token") : undefined;
  if (token === undefined) throw new Error("the simulated kubeconfig has no token");
  return token;
}

describe.each(["InitContainers", "CNIChaining"] as const)("the API server of the simulator, with %s", (mechanism) => {
  let name = "";
  let simulator: Simulator;

  beforeAll(async () => {
    await settleOn(api, target.revision, mechanism);
    name = await injectedNamespace("compared");
    await api.create(deployment({ namespace: name, name: "web", replicas: 2 }), statefulSet({ namespace: name, name: "store" }), daemonSet({ namespace: name, name: "agent" }));
    if (mechanism === "InitContainers") await Promise.all([refusalOf(name, "ReplicaSet", "web-"), refusalOf(name, "StatefulSet", "store"), refusalOf(name, "DaemonSet", "agent")]);
    else await eventually("all pods to be ready", async () => ((await podsIn(name)).filter(isReady).length === 6 ? true : undefined));
    simulator = await startCompared(mechanism, name);
  });
  afterAll(() => simulator.close());

  function asked(by: Api, { method, path, body, items }: Question): Promise<Answer> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    return by.ask(method ?? "GET", path.replace("{ns}", name), body?.(name), type).then((answer) => (items === undefined ? answer : withItems(answer, (item) => items(textAt(item, "metadata", "name") ?? ""))));
  }

  it.each([...READS, ...REFUSED_READS, ...WRITES])("answers as the real one: $what", async (question) => {
    const { as = "cluster-admin", what } = question;
    simulator.world.rights.kubernetes = as === "stranger" ? "none" : ROLES[as];
    const [realToken, simulatedToken] = as === "stranger" ? ["stranger", "stranger"] : [target.tokens[as] ?? "", tokenIn(simulator.kubeconfig())];
    const simulated = createApi({ origin: simulator.endpoints.kubernetes, authority: simulator.clusterAuthority }, { kind: "token", token: simulatedToken });
    const real = createApi(target, { kind: "token", token: realToken });
    const found = differences(await asked(real, question), await asked(simulated, question));
    const accepted = ACCEPTED.filter(({ of }) => of === undefined || of.test(what));
    expect(found.filter((line) => !accepted.some(({ pattern }) => pattern.test(line)))).toEqual([]);
  });
});
