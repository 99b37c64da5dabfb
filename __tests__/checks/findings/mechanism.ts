/** Situations of `cni-chaining-enabled` and `injector-configured`. */
import { cniChainingEnabled } from "../../../src/checks/cni-chaining-enabled.ts";
import { injectorConfigured } from "../../../src/checks/injector-configured.ts";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { ClusterFacts } from "../../../src/istio/cluster-facts.ts";
import { standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import { cluster, clusterWithMechanism, goal, observation, seen, snapshot, UNSEEN } from "../../istio/fixtures.ts";
import type { Situation } from "./as-text.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const mechanism = (facts: ClusterFacts, target = CNI, change: Partial<MeshObservation> = {}) =>
  cniChainingEnabled(snapshot({ cluster: facts, observation: seen(observation(change)) }), target);
const OFF = cluster({ mesh: { mode: "Disabled", revisions: [], redirectionMechanism: "" }, provisioningState: "" });
const unnamed = (revision: string): ClusterFacts => cluster({ mesh: { mode: "Istio", revisions: [revision], redirectionMechanism: "" } });
const injectors = (...given: readonly (readonly [string, boolean | undefined])[]) => ({ injectors: seen(given.map(([revision, cniEnabled]) => ({ revision, cniEnabled }))) });
const WRITTEN = { lastChange: { by: "ops@example.com", byType: "User", at: "2026-03-01T11:00:00Z" }, toolTags: ["terraform", "team"] };
const installed = (...revisions: string[]): ClusterFacts => cluster({ mesh: { mode: "Istio", revisions, redirectionMechanism: CNI_CHAINING } });
const injector = (facts: ClusterFacts, change: Partial<MeshObservation>, target = CNI) => injectorConfigured(snapshot({ cluster: facts, observation: seen(observation(change)) }), target);
const webhooks = (...revisions: string[]) => ({ webhooks: seen(revisions.flatMap(standardWebhooks)) });

export const MECHANISM = (): readonly Situation[] => [
  ["CNI chaining is on", mechanism(cluster())],
  ["The mesh is off", mechanism(OFF)],
  ["The mesh is off where init containers should redirect", mechanism(OFF, INIT)],
  ["Azure names init containers", mechanism(clusterWithMechanism(INIT_CONTAINERS, WRITTEN))],
  ["Azure names init containers, and who wrote last is half known", mechanism(clusterWithMechanism(INIT_CONTAINERS, { lastChange: { by: "app", byType: "", at: "" } }))],
  ["CNI chaining is on where init containers should redirect", mechanism(cluster(), INIT)],
  ["Init containers redirect as they should", mechanism(clusterWithMechanism(INIT_CONTAINERS, { sku: "Base/Standard" }), INIT)],
  ["Init containers redirect as they should, on AKS Automatic", mechanism(clusterWithMechanism(INIT_CONTAINERS), INIT)],
  ["Azure names nothing, and the revision's default is init containers", mechanism(unnamed("asm-1-26"), INIT, injectors())],
  ["Azure names nothing, and the injectors show CNI chaining", mechanism(unnamed("asm-1-30"), CNI, injectors(["asm-1-30", true]))],
  ["Azure names nothing, and the injectors show init containers", mechanism(unnamed("asm-1-30"), CNI, injectors(["asm-1-30", false]))],
  ["Azure names nothing, and the injectors do not agree with the agent", mechanism(unnamed("asm-1-30"), CNI, { ...injectors(["asm-1-30", true]), daemonSet: seen(undefined) })],
  ["Azure names nothing, and the injectors could not be read", mechanism(unnamed("asm-1-30"), CNI, { injectors: { ...UNSEEN, why: "The injectors: 403." } })],
  ["Azure names nothing, and the agent could not be read", mechanism(unnamed("asm-1-30"), CNI, { ...injectors(["asm-1-30", true]), daemonSet: { ...UNSEEN, why: "The agent: 403." } })],
  ["Azure names nothing, and the cluster was not looked into", cniChainingEnabled(snapshot({ cluster: unnamed("asm-1-30"), observation: UNSEEN }), INIT)],
  ["The switch failed", mechanism(cluster({ provisioningState: "Failed" }), CNI, injectors(["asm-1-26", false]))],
  ["The switch back failed", mechanism(clusterWithMechanism(INIT_CONTAINERS, { provisioningState: "Failed" }), INIT)],
  ["The switch is under way", mechanism(cluster({ provisioningState: "Updating" }), CNI, { daemonSet: seen(undefined) })],
  ["The injector is configured", injector(installed("asm-1-26"), {})],
  ["The injectors could not be read", injector(installed("asm-1-26"), { injectors: UNSEEN })],
  ["No revision is installed, and there is no injector", injector(installed(), injectors())],
  ["Azure lists no revision, and there is an injector", injector(installed(), injectors(["asm-1-26", true]))],
  ["One injector of two has init containers", injector(installed("asm-1-26", "asm-1-27"), { ...injectors(["asm-1-26", true], ["asm-1-27", false]), ...webhooks("asm-1-26", "asm-1-27") })],
  ["The injector has CNI chaining where init containers should redirect", injector(installed("asm-1-26"), {}, INIT)],
  ["The injector has init containers, as it should", injector(installed("asm-1-26"), injectors(["asm-1-26", false]), INIT)],
  ["The injector's configuration does not exist", injector(installed("asm-1-27"), { ...injectors(["asm-1-26", true]), ...webhooks("asm-1-27") })],
  ["The injector's webhook does not exist", injector(installed("asm-1-26", "asm-1-27"), { ...injectors(["asm-1-26", true], ["asm-1-27", true]), ...webhooks("asm-1-27") })],
  ["No webhook exists", injector(installed("asm-1-26", "asm-1-27"), { ...injectors(["asm-1-26", true]), ...webhooks() })],
  ["The webhooks could not be read", injector(installed("asm-1-26"), { webhooks: UNSEEN })],
  ["The injector does not say how it redirects", injector(installed("asm-1-26"), injectors(["asm-1-26", undefined]))],
  ["The injector does not say how it redirects, and init containers should", injector(installed("asm-1-26"), injectors(["asm-1-26", undefined]), INIT)],
];
