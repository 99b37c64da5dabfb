/** Simulated worlds under the names that pages and examples use. */
import { createCertificates, type ScenarioName, type Simulator, startSimulator, type World } from "../../../simulator/index.ts";
import { PUBLIC_CLOUD, publicHosts } from "../../../simulator/server/public-internet.ts";

const SECOND = 1000;
/** Simulated seconds per real second. GitHub's tokens live for five minutes, so that even a busy machine has ten seconds to use one. */
export const SPEED = 30;

/** Shared by all worlds of this process. */
export const certificates = createCertificates(publicHosts(PUBLIC_CLOUD));

/** The cluster of the workflows. */
const CLUSTER = { name: "aks-prod", group: "rg-prod" };

/** The resource ID of the cluster. */
export function clusterId({ subscriptionId }: World): string {
  return `/subscriptions/${subscriptionId}/resourcegroups/${CLUSTER.group}/providers/Microsoft.ContainerService/managedClusters/${CLUSTER.name}`;
}

export interface WorldOptions {
  /** The GitHub environment of the job, which the federated credential is for. */
  readonly environment: string;
  readonly tweak?: (world: World) => void;
}

/** Starts a scenario whose services bear the public names. */
export function startWorld(scenario: ScenarioName, { environment, tweak }: WorldOptions): Promise<Simulator> {
  return startSimulator({
    scenario,
    speed: SPEED,
    certificates,
    publicNames: PUBLIC_CLOUD,
    tweak(world) {
      world.resourceGroup = CLUSTER.group;
      world.cluster.name = CLUSTER.name;
      Object.assign(world.cluster.body, { id: clusterId(world), name: CLUSTER.name });
      world.github.subject = `repo:contoso/platform:environment:${environment}`;
      world.identity.federatedCredentials = [{ issuer: "", subject: world.github.subject, audience: "api://AzureADTokenExchange" }];
      Object.assign(world.timing, { featureRegistration: 60 * SECOND, featurePropagation: 15 * SECOND, clusterUpdate: 60 * SECOND, daemonSetRollout: 30 * SECOND, podStart: 5 * SECOND, rolloutStep: 5 * SECOND });
      tweak?.(world);
    },
  });
}

/** The variables that pages and examples ask for. */
export function variables(world: World): Readonly<Record<string, string>> {
  const { clientId, tenantId } = world.identity;
  return {
    AZURE_SUBSCRIPTION_ID: world.subscriptionId,
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: clientId,
    AKS_CLUSTER: CLUSTER.name,
    AKS_RESOURCE_GROUP: CLUSTER.group,
    AKS_CLUSTER_ID: clusterId(world),
  };
}
