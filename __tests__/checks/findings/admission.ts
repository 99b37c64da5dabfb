/** Situations of `admission-probe`. */
import { admissionProbe } from "../../../src/checks/admission-probe.ts";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { ProbeFacts, ProbeOutcome, ProbeRound } from "../../../src/istio/admission/probe-result.ts";
import { readRefusal } from "../../../src/istio/admission/refusal.ts";
import type { NamespaceInjection } from "../../../src/istio/injection/injection-rules.ts";
import type { PodState } from "../../../src/contract.ts";
import { census, goal, PROVEN, seen, showing, UNSEEN } from "../../istio/fixtures.ts";
import type { Situation } from "./as-text.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const ON = { kind: "on", revision: "asm-1-26" } as const;
const NO_PODS = seen(census({ total: 0, byState: {}, redirection: { effective: 0, notProgrammed: 0, pending: 0 } }));

const facts = (namespace: string, outcome: ProbeOutcome, warnings: readonly string[] = []): ProbeFacts => ({ namespace, outcome, warnings });
const admitted = (state: PodState, injection: NamespaceInjection = ON, namespace = "shop"): ProbeFacts => facts(namespace, { kind: "admitted", state, injection });
const refused = (message: string, namespace = "shop"): ProbeFacts => facts(namespace, { kind: "refused", refusal: readRefusal(message) });
const probe = (answers: readonly ProbeFacts[], target = CNI, round: Partial<ProbeRound> = {}, pods = NO_PODS) =>
  admissionProbe(showing({ probes: seen({ skipReason: "", answers, leftOut: 0, ...round }), pods }), target);
const withPods = (...answers: readonly ProbeFacts[]) => probe(answers, CNI, {}, seen(census()));

const POLICY = "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'aks-managed-baseline-capabilities' with binding 'b' denied request: ";
const NET_ADMIN = `${POLICY}Disallowed capabilities detected: NET_ADMIN`;
const OF_INIT = `${POLICY}container istio-init adds NET_ADMIN.`;
const INIT_AND_APP = `${POLICY}containers istio-init, app add NET_ADMIN`;
const INIT_AND_PROXY = `${POLICY}containers istio-init, istio-proxy add NET_ADMIN`;
const OF_APP = `${POLICY}container app adds SYS_ADMIN`;
const SECCOMP = 'violates PodSecurity "restricted:latest": seccompProfile (pod or containers "istio-validation", "istio-proxy" must set securityContext.seccompProfile.type to "RuntimeDefault")';
const SECCOMP_AND_INIT = `${SECCOMP}, allowPrivilegeEscalation != false (container "istio-init" must set it)`;
const QUOTA = 'pods "p" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5';
const NO_LABEL = "ValidatingAdmissionPolicy 'team-label' with binding 'b' denied request: no label team";
const injectorFails = (why: string): ProbeFacts => facts("shop", { kind: "injector-failed", message: `failed calling webhook "rev.namespace.sidecar-injector.istio.io": ${why}` });
const NOT_ALLOWED = facts("shop", { kind: "not-allowed", message: 'cannot create resource "pods".', remedy: "Grant RBAC Writer." });
const CANNOT_DRY_RUN = facts("shop", { kind: "cannot-dry-run", message: 'admission webhook "x" does not support\n dry run' });
const unanswered = (message: string): ProbeFacts => facts("team-b", { kind: "unanswered", message, remedy: "Try again." });
const MISSING_WEBHOOK = { kind: "dangling", revision: "asm-1-26" } as const;

export const ADMISSION = (): readonly Situation[] => [
  ["The probes could not be sent", admissionProbe(showing({ probes: UNSEEN }), CNI)],
  ["The probe is switched off", probe([], CNI, { skipReason: "The input probe is false." })],
  ["No namespace has injection on", probe([])],
  ["New pods get istio-validation", probe([PROVEN])],
  ["New pods get istio-validation in two namespaces, and a third could not be probed", probe([PROVEN, { ...PROVEN, namespace: "pay" }, unanswered("500")])],
  ["New pods get istio-validation, with a warning of a policy, and namespaces were left out", probe([{ ...PROVEN, warnings: ["[azurepolicy-x] container  <istio-proxy> should\nset a read only root. "] }], CNI, { leftOut: 12 })],
  ["New pods get istio-init where init containers should redirect", probe([admitted("legacy-init")], INIT)],
  ["New pods get istio-init where CNI should redirect", probe([admitted("legacy-init")])],
  ["New pods get istio-init in one namespace of two", probe([PROVEN, admitted("legacy-init", ON, "pay")])],
  ["New pods get istio-init in three namespaces", probe(["a", "b", "c"].map((name) => admitted("legacy-init", ON, name)))],
  ["New pods get istio-validation where init containers should redirect", probe([PROVEN], INIT)],
  ["New pods have both", probe([admitted("conflicting")])],
  ["New pods are malformed", probe([admitted("malformed")])],
  ["New pods have a privileged proxy", probe([admitted("privileged-proxy")])],
  ["New pods are not injected although a webhook selects them", probe([admitted("not-injected")])],
  ["New pods are not injected for want of a label", probe([admitted("out-of-mesh", { kind: "unlabelled" })])],
  ["New pods are not injected: a tag", probe([admitted("dangling-revision", { kind: "maybe-tag", revision: "prod" })])],
  ["New pods are not injected: the namespace is gone", probe([admitted("out-of-mesh", { kind: "absent" })])],
  ["New pods are not injected: the namespaces could not be read", probe([admitted("out-of-mesh", { kind: "unseen" })])],
  ["New pods are not injected: the webhook is missing", probe([admitted("dangling-revision", MISSING_WEBHOOK)])],
  ["New pods are not injected for two reasons", probe([admitted("dangling-revision", MISSING_WEBHOOK), admitted("out-of-mesh", { kind: "unlabelled" }, "pay")])],
  ["Wrong redirection in one namespace, no injection in another", probe([admitted("legacy-init"), admitted("out-of-mesh", { kind: "unlabelled" }, "pay")])],
  ["A policy refuses istio-init", probe([refused(OF_INIT)])],
  ["A policy refuses a capability", probe([refused(NET_ADMIN)])],
  ["A policy refuses istio-init where init containers should redirect", probe([refused(OF_INIT)], INIT)],
  ["A policy refuses istio-init and the application", probe([refused(INIT_AND_APP)])],
  ["A policy refuses istio-init and istio-proxy", probe([refused(INIT_AND_PROXY)])],
  ["A policy refuses istio-init in one namespace, and new pods get it in another", probe([refused(OF_INIT), admitted("legacy-init", ON, "pay")])],
  ["Two policies refuse", probe([refused(OF_INIT), refused(SECCOMP, "pay")])],
  ["The injector does not exist in one namespace, and a policy refuses in another", probe([injectorFails('service "istiod-asm-1-26" not found'), refused(OF_INIT, "pay")])],
  ["The injector's certificate does not fit", probe([injectorFails("x509: certificate signed by unknown authority")])],
  ["The injector answers too late", probe([injectorFails("context deadline exceeded")])],
  ["The injector fails for an unknown reason", probe([injectorFails("500.")])],
  ["No seccompProfile", probe([refused(SECCOMP)])],
  ["No seccompProfile, and pods prove redirection", withPods(refused(SECCOMP))],
  ["No seccompProfile in one namespace, no injection in another, and pods prove redirection", withPods(refused(SECCOMP), admitted("out-of-mesh", { kind: "unlabelled" }, "pay"))],
  ["No seccompProfile, istio-init refused as well, and pods prove redirection", withPods(refused(SECCOMP_AND_INIT))],
  ["A quota refuses", probe([refused(QUOTA)])],
  ["A quota refuses, and another namespace proves redirection", probe([refused(QUOTA), PROVEN])],
  ["A quota refuses, and pods prove redirection", withPods(refused(QUOTA))],
  ["A quota refuses in two namespaces", probe([refused(QUOTA), refused(QUOTA, "pay")])],
  ["A policy refuses the application", probe([refused(OF_APP)])],
  ["A policy refuses the application, a quota as well", probe([refused(OF_APP), refused(QUOTA, "pay")])],
  ["A policy wants a label", probe([refused(NO_LABEL)])],
  ["The probe is not allowed", probe([NOT_ALLOWED])],
  ["The probe is not allowed, and no remedy is known", probe([facts("shop", { kind: "not-allowed", message: "403", remedy: "" })])],
  ["The probe is not allowed, and pods prove redirection", withPods(NOT_ALLOWED)],
  ["A webhook does not support dry runs", probe([CANNOT_DRY_RUN])],
  ["The probe is not answered", probe([unanswered("500")])],
  ["Another webhook does not answer", probe([unanswered('failed calling webhook "v.example.com": connection refused')])],
];
