/** Injects the sidecar: the parts of Istio's injection template that concern redirection. */
import { isObject, type JsonObject, objectsAt, setAt, stringsAt, textAt, valueAt } from "../../lib/json.ts";
import type { Injection } from "./injection.ts";
import { type InterceptionMode, istioInit, istioProxy, istioValidation, istioVolumes } from "./istio-containers.ts";

/** The port at which the sidecar answers an application's probes. */
const PROBE_PORT = 15_020;
const PROBES = { livenessProbe: "livez", readinessProbe: "readyz", startupProbe: "startupz" } as const;

function modeOf(annotations: Readonly<Record<string, string>>): InterceptionMode {
  const mode = annotations["sidecar.istio.io/interceptionMode"];
  return mode === "TPROXY" || mode === "NONE" ? mode : "REDIRECT";
}

/** Redirects the application's HTTP and TCP probes to the sidecar, which accepts them without mTLS. */
function withRewrittenProbes(container: JsonObject): JsonObject {
  const name = textAt(container, "name") ?? "";
  const rewritten: JsonObject = { ...container };
  for (const [kind, path] of Object.entries(PROBES)) {
    const probe = container[kind];
    if (!isObject(probe) || !(isObject(probe["httpGet"]) || isObject(probe["tcpSocket"]))) continue;
    const rest = Object.fromEntries(Object.entries(probe).filter(([key]) => key !== "tcpSocket"));
    rewritten[kind] = { ...rest, httpGet: { path: `/app-health/${name}/${path}`, port: PROBE_PORT, scheme: "HTTP" } };
  }
  return rewritten;
}

/**
 * The init containers in the injector's order. With a native sidecar: redirection, proxy, the application's own. With a classic
 * one: istio-validation first, or istio-init last, so that the application's own run without redirection.
 */
function initContainers(own: readonly JsonObject[], redirection: JsonObject[], proxy: JsonObject[], isCni: boolean): JsonObject[] {
  if (proxy.length > 0 || isCni) return [...redirection, ...proxy, ...own];
  return [...own, ...redirection];
}

function annotationsOf(pod: JsonObject, { revision, mechanism }: Injection, app: string, mode: InterceptionMode): Record<string, string> {
  return {
    ...stringsAt(pod, "metadata", "annotations"),
    "istio.io/rev": revision,
    "kubectl.kubernetes.io/default-container": app,
    "kubectl.kubernetes.io/default-logs-container": app,
    "prometheus.io/path": "/stats/prometheus",
    "prometheus.io/port": "15020",
    "prometheus.io/scrape": "true",
    ...(mechanism === "CNIChaining" && mode !== "NONE"
      ? {
          "sidecar.istio.io/interceptionMode": mode,
          "traffic.sidecar.istio.io/excludeInboundPorts": "15020",
          "traffic.sidecar.istio.io/includeInboundPorts": "*",
          "traffic.sidecar.istio.io/includeOutboundIPRanges": "*",
        }
      : {}),
  };
}

/** Injects a sidecar into a pod, in place. */
export function inject(pod: JsonObject, injection: Injection): void {
  const { revision, mechanism, native } = injection;
  const mode = modeOf(stringsAt(pod, "metadata", "annotations"));
  const containers = objectsAt(pod, "spec", "containers");
  const app = textAt(containers[0], "name") ?? "app";
  const port = valueAt(objectsAt(containers[0], "ports")[0], "containerPort");
  const proxy = istioProxy(revision, app, typeof port === "number" ? port : 8080, { native, mode });
  const isCni = mechanism === "CNIChaining";
  const redirection = mode === "NONE" ? [] : [isCni ? istioValidation(revision, mode) : istioInit(revision, mode)];

  const own = objectsAt(pod, "spec", "initContainers");
  const inits = initContainers(own, redirection, native ? [proxy] : [], isCni);
  if (inits.length > 0) setAt(pod, ["spec", "initContainers"], inits);
  const rewritten = containers.map(withRewrittenProbes);
  setAt(pod, ["spec", "containers"], native ? rewritten : [...rewritten, proxy]);
  setAt(pod, ["spec", "volumes"], [...istioVolumes(), ...objectsAt(pod, "spec", "volumes")]);

  const injectedInits = [...redirection, ...(native ? [proxy] : [])].map((container) => container["name"] ?? "");
  const status = {
    initContainers: injectedInits.length === 0 ? null : injectedInits,
    containers: native ? null : ["istio-proxy"],
    volumes: istioVolumes().map((volume) => volume["name"] ?? ""),
    imagePullSecrets: null,
    revision,
  };
  setAt(pod, ["metadata", "annotations"], {
    ...annotationsOf(pod, injection, app, mode),
    "sidecar.istio.io/status": JSON.stringify(status),
  });
  const labels = stringsAt(pod, "metadata", "labels");
  setAt(pod, ["metadata", "labels"], {
    ...labels,
    "security.istio.io/tlsMode": "istio",
    "service.istio.io/canonical-name": labels["app.kubernetes.io/name"] ?? labels["app"] ?? app,
    "service.istio.io/canonical-revision": "latest",
  });
}
