/** Revisions of the managed mesh. `asm-1-25` is Istio 1.25. They compare as numbers: asm-1-9 is older than asm-1-25. */

/** Major and minor version of the Istio release of a revision. */
export interface Revision {
  readonly major: number;
  readonly minor: number;
}

/** The first revision whose injector supports CNI chaining. Source: AKS documentation of the Istio add-on's CNI. */
export const FIRST_REVISION_WITH_CNI = "asm-1-25";
const FIRST_WITH_CNI: Revision = { major: 1, minor: 25 };

/** Reads `asm-<major>-<minor>`; undefined for anything else. */
export function parseRevision(text: string): Revision | undefined {
  const match = /^asm-(\d{1,6})-(\d{1,6})$/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]) };
}

/** From this revision on a new mesh redirects by CNI chaining. Source: AKS documentation of the Istio add-on's CNI. */
const FIRST_WITH_CNI_BY_DEFAULT: Revision = { major: 1, minor: 30 };

/** Whether a mesh of a revision redirects with init containers where nobody chose a mechanism. An upgraded mesh keeps what it had. */
export function defaultsToInitContainers(revision: string): boolean {
  const parsed = parseRevision(revision);
  return parsed !== undefined && compareRevisions(parsed, FIRST_WITH_CNI_BY_DEFAULT) < 0;
}

/** Negative where `a` is older than `b`, positive where it is newer, 0 where they are the same. */
export function compareRevisions(a: Revision, b: Revision): number {
  return a.major - b.major || a.minor - b.minor;
}

/** Whether a revision supports CNI chaining; `unknown` where its name cannot be parsed. */
export function supportsCni(revision: string): boolean | "unknown" {
  const parsed = parseRevision(revision);
  return parsed === undefined ? "unknown" : compareRevisions(parsed, FIRST_WITH_CNI) >= 0;
}

/** The newest of several revisions; undefined where no name can be parsed. */
export function newestRevision(revisions: readonly string[]): string | undefined {
  let newest: { readonly text: string; readonly parsed: Revision } | undefined;
  for (const text of revisions) {
    const parsed = parseRevision(text);
    if (parsed === undefined) continue;
    if (newest === undefined || compareRevisions(parsed, newest.parsed) > 0) newest = { text, parsed };
  }
  return newest?.text;
}
