/** Keeps account of the steps while they are carried out, so that a report can be written wherever a run ends. */
import type { Clock } from "../../lib/clock.ts";
import type { StepId, StepOutcome, StepReport } from "../../contract.ts";
import type { PlannedStep } from "../plan/planned-step.ts";

export class StepTracker {
  readonly #clock: Clock;
  readonly #entries: { step: PlannedStep; outcome: StepOutcome; reason: string; durationMs: number }[];
  #touched = false;

  constructor(steps: readonly PlannedStep[], clock: Clock) {
    this.#clock = clock;
    this.#entries = steps.map((step) => ({ step, outcome: step.needed ? "planned" : step.undecided === true ? "skipped" : "unneeded", reason: step.reason, durationMs: 0 }));
  }

  /**
   * Carries a step out and notes how it ended. `unneeded` is for what turned out to be done already.
   *
   * @throws whatever the work throws, after noting the failure
   */
  async run(id: StepId, work: () => Promise<"done" | "unneeded">): Promise<"done" | "unneeded"> {
    const startedAt = this.#clock.now();
    try {
      const outcome = await work();
      this.#note(id, outcome, startedAt);
      return outcome;
    } catch (error) {
      this.#note(id, "failed", startedAt);
      throw error;
    }
  }

  /** Notes that something had to be done after all, and why. */
  setReason(id: StepId, reason: string): void {
    const entry = this.#entries.find(({ step }) => step.id === id);
    if (entry !== undefined) entry.reason = reason;
  }

  /** Notes that a step came to nothing after all, and why. */
  close(id: StepId, outcome: "unneeded" | "skipped", reason: string): void {
    this.setReason(id, reason);
    this.#note(id, outcome, this.#clock.now());
  }

  /** Notes that something was changed, so that it counts even where the step fails afterwards. */
  markChanged(): void {
    this.#touched = true;
  }

  /** What was planned and never begun is skipped; of these steps only, where some are named. */
  skipRemaining(ids?: readonly StepId[]): void {
    for (const entry of this.#entries) {
      if (entry.outcome === "planned" && (ids?.includes(entry.step.id) ?? true)) entry.outcome = "skipped";
    }
  }

  get steps(): readonly StepReport[] {
    return this.#entries.map(({ step: { id, title }, outcome, reason, durationMs }) => ({ id, title, reason, outcome, durationMs }));
  }

  /** Whether a step that changes something was done, or changed something before it failed. */
  get changed(): boolean {
    return this.#touched || this.#entries.some(({ step, outcome }) => outcome === "done" && step.id !== "wait-until-idle");
  }

  #note(id: StepId, outcome: StepOutcome, startedAt: number): void {
    const entry = this.#entries.find(({ step }) => step.id === id);
    if (entry === undefined) return;
    entry.outcome = outcome;
    entry.durationMs += Math.round(this.#clock.now() - startedAt);
  }
}
