import { describe, expect, test } from "vitest";
import { operationsInProgress, readClusterFacts, unfinishedUpgrade } from "../../src/istio/cluster-facts.ts";
import { cluster, pool } from "./fixtures.ts";

const BODY = {
  id: "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/ManagedClusters/shop",
  name: "shop",
  location: "westus2",
  sku: { name: "Base", tier: "Free" },
  properties: {
    provisioningState: "Succeeded",
    powerState: { code: "Running" },
    kubernetesVersion: "1.32",
    currentKubernetesVersion: "1.32.7",
    fqdn: "shop.hcp.westus2.azmk8s.io",
    agentPoolProfiles: [
      {
        name: "nodepool1",
        // How a lossless parser represents a number.
        count: { value: "3", isLosslessNumber: true },
        provisioningState: "Succeeded",
        powerState: { code: "Running" },
        orchestratorVersion: "1.32",
        currentOrchestratorVersion: "1.32.7",
        osType: "Linux",
        osSKU: "Ubuntu",
        nodeImageVersion: "AKSUbuntu-2204gen2containerd-202509.23.0",
      },
    ],
    serviceMeshProfile: {
      mode: "Istio",
      istio: { components: { proxyRedirectionMechanism: "InitContainers" }, revisions: ["asm-1-26"] },
    },
  },
};

describe("the body of a managed cluster", () => {
  test("shows who wrote last, and how the API server is reached", () => {
    const facts = readClusterFacts({
      id: BODY.id,
      sku: { tier: "Standard" },
      systemData: { lastModifiedBy: "ops", lastModifiedByType: "User", lastModifiedAt: "2026-01-01T00:00:00Z" },
      tags: { team: "shop", by: "Terraform", "pulumi-stack": "x", tool: "OpenTofu", other: "Crossplane" },
      properties: {
        fqdn: "a.example", privateFQDN: "b.example",
        apiServerAccessProfile: { enablePrivateCluster: true, disableRunCommand: true },
        aadProfile: { managed: true },
        ingressProfile: { webAppRouting: { gatewayAPIImplementations: { appRoutingIstio: { mode: "Enabled" } } } },
      },
    });
    expect(facts).toMatchObject({
      name: "shop", sku: "Standard", lastChange: { by: "ops", byType: "User", at: "2026-01-01T00:00:00Z" },
      toolTags: ["by=Terraform", "pulumi-stack=x", "tool=OpenTofu"],
      isPrivate: true, runCommandDisabled: true, usesEntra: true, usesAppRoutingIstio: true, apiServerNames: ["a.example", "b.example"],
    });
    expect(readClusterFacts({})).toMatchObject({ name: "", sku: "", hasPublicName: false, apiServerNames: [] });
  });

  test("is read into facts", () => {
    expect(readClusterFacts(BODY)).toEqual({
      id: BODY.id,
      name: "shop",
      location: "westus2",
      sku: "Base/Free",
      kubernetesVersion: "1.32",
      currentKubernetesVersion: "1.32.7",
      provisioningState: "Succeeded",
      powerState: "Running",
      agentPools: [pool({ name: "nodepool1" })],
      mesh: { mode: "Istio", revisions: ["asm-1-26"], redirectionMechanism: "InitContainers" },
      isPrivate: false,
      lastChange: { by: "", byType: "", at: "" },
      toolTags: [],
      hasPublicName: true,
      runCommandDisabled: false,
      usesAppRoutingIstio: false,
      usesEntra: false,
      apiServerNames: ["shop.hcp.westus2.azmk8s.io"],
    });
  });

  test("of a private cluster without a public name", () => {
    const facts = readClusterFacts({
      properties: {
        privateFQDN: "shop.privatelink.westus2.azmk8s.io",
        apiServerAccessProfile: { enablePrivateCluster: true, disableRunCommand: true },
      },
    });
    expect(facts).toMatchObject({
      isPrivate: true,
      lastChange: { by: "", byType: "", at: "" },
      toolTags: [],
      hasPublicName: false,
      runCommandDisabled: true,
    });
  });

  test("without a mesh names no mechanism", () => {
    const facts = readClusterFacts({ id: "/a/b/managedClusters/shop" });
    expect(facts.name).toBe("shop");
    expect(facts.mesh).toEqual({ mode: "", revisions: [], redirectionMechanism: "" });
  });
});

test("of the tags that name a tool, three are kept", () => {
  expect(readClusterFacts({ tags: { a: "bicep", b: "Ansible", c: "pulumi", d: "terraform", e: "x" } }).toolTags).toEqual(["a=bicep", "b=Ansible", "c=pulumi"]);
});

test.each([
  [{ name: "Base", tier: "" }, "Base"],
  [{ name: "", tier: "Free" }, "Free"],
  [{ name: "Automatic", tier: "Standard" }, "Automatic/Standard"],
])("the SKU %j is %s", (sku, text) => {
  expect(readClusterFacts({ sku }).sku).toBe(text);
});

test.each([["Enabled", true], ["enabled", true], ["Disabled", false], ["", false]])("application routing with its Istio %j is in use: %s", (mode, expected) => {
  expect(readClusterFacts({ properties: { ingressProfile: { webAppRouting: { gatewayAPIImplementations: { appRoutingIstio: { mode } } } } } }).usesAppRoutingIstio).toBe(expected);
});

describe("operations in progress", () => {
  test.each(["Succeeded", "Failed", "Canceled", "succeeded", ""])("none in state %j", (state) => {
    expect(operationsInProgress(cluster({ provisioningState: state, agentPools: [pool({ provisioningState: state })] }))).toEqual([]);
  });

  test.each(["Updating", "ReconcilingClusterETCDCertificates", "Migrating", "Deleting", "Cancelled-ish"])(
    "one in state %s",
    (state) => {
      expect(operationsInProgress(cluster({ provisioningState: state }))).toEqual([`cluster is ${state}`]);
    },
  );

  test("of the cluster and of node pools", () => {
    const facts = cluster({
      provisioningState: "Updating",
      agentPools: [pool(), pool({ name: "userpool", provisioningState: "Upgrading" })],
    });
    expect(operationsInProgress(facts)).toEqual(["cluster is Updating", "node pool userpool is Upgrading"]);
  });
});

describe("an upgrade is unfinished", () => {
  test("where the cluster failed and does not run the requested version", () => {
    const facts = cluster({ provisioningState: "Failed", kubernetesVersion: "1.33", agentPools: [] });
    expect(unfinishedUpgrade(facts)).toBe("the cluster should run Kubernetes 1.33 but runs 1.32.7");
  });

  test("where a node pool does not run the requested version", () => {
    const agentPools = [pool({ name: "user", orchestratorVersion: "1.33.1" })];
    const expected = "node pool user should run Kubernetes 1.33.1 but runs 1.32.7";
    expect(unfinishedUpgrade(cluster({ provisioningState: "Canceled", agentPools }))).toBe(expected);
    const failedPool = agentPools.map((facts) => ({ ...facts, provisioningState: "Failed" }));
    expect(unfinishedUpgrade(cluster({ agentPools: failedPool }))).toBe(expected);
  });

  test.each([
    ["1.32", "1.32.7"],
    ["1.32.7", "1.32.7"],
    ["", "1.32.7"],
    ["1.32", ""],
  ])("not where %j was requested and %j runs", (kubernetesVersion, currentKubernetesVersion) => {
    const facts = cluster({ provisioningState: "Failed", kubernetesVersion, currentKubernetesVersion });
    expect(unfinishedUpgrade(facts)).toBeUndefined();
  });

  test("where 1.3 was requested and 1.32.7 runs, because an alias ends at a dot", () => {
    expect(unfinishedUpgrade(cluster({ provisioningState: "Failed", kubernetesVersion: "1.3" }))).toBeDefined();
  });

  test("not where the last operation succeeded", () => {
    expect(unfinishedUpgrade(cluster({ kubernetesVersion: "1.33" }))).toBeUndefined();
  });
});
