/** Why something is not let in, in the words and with the status of whoever refuses it. */
import type { Reply } from "../../lib/http.ts";
import { failure } from "../objects/status.ts";

export interface Refusal {
  readonly status: 400 | 403 | 422 | 500;
  readonly reason: "BadRequest" | "Forbidden" | "Invalid" | "InternalError";
  /** The whole message. `object`: what is refused, such as `pods "web-0"`. */
  readonly message: (object: string) => string;
  /** What kubectl shows of a 422, in place of the message. */
  readonly cause?: string;
}

/** What admission has to say about a pod. */
export interface Verdict {
  /** undefined: the pod is let in. */
  readonly refusal: Refusal | undefined;
  /** Texts of Warning headers. */
  readonly warnings: readonly string[];
}

/** 403 as the API server's own admission plugins word it: `<object> is forbidden: <why>`. */
export function forbidden(why: string): Refusal {
  return { status: 403, reason: "Forbidden", message: (object) => `${object} is forbidden: ${why}` };
}

/** The answer to a write that is refused. `resource`: such as pods or deployments.apps. */
export function refused(resource: string, name: string, refusal: Refusal): Reply {
  const { status, reason, message, cause } = refusal;
  const causes = cause === undefined ? {} : { causes: [{ message: cause }] };
  return failure(status, reason, message(`${resource} "${name}"`), { name, kind: resource, ...causes });
}
