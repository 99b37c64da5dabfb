/** The hidden first line of a drift issue: which cluster it is about, and what it tells, in a form that only exact text matches. Pure. */
import { createHash } from "node:crypto";
import { type Check, type CheckId, AZURE_CHECK_IDS, CLUSTER_CHECK_IDS } from "../../contract.ts";

/** On every drift issue; who takes it off an issue tells the action to forget it. */
export const DRIFT_LABEL = "istio-cni-drift";
/** On a drift issue of which the last run could not check everything. */
export const UNVERIFIED_LABEL = "istio-cni-unverified";

/** Raised when the fields after `cluster` change their meaning; a marker of another version still names its cluster. */
const VERSION = "1";
const MARKER = /^<!-- istio-cni-aks-drift v=(\d+) cluster=([0-9a-f]{64})((?: [a-z]+=[0-9a-z:,-]*)*) -->[ \t\r]*$/m;

/** What the marker of an issue says. */
export interface Marker {
  /** {@link clusterKey} of the cluster. */
  readonly cluster: string;
  /** The failing checks that the issue tells, with the {@link fingerprintOf} each. */
  readonly findings: ReadonlyMap<CheckId, string>;
  /** {@link hash} of the findings to the last letter. */
  readonly text: string;
}

/** A hash stands for the cluster's resource ID (any case), so that nothing in a name can end the comment. */
export function clusterKey(resourceId: string): string {
  return hash(resourceId.toLowerCase().replace(/\/+$/, ""), 64);
}

/** The marker as a line of its own. */
export function renderMarker({ cluster, findings, text }: Marker): string {
  const told = [...findings].map(([id, fingerprint]) => `${id}:${fingerprint}`).join(",");
  return `<!-- istio-cni-aks-drift v=${VERSION} cluster=${cluster} findings=${told} text=${text} -->`;
}

/** The marker in the body of an issue; undefined where there is none. Of another version only the cluster is taken. */
export function readMarker(body: string): Marker | undefined {
  const [, version, cluster, rest = ""] = MARKER.exec(body) ?? [];
  if (cluster === undefined) return undefined;
  const told = version === VERSION ? (/ findings=([0-9a-z:,-]*)/.exec(rest)?.[1] ?? "") : "";
  const findings = new Map<CheckId, string>();
  for (const entry of told.split(",")) {
    const [name, fingerprint = ""] = entry.split(":");
    const id = ALL_IDS.find((known) => known === name);
    if (id !== undefined) findings.set(id, fingerprint);
  }
  return { cluster, findings, text: version === VERSION ? (/ text=([0-9a-f]*)/.exec(rest)?.[1] ?? "") : "" };
}

const ALL_IDS: readonly CheckId[] = [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS];

/**
 * What a finding amounts to, without what differs from night to night for no reason: how many pods there are, what their
 * ReplicaSet named them, since when. A workload or namespace more or less is another finding.
 */
export function fingerprintOf({ message, evidence }: Pick<Check, "message" | "evidence">): string {
  // Of a list that was cut, nobody knows whether the rest of it moved up or is new.
  const isCut = /^and [\d,]+ more\b/.test(evidence.at(-1) ?? "");
  const lines = isCut ? [] : [...new Set(evidence.map(lasting))].sort();
  return hash([lasting(message), ...lines].join("\n"), 16);
}

/** A hash of this many hexadecimal digits. */
export function hash(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

const TIME = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?\b/g;
/** The alphabet of generated names (Kubernetes, `rand.SafeEncodeString`), as a ReplicaSet and its pods carry them. */
const GENERATED = /(?:-(?=[a-z0-9]*\d)[bcdf-hj-np-tv-xz2456789]{6,10})?-[bcdf-hj-np-tv-xz2456789]{5}(?![\w-])/g;
/** Numbers that stand alone or in a ratio, with the noun they count; not those within a name or a version. */
const COUNT = /(?<![\w]|[\w][.-])\d[\d,]*(?![\w]|[.-]\w)(?: ([a-z]+?)s?(?![a-z]))?/gi;

/** The instance of a scale set that a node is, and the moment's state of the cluster. */
const PASSING = /(?<=-vmss)[0-9a-z]{6}\b|(?<=provisioningState )\w+/g;

function lasting(line: string): string {
  return line
    .replace(TIME, "<time>")
    .replace(PASSING, "*")
    .replace(GENERATED, "-*")
    .replace(COUNT, (_, noun?: string) => (noun === undefined ? "#" : `# ${noun}`));
}
