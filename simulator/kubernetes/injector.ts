/** The sidecar injector: which revision takes a pod, and what the pod looks like afterwards. */
import { isObject, type JsonObject, objectsAt, setAt, stringsAt, textAt, valueAt } from "../json.ts";
import { type Mechanism, namespaceLabelsAt, type World } from "../world.ts";
import { istioInit, istioProxy, istioValidation, istioVolumes } from "./istio-containers.ts";
import { meshWebhooks } from "./mesh.ts";
import { matchesSelector } from "./selectors.ts";

/** What the injector looks at. */
export interface InjectionSubject {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
}

/** The revision that injects a pod created at a moment; undefined where none does. */
export function injectingRevision(world: World, subject: InjectionSubject, at: number): string | undefined {
  const namespaceLabels = namespaceLabelsAt(world, subject.namespace, at) ?? {};
  const { annotations, labels } = subject;
  if (subject.hostNetwork || annotations["sidecar.istio.io/status"] !== undefined) return undefined;
  if (labels["sidecar.istio.io/inject"] === undefined && annotations["sidecar.istio.io/inject"] === "false")
    return undefined;
  for (const configuration of meshWebhooks(world)) {
    const takes = objectsAt(configuration, "webhooks").some((webhook) => {
      const { namespaceSelector, objectSelector } = webhook;
      if (!isObject(namespaceSelector) || !isObject(objectSelector)) return false;
      return matchesSelector(namespaceLabels, namespaceSelector) && matchesSelector(labels, objectSelector);
    });
    if (takes) return textAt(configuration, "metadata", "labels", "istio.io/rev");
  }
  return undefined;
}

/** Native sidecars: from asm-1-29 on, or by the pod's annotation. */
function usesNativeSidecar(revision: string, annotations: Readonly<Record<string, string>>): boolean {
  const wish = annotations["sidecar.istio.io/nativeSidecar"];
  if (wish !== undefined) return wish === "true";
  return Number(/^asm-1-(\d+)$/.exec(revision)?.[1] ?? 0) >= 29;
}

/** Injects a sidecar into a pod, in place. */
export function inject(pod: JsonObject, revision: string, mechanism: Mechanism): void {
  const annotations = stringsAt(pod, "metadata", "annotations");
  const containers = objectsAt(pod, "spec", "containers");
  const app = textAt(containers[0], "name") ?? "app";
  const port = valueAt(objectsAt(containers[0], "ports")[0], "containerPort");
  const native = usesNativeSidecar(revision, annotations);
  const proxy = istioProxy(revision, app, typeof port === "number" ? port : 8080, native);
  const redirection = mechanism === "CNIChaining" ? istioValidation(revision) : istioInit(revision);
  const redirectionName = mechanism === "CNIChaining" ? "istio-validation" : "istio-init";

  const injectedInit = native ? [redirection, proxy] : [redirection];
  setAt(pod, ["spec", "initContainers"], [...injectedInit, ...objectsAt(pod, "spec", "initContainers")]);
  if (!native) setAt(pod, ["spec", "containers"], [proxy, ...containers]);
  setAt(pod, ["spec", "volumes"], [...istioVolumes(), ...objectsAt(pod, "spec", "volumes")]);

  const status = {
    initContainers: native ? [redirectionName, "istio-proxy"] : [redirectionName],
    containers: native ? null : ["istio-proxy"],
    volumes: istioVolumes().map((volume) => volume["name"] ?? ""),
    imagePullSecrets: null,
    revision,
  };
  setAt(pod, ["metadata", "annotations"], {
    ...annotations,
    "istio.io/rev": revision,
    "kubectl.kubernetes.io/default-container": app,
    "kubectl.kubernetes.io/default-logs-container": app,
    "prometheus.io/path": "/stats/prometheus",
    "prometheus.io/port": "15020",
    "prometheus.io/scrape": "true",
    "sidecar.istio.io/status": JSON.stringify(status),
    ...(mechanism === "CNIChaining"
      ? {
          "sidecar.istio.io/interceptionMode": "REDIRECT",
          "traffic.sidecar.istio.io/excludeInboundPorts": "15020",
          "traffic.sidecar.istio.io/includeInboundPorts": "*",
          "traffic.sidecar.istio.io/includeOutboundIPRanges": "*",
        }
      : {}),
  });
  setAt(pod, ["metadata", "labels"], {
    ...stringsAt(pod, "metadata", "labels"),
    "security.istio.io/tlsMode": "istio",
    "service.istio.io/canonical-name": app,
    "service.istio.io/canonical-revision": "latest",
  });
}
