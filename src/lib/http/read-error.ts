/** Reads the code and the message of an error response. */
import { at, parseJson, textAt } from "../json.ts";

/**
 * Code and message of an error body. Resource Manager wraps them in `error`, the resource provider does not, and Kubernetes sends
 * a `Status`. Any other body, such as a gateway's HTML page, has only its status.
 */
export function readError(status: number, text: string): { readonly code: string; readonly message: string } {
  const body = parseJson(text);
  const inner = at(body, "error");
  const error = typeof at(inner, "code") === "string" ? inner : body;
  return { code: textAt(error, "code") || textAt(error, "reason") || `HTTP${status}`, message: textAt(error, "message") };
}
