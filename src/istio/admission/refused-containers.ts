/**
 * Reads which containers the message of a refusal names. Pod Security, Gatekeeper and the policies of AKS each word this in their own
 * way, and authors of other policies choose the wording freely.
 */

/** A part of a refusal: one violated rule, with the names of the containers that it names. */
export interface Finding {
  readonly text: string;
  readonly containers: readonly string[];
}

/** The containers that injection adds. */
const ISTIO_CONTAINERS: readonly string[] = ["istio-init", "istio-proxy", "istio-validation"];

export function isIstioContainer(name: string): boolean {
  return ISTIO_CONTAINERS.includes(name);
}

/** How much of a message is read. */
const MAX_LENGTH = 16_000;

const NAME = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const WHOLE_NAME = `${NAME}(?![\\w/-]|\\.\\w)`;
const QUOTED = `["'\`<]${NAME}["'\`>]`;
const SEPARATOR = "(?:,\\s*(?:and\\s+)?|\\s+and\\s+)";

/** `container <a>`, `containers "a", "b"`, `containers [a, b]`, `container: a`, `init container a`. */
const AFTER_WORD = new RegExp(
  `\\b(?:[Ii]nit)?[Cc]ontainer(s?)(?![A-Za-z])(?:\\s+(?:named|name|called))?\\s*[:=]?\\s*(?:(${QUOTED}(?:${SEPARATOR}${QUOTED})*)|[[{]([^\\]}]{0,2000})[\\]}]|(${WHOLE_NAME}(?:${SEPARATOR}${WHOLE_NAME})*))`,
  "g",
);
/** `Privileged container is not allowed: a, securityContext: {…}`. Source: open-policy-agent/gatekeeper-library. */
const AFTER_ALLOWED = new RegExp(`[Cc]ontainers?\\b[^:\\n]{0,200}?\\b(?:is|are) (?:not |dis)?allowed:\\s*["'<]?(${WHOLE_NAME}(?:,\\s*${WHOLE_NAME})*)`, "g");
/** One of Istio's names in any other wording, but not as a part of another name or of an image. */
const ISTIO_NAME = /(?<![\w/@-])istio-(?:init|proxy|validation)(?![\w/-]|\.\w)/g;
/** Images of Istio. Source: `mcr.microsoft.com/oss/istio/proxyv2` and `mcr.microsoft.com/oss/v2/istio/proxyv2` in pods of AKS. */
const ISTIO_IMAGE = /\/istio\/[\w.-]|\bproxyv2\b/;
const OTHER_IMAGE = /\bimages?\b[\s:=]*["'`<[]*[\w.-]+(?::\d+)?\/[\w./-]/i;

/** Words that follow "container" in a sentence and are no names. */
const NO_NAMES: ReadonlySet<string> = new Set(
  (
    "a able add added adding adds all allowed also an and any are as ask asks at attempted attempting be but by called can cannot capabilities capability creation did " +
    "disallowed do does drop drops escalation for from had has have if image images in is it its lack lacks level limit limits may missing must name named names need needs " +
    "no not of on only or other pod pods policy port ports privileged process registries registry repositories repository request requested requests resources restricted " +
    "run running runs runtime s security set sets should spec specification template that the these they this to tries trying type unable use user users uses using violate " +
    "violates wants was were which will with without"
  ).split(" "),
);

/**
 * The findings of a refusal.
 *
 * @param reason the message without the text that comes before the reason, which holds the names of pods
 * @param isGatekeeper whether it lists constraints: `[<constraint>] <message>`
 */
export function findingsIn(reason: string, isGatekeeper: boolean): readonly Finding[] {
  const text = reason.slice(0, MAX_LENGTH);
  const parts = isGatekeeper ? text.split(/\s(?=\[(?:denied by )?[a-z0-9][a-z0-9.-]*\](?:\s|$))/) : text.split(/\n|;\s|\),\s/);
  return parts
    .map((part) => (isGatekeeper ? part.replace(/^\s*\[[^\]]*\]/, "") : part).trim())
    .filter((part) => part !== "")
    .map((part) => ({ text: part, containers: containersIn(part) }));
}

/** The image that a finding names instead of a container. */
export function imageIn({ text }: Finding): "istio" | "other" | undefined {
  if (ISTIO_IMAGE.test(text)) return "istio";
  return OTHER_IMAGE.test(text) ? "other" : undefined;
}

function containersIn(text: string): readonly string[] {
  const names = new Set<string>(text.match(ISTIO_NAME) ?? []);
  for (const [, plural, quoted, bracketed, bare] of text.matchAll(AFTER_WORD)) {
    const listed = namesIn(quoted ?? bracketed ?? "");
    const [first, ...more] = namesIn(bare ?? "");
    const end = more.findIndex((name) => NO_NAMES.has(name));
    const others = plural === "s" ? more.slice(0, end === -1 ? more.length : end) : [];
    const spoken = first === undefined || NO_NAMES.has(first) ? [] : [first, ...others];
    for (const name of [...listed, ...spoken]) names.add(name);
  }
  for (const [, listed = ""] of text.matchAll(AFTER_ALLOWED)) for (const name of namesIn(listed)) names.add(name);
  return [...names];
}

const ONLY_NAME = new RegExp(`^${NAME}$`);

/** The names in a list. Numbers are indexes, as in `spec.containers[0]`. */
function namesIn(list: string): readonly string[] {
  return list
    .split(/[\s,]/)
    .map((item) => item.replace(/^["'`<]+|["'`>]+$/g, ""))
    .filter((item) => item !== "and" && ONLY_NAME.test(item) && !/^\d+$/.test(item));
}
