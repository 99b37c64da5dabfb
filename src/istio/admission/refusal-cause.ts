/** What a refusal is about. Each cause has a remedy of its own. */
import { type Finding, imageIn, isIstioContainer } from "./refused-containers.ts";

/** What was refused. One message may have several causes. */
export type RefusalCause =
  /** What istio-init is or asks for. With CNI chaining no istio-init is injected. */
  | "istio-init"
  /** A capability, without the container that asks for it. */
  | "unnamed-capability"
  /** Privileges of istio-proxy, such as those that the interception mode TPROXY needs. CNI chaining does not remove them. */
  | "proxy-privileges"
  /** Istio's containers lack a seccompProfile. */
  | "seccomp"
  /** The image of Istio's containers is not allowed. */
  | "image"
  /** Another rule that istio-proxy or istio-validation violates. */
  | "istio-container"
  /** Only containers of the application. */
  | "application"
  /** The injector does not answer. */
  | "injector"
  /** Another webhook does not answer. */
  | "webhook"
  | "quota"
  | "limit-range"
  /** The namespace belongs to AKS, and AKS refuses every write to it. */
  | "protected-namespace"
  | "other";

const OF_ISTIO: readonly RefusalCause[] = ["istio-init", "proxy-privileges", "seccomp", "image", "istio-container", "injector"];

/**
 * Whether what is refused belongs to the mesh.
 *
 * @param isInjected whether the refused pod is one that injection selects; it decides where a message names no container
 */
export function isOfMesh(causes: readonly RefusalCause[], isInjected: boolean): boolean {
  return causes.some((cause) => OF_ISTIO.includes(cause) || (isInjected && cause === "unnamed-capability"));
}

/**
 * The causes of the findings, at least one.
 *
 * @param independent whether each finding is a rule of its own; else those without a container explain those that name one
 */
export function causesOf(findings: readonly Finding[], independent: boolean): readonly RefusalCause[] {
  const named = findings.filter(({ containers }) => containers.length > 0);
  const counted = independent || named.length === 0 ? findings : named;
  const causes = new Set(counted.flatMap((finding) => causesOfFinding(finding)));
  return causes.size === 0 ? ["other"] : [...causes];
}

const ABOUT_IMAGE = /\bimages?\b|\bregistr(?:y|ies)\b|\brepos?\b|\brepositor(?:y|ies)\b/i;
const PRIVILEGES = /capabilit|NET_ADMIN|NET_RAW|privileg|TPROXY|runAsUser=0|runAsNonRoot|\bas root\b|root user/i;

/** None where the rule is about something else. */
function causesOfFinding(finding: Finding): readonly RefusalCause[] {
  const { text, containers } = finding;
  const ofIstio = containers.filter(isIstioContainer);
  if (containers.length > 0 && ofIstio.length === 0) return ["application"];
  const ofApplication: readonly RefusalCause[] = containers.length > ofIstio.length ? ["application"] : [];
  const image = imageIn(finding);
  if (ofIstio.length > 0) {
    if (ABOUT_IMAGE.test(text)) return ["image", ...ofApplication];
    if (/seccomp/i.test(text)) return ["seccomp", ...ofApplication];
    return [...causesOfContainers(ofIstio, text), ...ofApplication];
  }
  if (mentionsIstioInitCapability(text)) return ["unnamed-capability"];
  if (image === "istio") return ["image"];
  return image === "other" ? ["application"] : [];
}

function causesOfContainers(names: readonly string[], text: string): readonly RefusalCause[] {
  const causes: RefusalCause[] = [];
  if (names.includes("istio-init")) causes.push("istio-init");
  if (names.includes("istio-proxy")) causes.push(PRIVILEGES.test(text) ? "proxy-privileges" : "istio-container");
  if (causes.length === 0) causes.push("istio-container");
  return causes;
}

/** `the allowed list (AUDIT_WRITE, …)`: capabilities that are allowed are not the ones that are refused. */
const ALLOWED_LIST = /(?<!\bnot |\bdis)\ballowed\b[^.;:[(\n]{0,80}[[(][^\])]{0,1000}[\])]/gi;

/**
 * Whether a message without the name of a container is about what istio-init needs. Policies may also mention capabilities without
 * naming them. A rule that capabilities must be dropped is none that Istio's containers violate.
 *
 * Source: istio/istio, `injection-template.yaml`: istio-init adds NET_ADMIN and NET_RAW, istio-validation adds nothing; both drop ALL.
 */
function mentionsIstioInitCapability(message: string): boolean {
  const text = message.replace(ALLOWED_LIST, "");
  if (/\bdrop/i.test(text) && !/\badd/i.test(text)) return false;
  if (/NET_ADMIN|NET_RAW/.test(text)) return true;
  return /capabilit/i.test(text) && !/\b[A-Z]+_[A-Z_]+\b/.test(text);
}
