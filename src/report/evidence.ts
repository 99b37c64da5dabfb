/** The evidence of a check, in which three lines in sequence may be a property: its path, `expected …`, `found …`. Pure. */
import type { Check } from "../contract.ts";

/** A property of the cluster with another value than expected. */
export interface FoundProperty {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/** The property in the evidence, and the lines without it. */
export function readEvidence({ evidence }: Pick<Check, "evidence">): { readonly property: FoundProperty | undefined; readonly lines: readonly string[] } {
  const at = evidence.findIndex((line, index) => evidence[index + 1]?.startsWith("expected ") === true && evidence[index + 2]?.startsWith("found ") === true && line !== "");
  if (at < 0) return { property: undefined, lines: evidence };
  const [name = "", expected = "", found = ""] = evidence.slice(at, at + 3);
  return {
    property: { name, expected: expected.slice("expected ".length), found: found.slice("found ".length) },
    lines: evidence.filter((_, index) => index < at || index > at + 2),
  };
}
