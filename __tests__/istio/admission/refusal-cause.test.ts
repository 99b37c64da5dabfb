/** What each wording of a refusal is about. */
import { describe, expect, test } from "vitest";
import { describeFault, failingWebhook } from "../../../src/istio/admission/failing-webhook.ts";
import type { RefusalCause } from "../../../src/istio/admission/refusal-cause.ts";
import { readRefusal } from "../../../src/istio/admission/refusal.ts";
import { findingsIn } from "../../../src/istio/admission/refused-containers.ts";

const vap = (reason: string, policy = "team-policy"): string => `pods "web-6d5-x7k2p" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding 'b' denied request: ${reason}`;
const gatekeeper = (...lines: readonly string[]): string => `Error creating: admission webhook "validation.gatekeeper.sh" denied the request: ${lines.join("\n")}`;
const podSecurity = (rules: string, level = "restricted:latest"): string => `pods "web-6d5-x7k2p" is forbidden: violates PodSecurity "${level}": ${rules}`;
const calling = (fault: string, webhook = "rev.namespace.sidecar-injector.istio.io", host = "istiod-asm-1-27.aks-istio-system.svc:443"): string =>
  `Internal error occurred: failed calling webhook "${webhook}": failed to call webhook: Post "https://${host}/inject?timeout=10s": ${fault}`;

const SECCOMP = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';

describe("the causes of a refusal", () => {
  test.each<[string, string, readonly RefusalCause[]]>([
    ["baseline, istio-init", podSecurity('non-default capabilities (container "istio-init" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add)', "baseline:latest"), ["istio-init"]],
    ["restricted, the application alone", podSecurity('allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "app", "log" ' + SECCOMP + ")"), ["application"]],
    ["restricted, the application that adds NET_ADMIN", podSecurity('unrestricted capabilities (containers "vpn", "log" must not include "NET_ADMIN" in securityContext.capabilities.add)'), ["application"]],
    ["restricted, both", podSecurity(`unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]; container "istio-init" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add), seccompProfile (pod or containers "istio-init", "istio-proxy" ${SECCOMP})`), ["application", "istio-init", "seccomp"]],
    ["restricted, seccomp of the injected containers", podSecurity(`seccompProfile (pod or containers "istio-proxy", "istio-validation" ${SECCOMP})`), ["seccomp"]],
    ["restricted, TPROXY", podSecurity('unrestricted capabilities (container "istio-proxy" must not include "NET_ADMIN" in securityContext.capabilities.add), runAsNonRoot != true (container "istio-proxy" must not set securityContext.runAsNonRoot=false), runAsUser=0 (container "istio-proxy" must not set runAsUser=0)'), ["proxy-privileges"]],
    ["the pod's host network", podSecurity("host namespaces (hostNetwork=true)", "baseline:latest"), ["other"]],

    ["AKS, named", vap("Disallowed capabilities detected: container istio-init adds NET_ADMIN, NET_RAW", "aks-managed-baseline-capabilities"), ["istio-init"]],
    ["AKS, the application", vap("Disallowed capabilities detected: container vpn adds NET_ADMIN", "aks-managed-baseline-capabilities"), ["application"]],
    ["AKS, both", vap("Disallowed capabilities detected: container vpn adds SYS_ADMIN; container istio-init adds NET_RAW"), ["application", "istio-init"]],
    ["AKS, unnamed", vap("Disallowed capabilities detected: NET_ADMIN, NET_RAW"), ["unnamed-capability"]],
    ["in brackets", vap("containers [istio-init] add capabilities that are not allowed"), ["istio-init"]],
    ["a quoted list in brackets", vap(`initContainers ["migrate", "istio-init"] may not add NET_ADMIN`), ["istio-init", "application"]],
    ["brackets with the application", vap("containers [vpn] add capabilities that are not allowed"), ["application"]],
    ["an index is no name", vap("spec.initContainers[0].securityContext.capabilities.add: NET_ADMIN is forbidden"), ["unnamed-capability"]],
    ["another capability", vap("SYS_ADMIN is not among the allowed capabilities"), ["other"]],
    ["a capability that must be dropped", vap("Containers must drop ALL capabilities"), ["other"]],
    ["a list of what is allowed", vap("Capabilities beyond the allowed list (CHOWN, NET_BIND_SERVICE, SYS_CHROOT) may not be added."), ["unnamed-capability"]],
    ["a rule that names no container beside one that does", vap("capabilities may not be added; container vpn adds NET_ADMIN"), ["application"]],
    ["nothing", vap(""), ["other"]],
    ["a capability after the word allowed", vap("nothing like it is allowed. Found [NET_ADMIN]"), ["unnamed-capability"]],
    ["a list with a capability that is allowed", vap("allowed are only (NET_ADMIN); found CHOWN"), ["other"]],
    ["a repository without the word image", vap("container istio-proxy is not from an approved repo"), ["image"]],
    ["a rule of its own for istio-validation", vap("container istio-validation has no limits"), ["istio-container"]],
    ["free wording", vap("istio-proxy must not run privileged"), ["proxy-privileges"]],
    ["istio-init as a part of a pod's name", `pods "istio-init-demo-x2" is forbidden: no label team`, ["other"]],
    ["istio-proxy in the name of a StatefulSet's pod", "create Pod istio-proxy-0 in StatefulSet istio-proxy failed error: no label team", ["other"]],
    ["the protection of AKS' namespaces", vap("changes are not allowed", "aks-managed-protect-system-namespaces"), ["protected-namespace"]],

    ["Gatekeeper, istio-init", gatekeeper("[azurepolicy-k8sazurev3allowedcapabilities-0] container <istio-init> has a disallowed capability. Allowed capabilities are []"), ["istio-init"]],
    ["Gatekeeper, the application, as one of several events", `(combined from similar events): ${gatekeeper("[caps] container <backup> is not dropping all required capabilities. Container must drop all of [\"ALL\"] or \"ALL\"")}`, ["application"]],
    ["Gatekeeper, two constraints", gatekeeper("[allowed-caps] container <vpn> has a disallowed capability. Allowed capabilities are []", "[repos] Container image mcr.microsoft.com/oss/istio/proxyv2:1.27 for container istio-proxy has not been allowed."), ["application", "image"]],
    ["Gatekeeper, a constraint that names no container", gatekeeper("[caps] NET_ADMIN may not be added", "[repos] container <web> has an invalid image"), ["application", "unnamed-capability"]],
    ["Gatekeeper, no constraint but a list", gatekeeper("containers [vpn, web] may not run"), ["application"]],
    ["Gatekeeper, another repository", gatekeeper('[repos] initContainer <istio-validation> has an invalid image repo <mcr.microsoft.com/oss/istio/proxyv2:1>, allowed repos are ["corp.azurecr.io"]'), ["image"]],
    ["Gatekeeper, the application's image", gatekeeper("[repos] Container image docker.io/library/nginx:1 for container web has not been allowed."), ["application"]],
    ["Istio's image without a container", vap("image mcr.microsoft.com/oss/v2/istio/proxyv2:1.28 is not signed"), ["image"]],
    ["the application's image without a container", vap("image docker.io/library/nginx:1 is not signed"), ["application"]],
    ["Gatekeeper, privileged", gatekeeper('[noprivilege] Privileged container is not allowed: install-cni, securityContext: {"privileged": true}'), ["application"]],
    ["Gatekeeper, a privileged proxy", gatekeeper('[noprivilege] Privileged container is not allowed: istio-proxy, securityContext: {"privileged": true}'), ["proxy-privileges"]],
    ["Gatekeeper, limits of the proxy", gatekeeper("[limits] container <istio-proxy> cpu limit <2> is higher than the maximum allowed of <1>"), ["istio-container"]],
    ["Gatekeeper, seccomp", gatekeeper("[seccomp] Seccomp profile 'not configured' is not allowed for container 'istio-proxy'. Found at: no explicit profile found."), ["seccomp"]],
    ["Gatekeeper, user", gatekeeper("[users] Container web is attempting to run as disallowed user 0. Allowed runAsUser: {}"), ["application"]],

    ["a quota", 'pods "p" is forbidden: exceeded quota: q, requested: cpu=1, used: cpu=1, limited: cpu=1', ["quota"]],
    ["a quota that names istio-proxy", 'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: istio-proxy', ["quota"]],
    ["a LimitRange", 'pods "p" is forbidden: maximum memory usage per Container is 64Mi, but limit is 1Gi', ["limit-range"]],
    ["the injector", calling("context deadline exceeded"), ["injector"]],
    ["another Istio's injector", calling("context deadline exceeded", "namespace.sidecar-injector.istio.io", "istiod.istio-system.svc:443"), ["webhook"]],
    ["another webhook", calling("EOF", "validate.kyverno.svc-fail", "kyverno-svc.kyverno.svc:443"), ["webhook"]],
  ])("%s", (_, message, causes) => {
    expect([...readRefusal(message).causes].sort()).toEqual([...causes].sort());
  });

  test.each([
    ['service "istiod-asm-1-27" not found', "no-service"],
    ["dial tcp 10.0.0.1:443: connect: connection refused", "not-running"],
    ['no endpoints available for service "istiod-asm-1-27"', "not-running"],
    ["context deadline exceeded", "timeout"],
    ["net/http: TLS handshake timeout", "timeout"],
    ["tls: failed to verify certificate: x509: certificate signed by unknown authority", "certificate"],
    ["something new", "unknown"],
  ])("an injector that fails with %s", (text, fault) => {
    expect(failingWebhook(calling(text))).toEqual({ name: "rev.namespace.sidecar-injector.istio.io", isInjector: true, fault });
  });

  test("the name of a webhook is no fault of it", () => {
    expect(failingWebhook(calling("connection refused", "validate.certificates.example"))?.fault).toBe("not-running");
  });

  test.each<[string, string, boolean]>([
    ["of the mesh", calling("EOF"), true],
    ["without a prefix", calling("EOF", "sidecar-injector.istio.io"), true],
    ["whose call names no address", 'failed calling webhook "rev.namespace.sidecar-injector.istio.io": EOF', true],
    ["of another Istio, without encryption", calling("EOF", "rev.namespace.sidecar-injector.istio.io").replace(/https:.*inject/, "http://istiod.istio-system.svc:80/inject"), false],
    ["whose name only ends like it", calling("EOF", "my-sidecar-injector.istio.io"), false],
    ["whose name only begins like it", calling("EOF", "sidecar-injector.istio.io.example"), false],
  ])("a webhook %s is an injector of the mesh, or not", (_, message, isInjector) => {
    expect(failingWebhook(message)?.isInjector).toBe(isInjector);
  });

  test("a timeout in the URLs of a call is no fault of it", () => {
    expect(failingWebhook(calling('something new of Get "http://proxy?timeout=1s" and Get "https://other?timeout=1s"'))?.fault).toBe("unknown");
  });

  test("what a message says before it names the webhook is no fault of it", () => {
    expect(failingWebhook(`timeout of another kind; ${calling("something new")}`.replace("?timeout=10s", ""))?.fault).toBe("unknown");
    expect(failingWebhook("context deadline exceeded")).toBeUndefined();
  });

  test.each([
    ["no-service", "its service does not exist"],
    ["not-running", "nothing listens at its service"],
    ["certificate", "the API server does not trust its certificate"],
    ["timeout", "it did not answer in time"],
    ["unknown", "the call failed"],
  ] as const)("a fault %s in words", (fault, words) => {
    expect(describeFault({ name: "w", isInjector: true, fault })).toBe(words);
  });

  test("is read in time from a long and hostile message", () => {
    // CPU time: a busy machine takes no more of it.
    const began = process.cpuUsage();
    for (const text of ["container ", "containers [", 'container "a", ', "is allowed: a, ", "allowed (", "[a] ", "container a, ", "/istio/", "\\["]) {
      for (const message of [vap(text.repeat(5_000)), gatekeeper(text.repeat(5_000)), text.repeat(5_000)]) readRefusal(message);
    }
    expect(process.cpuUsage(began).user / 1000, "milliseconds").toBeLessThan(1000);
  });
});

describe("the containers of a finding", () => {
  test.each([
    ["container x adds it", ["x"]],
    ["containers x, y and z add it", ["x", "y", "z"]],
    ["container named side-car lacks it", ["side-car"]],
    ["init container 'a' must", ["a"]],
    ["Container: x. More", ["x"]],
    ["containers must not be privileged", []],
    ["container image docker.io/a:1 is refused", []],
    ["the container in the pod", []],
    ["containerd is old", []],
    ["spec.containers[0].name", []],
  ])("%s", (text, containers) => {
    expect(findingsIn(text, false).flatMap((finding) => finding.containers)).toEqual(containers);
  });
});
