/** Paths of the Kubernetes API, taken apart: what is not exactly such a path never reaches a command line. */
import { ActionError } from "../lib/errors.ts";

/** What a path names. */
export interface ResourcePath {
  /** Such as `apps`; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Empty for what belongs to no namespace. */
  readonly namespace: string;
  /** The plural, such as `pods`. */
  readonly resource: string;
  /** Empty where the path names a collection. */
  readonly name: string;
}

const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
/** Names are DNS subdomains (RFC 1123). Source: the Kubernetes documentation, "Object Names and IDs". */
const NAME = `${LABEL}(?:\\.${LABEL}){0,20}`;
const VERSION = "v[0-9]{1,3}(?:(?:alpha|beta)[0-9]{1,3})?";
const PATH = new RegExp(`^/(?:api|apis/(?<group>${NAME}))/(?<version>${VERSION})(?:/namespaces/(?<namespace>${NAME}))?/(?<resource>[a-z]{1,63})(?:/(?<name>${NAME}))?$`);

/** Selectors, encoded as in a URL. */
const QUERY = /^[A-Za-z]+=[A-Za-z0-9%._~-]*(?:&[A-Za-z]+=[A-Za-z0-9%._~-]*)*$/;

/**
 * Takes a path apart.
 *
 * @throws ActionError where it is not made of names that Kubernetes would accept
 */
export function parsePath(path: string, doing: string): ResourcePath {
  const parts = PATH.exec(path)?.groups;
  if (parts === undefined) throw unusable(path, doing);
  const { group = "", version = "", namespace = "", resource = "", name = "" } = parts;
  return { group, version, namespace, resource, name };
}

/** @throws ActionError where a query is anything but encoded selectors */
export function checkQuery(query: string, doing: string): string {
  if (!QUERY.test(query)) throw unusable(query, doing);
  return query;
}

/**
 * A name as one segment of a path. Half a character, which no URL can say, becomes U+FFFD: the API server knows nothing of that name,
 * and says so.
 */
export function pathSegment(name: string): string {
  return encodeURIComponent(Buffer.from(name).toString());
}

function unusable(text: string, doing: string): ActionError {
  return new ActionError({
    code: "InvalidName",
    doing,
    message: `${JSON.stringify(text)} is not made of names that Kubernetes would accept, so it was not asked for.`,
    remedy: "Check the names in namespaces; if they are right, this is a bug worth reporting.",
  });
}
