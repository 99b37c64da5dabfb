import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import { redirectionOf, redirectsBy, switchNeed } from "../../src/istio/redirection.ts";
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
