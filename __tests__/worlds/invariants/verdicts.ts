/** Design, section 4: what a run may say. */
import { isDeepStrictEqual } from "node:util";
import type { CheckId } from "../../../src/contract.ts";
import type { PlayedWorld } from "../play.ts";
import type { Truth } from "../truth.ts";
import type { WorldRun } from "../session.ts";
import { findingsOf, lastApply, runsOf, type Violation } from "./invariant.ts";

/** After apply the second check is compliant, or says why not. */
export function applyMendsOrSaysWhyNot(world: PlayedWorld): Violation {
  const { checkAgain, neighbours } = world;
  const last = lastApply(world);
  const { status, error } = last.report;
  if (neighbours.length > 0 || last.isCancelled) return undefined;
  if ((status === "changed" || status === "compliant") && checkAgain.report.status !== "compliant") return `apply ended ${status}, and the check after it ${checkAgain.report.status}: ${checkAgain.report.error?.message ?? findingsOf(checkAgain)}`;
  if (status === "unverified" && checkAgain.report.status === "drifted") return `apply ended unverified, and the check after it drifted: ${findingsOf(checkAgain)}`;
  if (status === "failed" && error === undefined && !last.report.checks.some(({ result }) => result === "fail")) return "apply failed, and says neither by an error nor by a check why";
  const mechanism = checkAgain.report.checks.find(({ id }) => id === "cni-chaining-enabled");
  return error === undefined && status !== "failed" && mechanism?.result === "fail" ? `apply ended ${status} without an error, and the check after it says: ${mechanism.message}` : undefined;
}

/** "Interrupted anywhere, the next run picks up and converges." */
export function interruptedRunsConverge(world: PlayedWorld): Violation {
  const { description, apply, second, truths } = world;
  if (description.course.kind !== "interrupted" || !apply.isCancelled) return undefined;
  // A run that had its verdict when it was cancelled keeps it.
  if (apply.report.error?.code === "Cancelled" && apply.report.status !== "failed") return `a cancelled run ended ${apply.report.status}`;
  if (second === undefined) return "the run after it is missing";
  const { error, status } = second.report;
  if (["changed", "compliant"].includes(status) && truths.last.isMeshOn && !truths.last.isStopped && truths.last.mechanism !== "CNIChaining") return `the run after an interrupted one ended ${status}, and the mesh uses ${truths.last.mechanism}`;
  return error?.code === "Cancelled" ? "the run after an interrupted one says that it was cancelled" : undefined;
}

/** "Nothing is called redirected without proof": the numbers are those of the simulator. */
export function countsAreTrue({ check, plan, checkAgain, truths }: PlayedWorld): Violation {
  const counted: readonly (readonly [WorldRun, Truth])[] = [[check, truths.first], [plan, truths.beforeApply], [checkAgain, truths.last]];
  for (const [run, truth] of counted) {
    const { counts } = run.report;
    const redirected = counts?.after.podsRedirected;
    if (redirected === undefined || run.startedAt !== run.endedAt) continue;
    const { podsInMesh = 0, workloadsToRestart = 0, workloadsRefused = 0, agentsReady = 0, agentsDesired = 0 } = counts?.after ?? {};
    if (podsInMesh < redirected + truth.withIstioInit.length) return `${run.mode} counts ${podsInMesh} pods in the mesh, and there are ${redirected} redirected ones and ${truth.withIstioInit.length} with istio-init`;
    const stale = new Set(truth.withIstioInit.map(({ owner }) => owner)).size;
    if (workloadsToRestart < stale) return `${run.mode} counts ${workloadsToRestart} workloads to restart, and these have istio-init: ${truth.withIstioInit.map(({ pod }) => pod).join(", ")}`;
    if (counts?.after.workloadsRefused !== undefined && workloadsRefused < truth.refused.length) return `${run.mode} counts ${workloadsRefused} refused workloads, and these are: ${truth.refused.join(", ")}`;
    if (counts?.after.agentsReady !== undefined && (agentsReady !== truth.agents.ready || agentsDesired !== truth.agents.desired)) return `${run.mode} counts ${agentsReady} of ${agentsDesired} agents ready, and these are ${truth.agents.ready} of ${truth.agents.desired}`;
    if (redirected !== truth.redirected.length) return `${run.mode} says that ${redirected} pods are redirected, and these are: ${truth.redirected.join(", ") || "none"}`;
  }
  return undefined;
}

/** What could not be looked at is not called fine. */
export function goodVerdictsWereLookedAt(world: PlayedWorld): Violation {
  for (const { mode, report, state } of runsOf(world)) {
    if (report.status !== "compliant" && report.status !== "changed") continue;
    if (state.access.startsWith("none")) return `${mode} is ${report.status} without access to the cluster`;
    const undecided = state.checks.filter(({ unverifiable }) => unverifiable).map(({ id }) => id);
    if (undecided.length > 0) return `${mode} is ${report.status}, and could not decide ${undecided.join(", ")}`;
  }
  return undefined;
}

/** A check that passes is right. */
export function passesAreTrue({ check, checkAgain, truths }: PlayedWorld): Violation {
  for (const [run, truth] of [[check, truths.first], [checkAgain, truths.last]] as const) {
    if (!truth.isBusy && truth.mechanism !== "CNIChaining" && run.report.checks.some(({ message }) => message.includes("CNI chaining is already on"))) return `${run.mode} says that CNI chaining is already on, and the mesh uses ${truth.mechanism}`;
    const passes = (id: CheckId): boolean => run.report.checks.some((found) => found.id === id && found.result === "pass");
    if (run.startedAt !== run.endedAt || truth.isBusy) continue;
    for (const id of ["cni-chaining-enabled", "injector-configured", "cni-daemonset-ready"] as const) if (passes(id) && truth.mechanism !== "CNIChaining") return `${id} passes, and the mesh uses ${truth.mechanism}`;
    if (passes("cni-daemonset-ready") && truth.agents.ready < truth.agents.desired) return `cni-daemonset-ready passes, and ${truth.agents.ready} of ${truth.agents.desired} agents are ready`;
    if (passes("pods-redirected") && truth.notRedirected.length > 0) return `pods-redirected passes, and these pods are never redirected: ${truth.notRedirected.join(", ")}`;
    if (passes("workloads-admitted") && truth.refused.length > 0) return `workloads-admitted passes, and these are refused: ${truth.refused.join(", ")}`;
    if (passes("workloads-current") && truth.withIstioInit.length > 0) return `workloads-current passes, and these pods have istio-init: ${truth.withIstioInit.map(({ pod }) => pod).join(", ")}`;
  }
  return undefined;
}

/** A run that calls the cluster compliant or changed is right: the mesh uses CNI chaining, and nothing of the mesh is refused or broken. */
export function goodVerdictsAreTrue(world: PlayedWorld): Violation {
  const { check, checkAgain, truths, neighbours } = world;
  const last = lastApply(world);
  const judged: readonly (readonly [WorldRun, Truth])[] = [[check, truths.first], [checkAgain, truths.last], ...(neighbours.length > 0 ? [] : [[last, truths.last] as const])];
  for (const [run, truth] of judged) {
    const { status } = run.report;
    if (status !== "compliant" && status !== "changed") continue;
    if (!truth.isMeshOn) return `${run.mode} is ${status}, and the mesh is off`;
    if (truth.mechanism !== "CNIChaining") return `${run.mode} is ${status}, and the mesh uses ${truth.mechanism}`;
  }
  return undefined;
}

/** A mesh that uses init containers while nobody changes it is drifted, whatever else cannot be looked at. */
export function driftIsFound({ check, checkAgain, truths, description }: PlayedWorld): Violation {
  for (const [run, truth] of [[check, truths.first], [checkAgain, truths.last]] as const) {
    if (run.report.error !== undefined || truth.isBusy || truth.isStopped) continue;
    const isDrift = !truth.isMeshOn || (truth.mechanism === "InitContainers" && description.azure.isNamed);
    if (isDrift && run.report.status !== "drifted" && !isUnconfirmed(run)) return `${run.mode} is ${run.report.status}, and the mesh ${truth.isMeshOn ? `uses ${truth.mechanism}` : "is off"}: ${findingsOf(run)}`;
  }
  return undefined;
}

/** Whether Azure names CNI chaining, an operation on it failed, and the cluster could not be looked into: then nothing shows the drift. */
function isUnconfirmed({ report }: WorldRun): boolean {
  return report.checks.some(({ id, result }) => id === "cni-chaining-enabled" && (result === "warn" || result === "fail"));
}

/** Verdicts do not depend on the transport. */
export function transportsAgree({ check, byOtherTransports }: PlayedWorld): Violation {
  const isConnected = (run: WorldRun): boolean => run.report.error === undefined && !run.state.access.startsWith("none");
  const verdict = (run: WorldRun): unknown => ({ status: run.report.status, checks: run.report.checks.map(({ id, result, message }) => [id, result, message]), pods: run.report.pods.byState });
  for (const other of byOtherTransports) {
    if (!isConnected(check) || !isConnected(other) || isDeepStrictEqual(verdict(check), verdict(other))) continue;
    return `by ${check.state.access}: ${JSON.stringify(verdict(check))}; by ${other.state.access}: ${JSON.stringify(verdict(other))}`;
  }
  return undefined;
}
