import { describe, expect, test } from "vitest";
import { describeSource, readRefusal } from "../../../src/istio/admission/refusal.ts";

/** Messages of API servers. Sources are given where they are not facts.md. */
const VAP =
  "pods \"istio-cni-probe-x\" is forbidden: ValidatingAdmissionPolicy 'aks-managed-baseline-capabilities' with binding 'aks-managed-baseline-capabilities-binding' denied request: Disallowed capabilities detected: NET_ADMIN, NET_RAW";
const TEAM_LABEL = "pods \"istio-cni-probe-x\" is forbidden: ValidatingAdmissionPolicy 'require-team' with binding 'b' denied request: the label team is missing";
/** Source: the restricted standard and an Istio pod, istio/istio#35894. */
const RESTRICTED =
  'pods "istio-cni-probe-x" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities (container "istio-init" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add), runAsNonRoot != true (container "istio-init" must not set securityContext.runAsNonRoot=false)';
const SECCOMP =
  'pods "istio-cni-probe-x" is forbidden: violates PodSecurity "restricted:v1.33": seccompProfile (pod or containers "istio-validation", "istio-proxy" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';
/** Source: Azure/aad-pod-identity#1226 and SparebankenVest/azure-key-vault-to-kubernetes#817. */
const AZURE_POLICY =
  'admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-container-allowed-capabilities-b0510cec315f099722a] container <istio-init> has a disallowed capability. Allowed capabilities are []';
const OLD_GATEKEEPER =
  'admission webhook "validation.gatekeeper.sh" denied the request: [denied by pod-allowed-capabilities] [azurepolicy-k8sazurev2noprivilege-1] Privileged container is not allowed: app';
const LABELS = 'admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must provide labels: {"owner"}\n[no-latest] no latest';
const QUOTA = 'pods "p" is forbidden: exceeded quota: compute, requested: requests.cpu=110m, used: requests.cpu=950m, limited: requests.cpu=1';
const QUOTA_UNSET = 'pods "p" is forbidden: failed quota: fpl-quota: must specify requests.cpu for: istio-proxy; requests.memory for: istio-proxy';
const LIMIT = 'pods "p" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, maximum memory usage per Pod is 1Gi, but limit is 1090519040]';
const WEBHOOK = 'admission webhook "validate.kyverno.svc-fail" denied the request: policy Pod/shop/p for resource violation: require-run-as: rejected';
const SILENT = 'admission webhook "deny.example.com" denied the request without explanation';

describe("the message of a refusal", () => {
  test.each([
    [VAP, "ValidatingAdmissionPolicy", "aks-managed-baseline-capabilities", true],
    [TEAM_LABEL, "ValidatingAdmissionPolicy", "require-team", false],
    [RESTRICTED, "PodSecurity", "restricted:latest", true],
    [SECCOMP, "PodSecurity", "restricted:v1.33", true],
    [AZURE_POLICY, "Gatekeeper", "azurepolicy-container-allowed-capabilities-b0510cec315f099722a", true],
    [OLD_GATEKEEPER, "Gatekeeper", "azurepolicy-k8sazurev2noprivilege-1", false],
    [LABELS, "Gatekeeper", "must-have-owner", false],
    [QUOTA, "ResourceQuota", "compute", false],
    [QUOTA_UNSET, "ResourceQuota", "fpl-quota", false],
    [LIMIT, "LimitRange", "", false],
    [WEBHOOK, "webhook", "validate.kyverno.svc-fail", false],
    [SILENT, "webhook", "deny.example.com", false],
    ["an unknown message", "unknown", "", false],
    ["insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]", "ResourceQuota", "", false],
    ['admission webhook "validation.gatekeeper.sh" denied the request: no constraint is named', "Gatekeeper", "", false],
    ['admission webhook "validation.gatekeeper.sh" denied the request: [denied by no-latest] no latest', "Gatekeeper", "no-latest", false],
    ['admission webhook "validation.gatekeeper.sh" denied the request [no-latest] no latest', "Gatekeeper", "no-latest", false],
  ])("%s: source, policy, and whether it refuses redirection", (message, source, policy, refusesRedirection) => {
    expect(readRefusal(message)).toMatchObject({ source, policy, refusesRedirection });
  });

  test.each([
    [VAP, "Disallowed capabilities detected: NET_ADMIN, NET_RAW"],
    [QUOTA, "exceeded quota: compute, requested: requests.cpu=110m, used: requests.cpu=950m, limited: requests.cpu=1"],
    [SILENT, "without explanation"],
    ['failed calling admission webhook "a.example" timeout', "timeout"],
    ['failed calling webhook "a.example":  \n EOF', "EOF"],
    ["ValidatingAdmissionPolicy 'p' with binding 'b' denied request the label is missing", "the label is missing"],
    ["ValidatingAdmissionPolicy 'p' with binding 'b' denied request:  the label is missing", "the label is missing"],
    ['admission webhook "validation.gatekeeper.sh" denied the request [a] no', "[a] no"],
    ['admission webhook "validation.gatekeeper.sh" denied the request:  [a] no', "[a] no"],
    ['violates PodSecurity "restricted:latest" all of it', "all of it"],
    ['violates PodSecurity "restricted:latest":  all of it', "all of it"],
    [WEBHOOK.replace("request: ", "request:  "), "policy Pod/shop/p for resource violation: require-run-as: rejected"],
    ["cpu max limit to request ratio per Container is 2, but provided ratio is 4.0", "cpu max limit to request ratio per Container is 2, but provided ratio is 4.0"],
    ["x: [nvidia.com/gpu max limit to request ratio per Pod is 2, but provided ratio is 4]", "[nvidia.com/gpu max limit to request ratio per Pod is 2, but provided ratio is 4]"],
    ["  two   spaces\nand a line ", "two spaces and a line"],
    ["insufficient quota to match these scopes: [{PriorityClass In [a]}]", "insufficient quota to match these scopes: [{PriorityClass In [a]}]"],
    ['pods "istio-proxy-demo" is forbidden: no label team', "pod is forbidden: no label team"],
    ["create Pod istio-proxy-0 in StatefulSet istio-proxy failed error: no label team", "create pod failed error: no label team"],
    ['failed calling webhook "a.example": EOF', "EOF"],
    ['violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)', "host namespaces (hostNetwork=true)"],
  ])("%s: only the reason", (message, reason) => {
    expect(readRefusal(message).reason).toBe(reason);
  });

  test.each([
    ["one word", "a".repeat(400_000), "unknown"],
    ["opening brackets", `admission webhook "validation.gatekeeper.sh" denied the request: ${"[".repeat(400_000)}`, "Gatekeeper"],
  ])("%s, however many characters: read at once", (_, message, source) => {
    expect(readRefusal(message)).toMatchObject({ source, policy: "" });
  });

  test("a reason of the greatest length is whole", () => {
    expect(readRefusal("x".repeat(600)).reason).toBe("x".repeat(600));
    expect(readRefusal("x".repeat(601)).reason).toBe(`${"x".repeat(600)}...`);
  });

  test("a long reason is shortened to one line", () => {
    const { reason } = readRefusal(`${AZURE_POLICY}\n${"x\n".repeat(5000)}`);
    expect(reason.length).toBeLessThan(700);
    expect(reason).not.toContain("\n");
  });

  test.each([
    [VAP, "ValidatingAdmissionPolicy aks-managed-baseline-capabilities"],
    [WEBHOOK, "the admission webhook validate.kyverno.svc-fail"],
    ["?", "the API server"],
    [RESTRICTED, "PodSecurity restricted:latest"],
    [QUOTA, "ResourceQuota compute"],
    [LIMIT, "LimitRange"],
    [LABELS, "Gatekeeper must-have-owner"],
    ['admission webhook "validation.gatekeeper.sh" denied the request: no constraint', "Gatekeeper"],
    ['failed calling webhook "a.example": EOF', "the call of the webhook a.example"],
  ])("%s: described as %s", (message, name) => {
    expect(describeSource(readRefusal(message))).toBe(name);
  });
});
