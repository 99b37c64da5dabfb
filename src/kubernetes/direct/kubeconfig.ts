/** Reads the API server's address and certificates from a kubeconfig. Its exec section is ignored: tokens come from the run's own identity. */
import { load } from "js-yaml";
import { ActionError } from "../../lib/errors.ts";
import { arrayAt, at, textAt } from "../../lib/json.ts";

/** How to reach an API server. */
export interface ApiServer {
  /** An https URL without a trailing slash. */
  readonly url: string;
  /** PEM of the authority that signed its certificate; undefined: the runner's trusted authorities. */
  readonly ca: string | undefined;
  /** The client certificate that a cluster without Entra authenticates its user by. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
}

/** Tried once for a row of slashes: without the lookbehind it is tried from each of them, and 100,000 take half a minute. */
const TRAILING_SLASHES = /(?<!\/)\/+$/;

/**
 * Reads server, authority and client certificate of the current context.
 *
 * @throws ActionError `InvalidKubeconfig` if the text is not a kubeconfig, or its server is not https
 */
export function readKubeconfig(yaml: string): ApiServer {
  let config: unknown;
  try {
    config = load(yaml);
  } catch (error) {
    throw invalidKubeconfig("it is not YAML.", error);
  }
  const context = entry(config, "contexts", "context", textAt(config, "current-context"));
  const cluster = entry(config, "clusters", "cluster", textAt(context, "cluster"));
  const user = entry(config, "users", "user", textAt(context, "user"));
  const server = textAt(cluster, "server");
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined) throw invalidKubeconfig("it names no server.");
  if (url.protocol !== "https:") throw invalidKubeconfig(`its server is not https: ${url.origin}`);
  const certificate = pem(user, "client-certificate-data");
  const key = pem(user, "client-key-data");
  return {
    url: `${url.origin}${url.pathname === "/" ? "" : url.pathname.replace(TRAILING_SLASHES, "")}`,
    ca: pem(cluster, "certificate-authority-data"),
    clientCertificate: certificate === undefined || key === undefined ? undefined : { certificate, key },
  };
}

/** The named entry of one of the kubeconfig's lists; the first one if the name is not found. */
function entry(config: unknown, list: string, kind: string, name: string): unknown {
  const items = arrayAt(config, list);
  return at(items.find((item) => textAt(item, "name") === name) ?? items[0], kind);
}

function pem(from: unknown, key: string): string | undefined {
  const data = textAt(from, key);
  return data === "" ? undefined : Buffer.from(data, "base64").toString("utf8");
}

function invalidKubeconfig(why: string, cause?: unknown): ActionError {
  return new ActionError({
    code: "InvalidKubeconfig",
    doing: "reading the cluster's kubeconfig",
    message: `the kubeconfig is not valid: ${why}`,
    remedy: "Check that the cluster is running. If it is, report this as a bug.",
    cause,
  });
}
