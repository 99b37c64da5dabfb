/** Refusals of admission: message and status as the refusing component gives them. */
import type { Reply } from "../../lib/http.ts";
import { failure } from "../objects/status.ts";

export interface Refusal {
  readonly status: 400 | 403 | 422 | 500;
  readonly reason: "BadRequest" | "Forbidden" | "Invalid" | "InternalError";
  /** The whole message. `object`: the refused object, such as `pods "web-0"`. */
  readonly message: (object: string) => string;
  /** The text that kubectl shows for a 422 instead of the message. */
  readonly cause?: string;
}

/** The result of a pod's admission. */
export interface AdmissionResult {
  /** undefined: the pod is admitted. */
  readonly refusal: Refusal | undefined;
  /** Texts of Warning headers. */
  readonly warnings: readonly string[];
}

/** 403 with the message of the API server's own admission plugins: `<object> is forbidden: <reason>`. */
export function forbidden(reason: string): Refusal {
  return { status: 403, reason: "Forbidden", message: (object) => `${object} is forbidden: ${reason}` };
}

/** The answer to a refused write. `resource`: such as pods or deployments.apps. */
export function refused(resource: string, name: string, refusal: Refusal): Reply {
  const { status, reason, message, cause } = refusal;
  const causes = cause === undefined ? {} : { causes: [{ message: cause }] };
  return failure(status, reason, message(`${resource} "${name}"`), { name, kind: resource, ...causes });
}
