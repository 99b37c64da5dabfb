/** Signs in to Azure and gives access to the cluster and the preview flag of a run. */
import { ActionError } from "../lib/errors.ts";
import type { RunContext } from "../lib/run-context.ts";
import { ActivityLog } from "./activity-log.ts";
import type { AzureCli } from "./azure-cli.ts";
import { ArmClient, discoverCloud } from "./arm-client.ts";
import { type Cloud, knownCloud } from "./clouds.ts";
import { type CredentialSources, type Identity, selectCredential } from "./credentials.ts";
import { ManagedCluster } from "./managed-cluster.ts";
import { PreviewFeature } from "./preview-feature.ts";
import { isAllowed } from "./resource-id.ts";
import type { SignInConfig } from "./sign-in-inputs.ts";

/** The cluster to connect to, and how. */
export interface AzureTarget extends Pick<SignInConfig, "azureEnvironment"> {
  /** Undefined: the Azure CLI's current subscription. */
  readonly subscriptionId: string | undefined;
  /** In lower case; empty: every subscription. */
  readonly allowedSubscriptions: readonly string[];
  readonly resourceGroup: string;
  readonly cluster: string;
}

/** What a run needs of Azure. */
export interface AzureConnection {
  readonly cloud: Cloud;
  readonly identity: Identity;
  readonly cluster: ManagedCluster;
  readonly feature: PreviewFeature;
  readonly activityLog: ActivityLog;
}

/** A cloud and the credential for it. */
interface SignedIn {
  readonly cloud: Cloud;
  readonly identity: Identity;
}

/**
 * Finds the endpoints of the cloud and selects the credential. The first token is fetched with the first request.
 *
 * @throws ActionError if there is no credential, or no Resource Manager
 */
export async function signIn(environment: SignInConfig["azureEnvironment"], sources: CredentialSources, context: RunContext): Promise<SignedIn> {
  const cloud = typeof environment === "string" ? knownCloud(environment) : await discoverCloud(environment, context);
  context.log.info(`cloud: ${cloud.name} at ${cloud.resourceManager}, sign-in at ${cloud.login}`);
  const identity = await selectCredential(sources, cloud, context);
  context.log.info(`identity: ${identity.description}`);
  return { cloud, identity };
}

/**
 * Signs in. No request for the cluster is sent yet.
 *
 * @throws ActionError if there is no subscription, no credential, or no Resource Manager
 */
export async function connectAzure(target: AzureTarget, sources: CredentialSources, context: RunContext): Promise<AzureConnection> {
  const subscriptionId = target.subscriptionId ?? (await currentSubscription(sources.cli));
  // A subscription from the inputs has been checked with them. This one can come from the Azure CLI.
  if (!isAllowed(subscriptionId, target.allowedSubscriptions)) {
    throw new ActionError({
      code: "SubscriptionNotAllowed",
      doing: "finding out the subscription",
      message: `allowed-subscriptions does not hold ${subscriptionId}, the Azure CLI's current subscription.`,
      remedy: "Set subscription-id to the subscription of the cluster, or add this one to allowed-subscriptions.",
    });
  }
  const { cloud, identity } = await signIn(target.azureEnvironment, sources, context);
  const armWith = (limited: RunContext): ArmClient => new ArmClient(cloud, identity.credential, limited);
  const arm = armWith(context);
  const id = { subscriptionId, resourceGroup: target.resourceGroup, name: target.cluster };
  return {
    cloud,
    identity,
    cluster: new ManagedCluster(arm, id, context),
    feature: new PreviewFeature(arm, subscriptionId, context),
    activityLog: new ActivityLog(armWith, id, context),
  };
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
