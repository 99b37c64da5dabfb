/** How every action of this repository reads text: from GitHub's inputs and the environment, with all problems told at once. */
import { InputError } from "./errors.ts";

/** Where texts come from: GitHub's inputs and the environment. Empty texts count as absent. */
export interface InputSource {
  input(name: string): string;
  environment(name: string): string;
}

/** Clouds known by name; anything else is the URL of a Resource Manager endpoint. */
const CLOUD_NAMES = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"] as const;
export type CloudName = (typeof CLOUD_NAMES)[number];

export const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** A tenant is a GUID or a verified domain. */
const TENANT = /^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/i;
/** From the `managedClusters` schema. */
export const CLUSTER_NAME = /^[a-z0-9](?:[-_a-z0-9]{0,61}[a-z0-9])?$/i;
/** Letters, digits, underscores, hyphens, periods and parentheses; no period at the end. */
export const RESOURCE_GROUP = /^[\p{L}\p{N}_\-.()]{0,89}[\p{L}\p{N}_\-()]$/u;
/** Subscription, resource group and name of a managed cluster's resource ID. */
export const CLUSTER_ID =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)\/?$/i;

/** The parts of a cluster's resource ID. */
export interface ClusterParts {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** The resource ID of a managed cluster, spelt as Azure's documentation spells it. */
export function resourceId({ subscriptionId, resourceGroup, name }: ClusterParts): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

/** The parts of a resource ID, each of them checked; undefined where it is not a managed cluster's. */
export function clusterParts(id: string): ClusterParts | undefined {
  const [, subscriptionId = "", resourceGroup = "", name = ""] = CLUSTER_ID.exec(id) ?? [];
  return GUID.test(subscriptionId) && RESOURCE_GROUP.test(resourceGroup) && CLUSTER_NAME.test(name) ? { subscriptionId, resourceGroup, name } : undefined;
}

/** Half a day: longer than any job may take on a hosted runner. */
const LONGEST_TIMEOUT_MINUTES = 720;

/** Reads inputs one by one, and collects what is wrong with them. A wrong value reads as its fallback. */
export interface InputReader {
  /** `name: what is wrong.`, one a problem. */
  readonly problems: string[];
  /** The trimmed text; empty where there is none. */
  readonly text: (name: string) => string;
  /** The text of the input, else of the environment variable; undefined where both are empty. */
  readonly optional: (name: string, variable?: string) => string | undefined;
  readonly matching: (name: string, value: string | undefined, pattern: RegExp, what: string) => string | undefined;
  /** The items of a list separated by commas, or by what `separator` says; each once. */
  readonly list: (name: string, separator?: RegExp) => readonly string[];
  readonly oneOf: <T extends string>(name: string, choices: readonly T[], fallback: T) => T;
  readonly flag: (name: string, fallback: boolean) => boolean;
  readonly positive: (name: string, fallback: number, most: number) => number;
  /** Throws an InputError where there are problems. */
  readonly finish: () => void;
}

export function inputReader(source: InputSource): InputReader {
  const problems: string[] = [];
  const text = (name: string): string => source.input(name).trim();
  return {
    problems,
    text,
    optional: (name, variable) => {
      const value = text(name) || (variable === undefined ? "" : source.environment(variable).trim());
      return value === "" ? undefined : value;
    },
    matching: (name, value, pattern, what) => {
      if (value !== undefined && !pattern.test(value)) problems.push(`${name}: ${shown(value)} is not ${what}.`);
      return value;
    },
    list: (name, separator = /[\s,]+/) => [...new Set(text(name).split(separator).map((item) => item.trim()))].filter((item) => item !== ""),
    oneOf: (name, choices, fallback) => {
      const value = text(name);
      if (value === "") return fallback;
      const choice = choices.find((known) => known === value);
      if (choice === undefined) problems.push(`${name}: ${shown(value)} is none of ${choices.join(", ")}.`);
      return choice ?? fallback;
    },
    flag: (name, fallback) => {
      const value = text(name).toLowerCase();
      if (value === "") return fallback;
      if (value !== "true" && value !== "false") problems.push(`${name}: ${shown(value)} is neither true nor false.`);
      return value === "true";
    },
    positive: (name, fallback, most) => {
      const value = text(name);
      if (value === "") return fallback;
      const number = /^\d+(?:\.\d+)?$|^\.\d+$/.test(value) ? Number(value) : Number.NaN;
      if (!(number > 0 && number <= most)) {
        problems.push(`${name}: ${shown(value)} is not a number above 0 and at most ${most}.`);
        return fallback;
      }
      return number;
    },
    finish: () => {
      if (problems.length > 0) throw new InputError(problems);
    },
  };
}

/** What every action that signs in to Azure is told. */
export interface SignInConfig {
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly azureEnvironment: CloudName | URL;
  /** Of the whole run. */
  readonly timeoutMs: number;
}

/** Reads the inputs of {@link SignInConfig}. */
export function readSignIn({ text, optional, matching, positive, problems }: InputReader, timeoutMinutes: number, source: InputSource): SignInConfig {
  if (source.environment("NODE_TLS_REJECT_UNAUTHORIZED") === "0") {
    problems.push("NODE_TLS_REJECT_UNAUTHORIZED: is 0, which lets anybody between here and Azure read the run's tokens; unset it, and name the CA file of a proxy in NODE_EXTRA_CA_CERTS.");
  }
  return {
    tenantId: matching("tenant-id", optional("tenant-id", "AZURE_TENANT_ID"), TENANT, "a tenant ID (a GUID or a domain)"),
    clientId: matching("client-id", optional("client-id", "AZURE_CLIENT_ID"), GUID, "a client ID (a GUID)"),
    azureEnvironment: readEnvironment(text("azure-environment"), problems),
    timeoutMs: positive("timeout-minutes", timeoutMinutes, LONGEST_TIMEOUT_MINUTES) * 60_000,
  };
}

function readEnvironment(value: string, problems: string[]): CloudName | URL {
  if (value === "") return "AzureCloud";
  const known = CLOUD_NAMES.find((name) => name.toLowerCase() === value.toLowerCase());
  if (known !== undefined) return known;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    problems.push(`azure-environment: ${shown(value)} is none of ${CLOUD_NAMES.join(", ")}, nor the https URL of a Resource Manager endpoint.`);
    return "AzureCloud";
  }
  return url;
}

/** A value as it is quoted in a problem: short, and visibly a value. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
}
