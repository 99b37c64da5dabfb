/**
 * A role assignment can need minutes to take effect. Requests that are essential for a run are repeated for a limited time, so that
 * one job can assign a role and use it.
 */
import { duration } from "./duration.ts";
import { type Failure, ServiceError } from "./errors.ts";
import { withoutSecrets } from "./redaction.ts";
import { type RunContext } from "./run-context.ts";

/** A line is logged at least this often. */
const HEARTBEAT_MS = 60_000;

/** A refusal by Resource Manager's access control. Policies, locks and deny assignments have other codes, and do not disappear. */
export function isMissingRole({ service, status, code }: Failure): boolean {
  return service === "Resource Manager" && status === 403 && (code === "AuthorizationFailed" || code === "LinkedAuthorizationFailed");
}

/**
 * Pauses after a refusal for a missing role, so that the request can be repeated.
 *
 * @throws the same error if it is another kind of error, or if the run has used up its time for waiting
 */
export async function waitForRole(error: unknown, context: RunContext): Promise<void> {
  if (!(error instanceof ServiceError) || !isMissingRole(error.failure)) throw error;
  const { clock, log, roleWait } = context;
  const now = clock.now();
  const pause = Math.min(context.pollIntervalMs * (1 - 0.2 * context.random()), roleWait.leftMs, context.deadlineAt - now);
  if (pause <= 0) throw error;
  if (roleWait.logged?.doing !== error.doing) {
    log.warning(`${error.doing}: ${missingRole(error.failure)}. Waiting up to ${duration(roleWait.leftMs)}, because a new role assignment needs time to take effect`);
    roleWait.logged = { doing: error.doing, at: now };
  } else if (now - roleWait.logged.at >= HEARTBEAT_MS) {
    log.info(`still waiting for the role assignment (${error.doing}), up to ${duration(roleWait.leftMs)} more`);
    roleWait.logged = { doing: error.doing, at: now };
  }
  roleWait.leftMs -= pause;
  context.requests.retried += 1;
  await clock.sleep(pause, context.signal);
}

/** Sends a request, and repeats it while it is refused for a missing role and the run may wait. */
export async function retryWhileRolePropagates<T>(context: RunContext, send: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      await waitForRole(error, context);
    }
  }
}

/** The missing right, and the role that includes it, as a clause. */
export function missingRole({ code, message, needs }: Failure): string {
  if (code === "LinkedAuthorizationFailed") return `the identity cannot use a resource that the cluster refers to (${code}: ${withoutSecrets(message)})`;
  if (needs === undefined) return `the identity lacks a role (${code}: ${withoutSecrets(message)})`;
  return `the identity lacks ${needs.action} on ${needs.scope}, which the built-in role "${needs.role}" includes (${code})`;
}
