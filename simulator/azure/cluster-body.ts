/** The body of the simulated managed cluster, with properties that real clusters have and no SDK models. */
import { type JsonObject, stableUuid } from "../lib/json.ts";
import type { Mechanism } from "../world/cluster.ts";

/** How the clusters of the scenarios differ. */
export interface ClusterTraits {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location: string;
  /** AKS Automatic, or a Base cluster. */
  readonly automatic: boolean;
  readonly revisions: readonly string[];
  readonly mechanism: Mechanism;
}

const KUBERNETES = "1.33";
const KUBERNETES_PATCH = "1.33.5";

function agentPool(name: string, mode: "System" | "User", count: number): JsonObject {
  return {
    name,
    count,
    vmSize: "Standard_D4ds_v5",
    osDiskSizeGB: 128,
    osDiskType: "Ephemeral",
    kubeletDiskType: "OS",
    workloadRuntime: "OCIContainer",
    maxPods: 250,
    type: "VirtualMachineScaleSets",
    availabilityZones: ["1", "2", "3"],
    enableAutoScaling: false,
    scaleDownMode: "Delete",
    provisioningState: "Succeeded",
    powerState: { code: "Running" },
    orchestratorVersion: KUBERNETES,
    currentOrchestratorVersion: KUBERNETES_PATCH,
    enableNodePublicIP: false,
    mode,
    enableEncryptionAtHost: false,
    enableUltraSSD: false,
    osType: "Linux",
    osSKU: "AzureLinux",
    nodeImageVersion: "AKSAzureLinux-V3gen2-202511.07.0",
    upgradeStrategy: "Rolling",
    upgradeSettings: { maxSurge: "10%", maxUnavailable: "0" },
    upgradeSettingsBlueGreen: {},
    enableFIPS: false,
    networkProfile: {},
    securityProfile: { sshAccess: "Disabled", enableVTPM: false, enableSecureBoot: false },
    eTag: stableUuid(`${name}-etag`),
  };
}

function automaticProfiles(): JsonObject {
  return {
    addonProfiles: {
      azurepolicy: {
        enabled: true,
        config: null,
        identity: { clientId: stableUuid("azurepolicy-client"), objectId: stableUuid("azurepolicy-object") },
      },
    },
    aadProfile: { managed: true, adminGroupObjectIDs: null, enableAzureRBAC: true },
    apiServerAccessProfile: { enableVnetIntegration: true },
    disableLocalAccounts: true,
    workloadAutoScalerProfile: {
      keda: { enabled: true },
      verticalPodAutoscaler: { enabled: true, addonAutoscaling: "Disabled" },
    },
    nodeProvisioningProfile: { mode: "Auto", defaultNodePools: "Auto" },
  };
}

function baseProfiles(): JsonObject {
  return {
    aadProfile: { managed: true, adminGroupObjectIDs: null, enableAzureRBAC: true },
    disableLocalAccounts: false,
    workloadAutoScalerProfile: {},
    nodeProvisioningProfile: { mode: "Manual", defaultNodePools: "Auto" },
  };
}

function networkProfile(traits: ClusterTraits): JsonObject {
  const publicIp = `/subscriptions/${traits.subscriptionId}/resourceGroups/MC_${traits.resourceGroup}_${traits.name}_${traits.location}/providers/Microsoft.Network/publicIPAddresses/${stableUuid("egress")}`;
  return {
    networkPlugin: "azure",
    networkPluginMode: "overlay",
    networkPolicy: "cilium",
    networkDataplane: "cilium",
    loadBalancerSku: "standard",
    loadBalancerProfile: {
      managedOutboundIPs: { count: 1 },
      effectiveOutboundIPs: [{ id: publicIp }],
      backendPoolType: "nodeIPConfiguration",
    },
    podCidr: "10.244.0.0/16",
    serviceCidr: "10.0.0.0/16",
    dnsServiceIP: "10.0.0.10",
    outboundType: "loadBalancer",
    podCidrs: ["10.244.0.0/16"],
    serviceCidrs: ["10.0.0.0/16"],
    ipFamilies: ["IPv4"],
    podLinkLocalAccess: "IMDS",
  };
}

/** The body that a GET returns while no operation runs. Modelled on recordings of api-version 2025-09-02-preview. */
export function managedClusterBody(traits: ClusterTraits): JsonObject {
  const { subscriptionId, resourceGroup, name, location } = traits;
  const host = `${name}-${stableUuid(name).slice(0, 8)}`;
  return {
    id: `/subscriptions/${subscriptionId}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`,
    location,
    name,
    type: "Microsoft.ContainerService/ManagedClusters",
    kind: "Base",
    tags: { environment: "production", "cost-center": "4711" },
    properties: {
      provisioningState: "Succeeded",
      powerState: { code: "Running" },
      kubernetesVersion: KUBERNETES,
      currentKubernetesVersion: KUBERNETES_PATCH,
      dnsPrefix: name,
      fqdn: `${host}.hcp.${location}.azmk8s.io`,
      azurePortalFQDN: `${host}.portal.hcp.${location}.azmk8s.io`,
      agentPoolProfiles: [agentPool("systempool", "System", 3), agentPool("userpool", "User", 2)],
      servicePrincipalProfile: { clientId: "msi" },
      nodeResourceGroup: `MC_${resourceGroup}_${name}_${location}`,
      enableRBAC: true,
      supportPlan: "KubernetesOfficial",
      networkProfile: networkProfile(traits),
      ...(traits.automatic ? automaticProfiles() : baseProfiles()),
      maxAgentPools: 100,
      autoUpgradeProfile: { upgradeChannel: "stable", nodeOSUpgradeChannel: "NodeImage" },
      securityProfile: { imageCleaner: { enabled: true, intervalHours: 168 }, workloadIdentity: { enabled: true } },
      storageProfile: {
        diskCSIDriver: { enabled: true, version: "v1" },
        fileCSIDriver: { enabled: true },
        snapshotController: { enabled: true },
      },
      oidcIssuerProfile: {
        enabled: true,
        issuerURL: `https://${location}.oic.prod-aks.azure.com/${traits.tenantId}/${stableUuid("issuer")}/`,
      },
      serviceMeshProfile: {
        mode: "Istio",
        istio: {
          components: {
            ingressGateways: [
              {
                enabled: true,
                mode: "Internal",
                name: "aks-istio-ingressgateway-internal",
                namespace: "aks-istio-ingress",
              },
            ],
            proxyRedirectionMechanism: traits.mechanism,
          },
          revisions: [...traits.revisions],
        },
      },
      metricsProfile: { costAnalysis: { enabled: true } },
      resourceUID: "68e9797947389f00017b3579",
      controlPlanePluginProfiles: {
        "azure-monitor-metrics-ccp": { enableV2: true },
        karpenter: { enableV2: true },
        "live-patching-controller": { enableV2: true },
      },
      bootstrapProfile: { artifactSource: "Direct" },
    },
    identity: { type: "SystemAssigned", principalId: stableUuid("cluster-identity"), tenantId: traits.tenantId },
    sku: traits.automatic ? { name: "Automatic", tier: "Standard" } : { name: "Base", tier: "Standard" },
    eTag: stableUuid(`${name}-etag`),
  };
}
