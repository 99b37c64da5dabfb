/** From a configuration to a signed-in Resource Manager and the one cluster in it. */
import { ActionError } from "../lib/errors.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { AzureCli } from "./azure-cli.ts";
import { type Cloud, knownCloud } from "./clouds.ts";
import { chooseIdentity, type CredentialSources, type Identity } from "./credentials.ts";
import { PreviewFeature } from "./preview-feature.ts";
import { ManagedCluster } from "./managed-cluster.ts";
import { discoverCloud, ArmClient } from "./arm-client.ts";

/** What is asked for, as far as Azure is concerned. */
export interface AzureTarget {
  readonly azureEnvironment: Parameters<typeof knownCloud>[0] | URL;
  /** Undefined: the Azure CLI's current one. */
  readonly subscriptionId: string | undefined;
  /** Lower case; any where empty. */
  readonly allowedSubscriptions: readonly string[];
  readonly resourceGroup: string;
  readonly cluster: string;
}

export interface AzureConnection {
  readonly cloud: Cloud;
  readonly identity: Identity;
  readonly cluster: ManagedCluster;
  readonly feature: PreviewFeature;
}

/** A cloud, and who the run is in it. */
export interface SignedIn {
  readonly cloud: Cloud;
  readonly identity: Identity;
}

/**
 * Finds the cloud's endpoints and chooses the identity. The first token is fetched with the first request.
 *
 * @throws ActionError where there is no credential, or no Resource Manager
 */
export async function signIn(environment: AzureTarget["azureEnvironment"], sources: CredentialSources, context: RunContext): Promise<SignedIn> {
  const cloud = typeof environment === "string" ? knownCloud(environment) : await discoverCloud(environment, context);
  context.log.info(`cloud: ${cloud.name} at ${cloud.resourceManager}, sign-in at ${cloud.login}`);
  const identity = await chooseIdentity(sources, cloud, context);
  context.log.info(`identity: ${identity.description}`);
  return { cloud, identity };
}

/**
 * Signs in. Nothing of the cluster is asked yet.
 *
 * @throws ActionError where there is no subscription, no credential, or no Resource Manager
 */
export async function connectAzure(target: AzureTarget, sources: CredentialSources, context: RunContext): Promise<AzureConnection> {
  const subscriptionId = target.subscriptionId ?? (await currentSubscription(sources.cli));
  // The inputs were checked already; this is for a subscription that only the Azure CLI named.
  if (target.allowedSubscriptions.length > 0 && !target.allowedSubscriptions.includes(subscriptionId.toLowerCase())) {
    throw new ActionError({
      code: "SubscriptionNotAllowed",
      doing: "finding out the subscription",
      message: `allowed-subscriptions does not hold ${subscriptionId}, the Azure CLI's current subscription.`,
      remedy: "Set subscription-id to the one that is meant, or add it to allowed-subscriptions.",
    });
  }
  const { cloud, identity } = await signIn(target.azureEnvironment, sources, context);
  const arm = new ArmClient(cloud, identity.credential, subscriptionId, context);
  const address = { subscriptionId, resourceGroup: target.resourceGroup, name: target.cluster };
  return { cloud, identity, cluster: new ManagedCluster(arm, address, context), feature: new PreviewFeature(arm, subscriptionId, context) };
}

async function currentSubscription(cli: AzureCli): Promise<string> {
  const account = await cli.account();
  if (account.kind === "signed-in") return account.subscriptionId;
  throw new ActionError({
    code: "NoSubscription",
    doing: "finding out the subscription",
    message: `subscription-id and AZURE_SUBSCRIPTION_ID are not set, and ${account.why}.`,
    remedy: "Set subscription-id, or give cluster as a resource ID.",
  });
}
