/** Whether a run has to switch, and whether it has to wait first, with the reason that the log and the plan give. */
import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type RedirectionMechanism } from "../../src/contract.ts";
import { isAutomatic, isStopped } from "../../src/istio/cluster-facts.ts";
import type { ClusterFacts } from "../../src/istio/cluster-facts.ts";
import { idleNeed, isConfirmed, redirectionOf, switchNeed } from "../../src/istio/redirection.ts";
import { cluster, clusterWithMechanism, observation, seen, UNSEEN } from "./fixtures.ts";

const OFF = cluster({ mesh: { mode: "Disabled", revisions: [], redirectionMechanism: "" } });
const UNNAMED = cluster({ mesh: { mode: "Istio", revisions: ["asm-1-30"], redirectionMechanism: "" } });
const injectors = (...enabled: readonly (boolean | undefined)[]) => ({ injectors: seen(enabled.map((cniEnabled) => ({ revision: "asm-1-30", cniEnabled }))) });
const shows = (...enabled: readonly (boolean | undefined)[]) => seen(observation(injectors(...enabled)));
const FAILED = { provisioningState: "Failed" };
const NOT_SHOWN = seen(observation({ daemonSet: seen(undefined) }));

type Row = readonly [situation: string, cluster: ClusterFacts, observation: typeof UNSEEN | ReturnType<typeof shows>, mechanism: RedirectionMechanism, needed: boolean, reason: string];

describe("a switch", () => {
  test.each<Row>([
    ["of a mesh that is off", OFF, UNSEEN, CNI_CHAINING, true, "the mesh is off"],
    ["back of a mesh that is off", OFF, UNSEEN, INIT_CONTAINERS, false, "the mesh is off, so nothing is redirected"],
    ["where nothing shows the mechanism", UNNAMED, UNSEEN, CNI_CHAINING, true, "Azure does not name the mechanism, and the cluster does not show which one is used"],
    ["to what Azure names", cluster(), UNSEEN, CNI_CHAINING, false, "it is already CNIChaining"],
    ["from what Azure names", clusterWithMechanism(INIT_CONTAINERS), UNSEEN, CNI_CHAINING, true, "it is InitContainers"],
    ["to what the cluster shows", UNNAMED, shows(true), CNI_CHAINING, false, "it is already CNIChaining, as the cluster shows; Azure does not name it"],
    ["from what the cluster shows", UNNAMED, shows(true), INIT_CONTAINERS, true, "it is not set in Azure, which means CNIChaining here, as the cluster shows"],
    ["from the default of a revision", clusterWithMechanism(""), UNSEEN, CNI_CHAINING, true, "it is not set in Azure, which means InitContainers in this revision"],
    ["while an operation is in progress", cluster({ provisioningState: "Updating" }), NOT_SHOWN, CNI_CHAINING, false, "it is CNIChaining, and an operation is in progress"],
    ["after a failure, where the cluster shows it", cluster(FAILED), seen(observation()), CNI_CHAINING, false, "it is already CNIChaining"],
    ["after a failure", cluster(FAILED), NOT_SHOWN, CNI_CHAINING, true, "it is CNIChaining; the last operation ended Failed: Azure has not confirmed it, and the cluster does not show it"],
    ["after a failed upgrade", cluster({ ...FAILED, kubernetesVersion: "1.33" }), NOT_SHOWN, CNI_CHAINING, false, "it is CNIChaining; the last operation ended Failed, but another write would resume an upgrade: the cluster should run Kubernetes 1.33 but runs 1.32.7"],
  ])("%s", (_, facts, given, mechanism, needed, reason) => {
    expect(switchNeed({ cluster: facts, observation: given }, mechanism)).toEqual({ needed, reason });
  });
});

describe("a wait", () => {
  const BUSY = { provisioningState: "Updating" };
  test.each<Row>([
    ["where nothing is in progress", cluster(), UNSEEN, CNI_CHAINING, false, "no other operation is changing the cluster"],
    ["before a switch", clusterWithMechanism(INIT_CONTAINERS, BUSY), UNSEEN, CNI_CHAINING, true, "another operation is changing the cluster"],
    ["for what may be the switch", cluster(BUSY), NOT_SHOWN, CNI_CHAINING, true, "another operation is changing the cluster"],
    ["where the cluster shows the mechanism", cluster(BUSY), seen(observation()), CNI_CHAINING, false, "nothing has to be switched, so this run does not wait: cluster is Updating"],
    ["for a mesh that is off", { ...OFF, ...BUSY }, UNSEEN, CNI_CHAINING, true, "another operation is changing the cluster"],
    ["for a mesh that is off, on the way back", { ...OFF, ...BUSY }, UNSEEN, INIT_CONTAINERS, false, "nothing is changed, so this run does not wait: cluster is Updating"],
    ["for a mesh that is on, on the way back", cluster(BUSY), UNSEEN, INIT_CONTAINERS, true, "another operation is changing the cluster"],
  ])("%s", (_, facts, given, mechanism, needed, reason) => {
    expect(idleNeed({ cluster: facts, observation: given }, mechanism)).toEqual({ needed, reason });
  });
});

describe("what the cluster shows", () => {
  test.each<[string, readonly (boolean | undefined)[], boolean, string]>([
    ["no injector", [], true, ""],
    ["injectors that disagree", [true, false], true, ""],
    ["an injector that does not say", [undefined], true, ""],
    ["an injector without its agent", [true], false, ""],
    ["injectors for CNI chaining", [true, true], true, "CNIChaining"],
    ["injectors for init containers", [false, false], true, "InitContainers"],
    ["injectors for init containers, without an agent", [false], false, "InitContainers"],
  ])("with %s", (_, enabled, hasAgent, mechanism) => {
    const given = seen(observation({ ...injectors(...enabled), ...(hasAgent ? {} : { daemonSet: seen(undefined) }) }));
    expect(redirectionOf({ cluster: UNNAMED, observation: given })).toEqual({ mechanism, source: mechanism === "" ? "nothing" : "cluster" });
  });

  test.each(["", "Succeeded", "succeeded", "Failed", "Canceled", "Updating"])("confirms a mechanism after an operation that ended in %j", (provisioningState) => {
    const facts = cluster({ provisioningState });
    expect(isConfirmed({ cluster: facts, observation: seen(observation()) }, CNI_CHAINING)).toBe(true);
    expect(isConfirmed({ cluster: facts, observation: NOT_SHOWN }, CNI_CHAINING)).toBe(["", "succeeded"].includes(provisioningState.toLowerCase()));
    expect(isConfirmed({ cluster: facts, observation: seen(observation()) }, INIT_CONTAINERS)).toBe(false);
  });
});

test.each([["", false], ["Automatic", true], ["automatic/Standard", true], ["Base/Automatic", false]])("the SKU %j is AKS Automatic: %s", (sku, expected) => {
  expect(isAutomatic(cluster({ sku }))).toBe(expected);
});

test.each([["", false], ["Running", false], ["running", false], ["Stopped", true]])("in powerState %j it is stopped: %s", (powerState, expected) => {
  expect(isStopped({ powerState })).toBe(expected);
});
