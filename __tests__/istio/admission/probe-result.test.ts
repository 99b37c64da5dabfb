import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type RedirectionMechanism } from "../../../src/contract.ts";
import { injectionRules, standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import { arrayAt, at, numberAt, textAt } from "../../../src/lib/json.ts";
import { probePod } from "../../../src/istio/admission/probe-pod.ts";
import { disprovesRedirection, provesRedirection, MAX_PROBES, mayResolveAfterSwitch, type ProbeAnswer, probeTargets, readProbe } from "../../../src/istio/admission/probe-result.ts";
import { namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import { SYSTEM_NAMESPACES } from "../../../src/istio/injection/system-namespaces.ts";
import { INIT, NATIVE, podJson, seen, UNSEEN, VALIDATION } from "../fixtures.ts";

const namespaces = [
  { name: "shop", labels: { "istio.io/rev": "asm-1-26" } },
  { name: "plain", labels: {} },
  { name: "old", labels: { "istio-injection": "enabled", "istio.io/rev": "asm-1-26" } },
  { name: "gone", labels: { "istio.io/rev": "asm-1-20" } },
  { name: "kube-system", labels: { "istio.io/rev": "asm-1-26" } },
];
const RULES = injectionRules({ namespaces: seen(namespaces), webhooks: seen(standardWebhooks("asm-1-26")), installedRevisions: ["asm-1-26"] });

const accepted = (init: readonly unknown[]): ProbeAnswer => ({ accepted: true, object: podJson({ init, namespace: "" }), warnings: [] });
const refused = (status: number | undefined, message: string): ProbeAnswer => ({ accepted: false, status, message, remedy: "Do this." });

const FORBIDDEN =
  'pods is forbidden: User "4f3a" cannot create resource "pods" in API group "" in the namespace "shop": User does not have access to the resource in Azure. Update role assignment to allow access.';
const DENIED =
  "pods \"istio-cni-probe-x\" is forbidden: ValidatingAdmissionPolicy 'aks-managed-baseline-capabilities' with binding 'b' denied request: Disallowed capabilities detected: NET_ADMIN";
const QUOTA = 'pods "p" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5';
/** Source: Azure/AKS#2197 and istio/istio#43593. */
const NO_DRY_RUN = 'admission webhook "aks-webhook-admission-controller.azmk8s.io" does not support dry run';
const NO_INJECTOR =
  'Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector.istio.io": failed to call webhook: Post "https://istiod-asm-1-26.aks-istio-system.svc:443/inject?timeout=10s": context deadline exceeded';

type Verdict = "proves" | "disproves" | "neither";

describe("an answer to the probe", () => {
  test.each<[string, string, ProbeAnswer, object, Verdict, Verdict]>([
    ["injected for CNI", "shop", accepted([VALIDATION, NATIVE]), { kind: "admitted", state: "cni" }, "proves", "disproves"],
    ["injected with istio-init", "shop", accepted([INIT, NATIVE]), { kind: "admitted", state: "legacy-init" }, "disproves", "proves"],
    ["injected with both", "shop", accepted([INIT, VALIDATION, NATIVE]), { kind: "admitted", state: "conflicting" }, "disproves", "disproves"],
    ["not injected, without a label", "plain", accepted([]), { kind: "admitted", injection: { kind: "unlabelled" } }, "disproves", "disproves"],
    ["not injected, because of istio-injection", "old", accepted([]), { kind: "admitted", injection: { kind: "switched-off" } }, "disproves", "disproves"],
    ["not injected, with a revision that no injector serves", "gone", accepted([]), { kind: "admitted", state: "dangling-revision" }, "disproves", "disproves"],
    ["not injected although the injector selects it", "shop", accepted([]), { kind: "admitted", state: "not-injected", injection: { kind: "on" } }, "disproves", "disproves"],
    ["refused for its capabilities", "shop", refused(422, DENIED), { kind: "refused" }, "disproves", "disproves"],
    ["refused by a quota", "shop", refused(403, QUOTA), { kind: "refused", refusal: { source: "ResourceQuota" } }, "neither", "neither"],
    ["not allowed to create pods", "shop", refused(403, FORBIDDEN), { kind: "not-allowed", remedy: "Do this." }, "neither", "neither"],
    ["a webhook that does not support dry runs", "shop", refused(400, NO_DRY_RUN), { kind: "cannot-dry-run" }, "neither", "neither"],
    ["an injector that does not answer", "shop", refused(500, NO_INJECTOR), { kind: "injector-failed" }, "disproves", "disproves"],
    ["another webhook that does not answer", "shop", refused(500, NO_INJECTOR.replace("sidecar-injector.istio.io", "example.com")), { kind: "unanswered" }, "neither", "neither"],
    ["a namespace that goes away", "shop", refused(403, 'pods "p" is forbidden: unable to create new content in namespace shop because it is being terminated'), { kind: "unanswered" }, "neither", "neither"],
    ["a namespace without its service account", "shop", refused(403, 'pods "p" is forbidden: error looking up service account shop/default: serviceaccount "default" not found'), { kind: "unanswered" }, "neither", "neither"],
    ["no answer", "shop", refused(undefined, "ECONNRESET"), { kind: "unanswered" }, "neither", "neither"],
    ["something that is no pod", "shop", { accepted: true, object: "ok", warnings: [] }, { kind: "unanswered" }, "neither", "neither"],
  ])("%s", (_, namespace, answer, outcome, forCni, forInit) => {
    const facts = readProbe(namespace, answer, RULES);
    expect(facts.outcome).toMatchObject(outcome);
    const verdict = (mechanism: RedirectionMechanism): Verdict =>
      provesRedirection(facts, mechanism) ? "proves" : disprovesRedirection(facts, mechanism) ? "disproves" : "neither";
    expect([verdict(CNI_CHAINING), verdict(INIT_CONTAINERS)]).toEqual([forCni, forInit]);
  });

  test.each([
    ["istio-init still injected", "shop", accepted([INIT, NATIVE]), true],
    ["a namespace that the injector does not select yet", "shop", accepted([]), true],
    ["an injector that starts", "shop", refused(500, NO_INJECTOR), true],
    ["a namespace without a label", "plain", accepted([]), false],
    ["a quota", "shop", refused(403, QUOTA), false],
    ["a probe that already proves redirection", "shop", accepted([VALIDATION, NATIVE]), false],
  ])("whether waiting after a switch may help: %s", (_, namespace, answer, expected) => {
    expect(mayResolveAfterSwitch(readProbe(namespace, answer, RULES), CNI_CHAINING)).toBe(expected);
  });

  test("waiting does not help where a policy refuses istio-init and init containers should redirect", () => {
    const facts = readProbe("shop", refused(422, DENIED), RULES);
    expect([mayResolveAfterSwitch(facts, CNI_CHAINING), mayResolveAfterSwitch(facts, INIT_CONTAINERS)]).toEqual([true, false]);
  });

  test("no answer both proves and disproves redirection", () => {
    const answer = fc.oneof(
      fc.record({ accepted: fc.constant(true as const), object: fc.jsonValue(), warnings: fc.array(fc.string()) }),
      fc.record({ accepted: fc.constant(false as const), status: fc.option(fc.nat(599), { nil: undefined }), message: fc.string(), remedy: fc.string() }),
    );
    fc.assert(
      fc.property(fc.constantFrom("shop", "plain", "nowhere"), answer, (namespace, given) => {
        const facts = readProbe(namespace, given, RULES);
        expect(provesRedirection(facts, CNI_CHAINING) && disprovesRedirection(facts, CNI_CHAINING)).toBe(false);
      }),
    );
  });
});

describe("the probe is sent", () => {
  test("to namespaces that request injection, and never to AKS' own", () => {
    expect(probeTargets(seen(namespaces), namespaceScope([]), RULES).namespaces).toEqual(["gone", "old", "shop"]);
    expect(probeTargets(seen(namespaces), namespaceScope(["plain", "kube-system", "nowhere"]), RULES).namespaces).toEqual(["plain"]);
    const all = SYSTEM_NAMESPACES.map((name) => ({ name, labels: { "istio.io/rev": "asm-1-26" } }));
    expect(probeTargets(seen(all), namespaceScope(SYSTEM_NAMESPACES), RULES).namespaces).toEqual([]);
  });
  test("to the named namespaces, where namespaces could not be read", () => {
    expect(probeTargets(UNSEEN, namespaceScope(["shop", "kube-system"]), RULES).namespaces).toEqual(["shop"]);
    expect(probeTargets(UNSEEN, namespaceScope([]), RULES).namespaces).toEqual([]);
  });
  test("to a limited number of namespaces, and the others are counted", () => {
    const many = Array.from({ length: MAX_PROBES + 7 }, (_, index) => ({ name: `team-${index}`, labels: { "istio.io/rev": "asm-1-26" } }));
    const rules = injectionRules({ namespaces: seen(many), webhooks: seen(standardWebhooks("asm-1-26")), installedRevisions: [] });
    const { namespaces: probed, leftOut } = probeTargets(seen(many), namespaceScope([]), rules);
    expect(probed).toHaveLength(MAX_PROBES);
    expect(leftOut).toBe(7);
  });
});

/** The requirements of Deployment Safeguards and of the restricted Pod Security Standard, stated independently of the pod. */
describe("the probe pod satisfies", () => {
  const pod = probePod("shop");
  const containers = arrayAt(pod, "spec", "containers");
  const every = (holds: (container: unknown) => boolean): boolean => containers.length > 0 && containers.every(holds);
  test.each<[string, boolean]>([
    ["a pinned image of an allowed registry", every((c) => /^mcr\.microsoft\.com\/[^:]+:(?!latest$).+$/.test(textAt(c, "image")))],
    ["readiness and liveness probes", every((c) => at(c, "readinessProbe") !== undefined && at(c, "livenessProbe") !== undefined)],
    ["requests and limits", every((c) => ["requests", "limits"].every((kind) => ["cpu", "memory"].every((what) => textAt(c, "resources", kind, what) !== "")))],
    ["a non-root user", every((c) => at(c, "securityContext", "runAsNonRoot") === true) && (numberAt(pod, "spec", "securityContext", "runAsUser") ?? 0) > 0],
    ["another user than the proxy's", numberAt(pod, "spec", "securityContext", "runAsUser") !== 1337],
    ["no privilege escalation", every((c) => at(c, "securityContext", "allowPrivilegeEscalation") === false && at(c, "securityContext", "privileged") === false)],
    ["all capabilities dropped", every((c) => JSON.stringify(at(c, "securityContext", "capabilities")) === '{"drop":["ALL"]}')],
    ["the runtime's seccomp profile", every((c) => textAt(c, "securityContext", "seccompProfile", "type") === "RuntimeDefault")],
    ["no profile of the whole pod, which would count for injected containers", at(pod, "spec", "securityContext", "seccompProfile") === undefined],
    ["no service account token", at(pod, "spec", "automountServiceAccountToken") === false],
    ["no node name", at(pod, "spec", "nodeName") === undefined],
    ["no host namespaces and no volumes", ["hostNetwork", "hostPID", "hostIPC", "volumes"].every((key) => at(pod, "spec", key) === undefined)],
    ["no host ports", every((c) => arrayAt(c, "ports").every((port) => at(port, "hostPort") === undefined))],
    ["a generated name with its purpose", textAt(pod, "metadata", "generateName") === "istio-cni-probe-" && textAt(pod, "metadata", "name") === ""],
    ["no injection label or annotation", !JSON.stringify(at(pod, "metadata")).includes("sidecar.istio.io")],
  ])("%s", (_, holds) => {
    expect(holds).toBe(true);
  });
});

test.each<[string, string, boolean]>([
  ["Pod Security, for a reason that names no container", 'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)', true],
  ["Pod Security, for a container of the application", 'violates PodSecurity "restricted:latest": runAsNonRoot != true (container "app" must set it)', false],
  ["a policy of AKS, for a reason that names no container", "ValidatingAdmissionPolicy 'aks-managed-x' with binding 'b' denied request: no", true],
  ["a policy of a team", "ValidatingAdmissionPolicy 'team-aks-managed-' with binding 'b' denied request: no", false],
  ["the protection of a namespace", "ValidatingAdmissionPolicy 'aks-managed-protect-system-namespaces' with binding 'b' denied request: no", false],
  ["Gatekeeper, for a reason that names no container", 'admission webhook "validation.gatekeeper.sh" denied the request: [aks-managed-x] no', false],
  ["a quota", QUOTA, false],
  ["istio-init and the application", "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: container app adds X; container istio-init adds NET_ADMIN", true],
  ["a policy of AKS, for the application and something else", "ValidatingAdmissionPolicy 'aks-managed-x' with binding 'b' denied request: container app adds X; container istio-init adds NET_ADMIN", true],
])("a refusal by %s disproves redirection, or not", (_, message, disproves) => {
  expect(disprovesRedirection(readProbe("shop", refused(403, message), RULES), CNI_CHAINING)).toBe(disproves);
});

test.each<[string, string, boolean]>([
  ["of istio-init", DENIED, true],
  ["of istio-init, and of privileges of the proxy", "container istio-init adds NET_ADMIN; container istio-proxy is privileged", false],
  ["of privileges of the proxy", "container istio-proxy is privileged", false],
  ["of a seccomp profile", "container istio-proxy lacks a seccompProfile", false],
  ["of the image", "container istio-proxy has an image that is not allowed", false],
  ["of another rule for the proxy", "container istio-proxy has no limits", false],
])("a refusal %s may end with a switch, or not", (_, message, mayEnd) => {
  expect(mayResolveAfterSwitch(readProbe("shop", refused(403, message), RULES), CNI_CHAINING)).toBe(mayEnd);
  expect(mayResolveAfterSwitch(readProbe("shop", refused(403, message), RULES), INIT_CONTAINERS)).toBe(false);
});

test.each<[string, string, readonly unknown[], boolean]>([
  ["with istio-init, where injection is on", "shop", [INIT, NATIVE], true],
  ["with istio-init, where it is not", "plain", [INIT, NATIVE], true],
  ["with both of Istio's init containers, where injection is on", "shop", [INIT, VALIDATION, NATIVE], true],
  ["with both of Istio's init containers, where it is not", "plain", [INIT, VALIDATION, NATIVE], false],
])("a pod admitted %s may change after a switch, or not", (_, namespace, init, mayEnd) => {
  expect(mayResolveAfterSwitch(readProbe(namespace, accepted(init), RULES), CNI_CHAINING)).toBe(mayEnd);
});

test("a probe is recognised, never stored, and asks for as little as policies allow", () => {
  expect(probePod("shop")).toMatchObject({
    apiVersion: "v1", kind: "Pod",
    metadata: { namespace: "shop", labels: { app: "istio-cni-probe", "app.kubernetes.io/name": "istio-cni-probe", "app.kubernetes.io/managed-by": "istio-cni-aks", "istio-cni-aks/purpose": "admission-dry-run" } },
    spec: { restartPolicy: "Never", automountServiceAccountToken: false, securityContext: { runAsNonRoot: true }, containers: [{ name: "probe", ports: [{ containerPort: 8080 }], securityContext: { allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ["ALL"] } } }] },
  });
});
