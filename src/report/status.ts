/** The status of a run, and whether the step fails. Pure. */
import type { Check, KubeAccess, Mode, Status } from "../contract.ts";

/** A check. `unverifiable`: the result could not be determined. Other skipped checks do not apply. */
export type EvaluatedCheck = Pick<Check, "result"> & { readonly unverifiable: boolean };

/** The status of a run. `error`: the run could not finish. `changed`: it changed something. */
export function statusOf(run: {
  readonly mode: Mode;
  readonly changed: boolean;
  readonly checks: readonly EvaluatedCheck[];
  readonly plannedSteps: number;
  readonly error?: boolean;
}): Status {
  if (run.error === true) return "failed";
  const failing = run.checks.some((check) => check.result === "fail");
  const unverifiable = run.checks.some((check) => check.unverifiable);
  switch (run.mode) {
    case "plan":
      if (failing || run.plannedSteps > 0) return "drifted";
      return unverifiable ? "unverified" : "compliant";
    case "check":
      if (failing) return "drifted";
      return unverifiable ? "unverified" : "compliant";
    case "apply":
    case "disable":
      if (failing) return "failed";
      if (unverifiable) return "unverified";
      return run.changed ? "changed" : "compliant";
  }
}

/** Why the step fails, in whole sentences; undefined if it succeeds. */
export function stepFails(run: {
  readonly status: Status;
  readonly mode: Mode;
  readonly failOnDrift: boolean;
  readonly kubeAccess: KubeAccess;
}): string | undefined {
  switch (run.status) {
    case "failed":
      return "Failed: the run did not reach its goal. The job summary says what came back and what to do.";
    case "drifted":
      return run.mode === "check" && run.failOnDrift
        ? "Drifted: checks failed. The job summary lists the differences; mode apply repairs them."
        : undefined;
    case "unverified":
      return run.mode === "plan" || run.kubeAccess === "auto" || run.kubeAccess === "none"
        ? undefined
        : `Unverified: the cluster could not be looked into, and kube-access asks for ${run.kubeAccess}.`;
    case "compliant":
    case "changed":
      return undefined;
  }
}
