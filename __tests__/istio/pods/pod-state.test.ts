import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { POD_STATES, type PodState } from "../../../src/contract.ts";
import { injectionRules, standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import { type PodFacts, readPod } from "../../../src/istio/pods/pod.ts";
import { lacksReadyProxy, podState, privileges, REPAIR_GRACE_MS, redirectionState, START_GRACE_MS } from "../../../src/istio/pods/pod-state.ts";
import { APP, CLASSIC, CNI_POD, INIT, LEGACY_POD, NATIVE, NOW, podJson, type PodShape, seen, VALIDATION, validationExited } from "../fixtures.ts";

const RULES = injectionRules({
  namespaces: seen([
    { name: "shop", labels: { "istio.io/rev": "asm-1-26" } },
    { name: "plain", labels: {} },
    { name: "gone", labels: { "istio.io/rev": "asm-1-20" } },
  ]),
  webhooks: seen(standardWebhooks("asm-1-26")),
  installedRevisions: ["asm-1-26"],
});

function facts(shape: PodShape): PodFacts {
  const pod = readPod(podJson(shape));
  if (pod === undefined) throw new Error("not a pod");
  return pod;
}
const stateOf = (shape: PodShape): PodState => podState(facts(shape), RULES);

const INJECTED = { "sidecar.istio.io/status": "{}" };
const withCapabilities = (container: object, capabilities: object): object => ({ ...container, securityContext: { capabilities } });
const withEnv = (name: string, value: string): object => ({ ...CLASSIC, env: [{ name, value }] });

describe("a pod is", () => {
  const cases: [string, PodState, PodShape][] = [
    ["exempt on the host network, whatever it runs", "exempt", { ...LEGACY_POD, spec: { hostNetwork: true } }],

    ["legacy-init with istio-init", "legacy-init", { init: [INIT], containers: [APP, CLASSIC] }],
    ["legacy-init with istio-init alone", "legacy-init", { init: [INIT] }],
    ["conflicting with istio-init and istio-validation", "conflicting", { init: [VALIDATION, NATIVE, INIT] }],

    ["cni with a native sidecar", "cni", CNI_POD],
    ["cni with a classic sidecar", "cni", { init: [VALIDATION], containers: [APP, CLASSIC] }],
    ["cni with --run-validation=true", "cni", { init: [{ ...VALIDATION, args: ["--run-validation=true"] }, NATIVE] }],
    ["cni though its proxy adds a baseline capability", "cni", { init: [VALIDATION, { ...NATIVE, ...withCapabilities({}, { add: ["NET_BIND_SERVICE"] }) }] }],
    ["malformed without a proxy", "malformed", { init: [VALIDATION] }],
    ["malformed with a proxy that must end before the application starts", "malformed", { init: [VALIDATION, CLASSIC] }],
    ["malformed where istio-validation does not validate", "malformed", { init: [{ ...VALIDATION, args: ["istio-iptables"] }, NATIVE] }],
    ["malformed where istio-validation drops no capabilities", "malformed", { init: [withCapabilities(VALIDATION, {}), NATIVE] }],
    ["malformed where istio-validation adds a capability", "malformed", { init: [withCapabilities(VALIDATION, { drop: ["ALL"], add: ["CHOWN"] }), NATIVE] }],
    ["privileged-proxy in TPROXY mode", "privileged-proxy", { init: [VALIDATION, { ...NATIVE, ...withCapabilities({}, { add: ["NET_ADMIN"], drop: ["ALL"] }) }] }],
    ["privileged-proxy with a privileged classic sidecar", "privileged-proxy", { init: [VALIDATION], containers: [{ ...CLASSIC, securityContext: { privileged: true } }] }],
    [
      "privileged-proxy where istio-validation is privileged",
      "privileged-proxy",
      { init: [{ ...VALIDATION, securityContext: { ...VALIDATION.securityContext, privileged: true } }, NATIVE] },
    ],

    ["a gateway with a proxy of type router", "gateway", { containers: [{ name: "istio-proxy", args: ["proxy", "router"] }], annotations: INJECTED }],
    ["proxyless with DISABLE_ENVOY", "proxyless", { containers: [APP, withEnv("DISABLE_ENVOY", "true")] }],
    ["not proxyless with DISABLE_ENVOY=false", "unknown", { containers: [APP, withEnv("DISABLE_ENVOY", "false")] }],
    ["without interception in mode NONE by annotation", "no-interception", { containers: [CLASSIC], annotations: { "sidecar.istio.io/interceptionMode": "NONE" } }],
    ["without interception in mode NONE by environment", "no-interception", { containers: [withEnv("ISTIO_META_INTERCEPTION_MODE", "NONE")] }],
    [
      "unknown where the annotation overrides the environment",
      "unknown",
      { containers: [withEnv("ISTIO_META_INTERCEPTION_MODE", "NONE")], annotations: { "sidecar.istio.io/interceptionMode": "REDIRECT" } },
    ],
    ["unknown with only a proxy", "unknown", { containers: [APP, CLASSIC] }],
    ["unknown with a proxy with a custom command line", "unknown", { init: [{ ...NATIVE, args: ["-c", "my.yaml"] }] }],

    ["custom-template with an injector's status annotation", "custom-template", { annotations: INJECTED }],
    ["opted-out by label", "opted-out", { labels: { "sidecar.istio.io/inject": "false" } }],
    ...["Yes", "true", "y", "on", ""].map((inject): [string, PodState, PodShape] => [`not-injected with ${JSON.stringify(inject)}`, "not-injected", { annotations: { "sidecar.istio.io/inject": inject } }]),
    ...["no", "False", "off", "0", "n", "disabled"].map((inject): [string, PodState, PodShape] => [
      `out-of-mesh where injectors differ about ${inject}`,
      "out-of-mesh",
      { annotations: { "sidecar.istio.io/inject": inject } },
    ]),
    ["opted-out by annotation", "opted-out", { annotations: { "sidecar.istio.io/inject": "false" } }],
    [
      "not opted-out by annotation where the label differs",
      "not-injected",
      { labels: { "sidecar.istio.io/inject": "true" }, annotations: { "sidecar.istio.io/inject": "false" } },
    ],
    ["not-injected where an injector selects it", "not-injected", {}],
    ["not-injected where its own label requests injection", "not-injected", { namespace: "plain", labels: { "istio.io/rev": "asm-1-26" } }],
    ["dangling-revision where no injector serves the revision of its namespace", "dangling-revision", { namespace: "gone" }],
    ["out-of-mesh in other namespaces", "out-of-mesh", { namespace: "plain" }],
    ["out-of-mesh with containers whose names only resemble Istio's", "out-of-mesh", { namespace: "plain", containers: [{ name: "istio-proxy-2" }] }],
  ];
  test.each(cases)("%s", (_, expected, shape) => {
    expect(stateOf(shape)).toBe(expected);
  });

  test("cni where it has a native and a classic istio-proxy, as with the spire template", () => {
    expect(stateOf({ init: [VALIDATION, NATIVE], containers: [{ name: "istio-proxy" }] })).toBe("cni");
  });
});

describe("a pod is excluded from a census", () => {
  test.each<[string, PodShape]>([
    ["while it is being deleted", { metadata: { deletionTimestamp: "2026-03-01T11:59:00Z" } }],
    ["once it has succeeded", { status: { phase: "Succeeded" } }],
    ["once it has failed", { status: { phase: "Failed" } }],
    ["where it mirrors a static pod", { annotations: { "kubernetes.io/config.mirror": "abc" } }],
  ])("%s", (_, shape) => {
    expect(facts(shape).isExcluded).toBe(true);
  });
  test("not while it runs", () => {
    expect(facts({}).isExcluded).toBe(false);
  });
});

const container = fc.constantFrom(
  INIT, VALIDATION, NATIVE, CLASSIC, APP, { name: "migrate" }, { ...VALIDATION, args: [] }, withEnv("DISABLE_ENVOY", "1"),
);
const distinct = fc.uniqueArray(container, { selector: (each) => ("name" in each ? each.name : ""), maxLength: 5 });
const shape = fc.record({
  init: distinct,
  containers: fc.uniqueArray(container, { maxLength: 2, selector: (each) => ("name" in each ? each.name : "") }),
  namespace: fc.constantFrom("shop", "plain", "gone", "nowhere"),
  labels: fc.constantFrom({}, { "sidecar.istio.io/inject": "false" }, { "istio.io/rev": "asm-1-26" }),
  annotations: fc.constantFrom({}, INJECTED, { "sidecar.istio.io/interceptionMode": "NONE" }),
});

describe("the state of a pod", () => {
  test("is one of the contract's states for any pod, and deterministic", () => {
    fc.assert(
      fc.property(fc.oneof(shape.map(podJson), fc.jsonValue()), (json) => {
        const pod = readPod(json);
        if (pod === undefined) return;
        const state = podState(pod, RULES);
        expect(POD_STATES).toContain(state);
        expect(podState(pod, RULES)).toBe(state);
      }),
    );
  });
  test("does not depend on the order of its init containers", () => {
    const shuffled = shape.chain((given) =>
      fc.shuffledSubarray(given.init, { minLength: given.init.length }).map((init) => [given, { ...given, init }] as const),
    );
    fc.assert(
      fc.property(shuffled, ([given, other]) => {
        expect(stateOf(other)).toBe(stateOf(given));
      }),
    );
  });
});

describe("redirection in a pod", () => {
  const GRACE_S = REPAIR_GRACE_MS / 1000;
  const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
  const running = (status: object, createdAgo = 3600): string =>
    redirectionState(facts({ ...CNI_POD, status, metadata: { creationTimestamp: ago(createdAgo) } }), NOW);
  const crashLoop = (finishedAt: string) => ({
    initContainerStatuses: [
      {
        name: "istio-validation",
        restartCount: 4,
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: { terminated: { exitCode: 126, finishedAt } },
      },
    ],
  });

  test("is effective once istio-validation has passed", () => {
    expect(running(validationExited(0))).toBe("effective");
  });
  test("is pending while istio-validation has not ended", () => {
    expect(running({})).toBe("pending");
    expect(running({ initContainerStatuses: [{ name: "istio-validation", state: { running: {} } }] })).toBe("pending");
    expect(running({ initContainerStatuses: [{ name: "istio-proxy", state: { terminated: { exitCode: 0 } } }] })).toBe("pending");
  });
  test("is pending for another exit code while the pod is young", () => {
    expect(running(validationExited(137, ago(10)), 20)).toBe("pending");
  });
  test.each([1, 137, 2])("fails where istio-validation ends with %s again and again", (exitCode) => {
    expect(running(validationExited(exitCode))).toBe("validation-fails");
    const status = { name: "istio-validation", restartCount: 9, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: { exitCode, finishedAt: ago(5) } } };
    expect(running({ phase: "Pending", initContainerStatuses: [status] })).toBe("validation-fails");
    expect(running({ phase: "Pending", initContainerStatuses: [status] }, 60)).toBe("pending");
  });

  const condition = (type: string, status: string, seconds: number): object => ({ type, status, lastTransitionTime: ago(seconds) });
  const waiting = (reason: string): object => ({ initContainerStatuses: [{ name: "istio-validation", restartCount: 0, state: { waiting: { reason } } }] });
  const START_S = START_GRACE_MS / 1000;
  test.each<[string, object, number, string]>([
    ["has no sandbox, without a status", {}, START_S, "no-sandbox"],
    ["is new, without a status", {}, START_S - 1, "pending"],
    ["has no sandbox, waiting", waiting("PodInitializing"), START_S, "no-sandbox"],
    ["has no sandbox by its condition", { ...waiting("PodInitializing"), conditions: [condition("PodReadyToStartContainers", "False", 3600)] }, 3600, "no-sandbox"],
    ["got its node a minute ago", { ...waiting("PodInitializing"), conditions: [condition("PodScheduled", "True", 60)] }, 3600, "pending"],
    ["lost its sandbox when its node restarted", { ...validationExited(0), phase: "Running", conditions: [condition("PodReadyToStartContainers", "False", 3600)] }, 7200, "no-sandbox"],
    ["lost its sandbox a minute ago", { ...validationExited(0), phase: "Running", conditions: [condition("PodReadyToStartContainers", "False", 60)] }, 7200, "effective"],
    ["waits for another init container, with a sandbox", { ...waiting("PodInitializing"), conditions: [condition("PodReadyToStartContainers", "True", 3600)] }, 3600, "pending"],
    ["waits for another init container, with an address", { ...waiting("PodInitializing"), podIP: "10.0.0.7" }, 3600, "pending"],
    ["cannot pull the image", { ...waiting("ImagePullBackOff"), podIP: "10.0.0.7" }, 3600, "not-started"],
    ["runs istio-validation without an end", { initContainerStatuses: [{ name: "istio-validation", state: { running: {} } }] }, 3600, "not-started"],
    ["has failed for good", { ...validationExited(126), phase: "Failed" }, 3600, "failed"],
  ])("of a pod that %s", (_, status, createdAgo, expected) => {
    expect(running({ phase: "Pending", ...status }, createdAgo)).toBe(expected);
  });
  test("of a pod without a node is pending, however long it waits", () => {
    const pod = facts({ ...CNI_POD, status: { phase: "Pending" }, metadata: { creationTimestamp: ago(36_000) }, spec: { nodeName: undefined } });
    expect(redirectionState(pod, NOW)).toBe("pending");
  });
  test.each([
    [GRACE_S - 1, "pending"],
    [GRACE_S, "not-programmed"],
    [-30, "pending"],
  ])("that failed validation %s s ago is %s", (seconds, expected) => {
    expect(running(validationExited(126, ago(seconds)))).toBe(expected);
  });
  test("in a crash loop is measured from the pod's creation", () => {
    expect(running(crashLoop(ago(1)), GRACE_S + 60)).toBe("not-programmed");
    expect(running(crashLoop(ago(1)), GRACE_S - 60)).toBe("pending");
  });
  test("is not-programmed where the time of the failure is unknown", () => {
    const status = { initContainerStatuses: [{ name: "istio-validation", state: { terminated: { exitCode: 126 } } }] };
    const pod = facts({ ...CNI_POD, status, metadata: { creationTimestamp: undefined } });
    expect(redirectionState(pod, NOW)).toBe("not-programmed");
  });
  test("is effective where the CNI agent repaired it after failures", () => {
    expect(running(validationExited(0, ago(1), 3))).toBe("effective");
  });
});

describe("a pod lacks a ready proxy", () => {
  const unready = (since: number, ready: boolean | undefined, list = "initContainerStatuses") =>
    readPod(
      podJson({
        ...CNI_POD,
        status: {
          [list]: [{ name: "istio-proxy", ready }],
          conditions: [{ type: "ContainersReady", status: "False", lastTransitionTime: new Date(NOW - since).toISOString() }],
        },
      }),
    )!;
  test.each([
    ["once it has not been ready for the grace period", REPAIR_GRACE_MS, false, true],
    ["not before", REPAIR_GRACE_MS - 1000, false, false],
    ["not where it is ready and another container is not", REPAIR_GRACE_MS, true, false],
    ["not where its readiness is unknown", REPAIR_GRACE_MS, undefined, false],
  ])("%s", (_, since, ready, expected) => {
    expect(lacksReadyProxy(unready(since, ready), NOW)).toBe(expected);
    expect(lacksReadyProxy(unready(since, ready, "containerStatuses"), NOW)).toBe(expected);
  });
});

// Source: Kubernetes documentation, Pod Security Standards, and capabilities(7).
test.each([
  [["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"], false],
  [["ALL", "BPF", "DAC_READ_SEARCH", "IPC_LOCK", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME"], true],
])("whether the proxy's capabilities %j are beyond the baseline: %s", (capabilities, isBeyond) => {
  const beyond = capabilities.filter((capability) => {
    const pod = readPod(podJson({ ...CNI_POD, init: [VALIDATION, { ...NATIVE, securityContext: { capabilities: { add: [capability] } } }] }));
    return pod !== undefined && privileges(pod).join() === `istio-proxy adds ${capability}`;
  });
  expect(beyond).toEqual(isBeyond ? capabilities : []);
});
