/** Design, section 4: "The modes agree." */
import { AZURE_STEP_IDS } from "../../../src/contract.ts";
import { blockerOf } from "../../../src/report/verdict.ts";
import type { PlayedWorld } from "../play.ts";
import type { WorldRun } from "../session.ts";
import { findingsOf, type Violation } from "./invariant.ts";
import { isPut, isWrite, nameOf } from "./requests.ts";

/** Whether two runs found the same world: nothing moved between them. */
function isSameMoment(one: WorldRun, other: WorldRun): boolean {
  return one.startedAt === other.startedAt;
}

function plannedSteps({ report }: WorldRun): readonly string[] {
  return report.plan.filter(({ outcome }) => outcome === "planned").map(({ id }) => id);
}

/** check and plan evaluate the same checks with the same results. */
export function checkAndPlanFindTheSame({ check, plan }: PlayedWorld): Violation {
  if (!isSameMoment(check, plan)) return undefined;
  const inPlan = new Map(plan.report.checks.map((found) => [found.id, found]));
  for (const { id, result, message } of check.report.checks) {
    const other = inPlan.get(id);
    if (other?.result !== result || other.message !== message) return `check says of ${id} "${result}: ${message}", and plan "${other?.result ?? "nothing"}: ${other?.message ?? ""}"`;
  }
  return check.report.status === "drifted" && plan.report.status !== "drifted" ? `check is drifted, and plan ${plan.report.status}` : undefined;
}

/** "`apply` has nothing to do exactly where `check` finds nothing to mend and `plan` shows no step." */
export function nothingToDoInAllModes({ check, plan, apply, neighbours }: PlayedWorld): Violation {
  if (!isSameMoment(check, plan) || check.report.error !== undefined || plan.report.error !== undefined) return undefined;
  const planned = plannedSteps(plan);
  const isBlocked = blockerOf(plan.report) !== undefined;
  const hasFinding = check.report.checks.some(({ result }) => result === "fail" || result === "warn") || check.report.status === "unverified";
  if (!hasFinding && planned.length > 0) return `plan shows ${planned.join(", ")}, and check finds nothing to mend`;
  if (!isSameMoment(plan, apply) || neighbours.length > 0 || apply.isCancelled) return undefined;
  const writes = apply.requests.filter(isWrite);
  if (planned.length === 0 && writes.length > 0) return `plan shows ${isBlocked ? "that something blocks it" : "no step"}, and apply wrote: ${writes.map(nameOf).join(", ")}`;
  const done = apply.report.plan.filter(({ outcome }) => outcome === "done").map(({ id }) => id);
  // Whether an operation in progress was the switch is known once it has ended: then the switch is decided again.
  const mayFollow = [...(planned.includes("switch-redirection") ? ["register-feature", "refresh-provider"] : []), ...(planned.includes("wait-until-idle") ? AZURE_STEP_IDS : [])];
  const unplanned = done.filter((id) => !planned.includes(id) && !(mayFollow as readonly string[]).includes(id));
  return unplanned.length > 0 ? `apply did what plan does not show: ${unplanned.join(", ")}` : undefined;
}

/** "What stands in `apply`'s way stands in the plan." */
export function obstaclesStandInThePlan({ plan, apply, neighbours }: PlayedWorld): Violation {
  if (!isSameMoment(plan, apply) || neighbours.length > 0 || apply.isCancelled || plan.report.error !== undefined) return undefined;
  const inPlan = blockerOf(plan.report)?.code;
  const { error } = apply.report;
  if (inPlan !== undefined && error?.code !== inPlan) return `plan is blocked by ${inPlan}, and apply ended ${apply.report.status} (${error?.code ?? "without an error"})`;
  const isBlocker = error !== undefined && error.doing.startsWith("checking whether the cluster can") && !apply.requests.some(isWrite);
  const waited = apply.report.plan.some(({ id, durationMs }) => id === "wait-until-idle" && durationMs > 0);
  if (isBlocker && inPlan === undefined && !waited) return `apply was blocked by ${error.code}, and plan does not show it`;
  const switches = plannedSteps(plan).includes("switch-redirection");
  const hasTried = apply.requests.some(isPut) || error !== undefined || waited;
  return switches && inPlan === undefined && !hasTried ? `plan shows the switch, and apply sent no PUT: ${findingsOf(apply)}` : undefined;
}
