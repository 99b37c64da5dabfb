import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCluster, putBody } from "../../src/azure/put-body.ts";
import { MECHANISM_PATH } from "../../src/contract.ts";

const READ_ONLY_EXAMPLE = {
  id: "/subscriptions/s/resourcegroups/g/providers/Microsoft.ContainerService/managedClusters/c",
  name: "c",
  type: "Microsoft.ContainerService/ManagedClusters",
  location: "westeurope",
  eTag: "1",
  systemData: { lastModifiedBy: "someone" },
  identity: { type: "UserAssigned", principalId: "p", tenantId: "t", userAssignedIdentities: { "/id": { principalId: "p", clientId: "c" } } },
  properties: {
    provisioningState: "Succeeded",
    powerState: { code: "Running" },
    fqdn: "f",
    agentPoolProfiles: [{ name: "a", eTag: "2", provisioningState: "Succeeded", powerState: { code: "Running" }, nodeImageVersion: "i" }],
    addonProfiles: { azurepolicy: { enabled: true, identity: { clientId: "c" } } },
    networkProfile: { loadBalancerProfile: { managedOutboundIPs: { count: 1 }, effectiveOutboundIPs: [{ id: "ip" }] } },
    serviceMeshProfile: { mode: "Istio", istio: { revisions: ["asm-1-28"], components: { proxyRedirectionMechanism: "InitContainers", newThing: 1 } } },
  },
};

function put(cluster: object, mechanism = "CNIChaining") {
  const parsed = parseCluster(JSON.stringify(cluster));
  if (parsed === undefined) throw new Error("the cluster of the test is not a JSON object");
  return putBody(parsed, mechanism);
}

describe("the body of the PUT", () => {
  it("leaves out what the API declares read-only, sets the mechanism, and keeps everything else", () => {
    const { text, differences, leftOut } = put(READ_ONLY_EXAMPLE);
    expect(JSON.parse(text)).toEqual({
      location: "westeurope",
      identity: { type: "UserAssigned", userAssignedIdentities: { "/id": {} } },
      properties: {
        agentPoolProfiles: [{ name: "a", powerState: { code: "Running" }, nodeImageVersion: "i" }],
        addonProfiles: { azurepolicy: { enabled: true } },
        networkProfile: { loadBalancerProfile: { managedOutboundIPs: { count: 1 } } },
        serviceMeshProfile: { mode: "Istio", istio: { revisions: ["asm-1-28"], components: { proxyRedirectionMechanism: "CNIChaining", newThing: 1 } } },
      },
    });
    expect(differences).toEqual([{ path: MECHANISM_PATH.join("."), before: '"InitContainers"', after: '"CNIChaining"' }]);
    expect(leftOut).toContain("properties.agentPoolProfiles.0.eTag");
    expect(leftOut).toHaveLength(16);
  });

  it.each([
    ["no components", { properties: { serviceMeshProfile: { istio: {} } } }],
    ["no mechanism", { properties: { serviceMeshProfile: { istio: { components: { ingressGateways: [] } } } } }],
    ["components null", { properties: { serviceMeshProfile: { istio: { components: null } } } }],
  ])("names the mechanism where the cluster has %s", (_, cluster) => {
    const { text, differences } = put(cluster);
    const body = JSON.parse(text) as { properties: { serviceMeshProfile: { istio: { components: Record<string, unknown> } } } };
    expect(differences).toEqual([{ path: MECHANISM_PATH.join("."), before: undefined, after: '"CNIChaining"' }]);
    expect(body.properties.serviceMeshProfile.istio.components["proxyRedirectionMechanism"]).toBe("CNIChaining");
  });

  it.each<[string, object]>([
    ["an array where the API has an object", { networkProfile: [{ effectiveOutboundIPs: [], natGatewayProfile: { effectiveOutboundIPs: [] } }] }],
    ["a text where the API has an object", { status: "fine", oidcIssuerProfile: 1, podIdentityProfile: null }],
    ["a list of texts where the API has a list of objects", { agentPoolProfiles: ["a", null, ["eTag"]] }],
  ])("keeps %s", (_, properties) => {
    const { text, leftOut } = put({ properties });
    expect(JSON.parse(text)).toMatchObject({ properties });
    expect(leftOut).toEqual([]);
  });

  it.each(["", "{", "null", "[]", "1", '"a"'])("is not made of %j, which is no JSON object", (text) => {
    expect(parseCluster(text)).toBeUndefined();
  });

  it("has no difference where the cluster has the mechanism already", () => {
    expect(put(READ_ONLY_EXAMPLE, "InitContainers").differences).toEqual([]);
  });

  it.each(["12345678901234567890", "1.0", "-0", "1e400", "0.1000000000000000055511151231257827"])("keeps every digit of %s", (number) => {
    const cluster = parseCluster(`{"properties":{"newer":${number}}}`);
    expect(cluster === undefined ? "" : putBody(cluster, "CNIChaining").text).toContain(`"newer":${number}`);
  });

  it("is lossless for whatever JSON a newer API returns beside the mechanism", () => {
    const unknownProperty = fc.string().filter((key) => !TOUCHED.has(key));
    const unknownJson = fc.dictionary(unknownProperty, fc.jsonValue({ maxDepth: 5 }));
    fc.assert(
      fc.property(unknownJson, unknownJson, unknownJson, unknownJson, (top, properties, pool, components) => {
        const kept = {
          ...top,
          properties: { ...properties, agentPoolProfiles: [pool, pool], serviceMeshProfile: { istio: { components } } },
        };
        const read: unknown = JSON.parse(JSON.stringify({ ...kept, id: "x", eTag: "y" }));
        const expected = structuredClone(JSON.parse(JSON.stringify(kept)) as typeof kept);
        const { text } = put(read as object);
        const written = JSON.parse(text) as typeof kept;
        delete written.properties.serviceMeshProfile.istio.components["proxyRedirectionMechanism"];
        expect(written).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("writes what it wrote when its own body is read back: nothing creeps in or out", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (cluster) => {
        const once = put(cluster).text;
        expect(put(JSON.parse(once) as object).text).toBe(once);
      }),
    );
  });

  it.each([450, 600, 4500, 5000, 5500, 20_000])("is made of a cluster that is nested %i levels deep, or it is not a cluster", (levels) => {
    const cluster = parseCluster(`{"properties":{"newer":${'{"a":'.repeat(levels)}1${"}".repeat(levels)}}}`);
    if (levels < 500) expect(cluster && putBody(cluster, "CNIChaining").text).toContain('"a":1');
    else expect(cluster).toBeUndefined();
  });

  it("keeps keys that would pollute a prototype as plain data", () => {
    const cluster = parseCluster('{"__proto__":{"polluted":1},"properties":{"constructor":{"prototype":{"polluted":1}}}}');
    const text = cluster === undefined ? "" : putBody(cluster, "CNIChaining").text;
    expect(text).toContain('"__proto__":{"polluted":1}');
    expect(text).toContain('"constructor":{"prototype":{"polluted":1}}');
    expect("polluted" in {}).toBe(false);
  });
});

/** Keys at which the body is not just copied; the table above covers those. */
const TOUCHED = new Set([
  "__proto__", "id", "name", "type", "apiVersion", "eTag", "systemData", "identity", "properties", "provisioningState", "powerState", "maxAgentPools",
  "currentKubernetesVersion", "fqdn", "privateFQDN", "azurePortalFQDN", "resourceUID", "status", "agentPoolProfiles", "addonProfiles",
  "podIdentityProfile", "oidcIssuerProfile", "networkProfile", "privateLinkResources", "ingressProfile", "serviceMeshProfile",
  "currentOrchestratorVersion", "localDNSProfile", "proxyRedirectionMechanism",
]);
