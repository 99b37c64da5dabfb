/** Situations of the checks that need only Azure. */
import { clusterReady } from "../../../src/checks/cluster-ready.ts";
import { featureRegistered } from "../../../src/checks/feature-registered.ts";
import { meshEnabled } from "../../../src/checks/mesh-enabled.ts";
import { nodeOsSupported } from "../../../src/checks/node-os-supported.ts";
import { revisionInSupport } from "../../../src/checks/revision-in-support.ts";
import { revisionSupported } from "../../../src/checks/revision-supported.ts";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { ClusterFacts } from "../../../src/istio/cluster-facts.ts";
import { cluster, clusterWithMechanism, goal, pool, seen, snapshot, UNSEEN } from "../../istio/fixtures.ts";
import type { Situation } from "./as-text.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const OFF = { mesh: { mode: "", revisions: [], redirectionMechanism: "" } };
const ready = (change: Partial<ClusterFacts>, target = CNI) => clusterReady(snapshot({ cluster: cluster(change) }), target);
const toSwitch = (change: Partial<ClusterFacts>) => clusterReady(snapshot({ cluster: clusterWithMechanism(INIT_CONTAINERS, change) }), CNI);
const mesh = (change: Partial<ClusterFacts>, target = CNI) => meshEnabled(snapshot({ cluster: cluster(change) }), target);
const feature = (state: string, why = "", target = CNI, facts = clusterWithMechanism(INIT_CONTAINERS)) =>
  featureRegistered(snapshot({ cluster: facts, feature: { name: "Microsoft.ContainerService/IstioCNIPreview", state, why } }), target);
const required = { ...CNI, requiresFeature: true };
const revisions = (...names: string[]): ClusterFacts => cluster({ mesh: { mode: "Istio", revisions: names, redirectionMechanism: CNI_CHAINING } });
const supported = (facts: ClusterFacts, target = CNI) => revisionSupported(snapshot({ cluster: facts }), target);
const inSupport = (facts: ClusterFacts, given: Pick<ReturnType<typeof snapshot>, "supportedRevisions"> = {}) => revisionInSupport({ cluster: facts, feature: snapshot().feature, observation: UNSEEN, ...given });
const listed = (...names: string[]) => ({ supportedRevisions: seen(names.map((revision) => ({ revision, upgrades: [`${revision}9`] }))) });
const pools = (...agentPools: ReturnType<typeof pool>[]) => nodeOsSupported(snapshot({ cluster: cluster({ agentPools }) }), CNI);
const FAILING = ["a", "b", "c", "d"].map((name) => pool({ name, provisioningState: "Failed" }));
const BUSY = ["a", "b", "c", "d"].map((name) => pool({ name, provisioningState: "Scaling" }));

export const AZURE = (): readonly Situation[] => [
  ["The cluster is fine", ready({})],
  ["The cluster is fine, and Azure names no powerState", ready({ powerState: "" })],
  ["The cluster is being deleted", ready({ provisioningState: "Deleting" })],
  ["The cluster is stopped", ready({ powerState: "Stopped" })],
  ["The cluster is stopped, and has to be switched", toSwitch({ powerState: "Stopped" })],
  ["The cluster starts", ready({ powerState: "Stopped", provisioningState: "Starting" })],
  ["Four pools are busy", ready({ agentPools: BUSY })],
  ["An upgrade did not finish, and the cluster has to be switched", toSwitch({ provisioningState: "Failed", kubernetesVersion: "1.33" })],
  ["An upgrade did not finish, and nothing has to be switched", ready({ provisioningState: "Failed", kubernetesVersion: "1.33" })],
  ["Four pools failed", ready({ agentPools: FAILING })],
  ["The mesh is on", mesh({})],
  ["The mesh is on without a revision", mesh({ mesh: { mode: "Istio", revisions: [], redirectionMechanism: "" } })],
  ["The mesh is on with two revisions", mesh({ mesh: { mode: "Istio", revisions: ["asm-1-26", "asm-1-27"], redirectionMechanism: "" } })],
  ["The cluster has no mesh", mesh(OFF)],
  ["The mesh is disabled", mesh({ mesh: { ...OFF.mesh, mode: "Disabled" } })],
  ["The mesh is disabled where init containers should redirect", mesh({ mesh: { ...OFF.mesh, mode: "Disabled" } }, INIT)],
  ["The cluster has no mesh, and the application routing add-on has one", mesh({ ...OFF, usesAppRoutingIstio: true })],
  ["The feature is registered", feature("Registered")],
  ["The feature does not exist", feature("NotFound")],
  ["The feature was not read", feature("")],
  ["The feature could not be read", feature("Unknown", "Azure answered 403.")],
  ["The feature could not be read, and has to be registered", feature("Unknown", "Azure answered 403.", required)],
  ["The feature is pending", feature("Pending")],
  ["The feature is pending, and has to be registered", feature("Pending", "", required)],
  ["The feature is being registered", feature("Registering")],
  ["The feature is not registered", feature("NotRegistered")],
  ["The feature is not registered, and has to be", feature("NotRegistered", "", required)],
  ["The feature is not registered, and is not needed any more", feature("NotRegistered", "", CNI, cluster())],
  ["The feature is not registered where init containers should redirect", feature("NotRegistered", "", INIT)],
  ["The revision has CNI chaining", supported(revisions("asm-1-26"))],
  ["One of two revisions is too old for CNI chaining", supported(revisions("asm-1-24", "asm-1-26"))],
  ["The revision has a name of its own", supported(revisions("canary", "asm-1-26"))],
  ["Azure lists no revision", supported(revisions())],
  ["The mesh is off, so there is no revision", supported(cluster(OFF))],
  ["Any revision where init containers should redirect", supported(revisions("asm-1-24"), INIT)],
  ["The revision is in support", inSupport(revisions("asm-1-29"), listed("asm-1-29", "asm-1-30"))],
  ["The revision is in support by what is known", inSupport(revisions("asm-1-29"))],
  ["No revision is installed", inSupport(revisions())],
  ["The mesh is off, and revisions are left", inSupport(cluster({ mesh: { mode: "Disabled", revisions: ["asm-1-20"], redirectionMechanism: "" } }))],
  ["The revision is older than all in support", inSupport(revisions("asm-1-27"), listed("asm-1-29", "asm-1-30"))],
  ["The revision is between two in support", inSupport(revisions("asm-1-30"), listed("asm-1-29", "asm-1-31"))],
  ["The revision is old, and the list could not be read", inSupport(revisions("asm-1-27"), { supportedRevisions: UNSEEN })],
  ["The revision is old, and the list is empty", inSupport(revisions("asm-1-27"), listed())],
  ["The revision has a name that cannot be compared", inSupport(revisions("canary"), listed("asm-1-29"))],
  ["Azure lists no pools", pools()],
  ["All pools run Linux", pools(pool(), pool({ name: "user" }))],
  ["One pool of two runs Linux", pools(pool(), pool({ name: "win", osType: "Windows" }))],
  ["All pools run Windows", pools(pool({ name: "win", osType: "windows", osSku: "", nodeImageVersion: "AKSWindows-2022" }))],
  ["Two pools run Ubuntu 20.04", pools(pool({ name: "old", osSku: "ubuntu2004" }), pool({ name: "fips", nodeImageVersion: "AKSUbuntu-2004fips" }), pool())],
  ["Any pools where init containers should redirect", nodeOsSupported(snapshot(), INIT)],
];
