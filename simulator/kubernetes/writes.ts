/** Writes: labels of namespaces, templates of workloads, dry-run pods. */
import type { Reply, SimulatedRequest } from "../http.ts";
import { isObject, type Json, type JsonObject, setAt, stringsAt, textAt, valueAt } from "../json.ts";
import { mechanismAt, namespaceLabelsAt, type World } from "../world.ts";
import { inject, injectingRevision } from "./injector.ts";
import { metadata } from "./metadata.ts";
import { namespaceRefusal, podRefusal } from "./safeguards.ts";
import { admissionDenied, failure, notFound } from "./status.ts";

const MERGES = new Set([
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
]);

/** A patch that can be read as a merge: JSON merge, strategic merge, or server-side apply in JSON. */
function mergePatch(request: SimulatedRequest): JsonObject | Reply {
  const contentType = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
  if (!MERGES.has(contentType)) {
    return failure(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: ${[...MERGES].join(", ")}`,
    );
  }
  return isObject(request.body)
    ? { patch: request.body }
    : failure(400, "BadRequest", "the object provided is unrecognized");
}

/** Merges string maps; null removes a key. */
function merged(current: Readonly<Record<string, string>>, patch: Json | undefined): Record<string, string> {
  const result = { ...current };
  for (const [key, value] of Object.entries(isObject(patch) ? patch : {})) {
    if (typeof value === "string") result[key] = value;
    else if (value === null) Reflect.deleteProperty(result, key);
  }
  return result;
}

function sameStrings(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  return JSON.stringify(Object.entries(left).sort()) === JSON.stringify(Object.entries(right).sort());
}

function isReply(value: JsonObject | Reply): value is Reply {
  return typeof value["status"] === "number";
}

/** PATCH of a namespace: its labels. undefined: done, or would be on a dry run. */
export function patchNamespace(world: World, name: string, request: SimulatedRequest): Reply | undefined {
  const parsed = mergePatch(request);
  if (isReply(parsed)) return parsed;
  const namespace = world.kubernetes.namespaces.find((candidate) => candidate.name === name);
  if (namespace === undefined) return notFound("namespaces", "", name);
  const refusal = namespaceRefusal(world, name);
  if (refusal !== undefined) return admissionDenied("namespaces", name, refusal);
  const current = namespaceLabelsAt(world, name, request.at) ?? {};
  const labels = merged(current, valueAt(parsed, "patch", "metadata", "labels"));
  if (request.query.get("dryRun") !== "All" && !sameStrings(current, labels))
    namespace.labels.push({ from: request.at, labels });
  return undefined;
}

/** PATCH of a workload: annotations and labels of its pod template. undefined: done, or would be on a dry run. */
export function patchWorkload(
  world: World,
  kind: string,
  plural: string,
  namespace: string,
  name: string,
  request: SimulatedRequest,
): Reply | undefined {
  const parsed = mergePatch(request);
  if (isReply(parsed)) return parsed;
  const refusal = namespaceRefusal(world, namespace);
  if (refusal !== undefined) return admissionDenied(`${plural}.apps`, name, refusal);
  const workload = world.kubernetes.workloads.find(
    (candidate) => candidate.kind === kind && candidate.namespace === namespace && candidate.name === name,
  );
  const current = workload?.templates.at(-1)?.template;
  if (workload === undefined || current === undefined) return notFound(plural, "apps", name);
  const changes = valueAt(parsed, "patch", "spec", "template", "metadata");
  const annotations = merged(current.annotations, valueAt(changes, "annotations"));
  const labels = merged(current.labels, valueAt(changes, "labels"));
  const isChanged = !sameStrings(current.annotations, annotations) || !sameStrings(current.labels, labels);
  if (isChanged && request.query.get("dryRun") !== "All") {
    workload.templates.push({ at: request.at, template: { ...current, annotations, labels } });
  }
  return undefined;
}

/** POST of a pod with dryRun=All: the injector and the admission policies answer; nothing is stored. */
export function createPod(world: World, namespace: string, request: SimulatedRequest): Reply {
  const { at, body } = request;
  if (request.query.get("dryRun") !== "All")
    return failure(405, "MethodNotAllowed", "the simulated cluster creates pods on a dry run only");
  if (!isObject(body) || textAt(body, "kind") !== "Pod")
    return failure(400, "BadRequest", "the object provided is unrecognized (must be of type Pod)");
  if (namespaceLabelsAt(world, namespace, at) === undefined) return notFound("namespaces", "", namespace);
  const pod = structuredClone(body);
  const generateName = textAt(pod, "metadata", "generateName");
  const name = textAt(pod, "metadata", "name") ?? (generateName === undefined ? undefined : `${generateName}x7k2p`);
  if (name === undefined)
    return failure(
      422,
      "Invalid",
      'Pod "" is invalid: metadata.name: Required value: name or generateName is required',
    );
  const refused = namespaceRefusal(world, namespace);
  if (refused !== undefined) return admissionDenied("pods", name, refused);
  const { mechanism } = mechanismAt(world, at);
  const subject = {
    namespace,
    labels: stringsAt(pod, "metadata", "labels"),
    annotations: stringsAt(pod, "metadata", "annotations"),
    hostNetwork: valueAt(pod, "spec", "hostNetwork") === true,
  };
  const revision = injectingRevision(world, subject, at);
  if (revision !== undefined) inject(pod, revision, mechanism);
  const refusal = podRefusal(world, namespace, pod);
  if (refusal !== undefined) return admissionDenied("pods", name, refusal);
  const labels = stringsAt(pod, "metadata", "labels");
  const annotations = stringsAt(pod, "metadata", "annotations");
  pod["metadata"] = metadata({ kind: "Pod", namespace, name }, at, labels, { annotations });
  setAt(pod, ["status"], { phase: "Pending", qosClass: "Burstable" });
  return { status: 201, body: { ...pod, kind: "Pod", apiVersion: "v1" } };
}
