/** Waits for operations of Azure, such as the one that a PUT has started. */
import type { ManagedCluster } from "../../azure/managed-cluster.ts";
import { endOf } from "../../azure/operation.ts";
import { ON_CLUSTER } from "../../lib/error-rows/row.ts";
import type { RedirectionMechanism } from "../../contract.ts";
import { DeadlineError } from "../../lib/errors.ts";
import { growingPause, poll, type Progress, type RunContext } from "../../lib/run-context.ts";

/** Polls until an operation of Azure has ended. Operations that go on for hours are known: the error says how to end one. */
export async function pollOperation<T>(context: RunContext, waitingFor: string, check: () => Promise<Progress<T>>): Promise<T> {
  try {
    return await poll(context, waitingFor, check);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const { code, doing, message, remedy } = error;
    throw new DeadlineError({ code, doing, message, remedy: `${remedy} The activity log shows the operation. If it does not end, abort it:\naz aks operation-abort ${ON_CLUSTER}`, cause: error });
  }
}

/** How an operation ended that did not succeed, in a sentence, and what to do about it; the remedy may be empty. */
export interface OperationFailure {
  readonly message: string;
  readonly remedy: string;
}

/**
 * Waits for the end of the operation. The pauses grow from a tenth to half of the poll interval: operations of the same kind have taken from
 * seconds to minutes, and a run should not wait ten seconds for one that took five.
 *
 * @returns `none` if the operation succeeded; undefined if it could not be read until its end
 */
export async function waitForOperation(cluster: Pick<ManagedCluster, "readOperation">, context: RunContext, mechanism: RedirectionMechanism, url: string): Promise<OperationFailure | "none" | undefined> {
  const { clock, pollIntervalMs } = context;
  const startedAt = clock.now();
  return pollOperation<OperationFailure | "none" | undefined>(context, `the switch to ${mechanism}`, async () => {
    const operation = await cluster.readOperation(url);
    if (operation === undefined) return { done: true, value: undefined };
    const end = endOf(operation.status);
    if (end === undefined) {
      const pauseMs = Math.min(growingPause(context, clock.now() - startedAt), pollIntervalMs / 2);
      return { done: false, state: operation.status, retryAfterMs: operation.retryAfterMs, pauseMs };
    }
    if (end === "succeeded") {
      if (operation.error !== "") context.log.warning(`the operation succeeded, but its body has an error: ${operation.error}`);
      return { done: true, value: "none" };
    }
    const { status, error, remedy } = operation;
    return { done: true, value: { message: `the operation ended ${status}${error === "" ? "" : `: ${error}`}.`, remedy } };
  });
}
