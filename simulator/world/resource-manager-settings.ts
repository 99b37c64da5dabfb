/** How the simulated Resource Manager answers where clouds and years differ, or where nobody has confirmed what Azure does. */

/** The forms of an eTag that If-Match may have. */
export type IfMatchForm = "any" | "quoted" | "bare";

/** What /metadata/endpoints of api-version 2022-09-01 is: an array of clouds, or the endpoint's own cloud. Clients know both. */
export type MetadataForm = "array" | "object";

/** The codes with which Resource Manager refuses an api-version that it does not know. */
export type UnknownApiVersionCode = "NoRegisteredProviderFound" | "InvalidApiVersionParameter" | "InvalidResourceType";

export interface ApiVersionSettings {
  /** The api-versions of managed clusters that the cloud knows; undefined: every one. */
  known: readonly string[] | undefined;
  /** How another one is refused: 400, and the message lists the known ones. */
  refusal: UnknownApiVersionCode;
  /**
   * What an api-version does to the properties that came after it. "shows": it has them all. "hides": a GET hides them, and a PUT
   * leaves them as they are. "resets": a GET hides them, and a PUT removes them. A PUT that names a hidden one is refused.
   */
  newerProperties: "shows" | "hides" | "resets";
}

export interface ResourceManagerSettings {
  ifMatch: IfMatchForm;
  /** How bodies spell the eTag: those of 2024 have `etag`. */
  eTagName: "eTag" | "etag";
  apiVersions: ApiVersionSettings;
  metadata: MetadataForm;
  /** Whether a PUT with a mesh revision that the region no longer supports is refused. */
  refusesUnsupportedRevisions: boolean;
}

/** Lenient: what the recordings show, and nothing that is unconfirmed. */
export function defaultResourceManager(): ResourceManagerSettings {
  return {
    ifMatch: "any",
    eTagName: "eTag",
    apiVersions: { known: undefined, refusal: "NoRegisteredProviderFound", newerProperties: "shows" },
    metadata: "array",
    refusesUnsupportedRevisions: false,
  };
}
