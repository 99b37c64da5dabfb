/** What a kubeconfig says about reaching its cluster. Its exec stanza is ignored: tokens come from the run's own identity. */
import { load } from "js-yaml";
import { ActionError } from "../../lib/errors.ts";
import { arrayAt, at, textAt } from "../../lib/json.ts";

/** How to reach an API server. */
export interface ApiServer {
  /** An https URL without a trailing slash. */
  readonly url: string;
  /** PEM of the authority that signed its certificate; undefined: the runner's own authorities. */
  readonly ca: string | undefined;
  /** Where the cluster knows no Entra, its user is a certificate. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
}

/**
 * Reads server, authority and client certificate of the current context.
 *
 * @throws ActionError where it is no kubeconfig, or its server is not https
 */
export function readKubeconfig(yaml: string): ApiServer {
  let config: unknown;
  try {
    config = load(yaml);
  } catch (error) {
    throw unusable("it is not YAML.", error);
  }
  const context = entry(config, "contexts", "context", textAt(config, "current-context"));
  const cluster = entry(config, "clusters", "cluster", textAt(context, "cluster"));
  const user = entry(config, "users", "user", textAt(context, "user"));
  const server = textAt(cluster, "server");
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined) throw unusable("it names no server.");
  if (url.protocol !== "https:") throw unusable(`its server is not https: ${url.origin}`);
  const certificate = pem(user, "client-certificate-data");
  const key = pem(user, "client-key-data");
  return {
    url: `${url.origin}${url.pathname === "/" ? "" : url.pathname.replace(/\/+$/, "")}`,
    ca: pem(cluster, "certificate-authority-data"),
    clientCertificate: certificate === undefined || key === undefined ? undefined : { certificate, key },
  };
}

/** The named entry of one of the kubeconfig's lists; the first one where the name is not there. */
function entry(config: unknown, list: string, kind: string, name: string): unknown {
  const items = arrayAt(config, list);
  return at(items.find((item) => textAt(item, "name") === name) ?? items[0], kind);
}

function pem(from: unknown, key: string): string | undefined {
  const data = textAt(from, key);
  return data === "" ? undefined : Buffer.from(data, "base64").toString("utf8");
}

function unusable(why: string, cause?: unknown): ActionError {
  return new ActionError({
    code: "InvalidKubeconfig",
    doing: "reading the cluster's kubeconfig",
    message: `the kubeconfig cannot be used: ${why}`,
    remedy: "Check that the cluster is running; if it is, this is a bug worth reporting.",
    cause,
  });
}
