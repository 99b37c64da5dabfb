import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import { clusterReady } from "../../src/checks/cluster-ready.ts";
import { cniChainingEnabled } from "../../src/checks/cni-chaining-enabled.ts";
import { featureRegistered } from "../../src/checks/feature-registered.ts";
import { meshEnabled } from "../../src/checks/mesh-enabled.ts";
import { nodeOsSupported } from "../../src/checks/node-os-supported.ts";
import { revisionInSupport } from "../../src/checks/revision-in-support.ts";
import { revisionSupported } from "../../src/checks/revision-supported.ts";
import type { Snapshot } from "../../src/istio/observation.ts";
import { cluster, clusterWithMechanism, goal, observation, pool, seen, snapshot, UNSEEN } from "../istio/fixtures.ts";
import type { ClusterFacts } from "../../src/istio/cluster-facts.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const TO_SWITCH = clusterWithMechanism(INIT_CONTAINERS);
const MESH_OFF = cluster({ mesh: { mode: "Disabled", revisions: [], redirectionMechanism: "" } });
const withRevisions = (...revisions: string[]): ClusterFacts =>
  cluster({ mesh: { mode: "Istio", revisions, redirectionMechanism: CNI_CHAINING } });
const of = (facts: ClusterFacts): Snapshot => snapshot({ cluster: facts });

describe("cluster-ready", () => {
  test("passes for a running cluster whose last operation succeeded", () => {
    expect(clusterReady(of(cluster()), CNI).result).toBe("pass");
  });
  test("fails for a cluster that is being deleted", () => {
    expect(clusterReady(of(cluster({ provisioningState: "Deleting" })), CNI).result).toBe("fail");
  });
  test("fails for a stopped cluster that has to be switched, and says how to start it", () => {
    const checkResult = clusterReady(of({ ...TO_SWITCH, powerState: "Stopped" }), CNI);
    expect(checkResult).toMatchObject({ result: "fail", unverifiable: false });
    expect(checkResult.remedy).toContain("az aks start --resource-group mesh-rg --name shop --subscription s");
  });
  test("is unverifiable for a stopped cluster that needs no switch", () => {
    const checkResult = clusterReady(of(cluster({ powerState: "Stopped" })), CNI);
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: true });
  });
  test("warns of an operation in progress while the cluster starts", () => {
    const facts = cluster({ powerState: "Stopped", provisioningState: "Starting" });
    expect(clusterReady(of(facts), CNI)).toMatchObject({ result: "warn" });
  });
  test("warns of operations in progress", () => {
    const agentPools = [pool({ name: "user", provisioningState: "Scaling" })];
    const checkResult = clusterReady(of(cluster({ agentPools })), CNI);
    expect(checkResult).toMatchObject({ result: "warn", evidence: ["node pool user is Scaling"] });
    expect(checkResult.message).toContain("node pool user is Scaling");
  });
  test.each(["Failed", "Canceled"])("warns where the last operation ended in %s", (provisioningState) => {
    expect(clusterReady(of({ ...TO_SWITCH, provisioningState }), CNI).result).toBe("warn");
  });
  test("fails where switching would resume an upgrade", () => {
    const facts = { ...TO_SWITCH, provisioningState: "Failed", kubernetesVersion: "1.33" };
    expect(clusterReady(of(facts), CNI)).toMatchObject({ result: "fail" });
    // Without a switch, nothing resumes the upgrade.
    expect(clusterReady(of({ ...facts, mesh: cluster().mesh }), CNI)).toMatchObject({ result: "warn" });
  });
  test("warns of a node pool that failed", () => {
    expect(clusterReady(of(cluster({ agentPools: [pool({ provisioningState: "Failed" })] })), CNI).result).toBe("warn");
  });
});

describe("mesh-enabled", () => {
  test("passes with the mesh on", () => {
    expect(meshEnabled(of(cluster()), CNI)).toMatchObject({ result: "pass", message: "Managed Istio is on (asm-1-26)." });
  });
  test("fails with the mesh off, which this action never enables", () => {
    const checkResult = meshEnabled(of(MESH_OFF), CNI);
    expect(checkResult.result).toBe("fail");
    expect(checkResult.remedy).toContain("az aks mesh enable --resource-group mesh-rg --name shop --subscription s --proxy-redirection-mechanism CNIChaining");
    expect(checkResult.remedy).not.toContain("approuting");
  });
  test("where the Istio of application routing holds its place says to disable that first", () => {
    const { remedy } = meshEnabled(of({ ...MESH_OFF, usesAppRoutingIstio: true }), CNI);
    expect(remedy.split("\n").slice(1)).toEqual(["az aks approuting gateway istio disable --resource-group mesh-rg --name shop --subscription s", "az aks mesh enable --resource-group mesh-rg --name shop --subscription s --proxy-redirection-mechanism CNIChaining"]);
  });
  test("skips for init containers with the mesh off", () => {
    expect(meshEnabled(of(MESH_OFF), INIT)).toMatchObject({ result: "skip", unverifiable: false });
  });
});

describe("revision-supported", () => {
  test.each([
    [["asm-1-25"], "pass"],
    [["asm-1-25", "asm-1-30"], "pass"],
    [["asm-1-24"], "fail"],
    [["asm-1-9"], "fail"],
    [["asm-1-26", "asm-1-24"], "fail"],
    [["canary"], "warn"],
    [["canary", "asm-1-24"], "fail"],
    [[], "warn"],
  ])("for %j: %s", (revisions, result) => {
    expect(revisionSupported(of(withRevisions(...revisions)), CNI).result).toBe(result);
  });
  test("skips for init containers, and for a mesh that is off", () => {
    expect(revisionSupported(of(withRevisions("asm-1-24")), INIT).result).toBe("skip");
    expect(revisionSupported(of(MESH_OFF), CNI).result).toBe("skip");
  });
});

describe("revision-in-support", () => {
  const supported = (...revisions: string[]) => ({ supportedRevisions: seen(revisions.map((revision) => ({ revision, upgrades: ["asm-1-30", "asm-1-31"] }))) });
  const inSupport = (facts: ClusterFacts, given: Pick<Snapshot, "supportedRevisions"> = {}) => {
    const { cluster: read, feature, observation: inside } = of(facts);
    return revisionInSupport({ cluster: read, feature, observation: inside, ...given });
  };
  test.each<[string, ClusterFacts, Pick<Snapshot, "supportedRevisions">, string]>([
    ["a revision of the list", withRevisions("asm-1-29"), supported("asm-1-29", "asm-1-30"), "pass"],
    ["a revision before the list", withRevisions("asm-1-28"), supported("asm-1-29", "asm-1-30"), "warn"],
    ["a revision newer than the list, which may be behind", withRevisions("asm-1-32"), supported("asm-1-29", "asm-1-30"), "pass"],
    ["an old revision beside a supported one", withRevisions("asm-1-28", "asm-1-30"), supported("asm-1-29", "asm-1-30"), "warn"],
    ["an old revision, without the right to read the list", withRevisions("asm-1-25"), { supportedRevisions: UNSEEN }, "warn"],
    ["a revision of today, without the right to read the list", withRevisions("asm-1-29"), { supportedRevisions: UNSEEN }, "pass"],
    ["an old revision that nobody asked about", withRevisions("asm-1-25"), {}, "warn"],
    ["an empty list", withRevisions("asm-1-29"), { supportedRevisions: seen([]) }, "pass"],
    ["a mesh that is off", MESH_OFF, supported("asm-1-29"), "skip"],
  ])("of %s", (_, facts, given, result) => {
    expect(inSupport(facts, given)).toMatchObject({ result, unverifiable: false });
  });
  test("says to which revision to upgrade", () => {
    const { remedy } = inSupport(withRevisions("asm-1-28"), supported("asm-1-29", "asm-1-30"));
    expect(remedy.split("\n").slice(1)).toEqual(["az aks mesh get-upgrades --resource-group mesh-rg --name shop --subscription s", "az aks mesh upgrade start --resource-group mesh-rg --name shop --subscription s --revision asm-1-30"]);
  });
});

describe("node-os-supported", () => {
  test.each([
    ["Linux pools", [pool(), pool({ name: "win", osType: "Windows" })], "pass"],
    ["Windows alone", [pool({ osType: "Windows", osSku: "Windows2022" })], "warn"],
    ["Ubuntu 20.04 by image", [pool(), pool({ name: "old", nodeImageVersion: "AKSUbuntu-2004gen2fips-1" })], "warn"],
    ["Ubuntu 20.04 by SKU", [pool({ osSku: "Ubuntu2004" })], "warn"],
    ["no pools at all", [], "skip"],
  ])("for %s", (_, agentPools, result) => {
    expect(nodeOsSupported(of(cluster({ agentPools })), CNI).result).toBe(result);
  });
});

describe("feature-registered", () => {
  const featureIn = (state: string, facts = TO_SWITCH) =>
    featureRegistered(snapshot({ cluster: facts, feature: { name: "IstioCNIPreview", state, why: "403" } }), CNI);
  test.each([
    ["Registered", "pass"],
    ["registered", "pass"],
    ["NotFound", "pass"],
    ["Unknown", "skip"],
    ["Pending", "warn"],
    ["Registering", "warn"],
    ["NotRegistered", "warn"],
    ["Unregistered", "warn"],
    ["SomethingNew", "warn"],
  ])("in state %s: %s", (state, result) => {
    expect(featureIn(state)).toMatchObject({ result, unverifiable: false });
  });
  test("passes in any state once CNI chaining is on", () => {
    const checkResult = featureIn("Unregistered", cluster());
    expect(checkResult.result).toBe("pass");
    expect(checkResult.message).toContain("no longer needed");
  });
  test.each([
    ["Registered", "pass"],
    ["NotFound", "pass"],
    ["Pending", "fail"],
    ["NotRegistered", "fail"],
  ])("where the inputs require it, in state %s: %s, although CNI chaining is on", (state, result) => {
    const required = { ...CNI, requiresFeature: true };
    expect(featureRegistered(snapshot({ feature: { name: "IstioCNIPreview", state, why: "" } }), required).result).toBe(result);
  });
  test("skips for init containers", () => {
    expect(featureRegistered(snapshot(), INIT).result).toBe("skip");
  });
  test("does not call CNI chaining on while the operation that switches it is in progress", () => {
    const named = snapshot({ cluster: cluster({ provisioningState: "Updating" }), observation: UNSEEN });
    expect(featureRegistered(named, CNI)).toMatchObject({ result: "pass", message: "Azure has accepted CNI chaining, so the preview feature is no longer needed." });
    expect(featureRegistered({ ...named, cluster: cluster() }, CNI).message).toBe("CNI chaining is already on, so the preview feature is no longer needed.");
  });
});

describe("cni-chaining-enabled", () => {
  test("passes with CNI chaining, and shows the provisioning state", () => {
    const checkResult = cniChainingEnabled(of(cluster({ provisioningState: "Updating" })), CNI);
    expect(checkResult.result).toBe("pass");
    expect(checkResult.message).toContain("provisioningState Updating");
  });
  test.each([
    ["InitContainers", "found InitContainers"],
    ["", "found not set, which means InitContainers here"],
    ["Ambient", "found Ambient"],
  ])("fails with mechanism %j", (mechanism, found) => {
    expect(cniChainingEnabled(of(clusterWithMechanism(mechanism)), CNI)).toMatchObject({
      result: "fail",
      evidence: [
        "properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism",
        "expected CNIChaining",
        found,
      ],
    });
  });
  test("with the mesh off fails, and passes for init containers", () => {
    expect(cniChainingEnabled(of(MESH_OFF), CNI).result).toBe("fail");
    expect(cniChainingEnabled(of({ ...MESH_OFF, sku: "Base/Standard" }), INIT).result).toBe("pass");
  });
  test("of a mesh on asm-1-30 that does not set it is decided by the cluster", () => {
    const newMesh = cluster({ mesh: { mode: "Istio", revisions: ["asm-1-30"], redirectionMechanism: "" } });
    const shown = (cniEnabled: boolean): Snapshot => snapshot({ cluster: newMesh, observation: seen(observation({ injectors: seen([{ revision: "asm-1-30", cniEnabled }]) })) });
    expect(cniChainingEnabled(shown(true), CNI)).toMatchObject({ result: "pass", message: expect.stringContaining("Azure does not name it") as unknown });
    expect(cniChainingEnabled(shown(false), CNI)).toMatchObject({ result: "fail", evidence: expect.arrayContaining(["found not set, which means InitContainers here"]) as unknown });
    expect(cniChainingEnabled(shown(true), INIT).result).toBe("fail");
    const unseen = cniChainingEnabled(snapshot({ cluster: newMesh, observation: UNSEEN }), CNI);
    expect(unseen).toMatchObject({ result: "skip", unverifiable: true, message: expect.stringContaining(UNSEEN.why) as unknown });
    expect(unseen.remedy).toContain("az aks mesh proxy-redirection-mechanism --mechanism CNIChaining --resource-group mesh-rg --name shop --subscription s");
  });
  test("fails where the last operation failed and the cluster does not show the mechanism", () => {
    const failed = cluster({ provisioningState: "Failed" });
    const wrong = seen(observation({ injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]) }));
    expect(cniChainingEnabled(snapshot({ cluster: failed, observation: wrong }), CNI).result).toBe("fail");
    expect(cniChainingEnabled(snapshot({ cluster: failed }), CNI).result).toBe("pass");
  });
  test("warns while an operation may be the switch, and the cluster does not show the mechanism yet", () => {
    const switching = cluster({ provisioningState: "Updating" });
    expect(cniChainingEnabled(snapshot({ cluster: switching, observation: seen(observation({ daemonSet: seen(undefined) })) }), CNI).result).toBe("warn");
  });
  test.each(["", "InitContainers"])("for init containers passes with mechanism %j", (mechanism) => {
    const facts = clusterWithMechanism(mechanism, { sku: "Base/Standard" });
    const checkResult = cniChainingEnabled(of(facts), INIT);
    expect(checkResult).toMatchObject({ result: "pass", title: "Init containers redirect" });
  });
  test("for init containers fails with CNI chaining", () => {
    expect(cniChainingEnabled(of(cluster()), INIT).result).toBe("fail");
  });
  test("for init containers warns on AKS Automatic, which refuses istio-init", () => {
    expect(cniChainingEnabled(of(TO_SWITCH), INIT).result).toBe("warn");
  });
});
