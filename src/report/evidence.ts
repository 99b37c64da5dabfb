/** The evidence of a check, in which three lines in sequence may be a property: its path, `expected …`, `found …`. Pure. */
import type { Check } from "../contract.ts";

/** A property of the cluster with another value than expected. */
export interface FoundProperty {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * The property in the evidence, and the lines that say more than it and the message.
 *
 * @param isWriteKnown whether the activity log says who wrote the cluster last; the line of the cluster's `systemData` says less
 */
export function readEvidence({ message, evidence }: Pick<Check, "message" | "evidence">, isWriteKnown = false): { readonly property: FoundProperty | undefined; readonly lines: readonly string[] } {
  const at = evidence.findIndex((line, index) => evidence[index + 1]?.startsWith("expected ") === true && evidence[index + 2]?.startsWith("found ") === true && line !== "");
  const isNew = (line: string): boolean => !message.includes(line) && !(isWriteKnown && line.startsWith("last write to the cluster"));
  if (at < 0) return { property: undefined, lines: evidence.filter(isNew) };
  const [name = "", expected = "", found = ""] = evidence.slice(at, at + 3);
  return {
    property: { name, expected: expected.slice("expected ".length), found: found.slice("found ".length) },
    lines: evidence.filter((line, index) => (index < at || index > at + 2) && isNew(line)),
  };
}
