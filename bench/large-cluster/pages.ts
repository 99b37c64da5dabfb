/** The lists of a large cluster as the API server sends them: in pages, as protobuf and as JSON, compressed, created before the first request. */
import { toProtobuf } from "../../simulator/kubernetes/protobuf/encode.ts";
import { fingerprint, isObject, type JsonObject, stableUuid } from "../../simulator/lib/json.ts";
import { gzipSync } from "node:zlib";

/** The size of a cluster. */
export interface ClusterSize {
  readonly pods: number;
  readonly namespaces: number;
}

/** A page in one encoding. */
interface EncodedPage {
  readonly gzipped: Buffer;
  /** Bytes before compression. */
  readonly bytes: number;
}

/** A page of a list in both encodings. */
export interface Page {
  readonly protobuf: EncodedPage;
  readonly json: EncodedPage;
}

const PODS_PER_WORKLOAD = 10;
/** The API server's compression level. Source: kubernetes/apiserver, responsewriters. */
const GZIP_LEVEL = 1;

export function namespaceName(index: number): string {
  return `team-${String(index).padStart(4, "0")}`;
}

/** The names of a workload. */
interface WorkloadNames {
  readonly namespace: string;
  readonly workload: string;
  readonly hash: string;
}

function namesOf(workload: number, namespaces: number): WorkloadNames {
  return { namespace: namespaceName(workload % namespaces), workload: `service-${String(workload).padStart(5, "0")}`, hash: fingerprint(`hash ${workload}`, 10) };
}

function metadataOf(template: JsonObject): JsonObject {
  return isObject(template["metadata"]) ? template["metadata"] : {};
}

/** Copies of the template, ten per workload, each with its own names, addresses and identifiers. */
export function podPages(template: JsonObject, size: ClusterSize, nodes: readonly string[], pageSize: number): readonly Page[] {
  const metadata = metadataOf(template);
  const labels = isObject(metadata["labels"]) ? metadata["labels"] : {};
  const spec = isObject(template["spec"]) ? template["spec"] : {};
  const status = isObject(template["status"]) ? template["status"] : {};
  return pages("PodList", "v1", size.pods, pageSize, (index) => {
    const { namespace, workload, hash } = namesOf(Math.floor(index / PODS_PER_WORKLOAD), size.namespaces);
    const uid = stableUuid(`pod ${index}`);
    return {
      ...template,
      metadata: {
        ...metadata,
        name: `${workload}-${hash}-${fingerprint(`pod ${index}`, 5)}`,
        generateName: `${workload}-${hash}-`,
        namespace,
        uid,
        resourceVersion: String(100_000_000 + index * 7),
        labels: { ...labels, app: workload, "pod-template-hash": hash },
        ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `${workload}-${hash}`, uid: stableUuid(`replicaset ${hash}`), controller: true, blockOwnerDeletion: true }],
        managedFields: managedFields(uid),
      },
      spec: { ...spec, nodeName: nodes[index % nodes.length] ?? "", hostname: `${workload}-${index}` },
      status: { ...status, podIP: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`, hostIP: `10.224.${(index >> 8) & 255}.${index & 255}` },
    };
  });
}

/** The ReplicaSets of these pods. */
export function replicaSetPages(template: JsonObject, size: ClusterSize, pageSize: number): readonly Page[] {
  const metadata = metadataOf(template);
  return pages("ReplicaSetList", "apps/v1", Math.ceil(size.pods / PODS_PER_WORKLOAD), pageSize, (index) => {
    const { namespace, workload, hash } = namesOf(index, size.namespaces);
    const uid = stableUuid(`replicaset ${hash}`);
    return {
      ...template,
      metadata: {
        ...metadata,
        name: `${workload}-${hash}`,
        namespace,
        uid,
        ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: workload, uid: stableUuid(`deployment ${index}`), controller: true, blockOwnerDeletion: true }],
        managedFields: managedFields(uid),
      },
    };
  });
}

function pages(kind: string, apiVersion: string, total: number, pageSize: number, itemAt: (index: number) => JsonObject): readonly Page[] {
  const created: Page[] = [];
  for (let from = 0; from === 0 || from < total; from += pageSize) {
    const until = Math.min(total, from + pageSize);
    const items = Array.from({ length: until - from }, (_, index) => itemAt(from + index));
    const more = until < total ? { continue: String(created.length + 1), remainingItemCount: total - until } : {};
    const list: JsonObject = { kind, apiVersion, metadata: { resourceVersion: "987654321", ...more }, items };
    created.push({ protobuf: encoded(toProtobuf(list)), json: encoded(Buffer.from(JSON.stringify(list))) });
  }
  return created;
}

function encoded(page: Buffer): EncodedPage {
  return { gzipped: gzipSync(page, { level: GZIP_LEVEL }), bytes: page.length };
}

/** metadata.managedFields, as real objects have it: about three kilobytes that the action does not read. */
function managedFields(uid: string): JsonObject[] {
  const containers = Object.fromEntries(
    ["istio-proxy", "app", uid].map((name) => [
      `k:{"name":"${name}"}`,
      Object.fromEntries(["args", "env", "image", "imagePullPolicy", "livenessProbe", "name", "ports", "readinessProbe", "resources", "securityContext", "terminationMessagePath", "volumeMounts"].map((field) => [`f:${field}`, { ".": {}, "f:value": {}, "f:valueFrom": {} }])),
    ]),
  );
  return ["kube-controller-manager", "kubelet"].map((manager) => ({ manager, operation: "Update", apiVersion: "v1", time: "2026-01-01T00:00:00Z", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:containers": containers } } }));
}
