/** The mesh in the real cluster: what AKS does there when the redirection mechanism is switched. */
import { isObject, type JsonObject, objectsAt, parseJson, setAt, textAt } from "../../simulator/lib/json.ts";
import type { Mechanism } from "../../simulator/world/cluster.ts";
import { type Api, eventually, pathOf } from "./api.ts";
import { namespace, pod } from "./objects.ts";

export const MESH_NAMESPACE = "aks-istio-system";
export const CNI_DAEMONSET = "azure-service-mesh-istio-cni-addon-node";

/** An injected namespace of the suite's own, to ask the injector in. */
const SAMPLE_NAMESPACE = "conformance-sample";
const DAEMONSET_PATH = `/apis/apps/v1/namespaces/${MESH_NAMESPACE}/daemonsets/${CNI_DAEMONSET}`;

/** The node agent's DaemonSet, with the selector, the tolerations and the capabilities of the real one. */
function cniDaemonSet(): JsonObject {
  const labels = { "k8s-app": CNI_DAEMONSET, "sidecar.istio.io/inject": "false" };
  const capabilities = { add: ["NET_ADMIN", "NET_RAW", "SYS_PTRACE", "SYS_ADMIN"], drop: ["ALL"] };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { namespace: MESH_NAMESPACE, name: CNI_DAEMONSET, labels: { "k8s-app": CNI_DAEMONSET } },
    spec: {
      selector: { matchLabels: { "k8s-app": CNI_DAEMONSET } },
      template: {
        metadata: { labels },
        spec: {
          // AKS' own has the first. With the second, nodes that kind brings with it have no agent.
          nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.azure.com/agentpool": "userpool" },
          tolerations: [{ operator: "Exists" }],
          containers: [{ name: "install-cni", image: "mcr.microsoft.com/oss/v2/istio/install-cni:v1.30.0", securityContext: { capabilities } }],
        },
      },
    },
  };
}

/** Does what AKS does in the cluster once the switch is made: the injector's values, and the DaemonSet. Waits for neither. */
export async function applyMechanism(api: Api, revision: string, mechanism: Mechanism): Promise<void> {
  const path = `/api/v1/namespaces/${MESH_NAMESPACE}/configmaps/istio-sidecar-injector-${revision}`;
  const configMap = await api.get(path);
  const values = parseJson(textAt(configMap, "data", "values") ?? "");
  if (!isObject(values)) throw new Error(`${path} has no values.`);
  setAt(values, ["pilot", "cni", "enabled"], mechanism === "CNIChaining");
  await api.merge(path, { data: { values: JSON.stringify(values, null, 2) } });
  if (mechanism === "InitContainers") return api.remove(DAEMONSET_PATH);
  const answer = await api.ask("POST", pathOf(cniDaemonSet(), false), cniDaemonSet());
  if (answer.status >= 300 && answer.status !== 409) throw new Error(`creating the CNI DaemonSet: ${answer.status}`);
}

/** Names of the init containers that the injector gives a pod now. */
async function injectedInits(api: Api): Promise<readonly (string | undefined)[]> {
  const sample = pod({ namespace: SAMPLE_NAMESPACE, name: "sample" });
  const answer = await api.ask("POST", `${pathOf(sample, false)}?dryRun=All`, sample);
  return objectsAt(answer.body, "spec", "initContainers").map((container) => textAt(container, "name"));
}

async function isAgentReady(api: Api): Promise<boolean> {
  const { status } = await api.get(DAEMONSET_PATH);
  if (!isObject(status)) return false;
  const desired = status["desiredNumberScheduled"];
  return typeof desired === "number" && desired > 0 && status["numberAvailable"] === desired;
}

/** Makes the namespace in which the injector is asked. Safeguards do not hold there, so that it always answers. */
export async function makeSample(api: Api, revision: string): Promise<void> {
  await api.ask("POST", "/api/v1/namespaces", namespace(SAMPLE_NAMESPACE, { "istio.io/rev": revision, "conformance/safeguards": "off" }));
}

/** Puts the cluster on a mechanism and waits until injector and node agent are there. */
export async function settleOn(api: Api, revision: string, mechanism: Mechanism): Promise<void> {
  const wanted = mechanism === "CNIChaining" ? "istio-validation" : "istio-init";
  await applyMechanism(api, revision, mechanism);
  await eventually(`the injector to make ${wanted}`, async () => ((await injectedInits(api)).includes(wanted) ? true : undefined));
  if (mechanism === "CNIChaining") await eventually("the CNI DaemonSet", async () => ((await isAgentReady(api)) ? true : undefined));
}
