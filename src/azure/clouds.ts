/** The endpoints of Azure's clouds. A run sends its tokens to the endpoints of one cloud only. */
import { arrayAt, at, textAt } from "../lib/json.ts";
import { invalidAnswer } from "./invalid-answer.ts";

/** The clouds that have a name. Any other cloud is given by the URL of its Resource Manager endpoint. */
export const CLOUD_NAMES = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"] as const;
export type CloudName = (typeof CLOUD_NAMES)[number];

/** The endpoints of one cloud. */
export interface Cloud {
  readonly name: string;
  /** Origin of Resource Manager, without a trailing slash. */
  readonly resourceManager: string;
  /** Origin of Microsoft Entra, without a trailing slash. */
  readonly login: string;
  /** The scope of a token for Resource Manager. */
  readonly scope: string;
  /** Whether Entra's instance discovery knows the login endpoint. It knows those of the named clouds only. */
  readonly isPublic: boolean;
}

/** Source: the endpoint metadata of each cloud. */
const KNOWN: Readonly<Record<CloudName, Cloud>> = {
  AzureCloud: {
    name: "AzureCloud",
    resourceManager: "https://management.azure.com",
    login: "https://login.microsoftonline.com",
    scope: "https://management.azure.com/.default",
    isPublic: true,
  },
  AzureUSGovernment: {
    name: "AzureUSGovernment",
    resourceManager: "https://management.usgovcloudapi.net",
    login: "https://login.microsoftonline.us",
    scope: "https://management.usgovcloudapi.net/.default",
    isPublic: true,
  },
  AzureChinaCloud: {
    name: "AzureChinaCloud",
    resourceManager: "https://management.chinacloudapi.cn",
    // The metadata say login.chinacloudapi.cn. For Entra's instance discovery that is an alias of this one, and MSAL sends to this one.
    login: "https://login.partner.microsoftonline.cn",
    scope: "https://management.chinacloudapi.cn/.default",
    isPublic: true,
  },
};

/** Path and query of the endpoint metadata, which needs no token. */
export const METADATA_PATH = "/metadata/endpoints?api-version=2022-09-01";

/** The endpoints of a cloud that has a name. */
export function knownCloud(name: CloudName): Cloud {
  return KNOWN[name];
}

/**
 * The cloud that a Resource Manager endpoint belongs to, as its own metadata describe it.
 *
 * @param endpoint the https URL that the caller gave
 * @param metadata the answer of `/metadata/endpoints`: a list of clouds, or a single one
 * @throws ServiceError if the answer is not endpoint metadata, or names a login endpoint that is not https
 */
export function cloudFromMetadata(endpoint: URL, metadata: unknown): Cloud {
  const clouds = (Array.isArray(metadata) ? metadata : [metadata]).map(readCloud).filter((cloud) => cloud !== undefined);
  const cloud = clouds.find(({ resourceManager }) => originOf(resourceManager) === endpoint.origin) ?? (clouds.length === 1 ? clouds[0] : undefined);
  const login = cloud === undefined ? undefined : originOf(cloud.login);
  if (cloud === undefined || login === undefined) {
    const message =
      cloud === undefined
        ? `its endpoint metadata names no cloud whose Resource Manager is ${endpoint.origin}.`
        : `its endpoint metadata names a login endpoint that is not https: ${cloud.login}`;
    throw invalidAnswer(`reading the endpoint metadata of ${endpoint.origin}`, message, 200);
  }
  return {
    name: cloud.name,
    resourceManager: endpoint.origin,
    login,
    scope: `${cloud.audience}/.default`,
    isPublic: Object.values(KNOWN).some((known) => known.login === login),
  };
}

function readCloud(value: unknown): { name: string; resourceManager: string; login: string; audience: string } | undefined {
  const login = at(value, "authentication", "loginEndpoint");
  const [audience] = arrayAt(value, "authentication", "audiences");
  if (typeof login !== "string" || typeof audience !== "string") return undefined;
  const name = at(value, "name");
  return { name: typeof name === "string" ? name : "custom cloud", resourceManager: textAt(value, "resourceManager"), login, audience };
}

/** The origin of an https URL; undefined for any other text. */
function originOf(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.protocol === "https:" ? parsed.origin : undefined;
}
