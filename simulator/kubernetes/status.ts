/** Errors of the API server: objects of kind Status. */
import type { Reply } from "../http.ts";
import type { JsonObject } from "../json.ts";

/** A failure Status. */
export function failure(code: number, reason: string, message: string, details?: JsonObject): Reply {
  const more = details === undefined ? {} : { details };
  return {
    status: code,
    body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, ...more, code },
  };
}

/** 404 for an object. */
export function notFound(resource: string, group: string, name: string): Reply {
  const qualified = group === "" ? resource : `${resource}.${group}`;
  return failure(404, "NotFound", `${qualified} "${name}" not found`, {
    name,
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}

/** 404 for a path that nothing is served at. */
export function noSuchPath(): Reply {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

/** 403 by an admission policy. */
export function admissionDenied(resource: string, name: string, refusal: string): Reply {
  return failure(403, "Forbidden", `${resource} "${name}" is forbidden: ${refusal}`, { name, kind: resource });
}
