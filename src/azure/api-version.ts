/**
 * The api-version of managed clusters: the newest that the cloud knows. An older one shows less of a cluster, and it is documented
 * nowhere whether a PUT with it resets what it cannot show.
 */
import { rowFor } from "../lib/error-table.ts";
import { ServiceError } from "../lib/errors.ts";
import { arrayAt, textAt, textsAt } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import type { ArmClient } from "./arm-client.ts";

/** The newest version, and older ones with the redirection mechanism, the newest first. Source: the AKS REST reference, 2026-11. */
const VERSIONS: readonly string[] = ["2026-08-01", "2026-06-01", "2026-05-01", "2026-01-01"];
const NEWEST = "2026-08-01";
/** The first versions with the redirection mechanism. Older ones hide it. */
const FIRST_STABLE = "2026-01-01";
const FIRST_PREVIEW = "2025-08-02-preview";
const PROVIDERS_API = "2021-04-01";

/** The api-version of one run, which all requests to managed clusters share. */
export class ApiVersion {
  readonly #arm: ArmClient;
  readonly #log: Log;
  readonly #refused = new Set<string>();
  #current = NEWEST;

  constructor(arm: ArmClient, log: Log) {
    this.#arm = arm;
    this.#log = log;
  }

  /** The newest version that is not known to be refused. */
  get current(): string {
    return this.#current;
  }

  /**
   * Sends a read with the current version. Where the cloud does not know it, with the newest that it does know.
   *
   * @param subscriptionId whose resource provider is asked, if a refusal names no versions
   * @throws the error of the read, also if the cloud knows no version that shows the redirection mechanism
   */
  async read<T>(subscriptionId: string, send: (version: string) => Promise<T>): Promise<T> {
    for (;;) {
      const version = this.#current;
      try {
        return await send(version);
      } catch (error) {
        if (!(error instanceof ServiceError) || rowFor(error.failure)?.id !== "api-version-unknown") throw error;
        // Another read may have found the next version in the meantime.
        if (version === this.#current) this.#current = await this.#next(version, subscriptionId, error);
      }
    }
  }

  async #next(version: string, subscriptionId: string, error: ServiceError): Promise<string> {
    this.#refused.add(version);
    const named = versionsIn(error.failure.message).filter((known) => known !== version);
    const offered = named.length > 0 ? named : await this.#versionsOfProvider(subscriptionId);
    const next = newestOf(offered.filter((known) => !this.#refused.has(known)));
    if (next === undefined) throw error;
    this.#log.info(`this cloud does not know api-version ${version}: asking with ${next}`);
    return next;
  }

  /** The versions that the resource provider has; those that this action knows, if that cannot be read. */
  async #versionsOfProvider(subscriptionId: string): Promise<readonly string[]> {
    const path = `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService?api-version=${PROVIDERS_API}`;
    try {
      const answer = await this.#arm.send({ doing: "reading the api-versions of Microsoft.ContainerService", method: "GET", path });
      const type = arrayAt(answer.json(), "resourceTypes").find((each) => textAt(each, "resourceType").toLowerCase() === "managedclusters");
      return textsAt(type, "apiVersions");
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return [...VERSIONS, FIRST_PREVIEW];
    }
  }
}

/** The newest version that shows the redirection mechanism, a stable one before a preview; undefined if there is none. */
export function newestOf(versions: readonly string[]): string | undefined {
  const shows = (version: string): boolean => version >= (isPreview(version) ? FIRST_PREVIEW : FIRST_STABLE);
  return versions.filter(shows).sort((a, b) => Number(isPreview(a)) - Number(isPreview(b)) || (a < b ? 1 : -1))[0];
}

function isPreview(version: string): boolean {
  return version.includes("-", "yyyy-mm-dd".length);
}

/** The versions in the message of a refusal: `The supported api-versions are '2025-10-01, 2026-01-01'.` */
function versionsIn(message: string): readonly string[] {
  return [...message.matchAll(/\b\d{4}-\d{2}-\d{2}(?:-[a-z]+)?\b/g)].map(([version]) => version);
}
