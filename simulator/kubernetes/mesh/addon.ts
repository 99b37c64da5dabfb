/** The mesh add-on in the cluster: its revisions, and the injector's configuration and webhooks. */
import { type JsonObject, kubernetesTime, stableUuid, valueAt } from "../../lib/json.ts";
import { mechanismAt, type World } from "../../world/world.ts";

export const MESH_NAMESPACE = "aks-istio-system";
/** The Helm release of the add-on, a label of its objects. */
export const ADDON_RELEASE = "azure-service-mesh-istio-discovery";
const AGE = 40 * 24 * 3_600_000;

/** When the add-on's objects were created, ms since the epoch. */
export function addonInstalledAt(world: World): number {
  return world.startedAt - AGE;
}

/** The installed revisions; none while the mesh is off. */
export function meshRevisions(world: World): string[] {
  const profile = valueAt(world.cluster.body, "properties", "serviceMeshProfile");
  if (valueAt(profile, "mode") !== "Istio") return [];
  const revisions = valueAt(profile, "istio", "revisions");
  return Array.isArray(revisions) ? revisions.filter((revision) => typeof revision === "string") : [];
}

/** The Istio release of a revision: 1.28 for asm-1-28. */
export function istioRelease(revision: string): string {
  return revision.replace(/^asm-/, "").replace("-", ".");
}

/** The Service of a revision's control plane. */
export function istiodService(revision: string): { readonly name: string; readonly namespace: string } {
  return { name: `istiod-${revision}`, namespace: MESH_NAMESPACE };
}

/** The data of the ConfigMap istio-sidecar-injector-<revision>: `values` and `config`, both as text. */
export function injectorConfigMap(world: World, revision: string, now: number): JsonObject {
  const { mechanism } = mechanismAt(world, now);
  const values = {
    defaultRevision: "",
    gateways: { seccompProfile: {} },
    global: {
      istioNamespace: MESH_NAMESPACE,
      hub: "mcr.microsoft.com/oss/v2/istio",
      tag: `v${istioRelease(revision)}.2`,
      proxy: { image: "proxyv2", includeIPRanges: "*", privileged: false },
      proxy_init: { image: "proxyv2", forceApplyIptables: false },
      meshID: "",
      network: "",
    },
    pilot: { cni: { enabled: mechanism === "CNIChaining", provider: "default" }, env: {} },
    revision,
    sidecarInjectorWebhook: { enableNamespacesByDefault: false, rewriteAppHTTPProbe: true, templates: {} },
  };
  const config =
    "defaultTemplates: [sidecar]\npolicy: enabled\nalwaysInjectSelector: []\nneverInjectSelector: []\ntemplates:\n  sidecar: |\n    metadata: {}\n";
  return { config, values: JSON.stringify(values, null, 2) };
}

const NO_INJECTION_LABEL = { key: "istio-injection", operator: "DoesNotExist" };
const NOT_DISABLED = { key: "sidecar.istio.io/inject", operator: "NotIn", values: ["false"] };

function webhook(
  prefix: string,
  revision: string,
  namespaceSelector: JsonObject,
  objectSelector: JsonObject,
): JsonObject {
  return {
    name: `${prefix}.sidecar-injector.istio.io`,
    admissionReviewVersions: ["v1"],
    clientConfig: {
      caBundle: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
      service: { ...istiodService(revision), path: "/inject", port: 443 },
    },
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    namespaceSelector,
    objectSelector,
    reinvocationPolicy: "Never",
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "*" }],
    sideEffects: "None",
    timeoutSeconds: 10,
  };
}

/** The two webhooks of an injector with a revision, as in Istio's chart: one for the namespace's label, one for the pod's. */
function injectorWebhooks(served: string, revision: string): JsonObject[] {
  const isServed = { key: "istio.io/rev", operator: "In", values: [served] };
  const byNamespace = { matchExpressions: [isServed, NO_INJECTION_LABEL] };
  const noRevision = { matchExpressions: [{ key: "istio.io/rev", operator: "DoesNotExist" }, NO_INJECTION_LABEL] };
  return [
    webhook("rev.namespace", revision, byNamespace, { matchExpressions: [NOT_DISABLED] }),
    webhook("rev.object", revision, noRevision, { matchExpressions: [NOT_DISABLED, isServed] }),
  ];
}

function configuration(world: World, name: string, labels: Record<string, string>, webhooks: JsonObject[]): JsonObject {
  const created = kubernetesTime(addonInstalledAt(world));
  return {
    metadata: {
      name,
      uid: stableUuid(name),
      resourceVersion: "4711",
      generation: 2,
      creationTimestamp: created,
      labels,
    },
    webhooks,
  };
}

/** The mutating webhook configurations of the mesh: one per revision and one per tag. */
export function meshWebhooks(world: World): JsonObject[] {
  const installed = meshRevisions(world);
  const injectors = installed.map((revision) => {
    const labels = { app: "sidecar-injector", "istio.io/rev": revision, release: ADDON_RELEASE };
    return configuration(
      world,
      `istio-sidecar-injector-${revision}-${MESH_NAMESPACE}`,
      labels,
      injectorWebhooks(revision, revision),
    );
  });
  const tags = Object.entries(world.kubernetes.tags).filter(([, revision]) => installed.includes(revision));
  return [
    ...injectors,
    ...tags.map(([tag, revision]) => {
      const labels = {
        app: "sidecar-injector",
        "istio.io/rev": revision,
        "istio.io/tag": tag,
        release: ADDON_RELEASE,
      };
      return configuration(
        world,
        `istio-revision-tag-${tag}-${MESH_NAMESPACE}`,
        labels,
        injectorWebhooks(tag, revision),
      );
    }),
  ];
}
