/** Clouds: which endpoints a run talks to, and nothing else gets its tokens. */
import type { Failure } from "../lib/errors.ts";
import { ServiceError } from "../lib/errors.ts";
import { remedyFor } from "../lib/error-table.ts";

export interface Cloud {
  readonly name: string;
  /** Origin of Resource Manager, without a trailing slash. */
  readonly resourceManager: string;
  /** Origin of Microsoft Entra, without a trailing slash. */
  readonly login: string;
  /** The scope of a token for Resource Manager. */
  readonly scope: string;
  /** Entra's instance discovery knows only the public clouds' authorities. */
  readonly isPublic: boolean;
}

/** From the endpoint metadata of each cloud. */
const KNOWN: Readonly<Record<"AzureCloud" | "AzureUSGovernment" | "AzureChinaCloud", Cloud>> = {
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
    login: "https://login.chinacloudapi.cn",
    scope: "https://management.chinacloudapi.cn/.default",
    isPublic: true,
  },
};

/** Path and query of the endpoint metadata; asked without a token. */
export const METADATA_PATH = "/metadata/endpoints?api-version=2022-09-01";

export function knownCloud(name: keyof typeof KNOWN): Cloud {
  return KNOWN[name];
}

/**
 * The cloud that a Resource Manager endpoint says it belongs to.
 *
 * @param endpoint the https URL that the caller gave
 * @param metadata what `/metadata/endpoints` answered: a list of clouds, or a single one
 * @throws ServiceError where the answer is not endpoint metadata, or names endpoints that are not https
 */
export function cloudFromMetadata(endpoint: URL, metadata: unknown): Cloud {
  const clouds = (Array.isArray(metadata) ? metadata : [metadata]).map(readCloud).filter((cloud) => cloud !== undefined);
  const cloud = clouds.find(({ resourceManager }) => originOf(resourceManager) === endpoint.origin) ?? (clouds.length === 1 ? clouds[0] : undefined);
  const login = cloud === undefined ? undefined : originOf(cloud.login);
  if (cloud === undefined || login === undefined) {
    const failure: Failure = {
      service: "Resource Manager",
      doing: `reading the endpoint metadata of ${endpoint.origin}`,
      status: 200,
      code: "NotAzure",
      message:
        cloud === undefined
          ? `its endpoint metadata names no cloud whose Resource Manager is ${endpoint.origin}.`
          : `its endpoint metadata names a login endpoint that is not https: ${cloud.login}`,
    };
    throw new ServiceError(failure, remedyFor(failure));
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
  if (!isRecord(value) || !isRecord(value["authentication"])) return undefined;
  const { loginEndpoint, audiences } = value["authentication"];
  const audience: unknown = Array.isArray(audiences) ? audiences[0] : undefined;
  const resourceManager = value["resourceManager"];
  if (typeof loginEndpoint !== "string" || typeof audience !== "string") return undefined;
  return {
    name: typeof value["name"] === "string" ? value["name"] : "custom cloud",
    resourceManager: typeof resourceManager === "string" ? resourceManager : "",
    login: loginEndpoint,
    audience,
  };
}

/** The origin of an https URL; undefined for anything else. */
function originOf(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.protocol === "https:" ? parsed.origin : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
