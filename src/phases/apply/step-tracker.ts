/** Records the outcome of each step while the steps are carried out, so that a run can be reported at any time. */
import type { StepId, StepOutcome, StepReport } from "../../contract.ts";
import type { Clock } from "../../lib/clock.ts";
import type { PlannedStep } from "../plan/planned-step.ts";

/** The steps of one run and their outcomes. */
export class StepTracker {
  readonly #clock: Clock;
  readonly #entries: { step: PlannedStep; outcome: StepOutcome; reason: string; durationMs: number; startedAt?: number }[];
  #hasChanged = false;

  constructor(steps: readonly PlannedStep[], clock: Clock) {
    this.#clock = clock;
    this.#entries = steps.map((step) => ({ step, outcome: step.needed ? "planned" : step.undecided === true ? "skipped" : "unneeded", reason: step.reason, durationMs: 0 }));
  }

  /**
   * Carries out a step and records its outcome and duration.
   *
   * @param work returns `unneeded` if there was nothing left to do
   * @throws the error of `work`, after recording the failure
   */
  async run(id: StepId, work: () => Promise<"done" | "unneeded">): Promise<void> {
    const startedAt = this.#clock.now();
    const entry = this.#entries.find(({ step }) => step.id === id);
    if (entry !== undefined) entry.startedAt ??= startedAt;
    let outcome: StepOutcome = "failed";
    try {
      outcome = await work();
    } finally {
      this.#record(id, outcome, startedAt);
    }
  }

  /** Replaces the reason of the plan, if the step differs from what was planned. */
  setReason(id: StepId, reason: string): void {
    const entry = this.#entries.find(({ step }) => step.id === id);
    if (entry !== undefined) entry.reason = reason;
  }

  /** Records the outcome of a step that was not carried out, and why. */
  setOutcome(id: StepId, outcome: "unneeded" | "skipped", reason: string): void {
    this.setReason(id, reason);
    this.#record(id, outcome, this.#clock.now());
  }

  /** Marks the planned steps as skipped, because something stands in their way. @param why a phrase, put before the reason of each step */
  block(why: string): void {
    for (const entry of this.#entries) {
      if (entry.outcome !== "planned") continue;
      entry.outcome = "skipped";
      entry.reason = `blocked (${why}): ${entry.reason}`;
    }
  }

  /** Records that the run has changed something, so that it counts even if the step fails afterwards. */
  markChanged(): void {
    this.#hasChanged = true;
  }

  /** Records that a request of a step got no answer: it counts as a change, because the service may have carried it out. */
  markUnanswered(id: StepId, request: string, service: string): void {
    this.markChanged();
    this.setReason(id, `${request} was sent, and its answer did not arrive: whether ${service} has accepted it is not known`);
  }

  /** Marks planned steps that were not started as skipped. @param ids these steps only; all if left out */
  skipRemaining(ids?: readonly StepId[]): void {
    for (const entry of this.#entries) {
      if (entry.outcome === "planned" && (ids?.includes(entry.step.id) ?? true)) entry.outcome = "skipped";
    }
  }

  /** All steps in the order of the plan, as the report shows them. */
  get steps(): readonly StepReport[] {
    return this.#entries.map(({ step: { id, title }, outcome, reason, durationMs, startedAt }) => ({
      id,
      title,
      reason,
      outcome,
      durationMs,
      ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt).toISOString() }),
    }));
  }

  /** Whether a step is done that changes something, or changed something before it failed. */
  get changed(): boolean {
    return this.#hasChanged || this.#entries.some(({ step, outcome }) => outcome === "done" && step.id !== "wait-until-idle");
  }

  #record(id: StepId, outcome: StepOutcome, startedAt: number): void {
    const entry = this.#entries.find(({ step }) => step.id === id);
    if (entry === undefined) return;
    entry.outcome = outcome;
    entry.durationMs += Math.round(this.#clock.now() - startedAt);
  }
}
