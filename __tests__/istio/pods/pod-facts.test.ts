/** What is read of a pod where it has several containers, conditions or times. */
import { describe, expect, test } from "vitest";
import { hasIstioContainer, hasRedirectingContainer, type PodFacts, readPod } from "../../../src/istio/pods/pod.ts";
import { failedValidationAt, foundNoRedirection, istioProxy, lacksReadyProxy, malformations, redirectionState } from "../../../src/istio/pods/pod-state.ts";
import { APP, CLASSIC, CNI_POD, INIT, NATIVE, NOW, podJson, type PodShape, VALIDATION } from "../fixtures.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The exit code of istio-validation where traffic is not redirected. */
const NOT_REDIRECTED = 126;

function facts(shape: PodShape = CNI_POD, overrides: Partial<PodFacts> = {}): PodFacts {
  const pod = readPod(podJson(shape));
  if (pod === undefined) throw new Error("not a pod");
  return { ...pod, ...overrides };
}

type InitStatus = PodFacts["initStatuses"][number];
const validated = (overrides: Partial<InitStatus>): Partial<PodFacts> => ({ initStatuses: [{ name: "istio-validation", ended: undefined, lastEnded: undefined, waitingReason: "", restartCount: 0, ...overrides }] });
const exited = (exitCode: number, finishedAt?: number): Partial<PodFacts> => validated({ ended: { exitCode, finishedAt } });

describe("the proxy of a pod", () => {
  test.each<[string, PodShape, string | undefined]>([
    ["with a native sidecar", { init: [VALIDATION, NATIVE] }, "native"],
    ["with a classic sidecar", { init: [VALIDATION], containers: [APP, CLASSIC] }, "classic"],
    ["with an init container that ends", { init: [VALIDATION, CLASSIC] }, "malformed"],
    ["with both forms: the native one is the sidecar", { init: [NATIVE], containers: [CLASSIC] }, "native"],
    ["with istio-validation alone, even if it never ends", { init: [{ ...VALIDATION, restartPolicy: "Always" }] }, undefined],
    ["with another of Istio's names among its containers", { containers: [{ name: "istio-validation" }] }, undefined],
  ])("%s: %s", (_, shape, form) => {
    expect(istioProxy(facts(shape))?.form).toBe(form);
  });

  test("is ready by its own status, not by that of another container", () => {
    const statuses = (proxy: boolean): object => ({ initContainerStatuses: [{ name: "istio-validation", ready: !proxy }, { name: "istio-proxy", ready: proxy }] });
    expect([true, false].map((ready) => facts({ status: statuses(ready) }).proxyReady)).toEqual([true, false]);
    expect(facts({ status: { initContainerStatuses: [{ name: "wait" }, { name: "istio-validation" }] } }).initStatuses.map(({ name }) => name)).toEqual(["istio-validation"]);
  });

  test("is not ready since a known time, or it is not told", () => {
    const pod = (unreadySince: number | undefined, createdAt: number | undefined): boolean => lacksReadyProxy(facts(CNI_POD, { proxyReady: false, unreadySince, createdAt }), NOW);
    expect([pod(NOW - DAY, undefined), pod(undefined, NOW - DAY), pod(NOW, NOW - DAY), pod(undefined, undefined)]).toEqual([true, true, false, false]);
  });
});

describe("the containers of a pod", () => {
  test.each<[string, PodShape, boolean, boolean]>([
    ["istio-init", { init: [INIT] }, true, true],
    ["istio-validation", { init: [VALIDATION] }, true, true],
    ["a native proxy alone", { init: [NATIVE] }, true, false],
    ["a classic proxy alone", { containers: [CLASSIC] }, true, false],
    ["none of Istio's", { init: [{ name: "wait" }] }, false, false],
  ])("%s", (_, shape, isOfIstio, redirects) => {
    const pod = facts(shape);
    expect([hasIstioContainer(pod), hasRedirectingContainer(pod)]).toEqual([isOfIstio, redirects]);
  });

  test("an environment variable is found by its name, and its last value counts", () => {
    const env = (...variables: readonly object[]): string | undefined => facts({ containers: [{ ...CLASSIC, env: variables }] }).containers[0]?.disableEnvoy;
    expect(env({ name: "OTHER", value: "true" })).toBe("");
    expect(env({ name: "DISABLE_ENVOY", value: "false" }, { name: "DISABLE_ENVOY", value: "true" }, { name: "OTHER", value: "x" })).toBe("true");
  });

  test.each<[string, PodShape, readonly string[]]>([
    ["no istio-validation", { init: [NATIVE] }, []],
    ["no proxy", { init: [VALIDATION] }, ["has no istio-proxy"]],
    ["a proxy that ends", { init: [VALIDATION, CLASSIC] }, ["istio-proxy is an init container without restartPolicy Always"]],
    ["other arguments", { init: [{ ...VALIDATION, args: [] }, NATIVE] }, ["istio-validation lacks --run-validation"]],
    ["capabilities", { init: [{ ...VALIDATION, securityContext: { capabilities: { add: ["CHOWN", "NET_RAW"] } } }, NATIVE] }, ["istio-validation does not drop ALL capabilities", "istio-validation adds CHOWN, NET_RAW"]],
  ])("with %s are malformed by what the CNI agent needs", (_, shape, reasons) => {
    expect(malformations(facts(shape))).toEqual(reasons);
  });
});

test("a condition counts with its type and its status", () => {
  const since = "2026-03-01T11:30:00Z";
  const pod = (status: string): PodFacts => facts({ status: { conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-03-01T10:00:00Z" }, { type: "PodScheduled", status, lastTransitionTime: since }] } });
  expect([pod("True").scheduledAt, pod("False").scheduledAt]).toEqual([Date.parse(since), undefined]);
});

describe("redirection of a pod", () => {
  const young = { createdAt: NOW - 1000, scheduledAt: NOW - 1000 };
  const old = { createdAt: NOW - HOUR, scheduledAt: NOW - HOUR, isRunning: false };
  test.each<[string, Partial<PodFacts>, string]>([
    ["that failed as it was not redirected", { hasFailed: true, ...exited(NOT_REDIRECTED) }, "failed"],
    ["that failed for another reason", { hasFailed: true, ...exited(1) }, "pending"],
    ["that failed before its validation", { hasFailed: true, initStatuses: [] }, "pending"],
    ["whose creation and scheduling are unknown", { createdAt: undefined, scheduledAt: undefined, hasSandbox: false, isRunning: false, initStatuses: [] }, "pending"],
    ["without a status of istio-validation, and old", { ...old, hasSandbox: true, initStatuses: [] }, "pending"],
    ["without a sandbox", { ...old, hasSandbox: false, initStatuses: [] }, "no-sandbox"],
    ["without a sandbox, and new", { ...young, isRunning: false, hasSandbox: false, initStatuses: [] }, "pending"],
    ["whose istio-validation waits for the application's init containers", { ...old, hasSandbox: true, ...validated({ waitingReason: "PodInitializing" }) }, "pending"],
    ["whose istio-validation is being created", { ...old, hasSandbox: true, ...validated({ waitingReason: "ContainerCreating" }) }, "pending"],
    ["whose istio-validation has no image", { ...old, hasSandbox: true, ...validated({ waitingReason: "ImagePullBackOff" }) }, "not-started"],
  ])("%s: %s", (_, overrides, state) => {
    expect(redirectionState(facts(CNI_POD, overrides), NOW)).toBe(state);
  });

  test.each<[string, Partial<PodFacts>, number | undefined]>([
    ["when its validation ended", { hasFailed: true, ...exited(NOT_REDIRECTED, NOW - HOUR) }, NOW - HOUR],
    ["when it was created, where the end is unknown", { hasFailed: true, createdAt: NOW - HOUR, ...exited(NOT_REDIRECTED) }, NOW - HOUR],
    ["at an unknown time", { hasFailed: true, createdAt: undefined, ...exited(NOT_REDIRECTED) }, undefined],
    ["not, as it ended otherwise", { hasFailed: true, ...exited(1, NOW) }, undefined],
    ["not, as it has not failed", { ...exited(NOT_REDIRECTED, NOW) }, undefined],
    ["a day ago", { hasFailed: true, ...exited(NOT_REDIRECTED, NOW - DAY) }, NOW - DAY],
    ["longer than a day ago", { hasFailed: true, ...exited(NOT_REDIRECTED, NOW - DAY - 1) }, undefined],
  ])("failed for good %s", (_, overrides, at) => {
    expect(failedValidationAt(facts(CNI_POD, overrides), NOW)).toBe(at);
  });

  test("was not found by the latest run of istio-validation", () => {
    expect([exited(NOT_REDIRECTED), exited(0), { initStatuses: [] }].map((status) => foundNoRedirection(facts(CNI_POD, status)))).toEqual([true, false, false]);
  });
});
