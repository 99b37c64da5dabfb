/** The inputs of the main action as a typed, validated {@link Config}. Reports all problems at once. */
import { KUBE_ACCESS, type Mode, MODES, REGISTER_FEATURE, RESTART_WORKLOADS } from "../../contract.ts";
import { CLUSTER_ID, CLUSTER_NAME, GUID, isAllowed, resourceId, RESOURCE_GROUP } from "../../azure/resource-id.ts";
import { readSignIn } from "../../azure/sign-in-inputs.ts";
import { defaultPath } from "../../github/default-path.ts";
import { inputReader, type InputSource, shown } from "../../lib/input-reader.ts";
import type { Config } from "../../phases/config.ts";

const NAMESPACE_GLOB = /^[a-z0-9*](?:[-a-z0-9*]{0,61}[a-z0-9*])?$/;
/** The value of a label. Source: Kubernetes documentation of labels. */
const LABEL_VALUE = /^[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const LONGEST_POLL_SECONDS = 600;

/** Inputs that keep a run from changing something. A run must not go on without them because of a misspelling. */
const DECISIVE = ["mode", "allowed-subscriptions"];

/**
 * Reads and checks every input.
 *
 * @param hint is called for each input that is set, not known, and near to a known one
 * @throws InputError with all problems
 */
export function readInputs(source: InputSource, hint: (text: string) => void = () => undefined): Config {
  const reader = inputReader(source);
  const { problems, text, optional, matching, oneOf, flag, positive } = reader;
  const target = readTarget(text("cluster"), optional("resource-group"), optional("subscription-id"), problems);
  const subscriptionId = matching(
    "subscription-id",
    target.subscriptionId ?? optional("subscription-id", "AZURE_SUBSCRIPTION_ID"),
    GUID,
    "a subscription ID (a GUID)",
  );
  const allowedSubscriptions = reader.listGiven("allowed-subscriptions").map((id) => id.toLowerCase());
  for (const id of allowedSubscriptions) matching("allowed-subscriptions", id, GUID, "a subscription ID (a GUID)");
  if (subscriptionId !== undefined && !isAllowed(subscriptionId, allowedSubscriptions)) problems.push(`allowed-subscriptions: does not hold the subscription ${shown(subscriptionId)}.`);
  const namespaces = reader.list("namespaces");
  for (const name of namespaces) {
    matching("namespaces", name, NAMESPACE_GLOB, "a namespace name or a glob of one (lower case letters, digits, hyphens and *)");
  }
  const config: Config = {
    cluster: target.cluster,
    resourceGroup: target.resourceGroup,
    subscriptionId,
    allowedSubscriptions,
    mode: reader.oneOfGiven("mode", MODES, "apply"),
    registerFeature: oneOf("register-feature", REGISTER_FEATURE, "auto"),
    namespaces,
    labelNamespaces: flag("label-namespaces", false),
    revision: matching("revision", optional("revision"), LABEL_VALUE, "a revision or a revision tag, such as asm-1-28"),
    removeInjectionLabel: flag("remove-istio-injection-label", false),
    restartWorkloads: oneOf("restart-workloads", RESTART_WORKLOADS, "never"),
    force: flag("force", false),
    kubeAccess: oneOf("kube-access", KUBE_ACCESS, "auto"),
    probe: flag("probe", true),
    failOnDrift: flag("fail-on-drift", true),
    driftIssue: flag("drift-issue", false),
    prComment: flag("pr-comment", false),
    githubToken: text("github-token"),
    jobId: text("job-id"),
    ...readSignIn(reader, 30, source),
    pollIntervalMs: positive("poll-interval-seconds", 10, LONGEST_POLL_SECONDS) * 1000,
    reportPath: text("report-path") || defaultPath(source, "istio-cni-report"),
  };
  if (config.labelNamespaces && namespaces.length === 0) {
    problems.push("label-namespaces: needs the input namespaces, so that nothing is labelled by accident.");
  }
  if (!config.labelNamespaces && config.revision !== undefined) {
    problems.push("revision: does nothing without label-namespaces: true.");
  }
  if (!config.labelNamespaces && config.removeInjectionLabel) {
    problems.push("remove-istio-injection-label: does nothing without label-namespaces: true.");
  }
  reader.finish(DECISIVE).forEach(hint);
  return config;
}

/** What the report of a run with invalid inputs says about mode and cluster. */
export interface Target {
  readonly mode: Mode;
  readonly cluster: string;
  readonly clusterId: string;
}

/**
 * Mode and cluster as far as they are valid, whatever else is not: a fleet recognises the cluster by its ID. An invalid mode reads as
 * plan, because such a run changes nothing; an invalid cluster as empty.
 */
export function targetOf(source: InputSource): Target {
  const { problems, text, optional, matching, oneOfGiven } = inputReader(source);
  const mode = oneOfGiven("mode", MODES, "apply");
  const isMode = problems.splice(0).length === 0;
  const target = readTarget(text("cluster"), optional("resource-group"), optional("subscription-id"), problems);
  const subscriptionId = matching("subscription-id", target.subscriptionId ?? optional("subscription-id", "AZURE_SUBSCRIPTION_ID"), GUID, "a subscription ID");
  const isCluster = problems.length === 0;
  return {
    mode: isMode ? mode : "plan",
    cluster: isCluster ? target.cluster : "",
    clusterId: isCluster ? clusterIdOf({ ...target, subscriptionId }) : "",
  };
}

/** Path of the report file. It is known even if other inputs are invalid. */
export function reportPathOf(source: InputSource): string {
  return source.input("report-path").trim() || defaultPath(source, "istio-cni-report");
}

/** The resource ID of the cluster; empty if the Azure CLI names the subscription. */
function clusterIdOf({ subscriptionId, resourceGroup, cluster }: Pick<Config, "subscriptionId" | "resourceGroup" | "cluster">): string {
  return subscriptionId === undefined ? "" : resourceId({ subscriptionId, resourceGroup, name: cluster });
}

/** The cluster: a name and a resource group, or a resource ID with both and the subscription. */
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
