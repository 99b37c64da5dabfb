/** The preview flag of CNI chaining: reading it, registering it, and refreshing the provider that reads it. */
import type { FeatureClient, FeatureResult } from "@azure/arm-features";
import { ActionError, type Right, ServiceError } from "../lib/errors.ts";
import { textAt } from "../lib/json.ts";
import { retryWhileRolePropagates } from "../lib/role-propagation.ts";
import { poll, type RunContext } from "../lib/run-context.ts";
import { notingUnanswered } from "../lib/unanswered.ts";
import type { ArmClient, TypedCall, TypedResult } from "./arm-client.ts";
import { featureClient } from "./sdk-clients.ts";
import { retryAfter } from "../lib/http/retry-after.ts";

const PROVIDER = "Microsoft.ContainerService";
const FEATURE = "IstioCNIPreview";
/** The flag that CNI chaining needs in subscriptions and clouds where it is still in preview. */
export const FEATURE_NAME = `${PROVIDER}/${FEATURE}`;

/**
 * The state of the flag: Azure's own word (NotRegistered, Pending, Registering, Registered, …), `NotFound` if Azure does not
 * know the flag, or `Unknown` if it could not be read; then `why` gives the reason.
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
  /** The answer to the request for the registration did not arrive, so that Azure may have accepted it. */
  readonly onUnanswered: () => void;
  readonly onReading: (reading: FeatureReading) => void;
}

/** Limits of a registration. */
export interface RegistrationLimits {
  /** Milliseconds; the deadline of the run if left out. */
  readonly withinMs?: number;
  /** Whether a refusal may only mean that a new role assignment has no effect yet; true if left out. */
  readonly waitsForRole?: boolean;
}

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
  /** The pause that the last answer asked for, in milliseconds. */
  #retryAfterMs: number | undefined;

  constructor(arm: ArmClient, subscriptionId: string, context: RunContext) {
    this.#arm = arm;
    this.#subscriptionId = subscriptionId;
    this.#context = context;
  }

  /**
   * Reads the flag. Azure does not know a flag that has graduated, or that this cloud does not have; and the identity may have
   * no right to read it. Neither is an error: rights on the resource group are enough for a run, and a compliant cluster
   * needs no flag.
   */
  async read(): Promise<FeatureReading> {
    this.#retryAfterMs = undefined;
    try {
      const call = { doing: `reading the feature ${FEATURE_NAME}`, needs: READ_FEATURE };
      return this.#take(await this.#call(call, ({ features }) => features.get(PROVIDER, FEATURE)));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.status === 404 && !/^Subscription/.test(error.code)) return reading("NotFound");
      return reading("Unknown", error.message);
    }
  }

  /**
   * Requests the registration, which takes Azure minutes.
   *
   * @param onUnanswered called if the answer does not arrive, so that Azure may have accepted the request
   * @param waitsForRole whether a refusal may only mean that a new role assignment has no effect yet
   */
  async register(onUnanswered: () => void, waitsForRole = true): Promise<FeatureReading> {
    const call = { doing: `registering the feature ${FEATURE_NAME}`, needs: REGISTER_FEATURE, resendable: true };
    const send = () => notingUnanswered(this.#call(call, ({ features }) => features.register(PROVIDER, FEATURE)), onUnanswered);
    return this.#take(await (waitsForRole ? retryWhileRolePropagates(this.#context, send) : send()));
  }

  #call(call: Omit<TypedCall, "returns">, operation: (client: FeatureClient) => Promise<FeatureResult>): Promise<TypedResult<FeatureResult>> {
    return this.#arm.call({ ...call, returns: "a preview feature" }, (transport) => operation(featureClient(transport, this.#subscriptionId)));
  }

  #take({ value, answer }: TypedResult<FeatureResult>): FeatureReading {
    this.#retryAfterMs = retryAfter((name) => answer.header(name), this.#context.clock.now());
    // The SDK does not check the types of what it reads.
    return reading(textAt(value, "properties", "state") || "Unknown");
  }

  /**
   * Waits until the flag is Registered, and registers it if that is needed.
   *
   * @param first the last reading
   * @returns the last reading: Registered, or NotFound if Azure no longer knows the flag
   * @throws ActionError at once for Pending, which does not end by itself
   * @throws DeadlineError after `withinMs` milliseconds, or at the deadline of the run
   */
  async waitUntilRegistered(first: FeatureReading, { onAccepted, onUnanswered, onReading }: RegistrationEvents, { withinMs, waitsForRole }: RegistrationLimits = {}): Promise<FeatureReading> {
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
          const asked = await this.register(onUnanswered, waitsForRole);
          onAccepted();
          onReading(asked);
          if (asked.state.toLowerCase() === "pending") throw pendingError();
          // An identity that may register the flag but not read it learns the state from this answer only.
          if (asked.state.toLowerCase() === "registered") return { done: true, value: asked };
          return { done: false, state: asked.state, retryAfterMs: this.#retryAfterMs };
        }
      }
    }, withinMs);
  }

  /**
   * Registers the provider again, so that it reads its flags again. A provider that is registered already needs it as well.
   * `@azure/arm-features` has no such call. The parameters are those of {@link register}.
   */
  async refreshProvider(onUnanswered: () => void, waitsForRole = true): Promise<void> {
    const path = `/subscriptions/${this.#subscriptionId}/providers/${PROVIDER}/register?api-version=${PROVIDERS_API}`;
    const request = { doing: `refreshing the provider ${PROVIDER}`, method: "POST", path, needs: REGISTER_PROVIDER, resendable: true } as const;
    const send = () => notingUnanswered(this.#arm.send(request), onUnanswered);
    await (waitsForRole ? retryWhileRolePropagates(this.#context, send) : send());
  }
}

/** The error for a flag whose registration needs an approval. */
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
