/** The preview flag, and the provider that must hear of it. */
import type { FeatureResult } from "@azure/arm-features";
import { ActionError, type Right, ServiceError } from "../lib/errors.ts";
import { type HttpAnswer, retryAfter } from "../lib/http.ts";
import { retryWhileRolePropagates } from "../lib/role-propagation.ts";
import { poll, type RunContext } from "../lib/run-context.ts";
import type { ArmClient } from "./arm-client.ts";

/** The flag that gates CNI chaining on subscriptions and clouds where it has not graduated. */
export const FEATURE_NAME = "Microsoft.ContainerService/IstioCNIPreview";

/**
 * What is known of the flag. `state` is Azure's word (NotRegistered, Pending, Registering, Registered, …), or
 * `NotFound` where Azure does not know the flag, or `Unknown` where it could not be read; then `why` says why.
 */
export interface FeatureReading {
  readonly name: string;
  readonly state: string;
  readonly why: string;
}

/** Receives what happens during a registration. */
export interface RegistrationEvents {
  /** Azure has accepted the registration, however it ends. */
  readonly onAccepted: () => void;
  readonly onReading: (reading: FeatureReading) => void;
}

const FEATURES_API = "2021-07-01";
const PROVIDERS_API = "2021-04-01";
const SUBSCRIPTION = "the subscription";

const READ_FEATURE: Right = { action: "Microsoft.Features/providers/features/read", scope: SUBSCRIPTION, role: "Reader" };
const REGISTER_FEATURE: Right = {
  action: "Microsoft.Features/providers/features/register/action",
  scope: SUBSCRIPTION,
  role: "Contributor",
};
const REGISTER_PROVIDER: Right = { action: "Microsoft.ContainerService/register/action", scope: SUBSCRIPTION, role: "Contributor" };

/** The preview flag of one subscription. */
export class PreviewFeature {
  readonly #arm: ArmClient;
  readonly #subscriptionId: string;
  readonly #context: RunContext;
  /** The pause that the last answer asked for. */
  #retryAfterMs: number | undefined;

  constructor(arm: ArmClient, subscriptionId: string, context: RunContext) {
    this.#arm = arm;
    this.#subscriptionId = subscriptionId;
    this.#context = context;
  }

  /**
   * Reads the flag. A flag that Azure does not know has graduated, or is not in this cloud; a flag that the identity may
   * not read is unknown. Neither is an error: someone with rights on the resource group alone must be able to run, and a
   * compliant cluster needs no flag.
   */
  async read(): Promise<FeatureReading> {
    this.#retryAfterMs = undefined;
    try {
      const answer = await this.#arm.send({ doing: `reading the feature ${FEATURE_NAME}`, method: "GET", path: this.#path(""), needs: READ_FEATURE });
      return this.#take(answer);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.status === 404 && !/^Subscription/.test(error.code)) return reading("NotFound");
      return reading("Unknown", `${error.message} ${error.remedy}`.trim());
    }
  }

  /** Asks for registration; Azure takes minutes to carry it out. */
  async register(): Promise<FeatureReading> {
    const answer = await retryWhileRolePropagates(this.#context, () =>
      this.#arm.send({
        doing: `registering the feature ${FEATURE_NAME}`,
        method: "POST",
        path: this.#path("/register"),
        needs: REGISTER_FEATURE,
        resendable: true,
      }),
    );
    return this.#take(answer);
  }

  #take(answer: HttpAnswer): FeatureReading {
    this.#retryAfterMs = retryAfter((name) => answer.header(name), this.#context.clock.now());
    return reading(readState(answer.json()));
  }

  /**
   * Waits until the flag is Registered, registering it where nobody has.
   *
   * @param first what was read last
   * @returns the last reading: Registered, or NotFound where the flag vanished meanwhile
   * @throws ActionError at once for Pending, which never ends by itself
   */
  async waitUntilRegistered(first: FeatureReading, { onAccepted, onReading }: RegistrationEvents): Promise<FeatureReading> {
    let current: FeatureReading | undefined = first;
    return poll<FeatureReading>(this.#context, `the feature ${FEATURE_NAME}`, async () => {
      const now = current ?? (await this.read());
      onReading(now);
      current = undefined;
      switch (now.state.toLowerCase()) {
        case "registered":
        case "notfound":
          return { done: true, value: now };
        case "pending":
          throw pendingError();
        case "registering":
        case "unregistering":
          return { done: false, state: now.state, retryAfterMs: this.#retryAfterMs };
        case "unknown":
        default: {
          this.#context.log.info(`${FEATURE_NAME} is ${now.state}: registering it`);
          const asked = await this.register();
          onAccepted();
          onReading(asked);
          if (asked.state.toLowerCase() === "pending") throw pendingError();
          // Who may register the flag may still not read it: then only this answer tells.
          if (asked.state.toLowerCase() === "registered") return { done: true, value: asked };
          return { done: false, state: asked.state, retryAfterMs: this.#retryAfterMs };
        }
      }
    });
  }

  /** Tells the provider to look at its flags again; it must be asked even if it says that it is registered. */
  async refreshProvider(): Promise<void> {
    await retryWhileRolePropagates(this.#context, () =>
      this.#arm.send({
        doing: "refreshing the provider Microsoft.ContainerService",
        method: "POST",
        path: `/subscriptions/${this.#subscriptionId}/providers/Microsoft.ContainerService/register?api-version=${PROVIDERS_API}`,
        needs: REGISTER_PROVIDER,
        resendable: true,
      }),
    );
  }

  #path(suffix: string): string {
    const [provider = "", feature = ""] = FEATURE_NAME.split("/");
    return `/subscriptions/${this.#subscriptionId}/providers/Microsoft.Features/providers/${provider}/features/${feature}${suffix}?api-version=${FEATURES_API}`;
  }
}

/** The error for a flag that waits for somebody's approval. */
function pendingError(): ActionError {
  return new ActionError({
    code: "FeaturePending",
    doing: `registering the feature ${FEATURE_NAME}`,
    message: `its state is Pending: the flag needs approval, which does not come by itself.`,
    remedy: "Ask Microsoft support to approve the feature for this subscription, then run again.",
  });
}

function reading(state: string, why = ""): FeatureReading {
  return { name: FEATURE_NAME, state, why };
}

function readState(body: unknown): string {
  const state = isFeature(body) ? body.properties?.state : undefined;
  return typeof state === "string" && state !== "" ? state : "Unknown";
}

function isFeature(body: unknown): body is FeatureResult {
  if (typeof body !== "object" || body === null || !("properties" in body)) return false;
  return typeof body.properties === "object" && body.properties !== null;
}
