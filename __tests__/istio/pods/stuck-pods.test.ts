import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type RedirectionMechanism } from "../../../src/contract.ts";
import { podsRedirected } from "../../../src/checks/pods-redirected.ts";
import { injectionRules, standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import { namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import { MAX_EXAMPLES } from "../../../src/istio/pods/pod-census.ts";
import { PodCensusBuilder } from "../../../src/istio/pods/pod-census-builder.ts";
import { CNI_POD, goal, LEGACY_POD, NOW, podJson, type PodShape, seen, SHOP, showing, validationExited } from "../fixtures.ts";

const RULES = injectionRules({ namespaces: seen([SHOP]), webhooks: seen(standardWebhooks("asm-1-26")), installedRevisions: ["asm-1-26"] });
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
const NO_EVENTS = new Map<string, string>();

function builderOf(shapes: readonly PodShape[], mechanism: RedirectionMechanism = CNI_CHAINING): PodCensusBuilder {
  const builder = new PodCensusBuilder(RULES, namespaceScope([]), NOW, () => undefined, mechanism);
  for (const shape of shapes) builder.add(podJson(shape));
  return builder;
}
function judge(shapes: readonly PodShape[], events: ReadonlyMap<string, string> = NO_EVENTS, mechanism: RedirectionMechanism = CNI_CHAINING) {
  return podsRedirected(showing({ pods: seen(builderOf(shapes, mechanism).build(events)) }), goal(mechanism));
}

const WORKS: PodShape = { ...CNI_POD, name: "works" };
const NO_SANDBOX: PodShape = { ...CNI_POD, name: "no-sandbox", status: { phase: "Pending" } };
const failedAt = (name: string, seconds: number): PodShape => ({
  ...CNI_POD,
  name,
  metadata: { creationTimestamp: ago(seconds + 10), ownerReferences: [{ controller: true, kind: "Job", name: "nightly" }] },
  status: { phase: "Failed", ...validationExited(126, ago(seconds)) },
});
const young = (name: string, exitCode: number): PodShape => ({
  ...CNI_POD,
  name,
  metadata: { creationTimestamp: ago(40), ownerReferences: [{ controller: true, kind: "ReplicaSet", name: "web-1" }] },
  status: { phase: "Pending", ...validationExited(exitCode, ago(30)) },
});

describe("a pod without a sandbox", () => {
  test("is a warning where no event says why: the cause may be a volume or an address", () => {
    const { result, evidence, remedy } = judge([WORKS, NO_SANDBOX]);
    expect(result).toBe("warn");
    expect(evidence.join()).toContain("shop/no-sandbox: has no sandbox");
    expect(remedy).toContain("describe pod");
  });
  test("is a failure where an event names Istio's plugin, which is quoted", () => {
    const event = new Map([["shop/no-sandbox", 'plugin type="istio-cni" failed (add): no route']]);
    const { result, evidence, message } = judge([WORKS, NO_SANDBOX], event);
    expect({ result, message }).toEqual({ result: "fail", message: "Redirection is broken in 1 pod (no sandbox)." });
    expect(evidence).toEqual(['shop/no-sandbox: has no sandbox: the kubelet of node node-1 has not set up its network: plugin type="istio-cni" failed (add): no route']);
  });
  test("is a warning where another plugin failed", () => {
    const { result, evidence } = judge([WORKS, NO_SANDBOX], new Map([["shop/no-sandbox", "no more addresses"]]));
    expect(result).toBe("warn");
    expect(evidence.join()).toContain("no more addresses");
  });
  test("is no proof, and never a pass, where no other pod works", () => {
    expect(judge([NO_SANDBOX]).result).toBe("warn");
  });
  test("counts once, and not as pending", () => {
    const census = builderOf([WORKS, NO_SANDBOX]).build();
    expect(census.redirection).toEqual({ effective: 1, notProgrammed: 0, pending: 0 });
    expect(census.stuck["no-sandbox"]).toBe(1);
    expect(census.offenders).toHaveLength(1);
  });
});

describe("a validation that fails with another code", () => {
  test.each([1, 137])("fails the check: %s", (exitCode) => {
    const { result, message, evidence, remedy } = judge([WORKS, { ...CNI_POD, name: "loop", status: { phase: "Pending", ...validationExited(exitCode, ago(3), 12) } }]);
    expect({ result, message }).toEqual({ result: "fail", message: "Redirection is broken in 1 pod (istio-validation fails)." });
    expect(evidence).toEqual([`shop/loop: istio-validation fails again and again on node node-1 (exit code ${exitCode})`]);
    expect(remedy).toContain("logs POD --container istio-validation");
  });
});

describe("a pod that failed for good", () => {
  test("fails the check where nothing has passed on its node since", () => {
    const { result, message, evidence, remedy } = judge([WORKS, failedAt("nightly-1", 600)]);
    expect({ result, message }).toEqual({ result: "fail", message: "Redirection is broken in 1 pod (failed for good)." });
    expect(evidence).toHaveLength(1);
    expect(remedy).toContain("recreate its Job");
  });
  test("is a warning where a pod has passed on its node since", () => {
    const later: PodShape = { ...WORKS, status: validationExited(0, ago(60)) };
    expect(judge([failedAt("nightly-1", 600), later])).toMatchObject({ result: "warn" });
    expect(judge([later, failedAt("nightly-1", 600)])).toMatchObject({ result: "warn" });
    expect(judge([failedAt("nightly-1", 600), { ...later, spec: { nodeName: "node-2" } }])).toMatchObject({ result: "fail" });
  });
  test("does not count after a day, for another reason, or where init containers should redirect", () => {
    expect(judge([WORKS, failedAt("nightly-1", 90_000)]).result).toBe("pass");
    expect(judge([WORKS, { ...failedAt("nightly-1", 600), status: { phase: "Failed", ...validationExited(0) } }]).result).toBe("pass");
    expect(judge([LEGACY_POD, failedAt("nightly-1", 600)], NO_EVENTS, INIT_CONTAINERS).result).toBe("pass");
  });
  test("counts once where two lists have it, and not among the pods", () => {
    const census = builderOf([WORKS, failedAt("nightly-1", 600), failedAt("nightly-1", 600)]).build();
    expect(census.stuck.failed).toBe(1);
    expect(census.total).toBe(1);
  });
});

describe("pods that the agent may repair, or deletes again and again", () => {
  test("are a warning although other pods work", () => {
    const { result, evidence, remedy } = judge([WORKS, young("web-a", 126), young("web-b", 126)]);
    expect(result).toBe("warn");
    expect(evidence[0]).toContain("shop/web-a (ReplicaSet web-1)");
    expect(remedy).toContain("again");
  });
  test("are not pods that only start", () => {
    expect(judge([WORKS, { ...young("web-a", 0), status: { phase: "Pending" } }]).result).toBe("pass");
  });
});

describe("traffic that bypasses the proxy", () => {
  const bypassing = (name: string): PodShape => ({ ...CNI_POD, name, spec: { securityContext: { runAsUser: 1337 } } });
  test("is a warning that names the pods and why", () => {
    const { result, evidence } = judge([WORKS, bypassing("app")]);
    expect(result).toBe("warn");
    expect(evidence).toEqual(["shop/app: app runs as user or group 1337, the proxy's own"]);
  });
  test("is a warning with init containers as well", () => {
    expect(judge([{ ...LEGACY_POD, spec: { securityContext: { runAsUser: 1337 } } }], NO_EVENTS, INIT_CONTAINERS).result).toBe("warn");
  });
  test("is listed with a limited number of examples", () => {
    const { bypassing: found } = builderOf(Array.from({ length: MAX_EXAMPLES + 3 }, (_, index) => bypassing(`p${index}`))).build();
    expect(found.count).toBe(MAX_EXAMPLES + 3);
    expect(found.examples).toHaveLength(MAX_EXAMPLES);
  });
});
