/** Text to a typed, validated {@link Config}. Tells all problems at once. */
import {
  KUBE_ACCESS,
  MODES,
  REGISTER_FEATURE,
  RESTART_WORKLOADS,
  type KubeAccess,
  type Mode,
  type RegisterFeature,
  type RestartWorkloads,
} from "./contract.ts";
import { InputError } from "./errors.ts";

/** Clouds known by name; anything else is the URL of a Resource Manager endpoint. */
export const CLOUD_NAMES = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"] as const;
export type CloudName = (typeof CLOUD_NAMES)[number];

/** What the run was asked to do. */
export interface Config {
  readonly cluster: string;
  readonly resourceGroup: string;
  /** Undefined: the Azure CLI's current one. */
  readonly subscriptionId: string | undefined;
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly azureEnvironment: CloudName | URL;
  readonly mode: Mode;
  readonly registerFeature: RegisterFeature;
  /** Names and `*` globs; empty: every namespace with injection on. */
  readonly namespaces: readonly string[];
  readonly labelNamespaces: boolean;
  readonly restartWorkloads: RestartWorkloads;
  readonly kubeAccess: KubeAccess;
  readonly probe: boolean;
  readonly failOnDrift: boolean;
  readonly driftIssue: boolean;
  readonly githubToken: string;
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  readonly reportPath: string;
}

/** Where texts come from: GitHub's inputs and the environment. Empty texts count as absent. */
export interface InputSource {
  input(name: string): string;
  environment(name: string): string;
}

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** A tenant is a GUID or a verified domain. */
const TENANT = /^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/i;
/** From the `managedClusters` schema. */
const CLUSTER_NAME = /^[a-z0-9](?:[-_a-z0-9]{0,61}[a-z0-9])?$/i;
/** Letters, digits, underscores, hyphens, periods and parentheses; no period at the end. */
const RESOURCE_GROUP = /^[\p{L}\p{N}_\-.()]{0,89}[\p{L}\p{N}_\-()]$/u;
const NAMESPACE_GLOB = /^[a-z0-9*](?:[-a-z0-9*]{0,61}[a-z0-9*])?$/;
const CLUSTER_ID =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)\/?$/i;

/** Half a day: longer than any job may take on a hosted runner. */
const LONGEST_TIMEOUT_MINUTES = 720;
const LONGEST_POLL_SECONDS = 600;

/**
 * Reads and checks every input.
 *
 * @throws InputError with all problems
 */
export function readInputs(source: InputSource): Config {
  const problems: string[] = [];
  const text = (name: string): string => source.input(name).trim();
  const optional = (name: string, variable?: string): string | undefined => {
    const value = text(name) || (variable === undefined ? "" : source.environment(variable).trim());
    return value === "" ? undefined : value;
  };
  const matching = (name: string, value: string | undefined, pattern: RegExp, what: string): string | undefined => {
    if (value !== undefined && !pattern.test(value)) problems.push(`${name}: ${shown(value)} is not ${what}.`);
    return value;
  };
  const oneOf = <T extends string>(name: string, choices: readonly T[], fallback: T): T => {
    const value = text(name);
    if (value === "") return fallback;
    const choice = choices.find((known) => known === value);
    if (choice === undefined) problems.push(`${name}: ${shown(value)} is none of ${choices.join(", ")}.`);
    return choice ?? fallback;
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const value = text(name).toLowerCase();
    if (value === "") return fallback;
    if (value !== "true" && value !== "false") problems.push(`${name}: ${shown(value)} is neither true nor false.`);
    return value === "true";
  };
  const positive = (name: string, fallback: number, most: number): number => {
    const value = text(name);
    if (value === "") return fallback;
    const number = /^\d+(?:\.\d+)?$|^\.\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number > 0 && number <= most)) {
      problems.push(`${name}: ${shown(value)} is not a number above 0 and at most ${most}.`);
      return fallback;
    }
    return number;
  };

  const target = readTarget(text("cluster"), optional("resource-group"), optional("subscription-id"), problems);
  const subscriptionId = matching(
    "subscription-id",
    target.subscriptionId ?? optional("subscription-id", "AZURE_SUBSCRIPTION_ID"),
    GUID,
    "a subscription ID (a GUID)",
  );
  const namespaces = [...new Set(text("namespaces").split(/[\s,]+/).filter((name) => name !== ""))];
  for (const name of namespaces) {
    matching("namespaces", name, NAMESPACE_GLOB, "a namespace name or a glob of one (lower case letters, digits, hyphens and *)");
  }
  const config: Config = {
    cluster: target.cluster,
    resourceGroup: target.resourceGroup,
    subscriptionId,
    tenantId: matching("tenant-id", optional("tenant-id", "AZURE_TENANT_ID"), TENANT, "a tenant ID (a GUID or a domain)"),
    clientId: matching("client-id", optional("client-id", "AZURE_CLIENT_ID"), GUID, "a client ID (a GUID)"),
    azureEnvironment: readEnvironment(text("azure-environment"), problems),
    mode: oneOf("mode", MODES, "apply"),
    registerFeature: oneOf("register-feature", REGISTER_FEATURE, "auto"),
    namespaces,
    labelNamespaces: flag("label-namespaces", false),
    restartWorkloads: oneOf("restart-workloads", RESTART_WORKLOADS, "never"),
    kubeAccess: oneOf("kube-access", KUBE_ACCESS, "auto"),
    probe: flag("probe", true),
    failOnDrift: flag("fail-on-drift", true),
    driftIssue: flag("drift-issue", false),
    githubToken: text("github-token"),
    timeoutMs: positive("timeout-minutes", 30, LONGEST_TIMEOUT_MINUTES) * 60_000,
    pollIntervalMs: positive("poll-interval-seconds", 10, LONGEST_POLL_SECONDS) * 1000,
    reportPath: reportPathOf(source),
  };
  if (config.labelNamespaces && namespaces.length === 0) {
    problems.push("label-namespaces: needs the input namespaces, so that nothing is labelled by accident.");
  }
  if (problems.length > 0) throw new InputError(problems);
  return config;
}

/** Where the report goes; known even where the inputs are not usable. */
export function reportPathOf(source: InputSource): string {
  return source.input("report-path").trim() || `${source.environment("RUNNER_TEMP").trim() || "."}/istio-cni-report.json`;
}

/** The cluster: a name with a resource group, or a resource ID that holds all. */
function readTarget(
  cluster: string,
  resourceGroup: string | undefined,
  subscriptionId: string | undefined,
  problems: string[],
): { readonly cluster: string; readonly resourceGroup: string; readonly subscriptionId: string | undefined } {
  if (cluster === "") {
    problems.push("cluster: is required: the name of an AKS cluster, or its resource ID.");
    return { cluster, resourceGroup: resourceGroup ?? "", subscriptionId };
  }
  if (!cluster.includes("/")) {
    if (!CLUSTER_NAME.test(cluster)) problems.push(`cluster: ${shown(cluster)} is not the name of an AKS cluster.`);
    if (resourceGroup === undefined) problems.push("resource-group: is required unless cluster is a resource ID.");
    else checkResourceGroup("resource-group", resourceGroup, problems);
    return { cluster, resourceGroup: resourceGroup ?? "", subscriptionId };
  }
  const [, idSubscription = "", idGroup = "", idName = ""] = CLUSTER_ID.exec(cluster) ?? [];
  if (idName === "") {
    problems.push(
      `cluster: ${shown(cluster)} is not the resource ID of an AKS cluster (/subscriptions/…/resourceGroups/…/providers/Microsoft.ContainerService/managedClusters/…).`,
    );
    return { cluster, resourceGroup: resourceGroup ?? "", subscriptionId };
  }
  if (!GUID.test(idSubscription)) problems.push(`cluster: the subscription ${shown(idSubscription)} in the resource ID is not a GUID.`);
  checkResourceGroup("cluster", idGroup, problems);
  if (!CLUSTER_NAME.test(idName)) problems.push(`cluster: ${shown(idName)} in the resource ID is not the name of an AKS cluster.`);
  if (resourceGroup !== undefined && resourceGroup.toLowerCase() !== idGroup.toLowerCase()) {
    problems.push(`resource-group: ${shown(resourceGroup)} contradicts the resource ID in cluster, which says ${shown(idGroup)}.`);
  }
  if (subscriptionId !== undefined && subscriptionId.toLowerCase() !== idSubscription.toLowerCase()) {
    problems.push(`subscription-id: ${shown(subscriptionId)} contradicts the resource ID in cluster, which says ${shown(idSubscription)}.`);
  }
  return { cluster: idName, resourceGroup: idGroup, subscriptionId: idSubscription };
}

function checkResourceGroup(input: string, name: string, problems: string[]): void {
  if (!RESOURCE_GROUP.test(name)) problems.push(`${input}: ${shown(name)} is not the name of a resource group.`);
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
function shown(value: string): string {
  return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
}
