/** What the state of a pod means, for each state and mechanism. */
import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, POD_STATES, type PodState } from "../../../src/contract.ts";
import { complianceOf, isRedirected, severityRank } from "../../../src/istio/pods/pod-compliance.ts";

/** The states that concern redirection, from the most severe one: their meaning with CNI chaining, with init containers, and whether a pod is redirected. */
const MEANINGS = [
  ["cni", "compliant", "stale", true],
  ["conflicting", "broken", "broken", true],
  ["malformed", "broken", "broken", true],
  ["privileged-proxy", "broken", "stale", true],
  ["unknown", "broken", "broken", false],
  ["dangling-revision", "broken", "broken", false],
  ["legacy-init", "stale", "compliant", true],
  ["not-injected", "stale", "stale", false],
] as const satisfies readonly (readonly [PodState, string, string, boolean])[];
const INSIDE: readonly string[] = MEANINGS.map(([state]) => state);

describe("a pod", () => {
  test.each(MEANINGS)("%s is %s with CNI chaining and %s with init containers; redirected: %s", (state, withCni, withInit, redirected) => {
    expect([complianceOf(state, CNI_CHAINING), complianceOf(state, INIT_CONTAINERS), isRedirected(state)]).toEqual([withCni, withInit, redirected]);
  });

  test.each(POD_STATES.filter((state) => !INSIDE.includes(state)))("%s is not meant to be redirected", (state) => {
    expect([complianceOf(state, CNI_CHAINING), complianceOf(state, INIT_CONTAINERS), isRedirected(state)]).toEqual(["not-applicable", "not-applicable", false]);
  });
});

test("findings are listed in the order of these states, and pods outside of the mesh after them", () => {
  const ordered = [...POD_STATES].sort((one, other) => severityRank(one) - severityRank(other));
  expect(ordered.slice(0, INSIDE.length)).toEqual(INSIDE);
});
