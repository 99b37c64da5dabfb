import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import { redirectionOf, redirectsBy, redirectsOtherwise, switchNeed } from "../../src/istio/redirection.ts";
import type { MeshObservation, Snapshot } from "../../src/istio/observation.ts";
import { cluster, clusterWithMechanism, observation, seen, snapshot, UNSEEN } from "./fixtures.ts";

const unnamed = (revisions: readonly string[], shown: Partial<MeshObservation> | undefined): Snapshot =>
  snapshot({
    cluster: cluster({ mesh: { mode: "Istio", revisions, redirectionMechanism: "" } }),
    observation: shown === undefined ? UNSEEN : seen(observation(shown)),
  });
const injectors = (...cniEnabled: readonly (boolean | undefined)[]): Partial<MeshObservation> => ({
  injectors: seen(cniEnabled.map((enabled, index) => ({ revision: `asm-1-${30 + index}`, cniEnabled: enabled }))),
});
const NEW = ["asm-1-30"];
const CANARY = ["asm-1-30", "asm-1-31"];

describe("a body that names no mechanism", () => {
  test.each<[string, Snapshot, string, string]>([
    ["of a mesh older than asm-1-30 means init containers", unnamed(["asm-1-29"], undefined), INIT_CONTAINERS, "revision"],
    ["of a new mesh whose injector and agent have CNI", unnamed(NEW, injectors(true)), CNI_CHAINING, "cluster"],
    ["of a new mesh whose injector has no CNI", unnamed(NEW, injectors(false)), INIT_CONTAINERS, "cluster"],
    ["of a new mesh whose injector has no CNI while an agent is left", unnamed(NEW, { ...injectors(false) }), INIT_CONTAINERS, "cluster"],
    ["of a new mesh whose injector has CNI, without an agent", unnamed(NEW, { ...injectors(true), daemonSet: seen(undefined) }), "", "nothing"],
    ["of a new mesh whose injector does not say", unnamed(NEW, injectors(undefined)), "", "nothing"],
    ["of two revisions whose injectors disagree", unnamed(CANARY, injectors(true, false)), "", "nothing"],
    ["of two revisions whose injectors agree", unnamed(CANARY, injectors(true, true)), CNI_CHAINING, "cluster"],
    ["of a new mesh beside an old revision", unnamed(["asm-1-29", "asm-1-30"], undefined), "", "nothing"],
    ["of a new mesh in a cluster that cannot be looked into", unnamed(NEW, undefined), "", "nothing"],
    ["of a mesh whose injectors cannot be read", unnamed(NEW, { injectors: UNSEEN }), "", "nothing"],
    ["without revisions", unnamed([], undefined), "", "nothing"],
  ])("%s", (_, given, mechanism, source) => {
    expect(redirectionOf(given)).toEqual({ mechanism, source });
  });

  test.each<[string, Snapshot, boolean, boolean]>([
    ["has nothing to switch to CNI where the cluster shows it", unnamed(NEW, injectors(true)), false, true],
    ["has nothing to switch back where the cluster shows init containers", unnamed(NEW, injectors(false)), true, false],
    ["is switched both ways where nothing shows the mechanism", unnamed(NEW, undefined), true, true],
  ])("%s", (_, given, toCni, toInit) => {
    expect([switchNeed(given, CNI_CHAINING).needed, switchNeed(given, INIT_CONTAINERS).needed]).toEqual([toCni, toInit]);
  });
});

test("a mechanism that Azure names decides, in any case of letters", () => {
  expect(redirectsBy(snapshot({ cluster: clusterWithMechanism("cnichaining"), observation: UNSEEN }), CNI_CHAINING)).toBe(true);
  expect(redirectsBy(snapshot({ cluster: clusterWithMechanism("Ambient") }), CNI_CHAINING)).toBe(false);
});

describe("a mesh redirects by another mechanism", () => {
  const OFF = snapshot({ cluster: cluster({ mesh: { mode: "Disabled", revisions: [], redirectionMechanism: "" } }) });
  const of = (mechanism: string): Snapshot => snapshot({ cluster: clusterWithMechanism(mechanism), observation: UNSEEN });
  test.each<[string, Snapshot, boolean, boolean]>([
    ["where it is off, than CNI chaining only", OFF, true, false],
    ["where it has CNI chaining, than init containers", of("CNIChaining"), false, true],
    ["where it has init containers, than CNI chaining", of("initcontainers"), true, false],
    ["where it has one that is not known, than both", of("Ambient"), true, true],
    ["where nothing shows which, than neither", unnamed(NEW, undefined), false, false],
  ])("%s", (_, given, thanCni, thanInit) => {
    expect([redirectsOtherwise(given, CNI_CHAINING), redirectsOtherwise(given, INIT_CONTAINERS)]).toEqual([thanCni, thanInit]);
  });
});

test("the injector of a revision that is no longer installed does not count, but where no revision is known all do", () => {
  const [left, installed] = [{ revision: "asm-1-29", cniEnabled: false }, { revision: "asm-1-30", cniEnabled: true }];
  const both = { injectors: seen([left, installed]) };
  expect(redirectionOf(unnamed(NEW, both)).mechanism).toBe(CNI_CHAINING);
  expect(redirectionOf(unnamed([], both)).mechanism).toBe("");
  expect(redirectionOf(unnamed([], { injectors: seen([installed]) })).mechanism).toBe(CNI_CHAINING);
  expect(redirectionOf(unnamed(NEW, { injectors: seen([left]) })).mechanism, "none of an installed revision").toBe("");
});
