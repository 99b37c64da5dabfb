/** What is said of a pod that does not comply. */
import { expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type PodState, type RedirectionMechanism } from "../../../src/contract.ts";
import { injectionRules } from "../../../src/istio/injection/injection-rules.ts";
import { findingDetail, redirectionDetail } from "../../../src/istio/pods/pod-finding.ts";
import { readPod } from "../../../src/istio/pods/pod.ts";
import type { Redirection } from "../../../src/istio/pods/pod-state.ts";
import { CNI_POD, podJson, type PodShape, seen, validationExited } from "../fixtures.ts";

const pod = (shape: PodShape = {}) => readPod(podJson({ ...CNI_POD, status: validationExited(126), ...shape }))!;
const WAITING = { status: { initContainerStatuses: [{ name: "istio-validation", state: { waiting: { reason: "ImagePullBackOff" } } }] } };

test.each<[Redirection, PodShape, string]>([
  ["effective", {}, ""],
  ["pending", {}, ""],
  ["not-programmed", {}, "istio-validation found no redirection on its node (exit code 126)"],
  ["no-sandbox", {}, "has no sandbox: the kubelet of node node-1 has not set up its network"],
  ["no-sandbox", { spec: { nodeName: "" } }, "has no sandbox: the kubelet of its node has not set up its network"],
  ["not-started", WAITING, "istio-validation cannot start on node node-1 (ImagePullBackOff)"],
  ["not-started", { status: {} }, "istio-validation does not end on node node-1"],
  ["validation-fails", {}, "istio-validation fails again and again on node node-1 (exit code 126)"],
  ["failed", {}, "has failed for good: istio-validation found no redirection on node node-1 (exit code 126), and the CNI agent repairs only pods that restart"],
  ["failed", { status: {} }, "has failed for good: istio-validation found no redirection on node node-1 (exit code 0), and the CNI agent repairs only pods that restart"],
])("of a pod whose redirection is %s %j: %s", (redirection, shape, detail) => {
  expect(redirectionDetail(pod(shape), redirection)).toBe(detail);
});

const RULES = injectionRules({ namespaces: seen([{ name: "shop", labels: { "istio.io/rev": "asm-1-20" } }]), webhooks: seen([]), installedRevisions: ["asm-1-26"] });
const NO_RULES = injectionRules({ namespaces: seen([]), webhooks: seen([]), installedRevisions: [] });
const MALFORMED: PodShape = { init: [{ name: "istio-validation", args: ["istio-iptables"] }] };

test.each<[PodState, RedirectionMechanism, PodShape, RegExp]>([
  ["cni", CNI_CHAINING, {}, /^istio-validation found no redirection/],
  ["cni", INIT_CONTAINERS, {}, /^is redirected by the CNI agent: created before the switch$/],
  ["legacy-init", CNI_CHAINING, {}, /^has istio-init: created before the switch$/],
  ["conflicting", CNI_CHAINING, {}, /^has both istio-init and istio-validation$/],
  ["malformed", CNI_CHAINING, MALFORMED, /istio-validation.*; /],
  ["privileged-proxy", CNI_CHAINING, { init: [{ name: "istio-proxy", restartPolicy: "Always", securityContext: { privileged: true } }] }, /istio-proxy/],
  ["not-injected", CNI_CHAINING, {}, /^has no istio-proxy although an injector selects it/],
  ["dangling-revision", CNI_CHAINING, {}, /^its namespace is labelled with revision asm-1-20, which no injector serves$/],
  ["unknown", CNI_CHAINING, {}, /^has istio-proxy, but no container that redirects traffic to it$/],
  ...(["gateway", "proxyless", "no-interception", "custom-template", "opted-out", "exempt", "out-of-mesh"] as const).map((state): [PodState, RedirectionMechanism, PodShape, RegExp] => [state, CNI_CHAINING, {}, /^$/]),
])("of a pod that is %s, for %s", (state, mechanism, shape, detail) => {
  expect(findingDetail(pod(shape), state, "not-programmed", mechanism, RULES)).toMatch(detail);
});

test("of a pod in a namespace without a revision names none", () => {
  expect(findingDetail(pod(), "dangling-revision", "pending", CNI_CHAINING, NO_RULES)).toBe("its namespace is labelled with revision , which no injector serves");
});
