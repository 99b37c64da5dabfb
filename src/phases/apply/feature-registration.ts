/**
 * The steps `register-feature` and `refresh-provider`. Most subscriptions do not need the flag any more, and flags were seen Registering
 * for hours or Pending for ever. So with `register-feature: auto` the flag never keeps a run from a PUT that may work: what stands in
 * the way of the registration is only reported if Azure refuses the PUT because of the feature.
 */
import { FEATURE_NAME, type FeatureReading, type PreviewFeature } from "../../azure/preview-feature.ts";
import type { RegisterFeature } from "../../contract.ts";
import { ActionError, DeadlineError, messageOf, ServiceError } from "../../lib/errors.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { AzureReadings } from "./switch-redirection.ts";
import type { StepTracker } from "./step-tracker.ts";

/** How long `register-feature: auto` waits before it tries the PUT without the flag, in milliseconds. */
const PATIENCE_MS = 10 * 60_000;

/** What a {@link FeatureRegistration} needs. */
export interface RegistrationOptions {
  /** Undefined if `register-feature` is `never`. */
  readonly feature: PreviewFeature | undefined;
  readonly registerFeature: RegisterFeature;
  /** The reading from before the first step. */
  readonly first: FeatureReading;
  readonly tracker: StepTracker;
  readonly context: RunContext;
  readonly readings: AzureReadings;
}

/** Registers the preview flag of one run. */
export class FeatureRegistration {
  readonly #options: RegistrationOptions;
  #reading: FeatureReading;
  /** What ended the registration before the PUT was tried; undefined if nothing did. */
  #obstacle: ActionError | undefined;
  /** Whether this run has registered the flag. */
  #hasRegistered = false;
  #isRefreshed = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#reading = options.first;
  }

  /** The latest reading of the flag. */
  get reading(): FeatureReading {
    return this.#reading;
  }

  /**
   * Registers the flag before the PUT, and waits until it is Registered: with `always` until the deadline, with `auto` for ten minutes.
   *
   * @throws with `always` the error that ended the registration; with `auto` only what ends the run: cancelled, or out of time
   */
  async registerBeforeSwitch(): Promise<void> {
    const { feature, registerFeature, tracker, context } = this.#options;
    if (feature === undefined) return;
    if (registerFeature === "always") return this.#register(feature, {});
    try {
      await this.#register(feature, { withinMs: PATIENCE_MS, waitsForRole: false });
    } catch (error) {
      if (!(error instanceof ServiceError) && !isPendingOrSlow(error, context)) throw error;
      this.#obstacle = error;
      const why = "the switch is tried without the feature";
      context.log.warning(`${FEATURE_NAME}: ${why}: ${error.message}`);
      const failed = tracker.steps.find(({ outcome }) => outcome === "failed")?.id;
      if (failed === "register-feature" || failed === "refresh-provider") tracker.setOutcome(failed, "skipped", why);
    }
  }

  /**
   * After a refusal of the PUT that names the feature: registers the flag if necessary, and waits until the deadline.
   *
   * @param refusal the error of the PUT
   * @throws the refusal if the flag may not be registered by this run or does not exist; the error that ends the registration
   */
  async registerAfterRefusal(refusal: ServiceError): Promise<void> {
    const { feature, context, readings } = this.#options;
    if (feature === undefined) throw refusal;
    context.log.info(`the provider refused because of the feature: ${refusal.message}`);
    this.#reading = await feature.read();
    readings.onFeature(this.#reading);
    if (this.#reading.state === "NotFound") throw refusal;
    try {
      await this.#register(feature, {});
    } catch (error) {
      if (!(error instanceof ActionError) || error instanceof DeadlineError) throw error;
      throw this.#missing(error, refusal);
    }
  }

  async #register(feature: PreviewFeature, limits: { readonly withinMs?: number; readonly waitsForRole?: boolean }): Promise<void> {
    const { tracker, context, readings } = this.#options;
    await tracker.run("register-feature", async () => {
      const wasRegistered = this.#reading.state.toLowerCase() === "registered";
      const onReading = (reading: FeatureReading): void => {
        this.#reading = reading;
        readings.onFeature(reading);
      };
      this.#reading = await feature.waitUntilRegistered(this.#reading, { onAccepted: () => tracker.markChanged(), onUnanswered: () => tracker.markUnanswered("register-feature", "the request", "Azure"), onReading }, limits);
      context.log.info(`the feature is ${this.#reading.state}`);
      // A PUT that is refused for a while after the registration asks for the flag again.
      this.#hasRegistered ||= !wasRegistered && this.#reading.state !== "NotFound";
      return this.#hasRegistered ? "done" : "unneeded";
    });
    if (this.#reading.state !== "NotFound") await this.#refreshProvider(feature, limits.waitsForRole ?? true);
  }

  /** Registers the provider again, which makes a newly registered feature take effect; once per run. */
  async #refreshProvider(feature: PreviewFeature, waitsForRole: boolean): Promise<void> {
    if (this.#isRefreshed) return;
    const { tracker, context } = this.#options;
    await tracker.run("refresh-provider", async () => {
      await feature.refreshProvider(() => tracker.markUnanswered("refresh-provider", "the request", "Azure"), waitsForRole);
      context.log.info("refreshed the provider Microsoft.ContainerService");
      return "done";
    });
    this.#isRefreshed = true;
  }

  /** The error of a registration that Azure asked for by refusing the PUT. */
  #missing(error: ActionError, refusal: ServiceError): ActionError {
    const { message } = this.#obstacle ?? error;
    return new ActionError({
      code: error.code,
      doing: error.doing,
      message: `${messageOf(error)} Azure refused the switch for want of the feature: ${refusal.message}${message === error.message ? "" : ` Before: ${message}`}`,
      remedy: error.remedy,
      correlationId: error.correlationId ?? refusal.correlationId,
      cause: error,
    });
  }
}

/** Whether a registration waits for an approval, or takes longer than the patience of `auto`. The deadline of the run is neither. */
function isPendingOrSlow(error: unknown, { clock, deadlineAt, signal }: RunContext): error is ActionError {
  if (signal.aborted || !(error instanceof ActionError)) return false;
  if (error instanceof DeadlineError) return clock.now() < deadlineAt;
  return error.code === "FeaturePending";
}
