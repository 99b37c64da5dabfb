/** Parses paths of the Kubernetes API. Text that is not exactly such a path never reaches a command line. */
import { ActionError } from "../lib/errors.ts";

/** The parts of a path. */
export interface ResourcePath {
  /** API group, such as `apps`; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Empty for cluster-wide resources and for lists across all namespaces. */
  readonly namespace: string;
  /** The plural, such as `pods`. */
  readonly resource: string;
  /** Empty for a collection. */
  readonly name: string;
}

const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
/** Names are DNS subdomains (RFC 1123). Source: the Kubernetes documentation, "Object Names and IDs". */
const NAME = `${LABEL}(?:\\.${LABEL}){0,20}`;
const VERSION = "v[0-9]{1,3}(?:(?:alpha|beta)[0-9]{1,3})?";
const PATH = new RegExp(`^/(?:api|apis/(?<group>${NAME}))/(?<version>${VERSION})(?:/namespaces/(?<namespace>${NAME}))?/(?<resource>[a-z]{1,63})(?:/(?<name>${NAME}))?$`);

/** URL-encoded selectors. */
const SELECTORS = /^[A-Za-z]+=[A-Za-z0-9%._~-]*(?:&[A-Za-z]+=[A-Za-z0-9%._~-]*)*$/;

/**
 * Parses a path.
 *
 * @throws ActionError `InvalidName` for a path that contains names Kubernetes does not accept
 */
export function parsePath(path: string, doing: string): ResourcePath {
  const parts = PATH.exec(path)?.groups;
  if (parts === undefined) throw invalidName(path, doing);
  const { group = "", version = "", namespace = "", resource = "", name = "" } = parts;
  return { group, version, namespace, resource, name };
}

/** @throws ActionError `InvalidName` for anything but URL-encoded selectors */
export function checkSelectors(selectors: string, doing: string): string {
  if (!SELECTORS.test(selectors)) throw invalidName(selectors, doing);
  return selectors;
}

/**
 * A name as one segment of a path. Half of a surrogate pair, which a URL cannot encode, becomes U+FFFD: the API server finds no object
 * of that name.
 */
export function pathSegment(name: string): string {
  return encodeURIComponent(Buffer.from(name).toString());
}

function invalidName(text: string, doing: string): ActionError {
  return new ActionError({
    code: "InvalidName",
    doing,
    message: `no request was sent: ${JSON.stringify(text)} contains a name that Kubernetes does not accept.`,
    remedy: "Check the names in namespaces. If they are correct, report this as a bug.",
  });
}
