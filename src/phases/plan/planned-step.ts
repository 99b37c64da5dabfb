import type { StepId } from "../../contract.ts";



/** A step that a run may take, needed or not. */
export interface PlannedStep {
  readonly id: StepId;
  readonly title: string;
  /** Why it is needed, or why it is not. */
  readonly reason: string;
  readonly needed: boolean;
  /** It was asked for, but what was seen does not tell whether it is needed: it is skipped. */
  readonly undecided?: boolean;
}