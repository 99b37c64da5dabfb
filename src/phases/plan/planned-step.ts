import type { StepId } from "../../contract.ts";

/** A step of the plan, needed or not. */
export interface PlannedStep {
  readonly id: StepId;
  readonly title: string;
  /** Why the step is needed, or why it is not. */
  readonly reason: string;
  readonly needed: boolean;
  /** True if the inputs ask for the step, but observations are missing that show whether it is needed. It is skipped then. */
  readonly undecided?: boolean;
  /** True if the step is taken only if Azure refuses the switch for want of it. */
  readonly onlyIfRefused?: boolean;
}
