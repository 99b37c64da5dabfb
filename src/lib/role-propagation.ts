/**
 * Roles that were granted a moment ago: Resource Manager refuses for minutes what it allows then. What a run cannot go on without
 * is asked again for a while, so that one job may grant a role and use it.
 */
import { duration } from "./duration.ts";
import { type Failure, ServiceError } from "./errors.ts";
import type { RunContext } from "./run-context.ts";
import { withoutSecrets } from "./redaction.ts";

/** What is left of a run's patience with missing roles. */
export interface RoleWait {
  /** Milliseconds that may still be waited, for all requests together; 0 in a run that only looks. */
  leftMs: number;
  /** The request that is being refused, where one is, and when that was last said. */
  told: { readonly doing: string; readonly at: number } | undefined;
}

/** For the whole of a run: a minute by default. Most assignments arrive sooner; a role that nobody granted should not be waited for long. */
const PATIENT_POLLS = 6;
/** A line at least this often. */
const HEARTBEAT_MS = 60_000;

/**
 * The patience that a run begins with: a few polls. A run that only looks has none: it says what is missing, and may look again.
 *
 * @param pollIntervalMs of the run
 */
export function roleWait(writes: boolean, pollIntervalMs: number): RoleWait {
  return { leftMs: writes ? PATIENT_POLLS * pollIntervalMs : 0, told: undefined };
}

/** Refusals of Resource Manager's own access control. A policy, a lock or a deny assignment has codes of its own, and stays. */
function isMissingRole({ service, status, code }: Failure): boolean {
  return service === "Resource Manager" && status === 403 && (code === "AuthorizationFailed" || code === "LinkedAuthorizationFailed");
}

/**
 * Pauses after a refusal for want of a role, so that the request can be sent again.
 *
 * @throws the error itself where it is none of these, or the patience is used up
 */
export async function waitForRole(error: unknown, context: RunContext): Promise<void> {
  if (!(error instanceof ServiceError) || !isMissingRole(error.failure)) throw error;
  const { clock, log, roleWait: patience } = context;
  const now = clock.now();
  const pause = Math.min(context.pollIntervalMs * (1 - 0.2 * context.random()), patience.leftMs, context.deadlineAt - now);
  if (pause <= 0) throw error;
  if (patience.told?.doing !== error.doing) {
    log.warning(`${error.doing}: ${missing(error.failure)}. In case the assignment is on its way, it is waited for, ${duration(patience.leftMs)} at most`);
    patience.told = { doing: error.doing, at: now };
  } else if (now - patience.told.at >= HEARTBEAT_MS) {
    log.info(`still waiting for the role assignment (${error.doing}), ${duration(patience.leftMs)} more at most`);
    patience.told = { doing: error.doing, at: now };
  }
  patience.leftMs -= pause;
  context.requests.retried += 1;
  await clock.sleep(pause, context.signal);
}

/** Sends again and again what is refused for want of a role, as long as the run is patient. */
export async function retryWhileRolePropagates<T>(context: RunContext, send: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      await waitForRole(error, context);
    }
  }
}

function missing({ code, message, needs }: Failure): string {
  if (code === "LinkedAuthorizationFailed") return `the identity may not use something that the cluster refers to (${code}: ${withoutSecrets(message)})`;
  if (needs === undefined) return `the identity lacks a role (${code}: ${withoutSecrets(message)})`;
  return `the identity lacks ${needs.action} on ${needs.scope}, which the built-in role "${needs.role}" has (${code})`;
}
