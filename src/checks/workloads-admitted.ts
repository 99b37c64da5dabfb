import { type CheckId, CNI_CHAINING } from "../contract.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type RefusedByAdmission, refusedByAdmission } from "../istio/workloads/refused-by-admission.ts";
import { describeSource } from "../istio/admission/refusal.ts";
import type { Unobserved } from "../lib/observed.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, unverifiable, warn } from "./check-result.ts";
import { refusalRemedy } from "./refusal-remedies.ts";
import { waitingForControllers } from "./waiting-for-controllers.ts";

const CHECK: CheckInfo = { id: "workloads-admitted", title: "Admission lets the workloads' pods in" };
const MAX_MESSAGE = 300;

/** Whether admission refuses pods of workloads. A refused pod does not exist, so only its workload shows the refusal. */
export function workloadsAdmitted(snapshot: Snapshot, goal: Goal): CheckResult {
  const replicaSets = observed(snapshot, "replicaSets");
  if (!replicaSets.seen) return unverifiable(CHECK, replicaSets);
  const others = observed(snapshot, "refusedWorkloads");
  const refused = refusedByAdmission(snapshot, goal);
  const ofMesh = refused.filter(({ isOfMesh }) => isOfMesh);
  const unrelated = refused.filter(({ isOfMesh }) => !isOfMesh);
  const notChecked = others.seen && others.value.notChecked > 0 ? [`${count(others.value.notChecked, "more workload")} with FailedCreate events not checked`] : [];

  const [first] = ofMesh;
  if (first !== undefined) {
    const refusals = [...describeAll(refused), ...notChecked];
    const waiting = ofMesh.every(({ meshEndsWithCni }) => meshEndsWithCni) ? waitingForControllers(CHECK, snapshot, goal, refusals) : undefined;
    if (waiting !== undefined) return others.seen ? waiting : withUnobserved(waiting, others);
    return fail(CHECK, `${summaryOf(ofMesh)}: ${describe(first)}`, {
      title: `Admission refuses the pods of ${count(ofMesh.length, "workload")}`,
      explainedBy: ofMesh.map((workload) => explanationOf(workload, goal)),
      evidence: refusals,
      remedy: remedyFor(ofMesh, goal),
    });
  }
  if (unrelated.length > 0) {
    return warn(CHECK, `Admission refuses pods of ${count(unrelated.length, "workload")} for reasons unrelated to redirection.`, {
      title: `Admission refuses the pods of ${count(unrelated.length, "workload")} for other reasons`,
      evidence: [...describeAll(unrelated), ...notChecked],
      remedy: remedyFor(unrelated, goal),
    });
  }
  if (!others.seen) return unverifiable(CHECK, others);
  return pass(CHECK, "Admission does not refuse pods of any workload.", { evidence: notChecked });
}

/** A warning about the workloads that were observed, where others could not be. */
function withUnobserved(result: CheckResult, { why, remedy }: Unobserved): CheckResult {
  return { ...result, evidence: [...result.evidence, `Other workloads could not be checked: ${why}`], remedy: [result.remedy, remedy].filter((line) => line !== "").join("\n"), unverifiable: true, unobserved: true };
}

/** The checks of which a refusal is a consequence while they fail. */
function explanationOf({ isHandInjected, meshEndsWithCni, causes }: RefusedByAdmission, { mechanism }: Goal): readonly CheckId[] {
  if (isHandInjected) return [];
  if (meshEndsWithCni) return mechanism === CNI_CHAINING ? ["cni-chaining-enabled", "injector-configured"] : [];
  // A probe in the same namespace meets what does not depend on the template.
  return causes.every((cause) => cause !== "application" && cause !== "quota" && cause !== "limit-range" && cause !== "other") ? ["admission-probe"] : [];
}

function summaryOf(refused: readonly RefusedByAdmission[]): string {
  const workloads = count(refused.length, "workload");
  if (refused.every(({ causes }) => causes.includes("injector"))) return `The injector does not answer, so no pod of ${workloads} can be created`;
  return `Istio's containers are refused in ${workloads}`;
}

/** The remedy for each cause. CNI chaining does not change a template that has istio-init itself. */
function remedyFor(refused: readonly RefusedByAdmission[], goal: Goal): string {
  const byHand = refused.filter(({ isHandInjected }) => isHandInjected);
  const [first] = byHand;
  const injected = refusalRemedy(refused.filter((workload) => !byHand.includes(workload)), goal.mechanism, "Then restart the workload.");
  if (first === undefined) return injected;
  const others = byHand.length > 1 ? ` and ${count(byHand.length - 1, "other")}` : "";
  const steps = `The pod template of ${nameOf(first)}${others} has istio-init itself: it was injected by hand. A switch does not change it. Remove Istio's containers from the template, and let the injector add them.`;
  return [injected, steps].filter((line) => line !== "").join("\n");
}

/** One line for each workload: those of the mesh first, and each reason once. */
function describeAll(refused: readonly RefusedByAdmission[]): readonly string[] {
  const told = new Map<string, RefusedByAdmission>();
  return [...refused].sort((a, b) => Number(b.isOfMesh) - Number(a.isOfMesh)).map((workload) => {
    const reason = `${describeSource(workload.refusal)} ${workload.refusal.reason} ${String(workload.isHandInjected)}`;
    const first = told.get(reason);
    if (first !== undefined) return `${nameOf(workload)}: refused as ${nameOf(first)}`;
    told.set(reason, workload);
    return describe(workload);
  });
}

function describe(workload: RefusedByAdmission): string {
  const byHand = workload.isHandInjected ? " (istio-init is in its own template)" : "";
  return `${nameOf(workload)}${byHand}: ${shorten(workload.message)}`;
}

/** `Deployment shop/web`, `Job shop/nightly-1 (of CronJob nightly)`. */
function nameOf({ kind, namespace, name, owner }: RefusedByAdmission): string {
  const own = `${kind} ${namespace}/${name}`;
  return owner === undefined ? own : `${own} (of ${owner.kind} ${owner.name})`;
}

/** A message without what Kubernetes puts before it where it has counted several events as one. */
function shorten(message: string): string {
  const own = message.replace(/^\(combined from similar events\): /, "");
  return own.length > MAX_MESSAGE ? `${own.slice(0, MAX_MESSAGE)}...` : own;
}
