/** Errors of the API server: objects of kind Status. */
import type { Reply } from "../../lib/http.ts";
import type { JsonObject } from "../../lib/json.ts";
import { qualifiedName } from "./resource.ts";

/** A failure Status. `metadata`: of a list, such as a continue token. */
export function failure(code: number, reason: string, message: string, details?: JsonObject, metadata: JsonObject = {}): Reply {
  const more = details === undefined ? {} : { details };
  return {
    status: code,
    body: { kind: "Status", apiVersion: "v1", metadata, status: "Failure", message, reason, ...more, code },
  };
}

/** 404 for an object. */
export function notFound(resource: string, group: string, name: string): Reply {
  return failure(404, "NotFound", `${qualifiedName({ plural: resource, group })} "${name}" not found`, {
    name,
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}

/** 404 for a path that is not served. */
export function noSuchPath(): Reply {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

/** 422 for a field. `kind`: such as Namespace. kubectl shows the causes, not the message. */
export function invalidField(kind: string, name: string, field: string, reason: string, message: string): Reply {
  const causes = [{ reason, message, field }];
  return failure(422, "Invalid", `${kind} "${name}" is invalid: ${field}: ${message}`, { name, kind, causes });
}

/** 422 for an invalid value of the parameter dryRun. `kind`: CreateOptions or PatchOptions. */
export function unsupportedDryRun(kind: string, value: string): Reply {
  const text = `Unsupported value: "${value}": supported values: "All"`;
  return invalidField(`${kind}.meta.k8s.io`, "", "dryRun", "FieldValueNotSupported", text);
}
