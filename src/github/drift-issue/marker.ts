/** The hidden first line of a drift issue, which identifies its cluster and its findings. Pure. */
import { createHash } from "node:crypto";
import { type Check, type CheckId, AZURE_CHECK_IDS, CLUSTER_CHECK_IDS } from "../../contract.ts";

/** On every drift issue. The action ignores issues without it. */
export const DRIFT_LABEL = "istio-cni-drift";
/** On a drift issue if the last run could not check all its findings. */
export const UNVERIFIED_LABEL = "istio-cni-unverified";

/** Incremented when the fields after `cluster` change their meaning. A marker of another version still identifies its cluster. */
const VERSION = "1";
const MARKER = /^<!-- istio-cni-aks-drift v=(\d+) cluster=([0-9a-f]{64})((?: [a-z]+=[0-9a-z:,-]*)*) -->[ \t\r]*$/m;

/** The content of a marker. */
export interface Marker {
  /** {@link clusterKey} of the cluster. */
  readonly cluster: string;
  /** The failed checks in the issue, each with its {@link fingerprintOf}. */
  readonly findings: ReadonlyMap<CheckId, string>;
  /** {@link hash} of the full text of the findings. */
  readonly text: string;
  /** How often the issue was changed in a way that a comment tells. */
  readonly revision: number;
  /** Whether the action closed the issue as a duplicate. GitHub's own reason for it is not known to every Enterprise Server. */
  readonly isDuplicate: boolean;
}

/**
 * A hash of the cluster's resource ID, in any case, and of the namespaces that the run is about: runs about others have other findings,
 * and an issue of their own. A name in plain text could end the HTML comment.
 *
 * @param namespaces the input; empty for all
 */
export function clusterKey(resourceId: string, namespaces: readonly string[] = []): string {
  const id = resourceId.toLowerCase().replace(/\/+$/, "");
  return hash([id, ...[...namespaces].sort()].join("\n"), 64);
}

/** The marker as a line. */
export function renderMarker({ cluster, findings, text, revision, isDuplicate }: Marker): string {
  const entries = [...findings].map(([id, fingerprint]) => `${id}:${fingerprint}`).join(",");
  return `<!-- istio-cni-aks-drift v=${VERSION} cluster=${cluster} findings=${entries} text=${text} rev=${String(revision)}${isDuplicate ? " duplicate=1" : ""} -->`;
}

/** A body with this marker in place of its own. */
export function withMarker(body: string, marker: Marker): string {
  return body.replace(MARKER, () => renderMarker(marker));
}

/** The marker in the body of an issue; undefined if there is none. Of another version only the cluster is read. */
export function readMarker(body: string): Marker | undefined {
  const [, version, cluster, rest = ""] = MARKER.exec(body) ?? [];
  if (cluster === undefined) return undefined;
  const field = (name: string): string => (version === VERSION ? (new RegExp(` ${name}=([0-9a-z:,-]*)`).exec(rest)?.[1] ?? "") : "");
  const findings = new Map<CheckId, string>();
  for (const entry of field("findings").split(",")) {
    const [name, fingerprint = ""] = entry.split(":");
    const id = ALL_IDS.find((known) => known === name);
    if (id !== undefined) findings.set(id, fingerprint);
  }
  return { cluster, findings, text: field("text"), revision: Number(field("rev")) || 0, isDuplicate: field("duplicate") !== "" };
}

const ALL_IDS: readonly CheckId[] = [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS];

/**
 * A hash of a finding without details that change although the drift is the same: numbers of pods, generated names, times. One
 * workload or namespace more or less changes it.
 */
export function fingerprintOf({ message, evidence }: Pick<Check, "message" | "evidence">): string {
  // The visible part of a truncated list may change although the whole list does not.
  const isCut = /^and [\d,]+ more\b/.test(evidence.at(-1) ?? "");
  const lines = isCut ? [] : [...new Set(evidence.map(stable))].sort();
  return hash([stable(message), ...lines].join("\n"), 16);
}

/** A hash of this many hexadecimal digits. */
export function hash(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

const TIME = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?\b/g;
/** Name suffixes that Kubernetes generates for ReplicaSets and pods, in the alphabet of `rand.SafeEncodeString`. */
const GENERATED = /(?:-(?=[a-z0-9]*\d)[bcdf-hj-np-tv-xz2456789]{6,10})?-[bcdf-hj-np-tv-xz2456789]{5}(?![\w-])/g;
/** Numbers that stand alone or in a ratio, with the noun that follows; not those within a name or a version. */
const COUNT = /(?<![\w]|[\w][.-])\d[\d,]*(?![\w]|[.-]\w)(?: ([a-z]+?)s?(?![a-z]))?/gi;

/** The instance ID of a scale set's node, and the cluster's provisioning state. */
const TRANSIENT = /(?<=-vmss)[0-9a-z]{6}\b|(?<=provisioningState )\w+/g;

function stable(line: string): string {
  return line
    .replace(TIME, "<time>")
    .replace(TRANSIENT, "*")
    .replace(GENERATED, "-*")
    .replace(COUNT, (_, noun?: string) => (noun === undefined ? "#" : `# ${noun}`));
}
