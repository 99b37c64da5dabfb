/** Continue tokens of lists: their encoding, and the refusals of those that cannot be used, in the words of k8s.io/apiserver. */
import type { Reply } from "../../lib/http.ts";
import { isObject, parseJson } from "../../lib/json.ts";
import { failure } from "../objects/status.ts";

const VERSION = "meta.k8s.io/v1";

export interface ContinueToken {
  /** The snapshot that the list shows; undefined: the state at the time of the request, which may not match the pages before. */
  readonly snapshot: string | undefined;
  /** The index of the page's first object. */
  readonly start: number;
}

export function encodeToken({ snapshot, start }: ContinueToken): string {
  const token = { v: VERSION, start, ...(snapshot === undefined ? {} : { snapshot }) };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

function invalid(reason: string): Reply {
  return failure(400, "BadRequest", `invalid continue token: continue key is not valid: ${reason}`);
}

/** The token in a request, or the refusal of a text that is none. */
export function decodeToken(text: string): ContinueToken | Reply {
  const illegal = /[^\w-]/.exec(text);
  if (illegal !== null) return invalid(`illegal base64 data at input byte ${illegal.index}`);
  const decoded = Buffer.from(text, "base64url").toString("latin1");
  const token = parseJson(decoded);
  if (!isObject(token)) return invalid(`invalid character '${decoded.charAt(0)}' looking for beginning of value`);
  const { v: version, snapshot, start } = token;
  if (version !== VERSION) return invalid(`server does not recognize this encoded version ${typeof version === "string" ? version : ""}`);
  if (typeof start !== "number") return invalid(`encoded start key empty (version ${VERSION})`);
  return { snapshot: typeof snapshot === "string" ? snapshot : undefined, start };
}

/** 410 for a token whose snapshot is gone, with a token for the rest of the list as it is now. */
export function expired({ start }: ContinueToken): Reply {
  const message =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
  return failure(410, "Expired", message, undefined, { continue: encodeToken({ snapshot: undefined, start }) });
}
