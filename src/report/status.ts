/** The verdict of a run, and whether the step fails for it. Pure. */
import type { Check, KubeAccess, Mode, Status } from "../contract.ts";

/** A check, and whether its result could not be found out (as opposed to: does not apply here). */
export type JudgedCheck = Pick<Check, "result"> & { readonly unverifiable: boolean };

/** The verdict of a run over its checks and steps. `error`: the run could not finish. `changed`: it changed something. */
export function statusOf(run: {
  readonly mode: Mode;
  readonly changed: boolean;
  readonly checks: readonly JudgedCheck[];
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

/** Why the step fails, as the sentence for `setFailed`; undefined where it succeeds. */
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
        ? "Drifted: the cluster is not as it should be. The job summary lists the differences; mode apply repairs them."
        : undefined;
    case "unverified":
      return run.kubeAccess === "auto" || run.kubeAccess === "none"
        ? undefined
        : `Unverified: the cluster could not be looked into, and kube-access asks for ${run.kubeAccess}.`;
    case "compliant":
    case "changed":
      return undefined;
  }
}
