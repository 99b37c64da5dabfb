/** Reads the code and the message of an error response. */
import type { Failure } from "../errors.ts";
import { at, parseJson, textAt } from "../json.ts";

/**
 * Code and message of an error body. Resource Manager wraps them in `error`, the resource provider does not, and Kubernetes sends
 * a `Status`. Any other body, such as a gateway's HTML page, has only its status.
 */
export function readError(status: number, text: string): Pick<Failure, "code" | "message" | "continueToken"> {
  const body = parseJson(text);
  const inner = at(body, "error");
  const error = typeof at(inner, "code") === "string" ? inner : body;
  const continueToken = textAt(error, "metadata", "continue");
  return {
    code: textAt(error, "code") || textAt(error, "reason") || `HTTP${status}`,
    message: textAt(error, "message"),
    ...(continueToken === "" ? {} : { continueToken }),
  };
}
