/** Design, section 4: what a run writes. */
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, objectsAt, setAt, valueAt } from "../../../simulator/lib/json.ts";
import { READ_ONLY, READ_ONLY_IN_POOLS } from "../../../simulator/azure/read-only.ts";
import { MECHANISM_PATH } from "../../../simulator/world/operations.ts";
import type { PlayedWorld, WorldState } from "../play.ts";
import type { WorldRun } from "../session.ts";
import { isAccepted, isPut, isWrite, isWriting, lastReading, nameOf } from "./requests.ts";
import { runsOf, type Violation } from "./invariant.ts";

/** "Reads first": nothing is written before the cluster was read, and check and plan write nothing. */
export function readsFirst(world: PlayedWorld): Violation {
  // The requests of a run beside another one are among those of the other.
  for (const run of runsOf(world).filter((run) => world.description.course.kind !== "twice at once" || run !== world.second)) {
    const write = run.requests.findIndex(isWrite);
    if (write < 0) continue;
    const [first] = run.requests.filter(isWrite);
    if (!isWriting(run)) return `${run.mode} wrote: ${first === undefined ? "" : nameOf(first)}`;
    if (!run.requests.slice(0, write).some(({ answer }) => answer !== undefined)) return `apply wrote before it had read the cluster: ${first === undefined ? "" : nameOf(first)}`;
  }
  return undefined;
}

/** "One PUT, and only if needed", with If-Match. A run after one whose operation failed writes again. */
export function atMostOnePut(world: PlayedWorld): Violation {
  const { apply, second, description } = world;
  const accepted = (run: WorldRun | undefined): number => run?.requests.filter((request) => isPut(request) && isAccepted(request)).length ?? 0;
  if (description.course.kind !== "twice at once" && accepted(apply) > 1) return `apply had ${accepted(apply)} PUTs accepted`;
  const all = description.course.kind === "twice at once" ? accepted(apply) : accepted(apply) + accepted(second);
  if (all > 1 && description.azure.putEnds === "Succeeded") return `${all} PUTs were accepted of two runs`;
  for (const run of runsOf(world)) {
    for (const put of run.requests.filter(isPut)) {
      const reading = lastReading(run.requests, put);
      const ifMatch = (put.entry.headers["if-match"] ?? "").replace(/^"|"$/g, "");
      // Beside another run the latest reading may be of the other one.
      if (description.course.kind !== "twice at once" && ifMatch !== reading?.eTag) return `the PUT has If-Match ${ifMatch}, and the cluster that was read has the eTag ${String(reading?.eTag)}`;
      if (ifMatch === "") return "a PUT without If-Match";
    }
  }
  return undefined;
}

/** "Its body is the body that was read, minus what the API declares read-only, plus the one property." */
export function putChangesOneProperty(world: PlayedWorld): Violation {
  if (world.description.course.kind === "twice at once") return undefined;
  for (const run of runsOf(world)) {
    for (const put of run.requests.filter(isPut)) {
      const reading = lastReading(run.requests, put);
      if (reading === undefined || put.entry.body === undefined) return "a PUT without a body, or of a cluster that was not read";
      const expected = withoutReadOnly(reading.body, []);
      if (isObject(expected)) setAt(expected, MECHANISM_PATH, "CNIChaining");
      const sent = withoutReadOnly(put.entry.body, []);
      if (!isDeepStrictEqual(sent, expected)) return `the PUT changes ${differences(expected, sent, []).join(", ")}`;
      if (!isDeepStrictEqual(put.entry.body, sent)) return `the PUT sends read-only properties: ${differences(sent, put.entry.body, []).join(", ")}`;
    }
  }
  return undefined;
}

/** A PUT is sent only after a reading in which neither the cluster nor one of its pools had an operation in progress. */
export function putsOnlyToAnIdleCluster(world: PlayedWorld): Violation {
  if (world.description.course.kind === "twice at once") return undefined;
  for (const run of runsOf(world)) {
    for (const put of run.requests.filter(isPut)) {
      const body = lastReading(run.requests, put)?.body;
      const states = [valueAt(body, "properties", "provisioningState"), ...objectsAt(body, "properties", "agentPoolProfiles").map((pool) => pool["provisioningState"])];
      const busy = states.find((state) => state !== undefined && !["Succeeded", "Failed", "Canceled"].some((terminal) => terminal === state));
      if (busy !== undefined) return `the PUT was sent while an operation was in progress: ${JSON.stringify(busy)}`;
    }
  }
  return undefined;
}

/** Nothing else on the cluster changes: neither while check and plan run nor, where nobody else writes, while apply does. */
export function changesNothingElse({ description, states, apply, second, neighbours }: PlayedWorld): Violation {
  const { first, beforeApply, afterApply } = states;
  const readOnly = changesBetween(first, beforeApply);
  if (readOnly.length > 0) return `while check and plan ran, ${readOnly.join(", ")} changed`;
  const { label, restart, registerFeature } = description.inputs;
  const writes = [...apply.requests, ...(second?.requests ?? [])].filter(isWrite);
  for (const write of writes) {
    const { method, path } = write.entry;
    const isAllowed =
      (isPut(write) && /\/managedClusters\/[^/]+$/i.test(path)) ||
      (method === "POST" && /\/(IstioCNIPreview|Microsoft\.ContainerService)\/register$/i.test(path) && registerFeature !== "never") ||
      (method === "PATCH" && /^\/api\/v1\/namespaces\/[^/]+$/.test(path) && label !== "no") ||
      (method === "PATCH" && /^\/apis\/apps\/v1\/namespaces\/[^/]+\/(deployments|statefulsets|daemonsets)\/[^/]+$/.test(path) && restart !== "never");
    if (!isAllowed) return `apply wrote what its inputs do not ask for: ${nameOf(write)}`;
    if (/\/namespaces\/(kube-|aks-|gatekeeper-)/.test(path)) return `apply wrote in a namespace of AKS: ${nameOf(write)}`;
  }
  if (neighbours.length > 0) return undefined;
  const changed = changesBetween(beforeApply, afterApply).filter((what) => !(what.startsWith("labels of ") && label !== "no") && !(what.startsWith("template of ") && restart !== "never"));
  return changed.length === 0 ? undefined : `apply changed ${changed.join(", ")}`;
}

/** "A compliant cluster costs no write and needs no right at subscription scope." */
export function compliantCostsNoWrite({ check, plan, apply, neighbours }: PlayedWorld): Violation {
  const hasSteps = plan.report.plan.some(({ outcome }) => outcome === "planned");
  if (check.report.status !== "compliant" || hasSteps || neighbours.length > 0 || apply.isCancelled) return undefined;
  const writes = apply.requests.filter(isWrite);
  if (writes.length > 0) return `check found the cluster compliant, and apply wrote: ${writes.map(nameOf).join(", ")}`;
  return apply.report.status === "compliant" ? undefined : `check found the cluster compliant, and apply ended ${apply.report.status}: ${apply.report.error?.message ?? ""}`;
}

/**
 * A PUT without the location is refused. Recorded PUTs lack the profiles of control plane plugins, but no version of the API declares them
 * read-only.
 */
const KEPT = ["location", "properties.controlPlanePluginProfiles"];

function isReadOnly(path: readonly string[]): boolean {
  const inPool = path[1] === "agentPoolProfiles" && path.length === 4 ? path[3] : undefined;
  if (inPool !== undefined) return inPool !== "nodeImageVersion" && (READ_ONLY_IN_POOLS as readonly string[]).includes(inPool);
  const own = path.join(".");
  return !KEPT.includes(own) && READ_ONLY.some((declared) => declared.join(".") === own);
}

function withoutReadOnly(value: Json, path: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item, index) => withoutReadOnly(item, [...path, String(index)]));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !isReadOnly([...path, key]));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutReadOnly(item, [...path, key])]));
}

/** The paths at which two values differ. */
function differences(one: Json | undefined, other: Json | undefined, path: readonly string[]): string[] {
  if (isDeepStrictEqual(one, other)) return [];
  const isContainer = (value: Json | undefined): value is Json & object => typeof value === "object" && value !== null;
  if (!isContainer(one) || !isContainer(other)) return [path.join(".")];
  const [left, right] = [one as Record<string, Json>, other as Record<string, Json>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) => differences(left[key], right[key], [...path, key]));
}

/** What was written between two states. What operations change by themselves when they run and end is none of it. */
function changesBetween(before: WorldState, after: WorldState): string[] {
  const volatile = /(^|\.)(eTag|etag|provisioningState|proxyRedirectionMechanism)$/;
  const body = differences(before.body, after.body, []).filter((path) => !volatile.test(path));
  const changed = (one: object, other: object, what: string): string[] => differences(one as Json, other as Json, []).map((path) => `${what} ${path}`);
  const templates = changed(before.templates, after.templates, "template of").map((what) => (what.endsWith("kubectl.kubernetes.io/restartedAt") ? what : `more than the restart in the ${what}`));
  return [...body, ...changed(before.labels, after.labels, "labels of"), ...templates];
}
