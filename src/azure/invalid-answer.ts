/** The error for an answer of Resource Manager that is not what the API documents. */
import { ServiceError } from "../lib/errors.ts";
import { remedyFor } from "../lib/error-table.ts";

/**
 * The error `NotAzure`: something answered, but not as Resource Manager does, such as a proxy with a page of its own.
 *
 * @param doing a gerund phrase: `listing the subscriptions`
 * @param status the HTTP status of the answer; left out if nothing was sent
 */
export function invalidAnswer(doing: string, message: string, status?: number): ServiceError {
  const failure = { service: "Resource Manager", doing, status, code: "NotAzure", message } as const;
  return new ServiceError(failure, remedyFor(failure));
}
