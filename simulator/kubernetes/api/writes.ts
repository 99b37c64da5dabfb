/** Writes: labels of namespaces, pod templates of workloads, dry-run pods. */
import type { Reply, SimulatedRequest } from "../../lib/http.ts";
import { isObject, type JsonObject, setAt, stringsAt, textAt, valueAt } from "../../lib/json.ts";
import { namespaceLabelsAt, type World } from "../../world/world.ts";
import { admitPod } from "../admission/pod-admission.ts";
import { refused } from "../admission/refusal.ts";
import { namespaceRefusal } from "../admission/safeguards.ts";
import { inject } from "../mesh/inject-sidecar.ts";
import { injectionOf } from "../mesh/injection.ts";
import { invalidLabels } from "../objects/label-values.ts";
import { metadata } from "../objects/metadata.ts";
import { failure, invalidField, notFound, unsupportedDryRun } from "../objects/status.ts";
import { applyPatch } from "./patch.ts";

/** The object to patch, with apiVersion and kind, and its names. */
export interface PatchTarget {
  readonly object: JsonObject;
  readonly kind: string;
  /** The resource, such as namespaces or deployments.apps. */
  readonly qualified: string;
  readonly name: string;
}

function isDryRun(request: SimulatedRequest): boolean {
  return request.query.get("dryRun") === "All";
}

function sameStrings(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  return JSON.stringify(Object.entries(left).sort()) === JSON.stringify(Object.entries(right).sort());
}

/** PATCH of a namespace: stores its labels; accepts other changes without storing them. */
export function patchNamespace(world: World, target: PatchTarget, request: SimulatedRequest): Reply {
  const { name, qualified, object } = target;
  const namespace = world.kubernetes.namespaces.find((candidate) => candidate.name === name);
  if (namespace === undefined) return notFound("namespaces", "", name);
  const result = applyPatch(object, qualified, request);
  if ("reply" in result) return result.reply;
  const refusal = namespaceRefusal(world, name);
  if (refusal !== undefined) return refused(qualified, name, refusal);
  const labels = stringsAt(result.object, "metadata", "labels");
  const invalid = invalidLabels("Namespace", name, labels);
  if (invalid !== undefined) return invalid;
  const isChanged = !sameStrings(stringsAt(object, "metadata", "labels"), labels);
  if (isChanged && !isDryRun(request)) namespace.labels.push({ from: request.at, labels });
  return { status: 200, body: result.object };
}

/** PATCH of a workload: stores annotations and labels of its pod template; accepts other changes without storing them. */
export function patchWorkload(world: World, namespace: string, target: PatchTarget, request: SimulatedRequest): Reply {
  const { name, kind, qualified, object } = target;
  const workload = world.kubernetes.workloads.find(
    (candidate) => candidate.kind === kind && candidate.namespace === namespace && candidate.name === name,
  );
  const result = applyPatch(object, qualified, request);
  if ("reply" in result) return result.reply;
  const refusal = namespaceRefusal(world, namespace);
  if (refusal !== undefined) return refused(qualified, name, refusal);
  const current = workload?.templates.at(-1)?.template;
  if (workload === undefined || current === undefined) {
    return failure(405, "MethodNotAllowed", "the simulated cluster does not patch what the mesh add-on owns");
  }
  const template = valueAt(result.object, "spec", "template", "metadata");
  const annotations = stringsAt(template, "annotations");
  const labels = stringsAt(template, "labels");
  const isChanged = !sameStrings(current.annotations, annotations) || !sameStrings(current.labels, labels);
  if (isChanged) {
    setAt(result.object, ["metadata", "generation"], workload.templates.length + 1);
    if (!isDryRun(request)) workload.templates.push({ at: request.at, template: { ...current, annotations, labels } });
  }
  return { status: 200, body: result.object };
}

/** The refusal of an invalid pod, before admission; undefined where it is valid. */
function invalidPod(world: World, namespace: string, { at, body, query }: SimulatedRequest): Reply | undefined {
  const dryRun = query.get("dryRun");
  if (dryRun === null) return failure(405, "MethodNotAllowed", "the simulated cluster creates pods on a dry run only");
  if (dryRun !== "All") return unsupportedDryRun("CreateOptions", dryRun);
  if (!isObject(body) || textAt(body, "kind") !== "Pod")
    return failure(400, "BadRequest", "the object provided is unrecognized (must be of type Pod)");
  if (namespaceLabelsAt(world, namespace, at) === undefined) return notFound("namespaces", "", namespace);
  if ((textAt(body, "metadata", "namespace") ?? namespace) !== namespace) {
    const text = "the namespace of the provided object does not match the namespace sent on the request";
    return failure(400, "BadRequest", text);
  }
  return undefined;
}

/** The name of a new pod; undefined where it has neither name nor generateName. */
function podName(pod: JsonObject): string | undefined {
  const generateName = textAt(pod, "metadata", "generateName");
  return textAt(pod, "metadata", "name") ?? (generateName === undefined ? undefined : `${generateName}x7k2p`);
}

function warningHeader(texts: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const quoted = texts.map((text) => `299 - "${text.replaceAll(/["\\]/g, "\\$&").replaceAll("\n", " ")}"`);
  return quoted.length === 0 ? {} : { warning: quoted };
}

/** POST of a pod with dryRun=All: injection and admission are applied; nothing is stored. */
export function createPod(world: World, namespace: string, request: SimulatedRequest): Reply {
  const invalid = invalidPod(world, namespace, request);
  if (invalid !== undefined) return invalid;
  const { at, body } = request;
  const pod = isObject(body) ? structuredClone(body) : {};
  const name = podName(pod);
  if (name === undefined) {
    const text = "Required value: name or generateName is required";
    return invalidField("Pod", "", "metadata.name", "FieldValueRequired", text);
  }
  const refusal = namespaceRefusal(world, namespace);
  if (refusal !== undefined) return refused("pods", name, refusal);
  const subject = {
    namespace,
    labels: stringsAt(pod, "metadata", "labels"),
    annotations: stringsAt(pod, "metadata", "annotations"),
    hostNetwork: valueAt(pod, "spec", "hostNetwork") === true,
  };
  const injection = injectionOf(world, subject, at);
  if (injection !== undefined) inject(pod, injection);
  const result = admitPod(world, { namespace, pod, revision: injection?.revision, at, dryRun: true });
  const headers = warningHeader(result.warnings);
  if (result.refusal !== undefined) return { ...refused("pods", name, result.refusal), headers };
  const labels = stringsAt(pod, "metadata", "labels");
  const annotations = stringsAt(pod, "metadata", "annotations");
  const generateName = textAt(pod, "metadata", "generateName");
  const created = metadata({ kind: "Pod", namespace, name }, at, labels, {
    ...(generateName === undefined ? {} : { generateName }),
    annotations,
  });
  // The version of an object is given when it is stored.
  pod["metadata"] = Object.fromEntries(Object.entries(created).filter(([key]) => key !== "resourceVersion"));
  setAt(pod, ["status"], { phase: "Pending", qosClass: "Burstable" });
  return { status: 201, headers, body: { ...pod, kind: "Pod", apiVersion: "v1" } };
}
