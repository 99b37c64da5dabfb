/** Decides whether workloads can be restarted now. */
import { evaluate } from "../../checks/evaluate.ts";
import { type CheckId, CNI_CHAINING } from "../../contract.ts";
import type { Goal } from "../../istio/goal.ts";
import type { Snapshot } from "../../istio/observation.ts";

/** Checks that must not fail before a restart: while one does, new pods have the old redirection, or do not start. */
const MUST_NOT_FAIL = ["cni-chaining-enabled", "injector-configured", "cni-daemonset-ready", "cni-covers-nodes"] as const satisfies readonly CheckId[];

/** @returns why workloads cannot be restarted; undefined if the injector and the CNI agent are known to be ready */
export function restartObstacle(snapshot: Snapshot, goal: Goal): string | undefined {
  const checks = evaluate(snapshot, goal, [...MUST_NOT_FAIL, "admission-probe"]);
  const check = (id: CheckId): (typeof checks)[number] | undefined => checks.find((candidate) => candidate.id === id);
  const failing = MUST_NOT_FAIL.map(check).find((candidate) => candidate?.result === "fail");
  if (failing !== undefined) return `${failing.id} fails: ${failing.message}`;
  const injector = check("injector-configured");
  // If the configuration cannot be read, a probe that passes proves the same.
  if (injector?.result !== "pass" && check("admission-probe")?.result !== "pass") {
    return `it is unknown whether the injector is configured: ${injector?.message ?? ""}`;
  }
  const agent = check("cni-daemonset-ready");
  if (goal.mechanism === CNI_CHAINING && agent?.result !== "pass") return `it is unknown whether the CNI agent is ready: ${agent?.message ?? ""}`;
  return undefined;
}
