/** What must come out where nothing is in the way: so that a run that finds fault with every world fails as well. */
import type { WorldDescription } from "../description.ts";
import type { PlayedWorld } from "../play.ts";
import { findingsOf, lastApply, type Violation } from "./invariant.ts";

/** A cluster that is as it should be, in every part, is compliant; with CNI chaining on, its rights in Azure do not matter. */
export function wellClustersAreCompliant({ description, check, truths }: PlayedWorld): Violation {
  const truth = truths.first;
  if (!isWell(description) || truth.mechanism !== "CNIChaining" || truth.isBusy || truth.incomplete.length > 0) return undefined;
  return check.report.status === "compliant" ? undefined : `a cluster that is as it should be is ${check.report.status}: ${check.report.error?.message ?? findingsOf(check)}`;
}

/** apply switches a cluster where nothing stands in its way, and ends without an error. */
export function applySwitchesWhereNothingStandsInTheWay(world: PlayedWorld): Violation {
  const last = lastApply(world);
  if (!isSwitchable(world.description) || world.neighbours.length > 0 || last.isCancelled) return undefined;
  const { status, error } = last.report;
  if (world.truths.last.mechanism !== "CNIChaining") return `nothing stands in the way, and the mesh uses ${world.truths.last.mechanism}: ${error?.message ?? status}`;
  // Labels and restarts may meet obstacles of their own.
  const ofCluster = ["AmbiguousRevision", "RolloutFailed", "Forbidden", "Invalid", "Timeout", "NotFound"];
  return error === undefined || ofCluster.includes(error.code) ? undefined : `nothing stands in the way, and apply ended with ${error.code}: ${error.message}`;
}

function isWell({ azure, nodes, namespaces, workloads, admission, actor, inputs }: WorldDescription): boolean {
  return (
    azure.revisions.length > 0 &&
    azure.history.startsWith("CNI chaining for") &&
    azure.lastOperation === "Succeeded" &&
    azure.running === "nothing" &&
    !azure.isStopped &&
    (nodes.trouble === "none" || nodes.trouble === "one node is cordoned") &&
    namespaces.every(({ injection, podSecurity }) => podSecurity !== "restricted" && ["newest revision", "oldest revision", "revision tag", "none"].includes(injection)) &&
    workloads.every(({ template, behaviour }) => template !== "TPROXY" && template !== "injected by hand" && (behaviour === "runs" || behaviour === "completes")) &&
    ["none", "warns of capabilities"].includes(admission.gatekeeper) &&
    admission.quotaIn === undefined &&
    admission.sideEffectsIn === undefined &&
    !admission.injectorIsDown &&
    ["everything", "the cluster only", "no write", "write takes effect after 3 min"].includes(actor.azure) &&
    actor.cluster === "cluster admin" &&
    ["reached directly", "private with a public name", "private"].includes(actor.network) &&
    // Then the flag counts as well, and reading it needs a right on the subscription.
    (inputs.registerFeature !== "always" || (["graduated", "registered"].includes(azure.flag) && actor.azure !== "the cluster only")) &&
    // `*` selects the namespace default as well, which has no label.
    inputs.namespaces.every((name) => namespaces.some((namespace) => namespace.name === name && namespace.injection !== "none"))
  );
}

function isSwitchable({ azure, actor, inputs }: WorldDescription): boolean {
  const hasFlag = ["graduated", "registered", "not registered, and not needed", "pending, and not needed"].includes(azure.flag);
  const getsFlag = ["not registered", "registering"].includes(azure.flag) && inputs.registerFeature !== "never";
  return (
    azure.revisions.length > 0 &&
    !azure.revisions.includes("asm-1-24") &&
    azure.putEnds === "Succeeded" &&
    azure.running !== "an operation that does not end" &&
    !azure.isStopped &&
    !azure.hasUnfinishedUpgrade &&
    (azure.cloud !== "refuses revisions out of support" || azure.revisions.every((revision) => ["asm-1-29", "asm-1-30"].includes(revision))) &&
    (hasFlag || getsFlag) &&
    (inputs.registerFeature !== "always" || !azure.flag.startsWith("pending")) &&
    // Then the plan is blocked, if the cluster can be looked into, and nothing is changed.
    (inputs.label === "no" || inputs.label === "yes, with the newest revision" || azure.revisions.length === 1) &&
    actor.azure === "everything"
  );
}
