/** Requests that change something and whose answer does not arrive: the service may have carried them out. */
import { rowFor } from "./error-table.ts";
import { type Failure, ServiceError } from "./errors.ts";

/**
 * Whether the answer of the service itself is missing. A gateway that gave up waiting does not know it either. If a name does not resolve
 * or a certificate is not trusted, nothing was sent.
 */
export function isUnanswered(failure: Failure): boolean {
  const { status } = failure;
  return status === undefined ? rowFor(failure)?.permanent !== true : [408, 502, 504].includes(status);
}

/**
 * Waits for the answer to a request.
 *
 * @param onUnanswered called if the answer does not arrive, or the run ends before
 * @throws the error of the request
 */
export async function notingUnanswered<T>(request: Promise<T>, onUnanswered: () => void): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof ServiceError) || isUnanswered(error.failure)) onUnanswered();
    throw error;
  }
}
