/** The containers that Istio's injector adds, with arguments and security contexts as in Istio's golden files. */
import type { JsonObject } from "../../lib/json.ts";
import { istioRelease } from "./addon.ts";

function resources(): JsonObject {
  return { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } };
}

/** How traffic is redirected to the sidecar; NONE: it is not. */
export type InterceptionMode = "REDIRECT" | "TPROXY" | "NONE";

function iptables(mode: InterceptionMode): string[] {
  const listen = ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", mode];
  return [...listen, "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020", "--log_output_level=default:info"];
}

/** A security context without privileges. */
function unprivileged(): JsonObject {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: 1337,
    runAsNonRoot: true,
    runAsUser: 1337,
  };
}

function image(revision: string): string {
  return `mcr.microsoft.com/oss/v2/istio/proxyv2:v${istioRelease(revision)}.2`;
}

/** The init container that sets up redirection itself: it needs NET_ADMIN and NET_RAW. */
export function istioInit(revision: string, mode: InterceptionMode = "REDIRECT"): JsonObject {
  return {
    args: iptables(mode),
    image: image(revision),
    name: "istio-init",
    resources: resources(),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: false,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
    },
  };
}

/** The init container that only checks the redirection that the CNI plugin has set up. */
export function istioValidation(revision: string, mode: InterceptionMode = "REDIRECT"): JsonObject {
  return {
    args: [...iptables(mode), "--run-validation", "--skip-rule-apply"],
    image: image(revision),
    name: "istio-validation",
    resources: resources(),
    securityContext: unprivileged(),
  };
}

function fieldEnv(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } };
}

/** TPROXY needs NET_ADMIN, to bind to foreign addresses. */
function proxyContext(mode: InterceptionMode): JsonObject {
  if (mode !== "TPROXY") return unprivileged();
  const capabilities = { add: ["NET_ADMIN"], drop: ["ALL"] };
  return { ...unprivileged(), capabilities, runAsNonRoot: false, runAsUser: 0 };
}

/** The sidecar. `native`: as an init container that always restarts. */
export function istioProxy(
  revision: string,
  app: string,
  port: number,
  { native = false, mode = "REDIRECT" }: { readonly native?: boolean; readonly mode?: InterceptionMode } = {},
): JsonObject {
  const probe = (): JsonObject => ({
    httpGet: { path: "/healthz/ready", port: 15021, scheme: "HTTP" },
    timeoutSeconds: 3,
    successThreshold: 1,
  });
  return {
    args: [
      "proxy",
      "sidecar",
      "--domain",
      "$(POD_NAMESPACE).svc.cluster.local",
      "--proxyLogLevel=warning",
      "--proxyComponentLogLevel=misc:error",
      "--log_output_level=default:info",
    ],
    env: [
      { name: "PILOT_CERT_PROVIDER", value: "istiod" },
      { name: "CA_ADDR", value: `istiod-${revision}.aks-istio-system.svc:15012` },
      fieldEnv("POD_NAME", "metadata.name"),
      fieldEnv("POD_NAMESPACE", "metadata.namespace"),
      fieldEnv("INSTANCE_IP", "status.podIP"),
      fieldEnv("SERVICE_ACCOUNT", "spec.serviceAccountName"),
      fieldEnv("HOST_IP", "status.hostIP"),
      { name: "ISTIO_META_POD_PORTS", value: `[\n    {"name":"http","containerPort":${port},"protocol":"TCP"}\n]` },
      { name: "ISTIO_META_APP_CONTAINERS", value: app },
      { name: "ISTIO_META_CLUSTER_ID", value: "Kubernetes" },
      fieldEnv("ISTIO_META_NODE_NAME", "spec.nodeName"),
      { name: "ISTIO_META_INTERCEPTION_MODE", value: mode },
      { name: "ISTIO_META_WORKLOAD_NAME", value: app },
      { name: "ISTIO_META_MESH_ID", value: "cluster.local" },
      { name: "TRUST_DOMAIN", value: "cluster.local" },
    ],
    image: image(revision),
    lifecycle: { preStop: { exec: { command: ["pilot-agent", "request", "--debug-port=15020", "POST", "drain"] } } },
    name: "istio-proxy",
    ports: [{ containerPort: 15090, name: "http-envoy-prom", protocol: "TCP" }],
    readinessProbe: { ...probe(), failureThreshold: 4, periodSeconds: 15 },
    resources: resources(),
    ...(native ? { restartPolicy: "Always" } : {}),
    securityContext: proxyContext(mode),
    startupProbe: { ...probe(), failureThreshold: 600, periodSeconds: 1 },
    volumeMounts: [
      { mountPath: "/var/run/secrets/workload-spiffe-uds", name: "workload-socket" },
      { mountPath: "/var/run/secrets/istio", name: "istiod-ca-cert" },
      { mountPath: "/var/lib/istio/data", name: "istio-data" },
      { mountPath: "/etc/istio/proxy", name: "istio-envoy" },
      { mountPath: "/var/run/secrets/tokens", name: "istio-token" },
      { mountPath: "/etc/istio/pod", name: "istio-podinfo" },
    ],
  };
}

/** The volumes of the sidecar. */
export function istioVolumes(): JsonObject[] {
  return [
    { emptyDir: {}, name: "workload-socket" },
    { emptyDir: { medium: "Memory" }, name: "istio-envoy" },
    { emptyDir: {}, name: "istio-data" },
    { downwardAPI: { items: [{ fieldRef: { fieldPath: "metadata.labels" }, path: "labels" }] }, name: "istio-podinfo" },
    {
      name: "istio-token",
      projected: {
        sources: [{ serviceAccountToken: { audience: "istio-ca", expirationSeconds: 43_200, path: "istio-token" } }],
      },
    },
    { configMap: { name: "istio-ca-root-cert" }, name: "istiod-ca-cert" },
  ];
}
